"""The payment service: takes requests from the till's API, starts payments, tells their state."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import msgspec

from agent.alarms.standing import AlarmChange, StandingAlarm
from agent.journal.schema.entry import (
    CancelAsked,
    ClockDeclared,
    Entry,
    Printed,
    Prompted,
    Release,
    Replied,
    Requested,
    Submitted,
    TerminalState,
)
from agent.payments.active import ActivePayment, has_content, needs_of
from agent.payments.alarms import acknowledge
from agent.payments.choice import check_free, terminal_named
from agent.payments.commands import (
    ClockWord,
    GivenCredential,
    PaymentCommand,
    PersonsWord,
    PromptReply,
    ReleaseWord,
    TerminalWord,
    kind_asked,
    requested_of,
)
from agent.payments.context import Context
from agent.payments.feed import AgentChange, PaymentFeed
from agent.payments.identities import accept_terminal
from agent.payments.payment import run_payment
from agent.payments.record import Printout, Record, begin, printed_lines, whole_lines
from agent.payments.refusal import Refusal
from agent.payments.release import release_by
from agent.payments.repeats import DailyIds, is_repeat
from agent.payments.resolve import resolution
from agent.payments.signing import prove, signatures, two_persons
from agent.payments.state import (
    AgentStatus,
    AlarmNews,
    ChangeKind,
    PaymentChange,
    PaymentState,
    is_over,
    no_news,
)
from agent.payments.status import status_of, terminal_status
from agent.payments.view import view_of


class PaymentService:
    """What the API calls. `on_fatal` is called with any error that must end the agent."""

    def __init__(self, context: Context, on_fatal: Callable[[BaseException], None]) -> None:
        self._context = context
        self._on_fatal = on_fatal
        self._active: dict[str, ActivePayment] = {}
        # The payments that can still change: those that run or are unclear.
        self._feeds: dict[str, PaymentFeed] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        # Since when each terminal is in its state, in this run.
        self._since: dict[str, datetime] = {}
        self._daily = DailyIds(self.find)
        context.on_entry = self._on_entry
        context.alarms.listeners.append(self._tell_alarm)

    def put(self, command: PaymentCommand) -> tuple[PaymentState, bool]:
        """Take a payment; True if it is new. The same id with the same meaning is the same payment."""
        kind, command = kind_asked(command), self._named(command)
        known = self.find(command.payment_id)
        if known is not None:
            state = self._state(known)
            within = timedelta(hours=self._context.settings.api.repeat_hours)
            if not is_repeat(known, command, self._context.clock.wall(), within):
                raise Refusal("already_used", state, payment_id=command.payment_id)
            return msgspec.structs.replace(state, repeated=True), False
        if not command.awaited():
            raise Refusal("nobody_waits", payment_id=command.payment_id)
        requested = requested_of(command, kind, self._free_terminal(command.terminal))
        active = ActivePayment(requested, self._tell_active, command.awaited)
        self._active[command.payment_id] = active
        self._tell_terminal(requested.terminal)
        self._start(self._run(active))
        return self._view(active), True

    def full_id(self, payment_id: str, till: str, first_sent_at: str = "") -> str:
        """The id in the journal of what a till names. Another one only where tills begin anew each day."""
        context = self._context
        if context.settings.api.payment_ids == "for_ever":
            return payment_id
        now = context.clock.wall()
        return self._daily.full(payment_id, till, context.totals.business_day(now), now, first_sent_at)

    def _named(self, command: PaymentCommand) -> PaymentCommand:
        """The command with the ids of the journal."""
        original = self.full_id(command.original, command.till) if command.original else ""
        named = self.full_id(command.payment_id, command.till, command.first_sent_at)
        return replace(command, payment_id=named, original=original)

    async def begun(self, payment_id: str) -> PaymentState:
        """A payment that was just taken, once its first entry is on disk.

        Whether a till has gone away shows only before it has its answer. So the answer comes after the
        entry that lets the terminal hear of the payment.
        """
        active = self._active.get(payment_id)
        if active is not None:
            await active.began.wait()
        return self._known(payment_id)

    async def sign_in(self, payment_id: str, credential: GivenCredential) -> str:
        """The operator of a payment to come, once their secret was right. Raises a `Refusal`."""
        return await prove(self._context, credential, "cashier", payment_id)

    def get(self, payment_id: str) -> PaymentState | None:
        """The payment as it stands, or None."""
        record = self.find(payment_id)
        return self._state(record) if record else None

    def find(self, payment_id: str) -> Record | None:
        """The record of a payment, even if its first entry is only about to be written."""
        active = self._active.get(payment_id)
        return self._record(active) if active is not None else self._context.payments.get(payment_id)

    async def wait(self, payment_id: str, seconds: float) -> PaymentState:
        """The payment at the next verdict or question, at the latest after `seconds`.

        For a payment that is unclear already, the next verdict is the one that resolves it.
        """
        before = self._known(payment_id)
        try:
            async with asyncio.timeout(seconds):
                while no_news(before, self._known(payment_id)):
                    await self._feed(payment_id).changed()
        except TimeoutError:
            pass
        return self._known(payment_id)

    async def answer(self, payment_id: str, answer: PromptReply) -> PaymentState:
        """Answer the open question. Each credential that is given is checked; a wrong one leaves it open."""
        active = self._asking(payment_id, answer.prompt)
        needs = active.question.prompt.needs if active.question and answer.answer == "yes" else []
        signed = await signatures(self._context, payment_id, active.request.operator, answer, needs)
        if "identity" in needs and (answer.identity is not True or not has_content(answer.purpose)):
            raise Refusal("identity_missing", payment_id=payment_id)
        active = self._asking(payment_id, answer.prompt)
        if active.question is not None:
            active.question.reply.set_result(
                active.reply_entry(answer.answer, self._context.clock.monotonic(), answer, signed)
            )
        await asyncio.sleep(0)
        return self._view(active)

    def cancel(self, payment_id: str) -> PaymentState:
        """Cancel: at once while a question is open; later the terminal is asked to stop and decides."""
        active = self._active.get(payment_id)
        if active is not None and active.question is not None and not active.question.reply.done():
            active.cancelled = True
            active.question.reply.set_result(active.reply_entry("no", self._context.clock.monotonic()))
        elif active is not None and self._view(active).phase == "running":
            if not self._record(active).cancel_asked:
                self._context.write(CancelAsked(payment_id=payment_id))
            self._context.terminals[active.request.terminal].abort()
        return self._known(payment_id)

    async def resolve(self, payment_id: str, word: PersonsWord) -> PaymentState:
        """Take the word of two persons on an unclear payment, or on one that was resolved wrongly.

        A correction is a later entry and an alarm; the earlier word stays in the journal.
        """
        before = self._resolvable(payment_id, word).entry
        signed = await two_persons(self._context, payment_id, word.credential, word.witness)
        record = self._resolvable(payment_id, word)
        if record.entry != before and record.verdict != "unclear":
            raise self._not_unclear(record)  # it was resolved while the secrets were checked
        self._context.write(*resolution(self._context, record, word, signed))
        return self._known(payment_id)

    async def release(self, payment_id: str, word: ReleaseWord) -> PaymentState:
        """A second person says whether the goods of a held payment may go.

        While the till asks about it, this answers that question.
        """
        record = self._check_held(payment_id)
        # Withholding is what the hold does already: one supervisor may say it alone.
        signed_in = record.operator_signed_in or word.state == "withheld"
        needs = needs_of(["supervisor"], signed_in)
        signed = await signatures(self._context, payment_id, record.operator, word, needs)
        self._check_held(payment_id)  # it may have been released while the secret was checked
        active = self._active.get(payment_id)
        if active is not None and active.question is not None and not active.question.reply.done():
            answer = PromptReply(
                prompt=active.question.prompt.id,
                answer="yes" if word.state == "released" else "no",
            )
            now = self._context.clock.monotonic()
            active.question.reply.set_result(active.reply_entry(answer.answer, now, answer, signed))
            await asyncio.sleep(0)
        else:
            self._context.write(release_by(payment_id, word.state, signed))
        return self._known(payment_id)

    def _check_held(self, payment_id: str) -> Record:
        record = self._found(payment_id)
        if not record.waits_for_release:
            raise Refusal("not_held", self._state(record), payment_id=payment_id)
        return record

    async def acknowledge(self, alarm: str, credential: GivenCredential) -> StandingAlarm:
        """A person says that they know of an alarm that stands."""
        return await acknowledge(self._context, alarm, credential)

    async def declare_clock(self, word: ClockWord) -> AgentStatus:
        """Take the word of two persons that the host's clock is right now."""
        signed = await two_persons(self._context, "", word.credential, word.witness)
        self._context.write(ClockDeclared(words=word.reason, person=signed.operator, witness=signed.person))
        return self.status()

    async def accept_terminal(self, word: TerminalWord) -> AgentStatus:
        """Take the word of two persons that another terminal stands behind a name."""
        await accept_terminal(self._context, word)
        return self.status()

    def _resolvable(self, payment_id: str, word: PersonsWord) -> Record:
        record = self._found(payment_id)
        if record.verdict != "unclear" and (not record.resolved or record.verdict == word.verdict):
            raise self._not_unclear(record)
        return record

    def _not_unclear(self, record: Record) -> Refusal:
        return Refusal("not_unclear", self._state(record), payment_id=record.payment_id)

    def receipts(self, payment_id: str) -> list[Printout]:
        """What the terminal printed for a payment."""
        return self._found(payment_id).receipts

    async def events(self, payment_id: str, after: int = 0) -> AsyncIterator[PaymentChange]:
        """The payment's life as it happens, until nothing can change it any more.

        A finished payment is told in one event. An unclear payment from an earlier run of the
        agent begins with its state.
        """
        state = self._known(payment_id)
        if is_over(state):
            yield PaymentChange(id=after + 1, kind="verdict", payment=state)
            return
        feed = self._feed(payment_id)
        if feed.empty and state.phase == "done":
            feed.publish("verdict", state)
        async for change in feed.changes(after):
            yield change

    def agent_events(self, after: str = "") -> AsyncIterator[AgentChange]:
        """Everything that happens from now on, or after the event `after`."""
        return self._context.events.changes(after)

    def last(self, count: int) -> list[PaymentState]:
        """The newest payments, newest first."""
        return [self._state(record) for record in self._context.payments.last(count)]

    def status(self) -> AgentStatus:
        """How the agent and its terminals are."""
        return status_of(self._context, self._busy(), self._since)

    def _busy(self) -> dict[str, str]:
        """The terminals that serve a payment, each with that payment's id."""
        return {active.request.terminal: payment_id for payment_id, active in self._active.items()}

    async def finish(self) -> None:
        """Take no new payment and wait until each running one has its verdict."""
        self._context.stopping = True
        if self._tasks:
            await asyncio.wait(self._tasks)

    async def _run(self, active: ActivePayment) -> None:
        try:
            await run_payment(active, self._context)
        finally:
            active.began.set()
        del self._active[active.request.payment_id]
        active.finish()

    def _start(self, story: Coroutine[None, None, None]) -> None:
        task = asyncio.get_running_loop().create_task(story)
        self._tasks.add(task)
        task.add_done_callback(self._on_task_done)

    def _on_task_done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            self._on_fatal(error)

    def _on_entry(self, entry: Entry) -> None:
        if isinstance(entry.body, TerminalState):
            self._since[entry.body.terminal] = entry.at
            self._tell_terminal(entry.body.terminal)
        active = self._active.get(getattr(entry.body, "payment_id", ""))
        if active is None:
            self._tell_decided(entry)
            return
        active.written = True
        active.began.set()
        match entry.body:
            case Prompted():
                active.publish("prompt")
            case Printed(copy=copy, lines=lines, last=last):
                active.publish("receipt", Printout(copy, self._whole(active, lines), last))
            case Requested() | Submitted() | Replied():
                active.publish("state")
            case _:
                pass

    def _tell_decided(self, entry: Entry) -> None:
        """An entry may decide a payment that no longer runs."""
        payment_id = getattr(entry.body, "payment_id", "")
        record = self._context.payments.get(payment_id) if payment_id else None
        if record is not None and (record.entry == entry.index or isinstance(entry.body, Release)):
            self._tell("verdict", self._state(record))

    def _tell_active(self, active: ActivePayment, kind: ChangeKind, receipt: Printout | None) -> None:
        self._tell(kind, self._view(active), receipt)

    def _tell(self, kind: ChangeKind, state: PaymentState, receipt: Printout | None = None) -> None:
        """Tell the watchers of this payment and those of the whole agent."""
        feed = self._feed(state.payment_id)
        self._context.events.publish(feed.publish(kind, state, receipt))
        if is_over(state):
            feed.close()
            del self._feeds[state.payment_id]
        if kind == "verdict":
            self._tell_terminal(state.terminal)

    def _tell_alarm(self, change: AlarmChange, alarm: StandingAlarm) -> None:
        self._context.events.publish(AlarmNews(change=change, alarm=alarm))

    def _tell_terminal(self, name: str) -> None:
        terminal = self._context.terminals.get(name)
        if terminal is not None:
            self._context.events.publish(terminal_status(self._context, terminal, self._busy(), self._since))

    def _feed(self, payment_id: str) -> PaymentFeed:
        """The feed of a payment that can still change."""
        return self._feeds.setdefault(payment_id, PaymentFeed())

    def _whole(self, active: ActivePayment, lines: Sequence[str | int]) -> list[str]:
        record = self._context.payments.get(active.request.payment_id)
        return whole_lines(lines, printed_lines(record) if record else ())

    def _view(self, active: ActivePayment) -> PaymentState:
        return self._state(self._record(active), active)

    def _state(self, record: Record, active: ActivePayment | None = None) -> PaymentState:
        """A payment as the till may see it."""
        running = active or self._active.get(record.payment_id)
        return view_of(record, running, training=self._context.settings.agent.training)

    def _record(self, active: ActivePayment) -> Record:
        record = self._context.payments.get(active.request.payment_id) if active.written else None
        return record or begin(active.request, -1, self._context.clock.wall())

    def _found(self, payment_id: str) -> Record:
        record = self.find(payment_id)
        if record is None:
            raise _unknown(payment_id)
        return record

    def _known(self, payment_id: str) -> PaymentState:
        view = self.get(payment_id)
        if view is None:
            raise _unknown(payment_id)
        return view

    def _free_terminal(self, name: str | None) -> str:
        terminal = terminal_named(self._context, name).name
        unclear = [self._state(record) for record in self._context.payments.unclear(terminal)]
        check_free(terminal, unclear, [self._view(active) for active in self._active.values()])
        return terminal

    def _asking(self, payment_id: str, prompt: str) -> ActivePayment:
        active = self._active.get(payment_id)
        question = active.question if active else None
        if active is None or question is None or question.prompt.id != prompt or question.reply.done():
            self._known(payment_id)
            raise Refusal("question_over", payment_id=payment_id, prompt=prompt)
        return active


def _unknown(payment_id: str) -> Refusal:
    return Refusal("unknown_payment", payment_id=payment_id)
