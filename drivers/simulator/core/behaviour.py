"""How a simulated terminal can behave, as frozen values; `script` reads them from TOML.

Amounts are minor units, times seconds, codes the numbers of the reference's tables.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Final

from drivers.simulator.core.cards import Shown
from drivers.terminal import SIMULATOR_SOFTWARE
from drivers.zvt.packet import Charset


class ScriptedOutcome(Enum):
    """What becomes of a command. REFUSE: the command itself is answered with `84 code`."""

    APPROVE = "approve"
    DECLINE = "decline"
    STOP_KEY = "stop_key"
    REFUSE = "refuse"


class Point(Enum):
    """The messages of a dialogue, as places where something can go wrong."""

    ANSWER = "answer"
    DISPLAY = "display"
    STATUS = "status"
    RECEIPT = "receipt"
    COMPLETION = "completion"


class Moment(Enum):
    """BEFORE the message is sent, or AFTER it arrived and before its answer is taken."""

    BEFORE = "before"
    AFTER = "after"


class Cancel(Enum):
    """What a till's abort does. TOO_LATE: it is accepted and the payment is approved all the same."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    IGNORED = "ignored"
    TOO_LATE = "too_late"


class Side(Enum):
    """Who sends."""

    TILL = "till"
    TERMINAL = "terminal"


class Harm(Enum):
    """What happens to a frame on the line."""

    DROP = "drop"
    DAMAGE = "damage"


@dataclass(frozen=True, slots=True)
class Display:
    """One 04 FF: the code, a text of its own (tag 24), a new T4 in minutes."""

    code: int
    text: str = ""
    minutes: int | None = None


@dataclass(frozen=True, slots=True)
class Trouble:
    """The terminal is gone for `seconds`, at a point of the dialogue."""

    seconds: float
    at: Point = Point.STATUS
    when: Moment = Moment.BEFORE


# What a terminal shows during a plain payment: insert card, please wait, remove card.
PLAIN_DISPLAY: Final = (Display(0x0A), Display(0x0E), Display(0x0B))


@dataclass(frozen=True, slots=True)
class Behaviour:
    """What the terminal does with one command.

    `when_amount`: only for this amount, and every time; otherwise entries are
    used in order, once each; what they leave out is as in [default].
    `says_amount` is what the answer claims while the bank books something else.
    `abort_after` ends an approved payment with this code in 06 1E, which undoes
    it. `skip` and `twice` name messages. Only ZVT's terminal knows the habits at the end: `closes_day`
    inside a status enquiry, `prints_only` where it is asked for its last payment, `tells_last` instead of
    charging, `then_code` of a second result that contradicts the first, `bare_result` without a result code.
    """

    when_amount: int | None = None
    outcome: ScriptedOutcome = ScriptedOutcome.APPROVE
    code: int = 0x05
    text: str = ""
    tip: int = 0
    partial: int | None = None
    says_amount: int | None = None
    display: tuple[Display, ...] = PLAIN_DISPLAY
    silence_s: float = 0.0
    silence_before: Point = Point.STATUS
    cancel: Cancel = Cancel.ACCEPTED
    skip: tuple[Point, ...] = ()
    twice: tuple[Point, ...] = ()
    abort_after: int | None = None
    unplug: Trouble | None = None
    reboot: Trouble | None = None
    card: str = "visa"
    shown: Shown = Shown.MASKED
    receipt_first: bool = False
    receipt: tuple[str, ...] = ()
    closes_day: bool = False
    prints_only: bool = False
    tells_last: bool = False
    then_code: int | None = None
    bare_result: bool = False


@dataclass(frozen=True, slots=True)
class ScriptedFault:
    """A frame that is dropped or damaged on the line.

    Counted from 1 within the `payment`-th financial command on the line, whose
    own frame is the till's first. `frame` counts frames that carry an APDU, `ack`
    the single bytes 06 and 15 between them; one of the two is given.
    """

    sender: Side
    do: Harm = Harm.DROP
    payment: int = 1
    frame: int | None = None
    ack: int | None = None


@dataclass(frozen=True, slots=True)
class TerminalSetup:
    """What the terminal is. `status` is its state at power-up (reference 9, terminal status).

    `software` is how an agent knows a simulator; another text plays a real terminal in a test.
    `auto_reversal`: the specification's 2.2.8, a result that is not answered is
    reversed. False is the reading of chapter 4 and of card complete: it stays,
    and the pending message is given again. `says_busy` False: it calls itself ready while it works.
    """

    password: str = "123456"  # noqa: S105  (the reference's example; a simulator guards nothing)
    check_password: bool = True
    terminal_id: str = "29001006"
    merchant_id: str = "100764992"
    merchant: str = "Demo-Laden"
    software: str = f"{SIMULATOR_SOFTWARE} 1"
    currency: int = 978
    status: int = 0x00
    auto_reversal: bool = True
    says_busy: bool = True
    answer_timeout_s: float = 30.0
    character_set: Charset = Charset.CP437


@dataclass(frozen=True, slots=True)
class Script:
    """A whole script: the terminal, the behaviours by command, the faults of the line."""

    terminal: TerminalSetup = field(default_factory=TerminalSetup)
    default: Behaviour = field(default_factory=Behaviour)
    behaviours: Mapping[str, tuple[Behaviour, ...]] = field(default_factory=dict)
    faults: tuple[ScriptedFault, ...] = ()


# The tables of a script that hold behaviours, by the command they are for.
COMMANDS: Final = (
    "payment",
    "refund",
    "reversal",
    "end_of_day",
    "turnover_totals",
    "repeat_receipt",
    "registration",
    "status_enquiry",
    "diagnosis",
    "initialisation",
)


class Playbook:
    """Gives each command its behaviour, in the script's order."""

    def __init__(self, script: Script) -> None:
        self._default = script.default
        self._by_amount = {
            name: {entry.when_amount: entry for entry in entries if entry.when_amount is not None}
            for name, entries in script.behaviours.items()
        }
        self._in_order = {
            name: iter([entry for entry in entries if entry.when_amount is None])
            for name, entries in script.behaviours.items()
        }

    def behaviour(self, command: str, amount: int | None) -> Behaviour:
        """The entry for this amount, else the next in order, else the default."""
        by_amount = self._by_amount.get(command, {})
        if amount in by_amount:
            return by_amount[amount]
        return next(self._in_order.get(command, iter(())), self._default)
