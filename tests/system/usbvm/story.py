"""What happens in the machine's shop, and what must be true at its end."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from agent.base.money import currency_of, format_amount
from tests.system.usbvm.bed import Bed
from tests.system.usbvm.machine import Machine

EUR: Final = currency_of("EUR")
PLAIN: Final = 1250
# ZVT's own line, and a till that is there (reference 2).
LINE: Final = "9600 8N2, DTR on"


class WrongError(Exception):
    """What happened must not happen."""


@dataclass(frozen=True)
class Cut:
    """A sale in which the cable is pulled: at the display `shows`, or else once the bank has `fate`.

    The cable comes back when the bank has `fate`, and the payment must be resolved as `ends`.
    """

    name: str
    amount: int
    shows: str
    fate: str
    ends: str


# The amounts are those of terminal.toml.
WAIT: Final = Cut("wait", 2000, shows="please wait", fate="reversed", ends="declined")
BOOKED: Final = Cut("booked", 3000, shows="", fate="booked", ends="approved")


class Story:
    """One shop and all its terminals."""

    def __init__(self, machine: Machine, beds: Sequence[Bed], say: Callable[[str], None]) -> None:
        self._machine = machine
        self._beds = beds
        self._say = say
        self._sold: dict[Bed, list[tuple[str, int]]] = {bed: [] for bed in beds}

    def open(self) -> None:
        """Plug everything in. While another program has the ports the agent takes none, and says who."""
        for bed in self._beds:
            bed.plug()
            self._until(bed.port, f"the port of {bed.cable.name}")
            self._say(f"{bed.cable.name}: plugged in, the kernel has made {bed.port()}")
        self._probe()
        for bed in self._beds:
            self._machine.order("hold", port=bed.port(), lock=True)
        self._machine.order("open_shop", terminals="\n".join(bed.cable.settings for bed in self._beds))
        for bed in self._beds:
            self._until(partial(self._is, bed, "away", "in use by python3 (process 1)"), "the holder's name")
        self._say("the agent has named the program that holds the ports, and waits")
        self._machine.order("let_go")
        self._all_ready()
        self._say("the ports are free, every terminal is ready")

    def play(self, bed: Bed) -> None:
        """A sale, a sale for each cut, and one more to see that the shop goes on."""
        self._say(f"{bed.cable.name}: {self._whose(bed)}")
        self._sale(bed, "first")
        for cut in (WAIT, BOOKED):
            self._cut(bed, cut)
        self._sale(bed, "last")

    def rest(self) -> None:
        """Stop the agent: the kernel gets back what was taken from it. Start it again."""
        self._machine.order("stop")
        for bed in self._beds:
            self._until(bed.port, f"the port of {bed.cable.name}")
            self._say(f"{bed.cable.name}: the agent has stopped, the kernel has {bed.port()}")
        self._machine.order("start")
        self._all_ready()

    def crash(self) -> None:
        """Kill the agent while every terminal has booked a sale and ended none. Then it resolves."""
        numbers = [self._sell(bed, "crash", BOOKED.amount) for bed in self._beds]
        for bed in self._beds:
            self._until(partial(self._has, bed, BOOKED.fate), "every bank to have booked")
        self._machine.order("kill")
        self._machine.order("start")
        self._say("the agent was killed in the middle of a payment at every terminal, and started again")
        self._all_ready()
        for payment_id in numbers:
            self._ends(payment_id, BOOKED.ends)

    def close(self) -> list[str]:
        """Stop the agent, and hold its journal against every bank; the table of all payments."""
        end = self._machine.order("close_shop")
        self._say(end["verified"].strip().splitlines()[0])
        for bed in self._beds:
            if not bed.port():  # whom the killed agent had taken it from, the next one cannot know
                bed.unplug()
                bed.plug()
                self._until(bed.port, f"the port of {bed.cable.name}")
                self._say(f"{bed.cable.name}: the kernel has {bed.port()} once it is plugged in again")
        return [row for bed in self._beds for row in self._compared(bed, end["says"])]

    def _probe(self) -> None:
        """`tillgate terminals --probe` finds out what is plugged in, and harms nothing."""
        found = self._machine.order("terminals")
        for bed in self._beds:
            what = found.get(f"/dev/{bed.port()}", "not found")
            self._say(f"tillgate terminals: {bed.port()} is {what}")
            check(what.endswith("answers to zvt"), f"{bed.cable.name} is a ZVT terminal")

    def _all_ready(self) -> None:
        for bed in self._beds:
            self._until(partial(self._is, bed, "ready"), f"{bed.cable.name} to be ready")

    def _whose(self, bed: Bed) -> str:
        """Who has the device now, and what it was told."""
        port, line = bed.port(), bed.line()
        check(bool(port) is not bed.cable.taken, f"{bed.cable.name}: the kernel has the port '{port}'")
        check(line in {None, LINE}, f"{bed.cable.name}: the line was set to {line}")
        owner = f"the kernel drives it as {port}" if port else "taken from the kernel, its port is gone"
        return f"{owner}; {line}" if line else owner

    def _sale(self, bed: Bed, name: str) -> None:
        payment_id = self._sell(bed, name, PLAIN)
        self._until(partial(self._verdict, payment_id), f"the verdict of {payment_id}")
        self._ends(payment_id, "approved")

    def _cut(self, bed: Bed, cut: Cut) -> None:
        payment_id = self._sell(bed, cut.name, cut.amount)
        self._until(partial(self._reached, bed, payment_id, cut), f"the moment to pull {payment_id}")
        before = bed.port()
        if before:
            self._machine.order("hold", port=before, lock=False)
        bed.unplug()
        self._until(partial(self._verdict, payment_id), f"the verdict of {payment_id}")
        self._say(f"{payment_id}: unplugged, {self._verdict(payment_id)}")
        self._until(lambda: not bed.port(), f"the port of {bed.cable.name} to go")
        self._until(partial(self._has, bed, cut.fate), f"the bank to have {cut.fate} it")
        bed.plug()
        self._until(lambda: self._verdict(payment_id) != "unclear", f"{payment_id} to be resolved")
        self._machine.order("let_go")
        self._renumbered(bed, before)
        self._ends(payment_id, cut.ends)

    def _sell(self, bed: Bed, name: str, amount: int) -> str:
        payment_id = f"{bed.cable.name}-{name}"
        self._machine.order("sell", payment_id=payment_id, amount=amount, terminal=bed.cable.name)
        self._sold[bed].append((payment_id, amount))
        return payment_id

    def _reached(self, bed: Bed, payment_id: str, cut: Cut) -> bool:
        if cut.shows:
            return cut.shows in self._machine.order("view", payment_id=payment_id)["display"].lower()
        return self._has(bed, cut.fate)

    def _has(self, bed: Bed, fate: str) -> bool:
        """Whether that is what the bank did with the sale that was made last."""
        bookings = bed.bookings()
        return len(bookings) == len(self._sold[bed]) and bool(bookings[-1]["state"] == fate)

    def _renumbered(self, bed: Bed, before: str) -> None:
        """The agent has found its terminal again although the port has another number now."""
        if before:
            now = bed.port()
            check(now != before, f"{bed.cable.name} is {before} again, so renumbering was not tried")
            self._say(f"{bed.cable.name}: plugged in again, {before} has become {now}")

    def _ends(self, payment_id: str, verdict: str) -> None:
        told = self._verdict(payment_id)
        self._say(f"{payment_id}: {told}")
        check(told == verdict, f"{payment_id} is {told}, and it should be {verdict}")

    def _verdict(self, payment_id: str) -> str:
        return self._machine.order("view", payment_id=payment_id).get("verdict") or ""

    def _is(self, bed: Bed, state: str, why: str = "") -> bool:
        now, text = self._machine.order("states").get(bed.cable.name, ["", ""])
        return now == state and why in text

    def _compared(self, bed: Bed, says: dict[str, Any]) -> list[str]:
        """The bank was asked once for each sale, and has booked what the journal calls approved."""
        sold, asked = self._sold[bed], bed.bookings()
        amounts = [booking["amount"] for booking in asked]
        check(amounts == [amount for _, amount in sold], f"{bed.cable.name}: the bank was asked {amounts}")
        rows = []
        for (payment_id, amount), booking in zip(sold, asked, strict=True):
            said, state = says.get(payment_id, ["nothing"]), booking["state"]
            row = f"{payment_id:<20}{format_amount(amount, EUR):>6}  {' > '.join(said):<31}{state}"
            check((said[-1] == "approved") is (state == "booked"), f"the journal is not the bank: {row}")
            rows.append(row)
        return rows

    def _until(self, true: Callable[[], object], what: str) -> None:
        self._machine.wait_for(true, what)


def check(true: bool, otherwise: str) -> None:
    if not true:
        raise WrongError(otherwise)
