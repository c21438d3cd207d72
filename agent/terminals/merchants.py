"""The merchant numbers that a terminal's approvals name, by scheme: a set that is learnt."""

from __future__ import annotations

from typing import Final

from agent.journal.schema.entry import AnyBody, TerminalResult

# A shop has one contract a scheme, and a new one every few years.
MAX_NUMBERS_A_SCHEME: Final = 32


class MerchantNumbers:
    """A fold over the journal. The first number of a scheme is learnt; each later new one is told."""

    def __init__(self, known: dict[str, list[str]] | None = None) -> None:
        self.known = known or {}

    def is_new(self, terminal: str, said: TerminalResult) -> bool:
        """Whether an approval names another contract than all before it of its scheme."""
        numbers = self.known.get(_place(terminal, said), [])
        return bool(said.merchant_id and numbers) and said.merchant_id not in numbers

    def learn(self, terminal: str, body: AnyBody) -> None:
        """An entry of a payment; only an approval teaches something."""
        if not isinstance(body, TerminalResult) or body.verdict != "approved" or not body.merchant_id:
            return
        numbers = self.known.setdefault(_place(terminal, body), [])
        if body.merchant_id not in numbers:
            numbers.append(body.merchant_id)
            del numbers[:-MAX_NUMBERS_A_SCHEME]


def _place(terminal: str, said: TerminalResult) -> str:
    return f"{terminal} {said.card.name if said.card else ''}"
