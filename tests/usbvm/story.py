"""What happens in the machine's shop, and what must be true at its end."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from agent.money import currency_of, format_amount
from tests.usbvm.bed import Bed
from tests.usbvm.machine import Machine

EUR: Final = currency_of("EUR")
PLAIN: Final = 1250


class WrongError(Exception):
    """What happened must not happen."""


@dataclass(frozen=True)
class Cut:
    """A sale during which the cable is pulled: once `state` is the bank's word, or at the display `shows`.

    It is plugged in again when the bank's word is `until`; `ends` is what the terminal can prove then.
    """

    amount: int
    told: str
    shows: str
    until: str
    ends: str


CUTS: Final = (
    Cut(2000, 'pulled at "please wait"', "please wait", "reversed", "declined"),
    Cut(3000, "pulled once it is booked", "", "booked", "approved"),
)


class Story:
    """One shop with all its terminals."""

    def __init__(self, machine: Machine, beds: Sequence[Bed], say: Callable[[str], None]) -> None:
        self._machine = machine
        self._beds = beds
        self._say = say
        self._table: list[tuple[str, int, str, str]] = []

    def open(self) -> None:
        """Plug everything in, start the agent, wait until every terminal is ready."""
        for bed in self._beds:
            bed.plug()
        for bed in self._beds:
            self._until(bed.node, f"the port of {bed.cable.name}")
            self._say(f"{bed.cable.name}: the kernel has made {bed.node()}")
        self._machine.order("open_shop", terminals="\n".join(_settings(bed) for bed in self._beds))
        for bed in self._beds:
            self._until(lambda bed=bed: self._state(bed) == "ready", f"{bed.cable.name} to be ready")
        self._say("the shop is open, every terminal is ready")

    def play(self, bed: Bed) -> None:
        """A sale, a sale with each cut, and one more to see that the shop goes on."""
        held = "taken from the kernel" if bed.cable.held else "the kernel's"
        check((bed.node() == "") is bed.cable.held, f"{bed.cable.name}: the port is not {held}")
        self._sale(bed, "first")
        for cut in CUTS:
            self._cut(bed, cut)
        self._sale(bed, "last")

    def close(self) -> None:
        """Stop the agent and compare its journal with every bank."""
        end = self._machine.order("close_shop")
        self._say(end["verified"].strip().splitlines()[0])
        for bed in self._beds:
            self._until(bed.node, f"the kernel to have the port of {bed.cable.name} back")
            self._compare(bed, end["says"])
        self._say("the journal and the banks agree:")
        for number, amount, verdicts, booked in self._table:
            self._say(f"  {number:<18}{format_amount(amount, EUR):>7}  {verdicts:<22}{booked}")

    def _sale(self, bed: Bed, name: str) -> None:
        number = f"{bed.cable.name}-{name}"
        self._machine.order("sell", number=number, amount=PLAIN, terminal=bed.cable.name)
        self._until(lambda: self._verdict(number), f"the verdict of {number}")
        self._expect(number, "approved")

    def _cut(self, bed: Bed, cut: Cut) -> None:
        number = f"{bed.cable.name}-{cut.amount}"
        self._machine.order("sell", number=number, amount=cut.amount, terminal=bed.cable.name)
        self._until(lambda: self._reached(bed, number, cut), f"the moment to pull {bed.cable.name}")
        bed.unplug()
        self._until(lambda: self._verdict(number), f"the verdict of {number}")
        self._say(f"{number}: {cut.told}, {self._verdict(number)}")
        self._until(lambda: not bed.node(), f"the port of {bed.cable.name} to go")
        self._until(lambda: _states(bed, cut.amount) == [cut.until], f"the bank to have {cut.until} it")
        bed.plug()
        self._until(lambda: self._verdict(number) != "unclear", f"{number} to be settled")
        self._expect(number, cut.ends)

    def _reached(self, bed: Bed, number: str, cut: Cut) -> bool:
        if cut.shows:
            return cut.shows in self._machine.order("view", number=number)["display"].lower()
        return _states(bed, cut.amount) == [cut.until]

    def _expect(self, number: str, verdict: str) -> None:
        told = self._verdict(number)
        self._say(f"{number}: {told}")
        check(told == verdict, f"{number} is {told}, and it should be {verdict}")

    def _verdict(self, number: str) -> str:
        return self._machine.order("view", number=number).get("verdict") or ""

    def _state(self, bed: Bed) -> str:
        state: list[str] = self._machine.order("states").get(bed.cable.name, [""])
        return state[0]

    def _compare(self, bed: Bed, says: dict[str, list[Any]]) -> None:
        """One booking at the most for each payment, and it stands if and only if the journal says so."""
        mine = {number: said for number, said in says.items() if number.startswith(bed.cable.name)}
        approved = [number for number, said in mine.items() if said[-1] == "approved"]
        booked = [one for one in bed.bookings() if one["state"] == "booked"]
        check(len(bed.bookings()) == len(mine), f"{bed.cable.name}: the bank was asked more often than it should")
        check(len(approved) == len(booked), f"{bed.cable.name}: {approved} against {booked}")
        for (number, said), booking in zip(mine.items(), bed.bookings(), strict=True):
            self._table.append((number, booking["amount"], ", ".join(said), booking["state"]))

    def _until(self, true: Callable[[], object], what: str) -> None:
        self._machine.wait_for(true, what)


def check(true: bool, otherwise: str) -> None:
    if not true:
        raise WrongError(otherwise)


def _states(bed: Bed, amount: int) -> list[str]:
    return [one["state"] for one in bed.bookings(amount)]


def _settings(bed: Bed) -> str:
    return f'[terminals.{bed.cable.name}]\n{bed.cable.settings}\npassword = "123456"\nreceipts = "till"\n'
