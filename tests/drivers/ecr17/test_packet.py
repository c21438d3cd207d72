"""Messages: requests to the byte, answers whatever they look like."""

from __future__ import annotations

from datetime import date

import pytest

from drivers.card.card import Card
from drivers.ecr17 import mapping as meaning
from drivers.ecr17 import packet
from drivers.ecr17.frame import encode_message, lrc
from drivers.ecr17.packet import (
    Ecr17CardBinding,
    Ecr17Malformed,
    Ecr17Result,
    Identity,
    Status,
    Strange,
    Totals,
    decode,
)
from drivers.terminal import DayTotal, ProtocolError, ResultStatus, SealedCard
from tests.drivers.ecr17.counter import MaskingSealer
from tests.support import cards

WHO = Identity("12345678", "00000001")
BINDING = Ecr17CardBinding(MaskingSealer(), "till 1")
HEAD = "123456780"


def read(text: str | bytes) -> packet.Ecr17Answer:
    """Decode, and see that nothing was left behind."""
    view = memoryview(bytearray(text if isinstance(text, bytes) else text.encode("iso8859_1")))
    try:
        return decode(view, BINDING)
    finally:
        assert not any(view)


def paid(card: str = "0004111111111111111", tail: str = "") -> str:
    return f"{HEAD}E00{card}ICC1234562111520200000000001000042000007{tail}"


def test_the_reference_payment_has_its_length_and_checksums() -> None:
    payload = packet.payment(WHO, 1010)
    assert payload == b"123456780P00000001" + b"0" + b"00" + b"0" + b"0" + b"00001010" + b" " * 128 + b"0" * 8
    assert len(payload) == 167
    assert (lrc(payload, "std"), lrc(payload, "noext")) == (0x26, 0x25)
    assert encode_message(payload, "noext").endswith(b"\x03\x25")


def test_the_extended_payment_differs_in_its_letter_only() -> None:
    plain, extended = packet.payment(WHO, 1010), packet.payment(WHO, 1010, extended=True)
    assert extended == plain.replace(b"P", b"X", 1)


@pytest.mark.parametrize(
    ("payload", "length", "text"),
    [
        (packet.status(WHO), 10, b"123456780s"),
        (packet.reversal(WHO, 42), 26, b"123456780S0000000100004200"),
        (packet.close(WHO), 26, b"123456780C0000000100000000"),
        (packet.totals(WHO), 26, b"123456780T0000000100000000"),
        (packet.last_result(WHO), 22, b"123456780G000000010000"),
        (packet.print_on_till(WHO), 11, b"123456780E1"),
    ],
)
def test_each_request_has_the_length_of_the_reference(payload: bytes, length: int, text: bytes) -> None:
    assert payload == text
    assert len(payload) == length


@pytest.mark.parametrize("stan", [0, -1, 1_000_000])
def test_a_reversal_of_whatever_was_last_cannot_be_written(stan: int) -> None:
    with pytest.raises(ValueError, match="STAN"):
        packet.reversal(WHO, stan)


def test_an_approval_has_all_its_fields() -> None:
    assert read(paid()) == Ecr17Result(
        code="E",
        terminal_id="12345678",
        result=0,
        card=SealedCard("411111******1111", key_id="till 1"),
        entry_mode="ICC",
        approval_code="123456",
        day=211,
        clock="1520",
        card_type=2,
        stan=42,
        online_id=7,
    )


def test_a_refusal_has_its_text_and_its_numbers_but_no_card() -> None:
    answer = read(f"{HEAD}E01{'CARTA SCADUTA':24}{0:011}100000000001000043000008")
    assert answer == Ecr17Result("E", "12345678", 1, text="CARTA SCADUTA", card_type=1, stan=43, online_id=8)


@pytest.mark.parametrize("length", [13, 15, 16, 19])
def test_a_complete_card_number_is_masked_in_place(length: int) -> None:
    number = cards.make(length, length)
    taken: list[str] = []

    class Listening(MaskingSealer):
        def seal_card(self, card: Card, context: str) -> SealedCard:
            taken.append(card.masked())
            return super().seal_card(card, context)

    view = memoryview(bytearray(paid(number.rjust(19, "0")).encode()))
    answer = decode(view, Ecr17CardBinding(Listening(), ""))
    assert len(taken[0]) == length
    assert number not in repr(answer)
    assert isinstance(answer, Ecr17Result)
    assert answer.card == SealedCard(taken[0])
    assert not any(view)


@pytest.mark.parametrize(
    ("field", "masked"),
    [
        ("000************1111", "************1111"),
        ("000411111******1111", "411111******1111"),
        ("0000000000000001111", "****"),
        ("411111******1111   ", "411111******1111"),
    ],
)
def test_a_number_that_the_terminal_cut_stays_cut(field: str, masked: str) -> None:
    answer = read(paid(field))
    assert isinstance(answer, Ecr17Result)
    assert answer.card is not None
    assert answer.card.masked == masked


@pytest.mark.parametrize("field", ["0" * 19, " " * 19])
def test_an_empty_card_field_is_no_card(field: str) -> None:
    answer = read(paid(field))
    assert isinstance(answer, Ecr17Result)
    assert answer.card is None


def test_a_card_number_in_a_refusals_text_is_masked() -> None:
    answer = read(f"{HEAD}E01{'NO ' + cards.PUBLISHED[0]:24}")
    assert isinstance(answer, Ecr17Result)
    assert answer.text == "NO 411111******1111"


