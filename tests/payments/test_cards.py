"""A terminal that shows whole card numbers and tracks: none of them gets as far as the disk."""

from __future__ import annotations

from base64 import b64encode

import pytest

from agent.journal.schema.entry import TerminalResult
from tests.payments.conftest import Make
from tests.payments.world import World
from tests.support import cards
from tests.support.search import forms, search

SHOWS_ALL = (
    '[default]\nshown = "track_2"\ncard = "{card}"\nreceipt = ["Karte {{card}}", "nochmals: {{card}}"]\n'
)
PAYMENTS = 20


def numbers_shown_to(world: World) -> list[str]:
    """Take payments; the numbers that the terminal sent, alone and in tracks."""
    numbers = []
    for count in range(PAYMENTS):
        assert world.pay(f"A-{count}", 1000 + count).verdict == "approved"
        card = world.outside.device.terminal.memory.card
        assert card is not None
        numbers.append(card.number)
    return numbers


def written(world: World) -> dict[str, bytes]:
    return {name: bytes(content) for name, content in world.disk.files.items()}


def test_the_search_finds_what_was_put_there() -> None:
    number = cards.make(1)
    for form, needles in forms(number).items():
        for needle in needles:
            assert search([number], {"journal": b"xx" + needle + b"xx"}) == [f"journal: {form}"]
    for before in ("", "a", "ab"):
        inside = b64encode(f"{before}{number} and more".encode())
        assert search([number], {"journal": inside}) == ["journal: base64"]


@pytest.mark.parametrize("card", ["generated", "visa", "amex", "unionpay"])
@pytest.mark.parametrize("receipts", ["till", "terminal"])
def test_no_form_of_a_number_is_in_the_journal(make: Make, card: str, receipts: str) -> None:
    world = make(SHOWS_ALL.format(card=card), receipts=receipts)
    assert search(numbers_shown_to(world), written(world)) == []


def test_the_till_gets_the_masked_form_and_the_journal_the_seal(make: Make) -> None:
    world = make(SHOWS_ALL.format(card="visa"))
    view = world.pay()
    assert view.card is not None
    assert view.card.masked == "411111******1111"
    (said,) = (entry.body.card for entry in world.disk.entries() if isinstance(entry.body, TerminalResult))
    assert said is not None
    assert (said.masked, bool(said.sealed), said.card, said.card_key) == ("411111******1111", True, 1, 1)
    printed = [line for receipt in world.service.receipts("A-1") for line in receipt.lines]
    assert any("411111******1111" in line for line in printed)
