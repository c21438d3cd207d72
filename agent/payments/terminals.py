"""One terminal as the agent keeps it: connected, registered, awake, and asked one thing at a time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Literal

from agent.journal.entry import TerminalState
from agent.payments.views import TerminalCondition
from agent.payments.wording import CANCELLED_BY_TILL
from drivers.link import Link
from drivers.terminal import Command, Ended, Event, How, Lost, Operation, Outcome, Receipt, WireError

# The first attempt after a break comes soon, since most breaks are a plug pulled
# and pushed; the last cap keeps a dead terminal from filling the log.
RECONNECT_FIRST_S = 1.0
RECONNECT_CAP_S = 30.0

# A terminal does its timed work (updates, automatic close) on status enquiries,
# ZVT asks for one a minute (reference 11.8).
IDLE_POLL_S = 60.0

# Registration, status, and between them what the terminal asks for: an initialisation
# can ask for a diagnosis and the other way round. One that still asks needs a person.
MAX_GREETING_STEPS = 8


class Terminal:
    """Keeps one link alive and lends it to one dialogue at a time.

    `note` is told of every change of state, once. `late` is told of what comes
    outside a dialogue and says whether it may be acknowledged. In training only
    simulators are let in; outside training none is.
    """

    def __init__(
        self,
        name: str,
        make_link: Callable[[Callable[[Event], None]], Link],
        note: Callable[[TerminalState], None],
        late: Callable[[str, Outcome | Receipt], bool],
        *,
        training: bool,
    ) -> None:
        self.name = name
        self.state: TerminalCondition = "connecting"
        self.text = "not connected yet"
        self.terminal_id = ""
        self.software = ""
        self._link = make_link(self._unsolicited)
        self._note = note
        self._late = late
        self._training = training
        self._turn = asyncio.Lock()
        self._waiting = self._unwanted = False  # of a payment: for its turn; it was cancelled then
        self._lost = asyncio.Event()

    @property
    def ready(self) -> bool:
        """It answered its status enquiry and may be given a payment."""
        return self.state == "ready"

    @property
    def why_not(self) -> str:
        """Why it is not ready, in a few words."""
        return self.text

    def accept(self) -> None:
        """What the terminal said last is on disk: acknowledge it."""
        self._link.accept()

    def abort(self) -> None:
        """Ask the terminal to stop; its result still decides. What still waits for its turn is not sent."""
        if self._waiting:
            self._unwanted = True
        else:
            self._link.abort()

    async def perform(self, command: Command) -> AsyncIterator[Event]:
        """Send a payment once the terminal is free, and give what it says until the dialogue is over."""
        self._waiting, self._unwanted = True, False
        async with self._turn:
            self._waiting = False
            if self._unwanted:
                yield Ended(How.ABORTED, text=CANCELLED_BY_TILL, cancelled=True)
                return
            async for event in self._dialogue(command):
                yield event

    async def _dialogue(self, command: Command) -> AsyncIterator[Event]:
        async for event in self._link.perform(command):
            if isinstance(event, Lost):
                self._lost.set()
                self._become("away", event.reason)
            yield event

    async def run(self) -> None:
        """Connect, register, keep awake; and again whenever the line breaks.

        A terminal that is busy or in trouble keeps its line: it may still have a result to tell.
        """
        delay = RECONNECT_FIRST_S
        while True:
            self._lost.clear()
            try:
                await self._link.connect()
                await self._greet()
                if self.ready:
                    delay = RECONNECT_FIRST_S
                    await self._stay()
            except WireError as error:
                self._become("away", str(error))
            await asyncio.sleep(delay)
            delay = min(2 * delay, RECONNECT_CAP_S)

    def _unsolicited(self, event: Event) -> None:
        match event:
            case Lost():
                self._lost.set()
                self._become("away", event.reason)
            case Outcome() | Receipt():
                if self._late(self.name, event):
                    self._link.accept()
            case _:
                pass

    async def _greet(self) -> None:
        """Register, give the terminal the care it asks for, and hear that it is well."""
        operation = Operation.REGISTER
        for _ in range(MAX_GREETING_STEPS):
            ended = await self._ask(operation)
            if ended is None:
                return
            if ended.how is not How.COMPLETED:
                self._become("trouble", ended.text)
                return
            self.terminal_id = ended.terminal_id or self.terminal_id
            self.software = ended.software or self.software
            if ended.care is None and operation is Operation.STATUS:
                self._let_in(ended)
                return
            operation = ended.care or Operation.STATUS
        self._become("trouble", STILL_ASKS)

    def _let_in(self, status: Ended) -> None:
        if status.simulator is self._training:
            self._become("ready", status.text)
        else:
            self._become("trouble", SIMULATOR_OUTSIDE if status.simulator else REAL_INSIDE)

    async def _stay(self) -> None:
        while not self._lost.is_set():
            try:
                async with asyncio.timeout(IDLE_POLL_S):
                    await self._lost.wait()
            except TimeoutError:
                if not self._turn.locked():
                    await self._poll()

    async def _poll(self) -> None:
        status = await self._ask(Operation.STATUS)
        if status is not None and status.care is not None:
            await self._greet()

    async def _ask(self, operation: Operation) -> Ended | None:
        """Something without money; a result or receipt in it belongs to what was before."""
        ended = None
        async with self._turn:
            async for event in self._dialogue(Command(operation)):
                if isinstance(event, Ended):
                    ended = event
                elif isinstance(event, Outcome | Receipt):
                    self._unsolicited(event)
        return ended

    def _become(self, state: Literal["ready", "away", "trouble"], text: str) -> None:
        if (state, text) == (self.state, self.text):
            return
        self.state, self.text = state, text
        self._note(
            TerminalState(
                terminal=self.name,
                state=state,
                text=text,
                terminal_id=self.terminal_id,
                software=self.software,
            )
        )


STILL_ASKS = "the terminal goes on asking for service"
SIMULATOR_OUTSIDE = "this is a simulator, and the agent is not in training mode"
REAL_INSIDE = "this is a real terminal, and the agent is in training mode"