def test_only_answers_that_have_an_amount_name_one() -> None:
    exchanged = paid(tail="000" + "00001010" + "1" + "00012345" + "USD" + f"{1234:012}" + "2" + "0" * 10)
    amounts = [
        read(paid()),
        read(paid(tail=f"000{0:010}")),  # a reversal's: zeros, no amount
        read(paid(tail=f"000{1100:08}{0:010}")),  # of `X`
        read(exchanged.replace("E00", "V00", 1)),
    ]
    assert [answer.amount for answer in amounts if isinstance(answer, Ecr17Result)] == [
        None,
        None,
        1100,
        1010,
    ]


def test_a_preauthorisation_has_its_own_places() -> None:
    body = "0004111111111111111ICC123456" + "00005000" + "987654321" + "000" + "2111520" + "0000"
    answer = read(f"{HEAD}e00{body}" + "00000000001" + "000044" + "000009")
    assert isinstance(answer, Ecr17Result)
    assert (answer.amount, answer.day, answer.clock) == (5000, 211, "1520")
    assert (answer.stan, answer.online_id) == (44, 9)


def test_a_status_tells_state_day_and_software() -> None:
    assert read(f"{HEAD}s{0:010}29072515202TILLGATE-SIM 1  ") == Status(
        "12345678", date(2025, 7, 29), 2, "TILLGATE-SIM 1"
    )


def test_totals_are_of_the_terminal_and_of_the_host() -> None:
    assert read(f"{HEAD}C00{2500:016}{2600:016}") == Totals(
        "C", "12345678", 0, totals=(DayTotal("terminal", 0, 2500), DayTotal("host", 0, 2600))
    )
    assert read(f"{HEAD}T00{2500:016}") == Totals("T", "12345678", 0, totals=(DayTotal("terminal", 0, 2500),))
    assert read(f"{HEAD}C01{'HOST ASSENTE':19}116") == Totals("C", "12345678", 1, "HOST ASSENTE")


def test_a_card_number_where_a_total_should_be_is_not_read() -> None:
    assert read(f"{HEAD}T00{cards.PUBLISHED[0]}") == Totals("T", "12345678", 0)


@pytest.mark.parametrize("letter", "KUvicHX7")
def test_a_message_that_nobody_asked_for_is_named_and_nothing_of_it_kept(letter: str) -> None:
    text = f"{HEAD}{letter}00{cards.PUBLISHED[0]}"
    assert read(text) == Strange(letter, len(text))


@pytest.mark.parametrize(
    "text", [paid(tail="x" * 60), f"{HEAD}s{0:010}29072515202V1", f"{HEAD}C00{1:016}{2:016}"]
)
def test_an_answer_that_is_cut_anywhere_or_full_of_other_bytes_raises_nothing(text: str) -> None:
    for length in range(len(text) + 1):
        for filler in (b"", b"\xe0", b"-", b"\x00"):
            data = text[:length].encode("ascii") + filler * (len(text) - length)
            if len(data) < packet.HEAD_BYTES:
                with pytest.raises(ProtocolError, match=Ecr17Malformed.TOO_SHORT):
                    read(data)
            else:
                read(data)


def test_a_number_that_is_cut_off_is_none() -> None:
    answer = read(paid()[:-1])
    assert isinstance(answer, Ecr17Result)
    assert (answer.stan, answer.online_id) == (42, None)


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        (b"CAFF\xc8", "CAFF\u00c8"),
        ("CAFF\u00c8".encode(), "CAFF\u00c8"),
        (b"A\x1bB", "A B"),
        (b"A\x80B", "A?B"),
        ("A\u202eB".encode(), "A?B"),
    ],
)
def test_a_text_need_not_be_ascii_and_never_steers_a_screen(raw: bytes, text: str) -> None:
    answer = read(HEAD.encode() + b"E01" + raw.ljust(24))
    assert isinstance(answer, Ecr17Result)
    assert answer.text == text


class TestMeaning:
    def result(self, code: str, today: date | None = None) -> object:
        answer = read(paid().replace("E00", f"E{code}", 1))
        assert isinstance(answer, Ecr17Result)
        return meaning.result(answer, today)

    @pytest.mark.parametrize(
        ("code", "said"),
        [("00", ResultStatus.APPROVED), ("01", ResultStatus.DECLINED), ("05", ResultStatus.DECLINED)],
    )
    def test_codes_of_the_reference(self, code: str, said: ResultStatus) -> None:
        assert getattr(self.result(code), "status", None) is said

    @pytest.mark.parametrize("code", ["02", "09", "99", "  ", "0x"])
    def test_any_other_code_proves_nothing(self, code: str) -> None:
        """09 is a tag that the terminal does not know; whether it took the money is not said."""
        assert self.result(code) is None

    @pytest.mark.parametrize(
        ("day", "today", "said"),
        [
            (211, date(2025, 7, 30), "0730"),
            (211, date(2024, 7, 30), "0729"),
            (365, date(2026, 1, 1), "1231"),
            (366, date(2025, 1, 1), "1231"),
            (1, date(2025, 12, 31), "0101"),
            (0, date(2025, 7, 30), ""),
            (367, date(2025, 7, 30), ""),
            (211, None, ""),
        ],
    )
    def test_a_day_without_a_year_is_the_nearest_one(self, day: int, today: date | None, said: str) -> None:
        result = meaning.result(Ecr17Result("E", "", 0, day=day, clock="1520"), today)
        assert result is not None
        assert (result.date, result.time) == (said, "152000")
