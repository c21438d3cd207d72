"""The counter: takes requests from the till's door, starts payments, answers what became of them."""

from __future__ import annotations

import asyncio
import hashlib
from base64 import b32encode
from collections.abc import AsyncIterator, Callable, Coroutine

import msgspec

from agent.journal.schema.entry import (
    Asked,
    Entry,
    PaymentKind,
    Printed,
    Replied,
    Requested,
    Resolved,
    Submitted,
)
from agent.payments.active import Live
from agent.payments.context import Shop
from agent.payments.payment import take
from agent.payments.record import Record, begin
from agent.payments.refusal import BadRequest, Busy, Conflict, NotFound, NotTaking
from agent.payments.signing import second_person
from agent.payments.status import status_of
from agent.payments.view import receipts_of, view_of
from agent.payments.views import (
    Answer,
    CloseDayRequest,
    PaymentEvent,
    PaymentRequest,
    PaymentView,
    ReceiptView,
    Resolution,
    StatusView,
)
from agent.terminals.connection import Terminal

_canonical = msgspec.json.Encoder(order="deterministic")


class Desk:
    """What the door calls. `broken` is called with any error that must end the agent."""

    def __init__(self, shop: Shop, broken: Callable[[BaseException], None]) -> None:
        self._shop = shop
        self._broken = broken
        self._live: dict[str, Live] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        shop.follow = self._follow

    def put(self, payment_id: str, request: PaymentRequest) -> tuple[PaymentView, bool]:
        """Take a payment; True if it is new. The same id with the same content is the same payment."""
        _check_shape(request)
        return self._take(payment_id, request.payment, request, request.till)

    def close_day(self, request: CloseDayRequest) -> tuple[PaymentView, bool]:
        """Close the terminal's day; like a payment it is asked once and never repeated."""
        return self._take(request.payment_id, "close_day", request, "")

    def _take(
        self, payment_id: str, kind: PaymentKind, request: PaymentRequest | CloseDayRequest, till: str
    ) -> tuple[PaymentView, bool]:
        digest = _digest(request)
        known = self.find(payment_id)
        if known is not None:
            if known.digest != digest:
                raise Conflict(
                    f"Payment id {payment_id} belongs to another payment.",
                    next_step="Use a new payment id for a new payment.",
                )
            return view_of(known, self._live.get(payment_id)), False
        terminal = self._free_terminal(request.terminal)
        requested = Requested(
            payment_id=payment_id,
            digest=digest,
            payment=kind,
            terminal=terminal.name,
            till=till,
            amount=getattr(request, "amount", None),
            currency=getattr(request, "currency", None),
            operator=request.operator or "",
            original=getattr(request, "original", None) or "",
        )
        live = Live(requested, self._view)
        self._live[payment_id] = live
        self._start(self._run(live))
        return self._view(live), True

    def get(self, payment_id: str) -> PaymentView | None:
        """The payment as it stands, or None."""
        record = self.find(payment_id)
        return view_of(record, self._live.get(payment_id)) if record else None

    def find(self, payment_id: str) -> Record | None:
        """The record of a payment, also of one whose first entry is about to be written."""
        live = self._live.get(payment_id)
        record = self._shop.book.get(payment_id)
        if record is None and live is not None:
            return begin(live.request, -1, self._shop.clock.wall())
        return record

    async def wait(self, payment_id: str, seconds: float) -> PaymentView:
        """The payment when it is done or asks something, at the latest after `seconds`."""
        live = self._live.get(payment_id)
        try:
            async with asyncio.timeout(seconds):
                while live is not None and self._view(live).phase in {"deciding", "running"}:
                    await live.changed()
        except TimeoutError:
            pass
        return self._known(payment_id)

    async def answer(self, payment_id: str, answer: Answer) -> PaymentView:
        """Answer the open question. A wrong credential leaves the question open."""
        live = self._asking(payment_id, answer.prompt)
        needs = live.question.prompt.needs if live.question and answer.answer == "yes" else []
        if "credential" in needs:
            await second_person(self._shop, payment_id, live.request.operator, answer.credential)
        if "identity" in needs and (answer.identity is not True or not answer.purpose):
            raise BadRequest(
                "A yes needs the customer's identity checked and the purpose of the payment.",
                next_step="Check the identity, ask for the purpose, answer again; or answer no.",
            )
        live = self._asking(payment_id, answer.prompt)
        if live.question is not None:
            live.question.reply.set_result(live.answered(answer.answer, self._shop.clock.monotonic(), answer))
        await asyncio.sleep(0)
        return self._view(live)

    def cancel(self, payment_id: str) -> PaymentView:
        """Cancel: at once while a question is open, else as a wish to the terminal."""
        live = self._live.get(payment_id)
        if live is not None and live.question is not None and not live.question.reply.done():
            live.cancelled = True
            live.question.reply.set_result(live.answered("no", self._shop.clock.monotonic()))
        elif live is not None and self._view(live).phase == "running":
            self._shop.terminals[live.request.terminal].abort()
        return self._known(payment_id)

    async def resolve(self, payment_id: str, resolution: Resolution) -> PaymentView:
        """Take the word of two persons on an unclear payment."""
        self._check_unclear(payment_id)
        await second_person(self._shop, payment_id, resolution.person, resolution.credential)
        self._check_unclear(payment_id)  # it may have been resolved while the secret was checked
        self._shop.write(
            Resolved(
                payment_id=payment_id,
                verdict=resolution.verdict,
                proof=resolution.reason,
                person=resolution.person,
                witness=resolution.credential.person,
            )
        )
        return self._known(payment_id)

    def _check_unclear(self, payment_id: str) -> None:
        record = self.find(payment_id)
        if record is None:
            raise _unknown(payment_id)
        if record.verdict != "unclear":
            raise Conflict(
                f"Payment {payment_id} is not unclear: there is nothing to resolve.",
                next_step="Look at its verdict.",
            )

    def receipts(self, payment_id: str) -> list[ReceiptView]:
        """What the terminal printed for a payment."""
        record = self.find(payment_id)
        if record is None:
            raise _unknown(payment_id)
        return receipts_of(record)

    async def events(self, payment_id: str, after: int = 0) -> AsyncIterator[PaymentEvent]:
        """The payment's life as it happens; one last event when it is already over."""
        live = self._live.get(payment_id)
        if live is None:
            yield PaymentEvent(id=after + 1, event="verdict", payment=self._known(payment_id))
            return
        async for event in live.events(after):
            yield event

    def last(self, count: int) -> list[PaymentView]:
        """The newest payments, newest first."""
        return [view_of(record, self._live.get(record.payment_id)) for record in self._shop.book.last(count)]

    def status(self) -> StatusView:
        """How the agent and its terminals are."""
        return status_of(self._shop, {live.request.terminal for live in self._live.values()})

    async def finish(self) -> None:
        """Take nothing new and wait until what runs has its verdict."""
        self._shop.stopping = True
        if self._tasks:
            await asyncio.wait(self._tasks)

    async def _run(self, live: Live) -> None:
        await take(live, self._shop)
        live.finish()
        del self._live[live.request.payment_id]

    def _start(self, story: Coroutine[None, None, None]) -> None:
        task = asyncio.get_running_loop().create_task(story)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            self._broken(error)

    def _follow(self, entry: Entry) -> None:
        live = self._live.get(getattr(entry.body, "payment_id", ""))
        if live is None:
            return
        match entry.body:
            case Asked():
                live.publish("prompt")
            case Printed(copy=copy, lines=lines):
                live.publish("receipt", ReceiptView(copy=copy, lines=lines))
            case Requested() | Submitted() | Replied():
                live.publish("state")
            case _:
                pass

    def _view(self, live: Live) -> PaymentView:
        record = self._shop.book.get(live.request.payment_id)
        return view_of(record or begin(live.request, -1, self._shop.clock.wall()), live)

    def _known(self, payment_id: str) -> PaymentView:
        view = self.get(payment_id)
        if view is None:
            raise _unknown(payment_id)
        return view

    def _free_terminal(self, name: str | None) -> Terminal:
        why_not = self._shop.why_not()
        if why_not:
            raise NotTaking(why_not, next_step="Take another way to pay until this is mended.")
        terminals = self._shop.terminals
        if name is None and len(terminals) == 1:
            name = next(iter(terminals))
        terminal = terminals.get(name or "")
        if terminal is None:
            raise BadRequest(
                "This shop has several terminals: name one." if name is None else "No such terminal here.",
                next_step=f"Name one of: {', '.join(sorted(terminals))}.",
            )
        self._check_free(terminal)
        return terminal

    def _check_free(self, terminal: Terminal) -> None:
        unclear = self._shop.book.unclear(terminal.name)
        if unclear:
            raise Busy(
                f"Payment {unclear[0].payment_id} on terminal {terminal.name} is unclear.",
                next_step="The agent asks the terminal. If it cannot tell: 'tillgate resolve'.",
            )
        if any(live.request.terminal == terminal.name for live in self._live.values()):
            raise Busy(
                f"Terminal {terminal.name} serves another payment.",
                next_step="Wait until it is done, then send this request again.",
            )

    def _asking(self, payment_id: str, prompt: str) -> Live:
        live = self._live.get(payment_id)
        question = live.question if live else None
        if live is None or question is None or question.prompt.id != prompt or question.reply.done():
            self._known(payment_id)
            raise Conflict(f"Payment {payment_id} does not ask {prompt} now.", next_step="Look at its state.")
        return live


def _digest(request: PaymentRequest | CloseDayRequest) -> str:
    content = hashlib.sha256(_canonical.encode(request)).digest()
    return b32encode(content).decode("ascii").rstrip("=").lower()


def _check_shape(request: PaymentRequest) -> None:
    takes_back = request.payment != "sale"
    wrong = None
    if takes_back != (request.original is not None):
        wrong = "A refund and a reversal name their original; a sale names none."
    if (request.amount is None) != (request.payment == "reversal") or (
        (request.amount is None) != (request.currency is None)
    ):
        wrong = (
            "A sale and a refund need amount and currency; a reversal takes back the whole and names none."
        )
    if wrong:
        raise BadRequest(wrong, next_step="Correct the request and send it again.")


def _unknown(payment_id: str) -> NotFound:
    return NotFound(
        f"No payment has the payment id {payment_id}.",
        next_step="Check the id. If the till sent it, the terminal never heard of it.",
    )
