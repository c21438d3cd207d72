"""A refund goes to the card of the sale, or a second person looks at it."""

from __future__ import annotations

from typing import Any

import pytest

from agent.journal.schema.entry import CardSummary, TerminalResult
from agent.rules.after import ApprovalContext, decide_after
from agent.rules.same_card import same_card
from tests.rules.shop import policy

MASKED, EXPIRY = "411111******1111", "2712"


def card(masked: str = MASKED, expiry: str = EXPIRY, **ordinals: Any) -> CardSummary:
    return CardSummary(masked=masked, expiry=expiry, **ordinals)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (card(card=3, card_key=1), card(card=3, card_key=1), True),
        (card(card=3, card_key=1), card(card=4, card_key=1), False),
        (card(card=3, card_key=1), card(card=9, card_key=2, older_card=3, older_card_key=1), True),
        (card(card=3, card_key=1), card(card=3, card_key=2, older_card=9, older_card_key=1), False),
        (card(card=3, card_key=1), card(card=9, card_key=2), True),
        (card(card=3, card_key=1), card(card=3, card_key=2, expiry="2901"), False),
        (card(), card(), True),
        (card(), card("411111******1112"), False),
        (card(), card(expiry="2713"), False),
        (card(), card(expiry=""), False),
        (card(expiry=""), card(expiry=""), True),
        (card("****************"), card("****************"), False),
        (card(""), card(""), False),
        (None, card(), False),
        (card(), None, False),
        (None, None, False),
    ],
)
def test_which_cards_are_one(one: CardSummary | None, other: CardSummary | None, same: bool) -> None:
    assert same_card(one, other) is same
    assert same_card(other, one) is same


def found(kind: str, told: CardSummary | None, original: CardSummary | None) -> list[tuple[str, str]]:
    result: dict[str, Any] = {"payment_id": "R-1", "verdict": "approved", "card": told}
    asked = ApprovalContext(kind, 1250, "EUR", TerminalResult(**result), policy(), original)
    return [(reason.code, reason.action) for reason in decide_after(asked).reasons]


def test_a_refund_to_another_card_is_held() -> None:
    assert found("refund", card(), card()) == []
    assert found("refund", card("555544******4444"), card()) == [("refund_card", "supervisor")]
    assert found("refund", None, card()) == [("refund_card_unknown", "supervisor")]
    assert found("refund", card(), None) == [("refund_card_unknown", "supervisor")]


@pytest.mark.parametrize("kind", ["sale", "reversal", "close_day"])
def test_what_is_no_refund_is_not_asked_about_its_card(kind: str) -> None:
    assert found(kind, card("555544******4444"), card()) == []
