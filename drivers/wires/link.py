"""The pump between a wire and a session: the only asyncio in `drivers` besides the wires.

Card data stays in the secret buffer that session and link share; the link fills
it, the session empties it, and whoever gives up wipes it.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from typing import Final

from drivers.card.card import SecretBuffer
from drivers.terminal import (
    Command,
    ConnectionLost,
    Delivery,
    DialogueEnded,
    DisplayText,
    DriverFact,
    Event,
    Session,
    SessionError,
    WireError,
)
from drivers.wires.wire import Wire

# A flood must not block the loop; the wire calls again for the rest.
READS_PER_TURN: Final = 16
# A dialogue sends a few hundred bytes. If this many are unsent, nobody reads at the other end.
MAX_UNSENT_BYTES: Final = 64 * 1024
# A full output buffer empties a byte a millisecond on the slowest line.
WRITE_RETRY_S: Final = 0.02
# The loop may wake us this much early, and the session's clock may differ from the loop's.
TIMER_GRAIN_S: Final = 0.001
# At most this many unread display texts are kept; they decide nothing. Results and receipts wait for
# `acknowledge`, so they cannot pile up.
MAX_WAITING_EVENTS: Final = 1000

NOT_CONNECTED: Final = DriverFact("wires.not_connected")
NOT_READING: Final = DriverFact("wires.not_reading")
CLOSED_BY_US: Final = DriverFact("wires.closed_by_us")
DRIVER_FAULT: Final = DriverFact("wires.driver_fault")


class Link:
    """One terminal's line while it is open: bytes to the session, its bytes to the wire, its events to you.

    Events of a running command go to `perform`, all others to `unsolicited`. None is given twice,
    and none is lost if the caller of `perform` stops early. A lost line is closed; `connect`
    opens a fresh one.

    An exception in the session loses the line and nothing else: `on_fault` hears of it, and `renew` makes
    the session that the next line begins with. Nobody trusts the state of the old one.
    """

    def __init__(
        self,
        wire: Wire,
        session: Session,
        buffer: SecretBuffer,
        monotonic: Callable[[], float],
        unsolicited: Callable[[Event], None],
        renew: Callable[[], Session] | None = None,
    ) -> None:
        self._wire = wire
        self._session = session
        self._buffer = buffer
        self._monotonic = monotonic
        self._unsolicited = unsolicited
        self._renew = renew
        self.on_fault: Callable[[Exception], None] = _nobody_listens
        self._unsent = bytearray()
        self._inbox: asyncio.Queue[Event] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._left = False  # a byte left since the running command began
        self.connected = False

    async def connect(self) -> None:
        """Open the wire and begin a fresh line. Raises `WireError`."""
        if self.connected:
            return
        await self._wire.open()
        self._buffer.wipe()
        self.connected = True
        if not self._guard(lambda: self._session.connected(self._monotonic())):
            raise WireError(DRIVER_FAULT)
        self._wire.on_readable(self._on_readable)
        self._pump()

    async def close(self) -> None:
        """Close the line; a running command ends in `ConnectionLost`."""
        self.lose(CLOSED_BY_US)

    def lose(self, reason: DriverFact) -> None:
        """Give the line up, now; a running command ends in `ConnectionLost`."""
        if self.connected:
            self._hang_up()
            self._guard(lambda: self._session.disconnected(reason, self._monotonic()))
            self._pump()

    async def perform(self, command: Command) -> AsyncIterator[Event]:
        """Start the command and give its events until `DialogueEnded` or `ConnectionLost`.

        Call `acknowledge` for each `TransactionResult` and `Receipt` once it is on disk. Raises
        `SessionError` when another command is running.
        """
        if self._inbox is not None:
            raise SessionError("one command at a time")
        if not self.connected:
            yield ConnectionLost(NOT_CONNECTED, Delivery.NEVER)
            return
        inbox = self._inbox = asyncio.Queue()
        self._left = False
        try:
            self._start(command)
            self._pump()
            while True:
                event = await inbox.get()
                yield event
                if isinstance(event, DialogueEnded | ConnectionLost):
                    return
        finally:
            self._inbox = None
            while not inbox.empty():
                self._deliver(inbox.get_nowait())

    def acknowledge(self) -> None:
        """The last `TransactionResult` or `Receipt` is on disk: acknowledge it."""
        self._guard(lambda: self._session.acknowledge(self._monotonic()))
        self._pump()

    @property
    def can_reject(self) -> bool:
        """Whether the session can refuse a result."""
        return self._session.can_reject

    def reject(self) -> None:
        """The last `TransactionResult` and our refusal of it are on disk: refuse it."""
        self._session.reject(self._monotonic())
        self._pump()

    def abort(self) -> None:
        """Ask the terminal to stop; its result still decides."""
        self._guard(lambda: self._session.abort(self._monotonic()))
        self._pump()

    def _start(self, command: Command) -> None:
        """A command that is refused is the caller's to hear of."""
        try:
            self._session.start(command, self._monotonic())
        except SessionError:
            raise
        except Exception as error:  # noqa: BLE001 - as in `_guard`
            self._fail(error)

    def _on_readable(self) -> None:
        self._guard(self._drain)
        self._pump()

    def _on_timer(self) -> None:
        self._timer = None
        self._guard(self._look_at_clock)
        self._pump()

    def _guard(self, work: Callable[[], None]) -> bool:
        """Do what the session or the wire may fail at; False if it failed, and the line is lost."""
        try:
            work()
        except WireError as error:
            self._lose(error.fact)
        except Exception as error:  # noqa: BLE001 - whatever it is: one terminal's trouble is that one's
            self._fail(error)
        else:
            return True
        return False

    def _fail(self, error: Exception) -> None:
        """The session failed: what it told so far counts, its line is lost, and a fresh one follows."""
        told: list[Event] = []
        with suppress(Exception):
            told.extend(self._session.events())
        self._hang_up()
        if self._renew is not None:
            self._session = self._renew()
        for event in told:
            self._deliver(event)
        self._deliver(ConnectionLost(DRIVER_FAULT, Delivery.PERHAPS if self._left else Delivery.NEVER))
        self.on_fault(error)

    def _drain(self) -> None:
        for _ in range(READS_PER_TURN):
            count = self._wire.read_into(self._buffer.space()) if self.connected else 0
            if count == 0:
                return
            self._buffer.filled(count)
            self._session.receive(self._monotonic())

    def _look_at_clock(self) -> None:
        self._drain()  # bytes that came while the host was busy came in time
        deadline, now = self._session.deadline(), self._monotonic()
        if deadline is not None and now + TIMER_GRAIN_S >= deadline:
            self._session.deadline_passed(max(now, deadline))

    def _pump(self) -> None:
        """Send the session's bytes, pass on its events, and set the timer."""
        self._guard(self._flush)
        self._guard(self._deliver_events)
        self._guard(self._set_alarm)

    def _flush(self) -> None:
        self._unsent += self._session.bytes_to_send()
        if not self.connected:
            self._unsent.clear()
        while self._unsent:
            written = self._wire.write(bytes(self._unsent))
            if written == 0:
                break
            self._left = True
            del self._unsent[:written]
        if len(self._unsent) > MAX_UNSENT_BYTES:
            raise WireError(NOT_READING)

    def _deliver_events(self) -> None:
        for event in self._session.events():
            self._deliver(event)
            if isinstance(event, ConnectionLost) and self.connected:
                self._hang_up()
                self._session.disconnected(event.reason, self._monotonic())

    def _deliver(self, event: Event) -> None:
        if self._inbox is None:
            self._tell_owner(event)
        elif self._inbox.qsize() < MAX_WAITING_EVENTS or not isinstance(event, DisplayText):
            self._inbox.put_nowait(event)

    def _tell_owner(self, event: Event) -> None:
        """Not now but in the next turn of the loop: the owner may call `acknowledge` from there."""
        asyncio.get_running_loop().call_soon(self._unsolicited, event)

    def _lose(self, reason: DriverFact) -> None:
        if not self.connected:
            return
        busy, session = self._session.busy, self._session
        # What came last may have been the answer: the session reads it before the buffer is wiped.
        if not self._guard(lambda: session.disconnected(reason, self._monotonic())):
            return  # the session failed at it, and its owner knows
        self._hang_up()
        if not busy:  # no command was running, but the owner has to know
            self._deliver(ConnectionLost(reason, Delivery.NEVER))
        elif session.busy:  # it has its answer and waits until that is stored
            self._tell_owner(ConnectionLost(reason, Delivery.NEVER))

    def _hang_up(self) -> None:
        self.connected = False
        self._wire.close()
        self._buffer.wipe()
        self._unsent.clear()
        self._stop_timer()

    def _set_alarm(self) -> None:
        """Keep one timer that is never later than the deadline. A timer that fires too early sets the next.

        Nearly every byte moves the deadline: a new timer for each would cost more than an early look.
        """
        due = self._due_in()
        if due is None:
            self._stop_timer()
            return
        loop = asyncio.get_running_loop()
        at = loop.time() + due
        if self._timer is None or at < self._timer.when():
            self._stop_timer()
            self._timer = loop.call_at(at, self._on_timer)

    def _due_in(self) -> float | None:
        """Seconds until the next deadline; None if there is none."""
        if not self.connected:
            return None
        deadline = self._session.deadline()
        due = None if deadline is None else max(0.0, deadline - self._monotonic())
        return due if not self._unsent else min(WRITE_RETRY_S, WRITE_RETRY_S if due is None else due)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


def _nobody_listens(error: Exception) -> None:
    """Without an owner who listens a fault of the driver is not hidden."""
    raise error
