"""Who a terminal says it is, and what it was known as: a fold over the journal."""

from __future__ import annotations

import msgspec

from agent.journal.schema.entry import AnyBody, Fact, TerminalAccepted, TerminalState

EXCHANGED = "terminals.exchanged"


class TerminalIdentity(msgspec.Struct, frozen=True):
    """A terminal's own numbers. What it does not tell is empty, and contradicts nothing."""

    terminal_id: str = ""
    serial_number: str = ""

    @property
    def known(self) -> bool:
        """Whether it has told anything."""
        return bool(self.terminal_id or self.serial_number)

    def contradicts(self, other: TerminalIdentity) -> bool:
        """Whether they are two terminals: a number that both tell differs."""
        pairs = ((self.terminal_id, other.terminal_id), (self.serial_number, other.serial_number))
        return any(one and two and one != two for one, two in pairs)

    def completed(self, other: TerminalIdentity) -> TerminalIdentity:
        """The same terminal, with what the other telling adds."""
        return TerminalIdentity(
            self.terminal_id or other.terminal_id, self.serial_number or other.serial_number
        )


class TerminalIdentities:
    """The identity that is pinned to each name in the settings."""

    def __init__(self, pinned: dict[str, TerminalIdentity] | None = None) -> None:
        self.pinned = pinned or {}

    def apply(self, body: AnyBody) -> None:
        """The first time that a terminal is ready pins it; persons may accept another one."""
        match body:
            case TerminalState(state="ready"):
                told = TerminalIdentity(body.terminal_id, body.serial_number)
                known = self.pinned.get(body.terminal, TerminalIdentity())
                if told.known and not known.contradicts(told):
                    self.pinned[body.terminal] = known.completed(told)
            case TerminalAccepted():
                self.pinned[body.terminal] = TerminalIdentity(body.terminal_id, body.serial_number)
            case _:
                pass

    def problem(self, name: str, told: TerminalIdentity) -> Fact | None:
        """Why the terminal behind a name may not take payments; None if it is the one that is known."""
        known = self.pinned.get(name, TerminalIdentity())
        if not known.contradicts(told):
            return None
        return Fact(
            EXCHANGED,
            {
                "known": _shown(known),
                "told": _shown(told),
                "terminal": name,
            },
        )

    def same(self, one: str, two: str) -> bool:
        """Whether two names stand for one terminal."""
        first, second = self.pinned.get(one), self.pinned.get(two)
        if first is None or second is None:
            return one == two
        shared = (first.terminal_id and first.terminal_id == second.terminal_id) or (
            first.serial_number and first.serial_number == second.serial_number
        )
        return one == two or (bool(shared) and not first.contradicts(second))


def _shown(identity: TerminalIdentity) -> str:
    return " ".join(number for number in (identity.terminal_id, identity.serial_number) if number) or "-"
