"""The promises that all sessions keep, on the smallest protocol that can break them."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum, auto
from typing import Final

import pytest

from drivers.dialogue import FLOOD, NO_END, RECONNECTED, Dialogue, Held
from drivers.terminal import (
    Command,
    CommandRefusedError,
    ConnectionLost,
    Delivery,
    DialogueEnded,
    DriverFact,
    EndReason,
    Event,
    Operation,
    Result,
    ResultStatus,
    SessionError,
    TransactionResult,
)

SALE: Final = Command(Operation.SALE, "payment 1", 1010, 978)
REFUND: Final = Command(Operation.REFUND, "payment 2", 1010, 978)
PULLED: Final = DriverFact("wires.unplugged")
NO_REFUNDS: Final = DriverFact("telium.no_refund")
PAID: Final = "paid"
ACK: Final = b"ack"
SILENCE_S: Final = 60.0


class SmallState(Enum):
    IDLE = auto()
    ASKING = auto()  # a greeting is out, the command waits for its answer
    RUNNING = auto()


class SmallLine:
    """Bytes out, nothing else."""

    def __init__(self) -> None:
        self.out = bytearray()
        self.trouble: DriverFact | None = None
        self.resets = 0

    def reset(self, now: float) -> None:  # noqa: ARG002 - the call of a dialogue's line
        self.out.clear()
        self.trouble = None
        self.resets += 1

    def bytes_to_send(self) -> bytes:
        out = bytes(self.out)
        self.out.clear()
        return out

    def deadline(self) -> float | None:
        return None


class SmallSession(Dialogue[SmallLine, SmallState, str]):
    """A greeting, a command, a result."""

    MOST_WAITING = 2

    def __init__(self) -> None:
        super().__init__(SmallLine(), SmallState.IDLE)
        self.line = self._line

    def hears(self, message: str, now: float = 0.0) -> list[Event]:
        self._in_turn(message, now)
        return list(self.events())

    def line_fails(self, trouble: DriverFact) -> list[Event]:
        self._tell_trouble(trouble)
        return list(self.events())

    def _check(self, command: Command) -> None:
        if command.operation is Operation.REFUND:
            raise CommandRefusedError(NO_REFUNDS)

    def _begin(self, command: Command, now: float) -> None:
        self.state = SmallState.ASKING
        self._deadline = now + SILENCE_S
        self.line.out += f"hello {command.payment_id}".encode()

    def _dispatch(self, message: str, now: float) -> None:
        if message == "hello":
            self.state, self._deadline = SmallState.RUNNING, now + SILENCE_S
            self.line.out += b"pay"
        elif message == PAID:
            late = self.state is not SmallState.RUNNING
            self._hold(TransactionResult(Result(ResultStatus.APPROVED, 0), late=late), message)

    def _accept(self, held: Held[str], now: float) -> None:  # noqa: ARG002 - the hook of a dialogue
        self.line.out += ACK
        if held.outcome is not None:
            self._end(DialogueEnded(EndReason.COMPLETED))

    def _line_deadline_passed(self, now: float) -> None:
        pass

    def _time_is_over(self, now: float) -> None:  # noqa: ARG002 - the hook of a dialogue
        self._lose(NO_END)

    def _leaves(self) -> bool:
        return self.state is SmallState.RUNNING


def running() -> SmallSession:
    session = SmallSession()
    session.connected(0.0)
    session.start(SALE, 0.0)
    session.bytes_to_send()
    session.hears("hello")
    assert session.bytes_to_send() == b"pay"
    return session


def holding() -> SmallSession:
    session = running()
    (event,) = session.hears(PAID)
    assert isinstance(event, TransactionResult)
    return session


def ends(session: SmallSession) -> list[Event]:
    return list(session.events())


# ---- a command leaves once ----


def test_a_second_command_is_refused_while_one_runs() -> None:
    session = running()
    with pytest.raises(SessionError):
        session.start(SALE, 1.0)
    assert (session.bytes_to_send(), ends(session)) == (b"", [])


def test_bytes_are_given_once() -> None:
    session = SmallSession()
    session.start(SALE, 0.0)
    assert session.bytes_to_send() == b"hello payment 1"
    assert session.bytes_to_send() == b""


@pytest.mark.parametrize("state", ["idle", "holding"])
def test_a_refused_command_leaves_all_as_it_was(state: str) -> None:
    session = SmallSession()
    if state == "holding":
        session.hears(PAID)
    with pytest.raises(CommandRefusedError) as refused:
        session.start(REFUND, 0.0)
    assert refused.value.fact == NO_REFUNDS
    assert not session.busy
    assert session.bytes_to_send() == b""
    session.acknowledge(0.0)
    assert session.bytes_to_send() == (ACK if state == "holding" else b"")


def test_nothing_is_sent_again_when_the_line_comes_back() -> None:
    session = running()
    session.disconnected(PULLED, 1.0)
    session.connected(2.0)
    assert session.bytes_to_send() == b""
    assert not session.busy


# ---- an outcome is held until it is on disk ----


def test_a_result_is_acknowledged_when_it_is_on_disk_and_not_before() -> None:
    session = holding()
    assert session.bytes_to_send() == b""
    assert session.busy
    session.acknowledge(1.0)
    assert session.bytes_to_send() == ACK
    assert ends(session) == [DialogueEnded(EndReason.COMPLETED)]


def test_it_is_acknowledged_once() -> None:
    session = holding()
    session.acknowledge(1.0)
    session.acknowledge(1.0)
    assert session.bytes_to_send() == ACK


def test_what_a_broken_line_had_held_is_never_acknowledged() -> None:
    session = holding()
    session.disconnected(PULLED, 1.0)
    session.acknowledge(1.0)
    session.connected(2.0)
    session.acknowledge(2.0)
    assert session.bytes_to_send() == b""


def test_what_was_held_when_the_time_was_over_is_never_acknowledged() -> None:
    session = holding()
    session.deadline_passed(SILENCE_S)
    assert ends(session) == [ConnectionLost(NO_END, Delivery.PERHAPS)]
    session.acknowledge(SILENCE_S)
    assert session.bytes_to_send() == b""


def test_a_late_result_that_nobody_accepted_goes_with_the_next_command() -> None:
    session = SmallSession()
    (event,) = session.hears(PAID)
    assert isinstance(event, TransactionResult)
    assert event.late
    session.start(SALE, 0.0)
    session.acknowledge(0.0)
    assert session.bytes_to_send() == b"hello payment 1"


def test_a_late_result_ends_no_command() -> None:
    session = SmallSession()
    session.start(SALE, 0.0)
    (event,) = session.hears(PAID)
    assert isinstance(event, TransactionResult)
    assert event.late
    session.acknowledge(0.0)
    assert session.busy
    assert ends(session) == []


def test_what_comes_meanwhile_waits_for_its_turn() -> None:
    session = holding()
    assert session.hears(PAID) == []
    session.acknowledge(1.0)
    _, told = ends(session)
    assert isinstance(told, TransactionResult)
    assert told.late  # the command has ended with the first one


def test_a_flood_behind_a_held_result_loses_the_dialogue() -> None:
    session = holding()
    assert session.hears(PAID) + session.hears(PAID) == []
    assert session.hears(PAID) == [ConnectionLost(FLOOD, Delivery.PERHAPS)]
    session.acknowledge(1.0)
    assert session.bytes_to_send() == b""


# ---- lost is NEVER or PERHAPS ----


def test_before_a_byte_of_the_command_left_it_was_never_heard() -> None:
    session = SmallSession()
    session.start(SALE, 0.0)
    assert session.bytes_to_send() == b"hello payment 1"
    session.hears("hello")
    session.disconnected(PULLED, 1.0)
    assert ends(session) == [ConnectionLost(PULLED, Delivery.NEVER)]


@pytest.mark.parametrize("stage", [running, holding])
def test_from_its_first_byte_on_nothing_is_proven(stage: Callable[[], SmallSession]) -> None:
    session = stage()
    session.disconnected(PULLED, 1.0)
    assert ends(session) == [ConnectionLost(PULLED, Delivery.PERHAPS)]


def test_the_byte_of_one_command_says_nothing_of_the_next() -> None:
    session = holding()
    session.acknowledge(1.0)
    session.bytes_to_send()
    ends(session)
    session.start(SALE, 2.0)
    session.bytes_to_send()
    session.disconnected(PULLED, 3.0)
    assert ends(session) == [ConnectionLost(PULLED, Delivery.NEVER)]


def test_a_fresh_line_under_a_running_command_loses_it() -> None:
    session = running()
    session.connected(1.0)
    assert ends(session) == [ConnectionLost(RECONNECTED, Delivery.PERHAPS)]
    assert session.line.resets == 2


def test_a_line_lost_at_rest_is_no_event() -> None:
    session = SmallSession()
    session.disconnected(PULLED, 0.0)
    assert ends(session) == []


def test_a_line_that_gave_up_is_told_once_until_there_is_a_fresh_one() -> None:
    session = SmallSession()
    assert session.line_fails(FLOOD) == [ConnectionLost(FLOOD, Delivery.NEVER)]
    assert session.line_fails(FLOOD) == []
    session.connected(1.0)
    assert session.line_fails(FLOOD) == [ConnectionLost(FLOOD, Delivery.NEVER)]


def test_silence_is_never_a_no() -> None:
    session = running()
    deadline = session.deadline()
    assert deadline == SILENCE_S
    session.deadline_passed(SILENCE_S - 1)
    assert ends(session) == []
    session.deadline_passed(SILENCE_S)
    assert ends(session) == [ConnectionLost(NO_END, Delivery.PERHAPS)]
    assert session.deadline() is None
