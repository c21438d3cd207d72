"""Receipts that come to the till: lines, ends, copies, card numbers."""

from __future__ import annotations

from collections.abc import Iterator

from drivers.ecr17.line import ACK_S
from drivers.ecr17.session import RECEIPT_SILENCE_S
from drivers.terminal import (
    Copy,
    DialogueEnded,
    EndReason,
    Event,
    Receipt,
)
from tests.drivers.ecr17.till import (
    ACK,
    HEAD,
    TILL_PRINTS,
    Till,
    message,
    only,
    paid,
)
from tests.support import cards


def printing() -> Till:
    till = Till(TILL_PRINTS)
    till.start()
    till.hear(ACK)
    till.hear(ACK + paid())
    till.acknowledge()
    till.said()
    return till


def receipt_piece(text: str) -> bytes:
    return message(f"{HEAD}S{text}")


def printed(till: Till, *pieces: bytes) -> Iterator[Event]:
    for piece in pieces:
        yield from till.hear(piece)
        yield from till.acknowledge()
        assert till.said() == ACK


def test_a_receipt_comes_after_the_result_until_its_end() -> None:
    till = printing()
    events = list(printed(till, receipt_piece("\x7fEUR 10,10}STAN 42}"), receipt_piece("GRAZIE}}\x1b")))
    assert [event.lines for event in events if isinstance(event, Receipt)] == [
        ("EUR 10,10", "STAN 42"),
        ("GRAZIE", ""),
    ]
    assert events[-1] == DialogueEnded(EndReason.COMPLETED, terminal_id="29001006")


def test_a_line_that_is_cut_between_two_messages_is_one_line() -> None:
    events = list(printed(printing(), receipt_piece("EUR 1"), receipt_piece("0,10}\x1b")))
    assert [event.lines for event in events if isinstance(event, Receipt)] == [("EUR 10,10",)]


def test_a_card_number_that_is_cut_between_two_messages_is_masked() -> None:
    number = cards.PUBLISHED[0]
    for cut in range(1, len(number)):
        events = list(
            printed(printing(), receipt_piece("PAN " + number[:cut]), receipt_piece(number[cut:] + "}\x1b"))
        )
        lines = [event.lines for event in events if isinstance(event, Receipt)]
        assert lines == [("PAN 411111******1111",)]


def test_a_line_of_twenty_four_characters_needs_no_mark() -> None:
    events = list(printed(printing(), receipt_piece("A" * 24 + "B" * 24 + "C}\x1b")))
    assert [event.lines for event in events if isinstance(event, Receipt)] == [("A" * 24, "B" * 24, "C")]


def test_two_equal_pieces_are_two_but_a_late_copy_is_one() -> None:
    till = printing()
    events = list(printed(till, receipt_piece("----}"), receipt_piece("----}")))
    assert len(events) == 2
    till.now += ACK_S
    assert till.hear(receipt_piece("----}")) == []
    assert till.said() == ACK


def test_a_receipt_without_an_end_ends_in_silence_and_loses_no_line() -> None:
    till = printing()
    list(printed(till, receipt_piece("EUR 10,10}GRAZIE")))
    rest = only(till.wait(RECEIPT_SILENCE_S))
    assert rest == Receipt(Copy.UNKNOWN, ("GRAZIE",), last=True)
    assert till.acknowledge() == [DialogueEnded(EndReason.COMPLETED, terminal_id="29001006")]
    assert till.said() == b""


def test_a_terminal_that_prints_nothing_does_not_hold_up_the_payment() -> None:
    assert printing().wait(RECEIPT_SILENCE_S) == [DialogueEnded(EndReason.COMPLETED, terminal_id="29001006")]


def test_each_procedure_asks_for_its_receipt_again() -> None:
    till = printing()
    till.wait(RECEIPT_SILENCE_S)
    assert b"E1" in till.start()
