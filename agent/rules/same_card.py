"""Whether two results were of one card, as far as the journal can tell."""

from __future__ import annotations

from agent.journal.schema.entry import CardSummary


def same_card(one: CardSummary | None, other: CardSummary | None) -> bool:
    """By the ordinal where both have one under the same key, else by masked number and expiry.

    What is not told is another card: a claim of nobody proves nothing.
    """
    if one is None or other is None:
        return False
    known, told = _ordinals(one), _ordinals(other)
    shared = known.keys() & told.keys()
    if shared:
        return all(known[key] == told[key] for key in shared)
    return _shows_digits(one) and (one.masked, one.expiry) == (other.masked, other.expiry)


def _ordinals(card: CardSummary) -> dict[int, int]:
    """The card's ordinal by the number of the key."""
    pairs = ((card.card_key, card.card), (card.older_card_key, card.older_card))
    return {key: ordinal for key, ordinal in pairs if key and ordinal}


def _shows_digits(card: CardSummary) -> bool:
    """A number that is hidden as a whole is every card's."""
    return any(character.isdigit() for character in card.masked)
