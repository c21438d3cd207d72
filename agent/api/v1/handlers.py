"""The work of each route: read strictly, ask the service, answer."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Protocol, TypeVar

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from agent.api import body, events, limits
from agent.api.access import ONLY_TILL, Caller
from agent.api.errors import ApiRefusal
from agent.api.v1.bodies import (
    Acknowledgement,
    AlarmId,
    ClockDeclaration,
    PaymentId,
    PaymentRequest,
    PromptAnswer,
    ReleaseRequest,
    Resolution,
    TerminalAcceptance,
)
from agent.api.v1.mapping import (
    agent_event_view,
    alarm_view,
    clock_word_of,
    command_of,
    event_view,
    given,
    payment_view,
    receipt_view,
    release_of,
    reply_of,
    status_view,
    terminal_word_of,
    word_of,
)
from agent.base.typed import as_name, holds_card_number
from agent.payments.commands import (
    ClockWord,
    GivenCredential,
    PaymentCommand,
    PersonsWord,
    PromptReply,
    ReleaseWord,
    TerminalWord,
)
from agent.payments.feed import AgentChange
from agent.payments.refusal import Refusal
from agent.payments.state import AgentStatus, PaymentChange, PaymentState, Printout, StandingAlarm

# The form of event ids: a payment's, and the agent's.
PAYMENT_EVENT_ID = "[0-9]{1,9}"
AGENT_EVENT_ID = "[0-9]{1,15}[.][0-9]{1,15}"

T = TypeVar("T")


class PaymentOperations(Protocol):
    """The calls of `agent.payments.service` that the API needs. Any may raise a `Refusal`."""

    def put(self, command: PaymentCommand) -> tuple[PaymentState, bool]: ...
    def full_id(self, payment_id: str, till: str) -> str: ...
    async def begun(self, payment_id: str) -> PaymentState: ...
    async def sign_in(self, payment_id: str, credential: GivenCredential) -> str: ...
    def get(self, payment_id: str) -> PaymentState | None: ...
    async def wait(self, payment_id: str, seconds: float) -> PaymentState: ...
    async def answer(self, payment_id: str, reply: PromptReply) -> PaymentState: ...
    def cancel(self, payment_id: str) -> PaymentState: ...
    async def resolve(self, payment_id: str, word: PersonsWord) -> PaymentState: ...
    async def release(self, payment_id: str, word: ReleaseWord) -> PaymentState: ...
    async def declare_clock(self, word: ClockWord) -> AgentStatus: ...
    async def accept_terminal(self, word: TerminalWord) -> AgentStatus: ...
    async def acknowledge(self, alarm: str, credential: GivenCredential) -> StandingAlarm: ...
    def receipts(self, payment_id: str) -> list[Printout]: ...
    def events(self, payment_id: str, after: int = 0) -> AsyncIterator[PaymentChange]: ...
    def agent_events(self, after: str = "") -> AsyncIterator[AgentChange]: ...
    def last(self, count: int) -> list[PaymentState]: ...
    def status(self) -> AgentStatus: ...


@dataclass(slots=True)
class ApiContext:
    """The state that handlers share. `stop` ends every wait and stream; `failed` gets our own errors."""

    service: PaymentOperations
    stop: asyncio.Event
    monotonic: Callable[[], float]
    failed: Callable[[Exception], None]
    document: bytes = field(repr=False)
    waiting: int = 0

    @contextmanager
    def place_to_wait(self) -> Iterator[None]:
        """One of the bounded places. Raises `ApiRefusal` when there is none."""
        if self.waiting >= limits.MAX_WAITING:
            raise ApiRefusal("too_many_waiting", limit=limits.MAX_WAITING)
        self.waiting += 1
        try:
            yield
        finally:
            self.waiting -= 1


async def put_payment(api: ApiContext, request: Request) -> Response:
    """The same id with the same meaning is the same payment, however often it comes."""
    payment_id, wanted = _payment_id(request), await body.read(request, PaymentRequest)
    till = _caller(request).till(as_name(wanted.till) if wanted.till else None)
    signed_in = await _signed_in(api, request, payment_id, wanted)
    awaited = partial(request.state.wait.goes_on, wanted.valid_for_s or limits.VALID_FOR_S)
    state, created = api.service.put(command_of(payment_id, wanted, till, signed_in, awaited))
    if created:
        state = await api.service.begun(state.payment_id)
    return answer(payment_view(state), 201 if created else 200)


async def get_payment(api: ApiContext, request: Request) -> Response:
    """With `wait`, answers as soon as there is a verdict or a prompt."""
    payment_id, seconds = _known_id(api, request), _query(request, "wait", 0, limits.MAX_WAIT_S, default=0)
    state = _existing(api, payment_id)
    if seconds and (state.phase != "done" or state.verdict == "unclear"):
        with api.place_to_wait():
            state = await _unless_stopped(api, api.service.wait(payment_id, seconds)) or state
    return answer(payment_view(state))


async def list_payments(api: ApiContext, request: Request) -> Response:
    """The newest payments, newest first."""
    count = _query(request, "last", 1, limits.MAX_LAST, default=10)
    return answer([payment_view(state) for state in api.service.last(count)])


async def answer_prompt(api: ApiContext, request: Request) -> Response:
    """A person's answer to the question that holds a payment back."""
    payment_id = _known_id(api, request)
    reply = reply_of(await body.read(request, PromptAnswer), _place(request))
    return answer(payment_view(await api.service.answer(payment_id, reply)))


async def cancel_payment(api: ApiContext, request: Request) -> Response:
    """A wish: the terminal's result still decides."""
    payment_id = _known_id(api, request)
    await body.read_nothing(request)
    return answer(payment_view(api.service.cancel(payment_id)))


async def resolve_payment(api: ApiContext, request: Request) -> Response:
    """A person's word on an unclear payment."""
    payment_id = _known_id(api, request)
    word = word_of(await body.read(request, Resolution), _place(request))
    return answer(payment_view(await api.service.resolve(payment_id, word)))


async def release_payment(api: ApiContext, request: Request) -> Response:
    """A second person's word on a held payment."""
    payment_id = _known_id(api, request)
    word = release_of(await body.read(request, ReleaseRequest), _place(request))
    return answer(payment_view(await api.service.release(payment_id, word)))


async def get_receipts(api: ApiContext, request: Request) -> Response:
    """What the terminal printed, masked."""
    payment_id = _known_id(api, request)
    _existing(api, payment_id)
    return answer([receipt_view(printout) for printout in api.service.receipts(payment_id)])


async def get_payment_events(api: ApiContext, request: Request) -> Response:
    """Server-sent events, from after `Last-Event-ID` on."""
    payment_id, after = _known_id(api, request), _last_event_id(request, PAYMENT_EVENT_ID)
    _existing(api, payment_id)
    changes = api.service.events(payment_id, int(after or 0))
    return _event_stream(api, (event_view(change) async for change in changes))


async def get_events(api: ApiContext, request: Request) -> Response:
    """Everything that happens, from after `Last-Event-ID` on."""
    changes = api.service.agent_events(_last_event_id(request, AGENT_EVENT_ID))
    return _event_stream(api, (agent_event_view(change) async for change in changes))


async def get_status(api: ApiContext, _request: Request) -> Response:
    """Terminals, journal and whether payments are taken."""
    return answer(status_view(api.service.status()))


async def acknowledge_alarm(api: ApiContext, request: Request) -> Response:
    """A person knows of an alarm that stands."""
    alarm = _alarm_id(request)
    given_by = given((await body.read(request, Acknowledgement)).credential, _place(request))
    return answer(alarm_view(await api.service.acknowledge(alarm, given_by)))


async def declare_clock(api: ApiContext, request: Request) -> Response:
    """Two persons say that the host's clock is right now."""
    word = clock_word_of(await body.read(request, ClockDeclaration), _place(request))
    return answer(status_view(await api.service.declare_clock(word)))


async def accept_terminal(api: ApiContext, request: Request) -> Response:
    """Two persons say that another terminal stands behind a name."""
    word = terminal_word_of(await body.read(request, TerminalAcceptance), _place(request))
    return answer(status_view(await api.service.accept_terminal(word)))


async def get_document(api: ApiContext, _request: Request) -> Response:
    """The OpenAPI document of this API."""
    return _json(api.document, 200)


def answer(value: object, status: int = 200) -> Response:
    """A value as the JSON of a response that no cache may keep."""
    return _json(msgspec.json.encode(value), status)


def _json(content: bytes, status: int) -> Response:
    return Response(content, status, {"cache-control": "no-store"}, "application/json")


async def _signed_in(api: ApiContext, request: Request, payment_id: str, wanted: PaymentRequest) -> str:
    """The operator whose secret came with the request and is right; empty when none came."""
    if wanted.credential is None:
        return ""
    return await api.service.sign_in(payment_id, given(wanted.credential, _place(request)))


def _caller(request: Request) -> Caller:
    caller: Caller = request.state.caller
    return caller


def _place(request: Request) -> str:
    return _caller(request).place


def _known_id(api: ApiContext, request: Request) -> str:
    """The payment id of the journal for the one in the path, as this till names it."""
    return api.service.full_id(_payment_id(request), (_caller(request).tills or (ONLY_TILL,))[0])


def _payment_id(request: Request) -> str:
    return _from_path(request, "payment_id", PaymentId)


def _alarm_id(request: Request) -> str:
    return _from_path(request, "alarm_id", AlarmId)


def _from_path(request: Request, name: str, kind: Any) -> str:
    try:
        given: str = msgspec.convert(request.path_params[name], kind)
    except msgspec.ValidationError:
        refusal = ApiRefusal(f"wrong_{name}")
    else:
        if not holds_card_number(given):
            return given
        refusal = ApiRefusal("card_number", field=name)
    raise refusal


def named_id(request: Request) -> str:
    """The payment id in the path, if it is valid."""
    try:
        return _payment_id(request) if "payment_id" in request.path_params else ""
    except ApiRefusal:
        return ""


def _existing(api: ApiContext, payment_id: str) -> PaymentState:
    state = api.service.get(payment_id)
    if state is None:
        raise Refusal("unknown_payment", payment_id=payment_id)
    return state


def _query(request: Request, name: str, lowest: int, highest: int, default: int) -> int:
    given = request.query_params.getlist(name)
    if not given:
        return default
    # ASCII digits by pattern: int() would also take full-width ones, signs and underscores.
    if len(given) != 1 or not re.fullmatch("[0-9]{1,4}", given[0]) or not lowest <= int(given[0]) <= highest:
        raise ApiRefusal("wrong_query", name=name, lowest=lowest, highest=highest)
    return int(given[0])


def _last_event_id(request: Request, pattern: str) -> str:
    given = request.headers.getlist("last-event-id")
    if not given:
        return ""
    if len(given) != 1 or not re.fullmatch(pattern, given[0]):
        raise ApiRefusal("wrong_event_id")
    return given[0]


async def _unless_stopped(api: ApiContext, work: Coroutine[Any, Any, T]) -> T | None:
    """The result of `work`, or None when the agent stops first."""
    task, stopped = asyncio.ensure_future(work), asyncio.ensure_future(api.stop.wait())
    try:
        await asyncio.wait({task, stopped}, return_when=asyncio.FIRST_COMPLETED)
        return task.result() if task.done() else None
    finally:
        task.cancel()
        stopped.cancel()
        await asyncio.gather(task, stopped, return_exceptions=True)


def _event_stream(api: ApiContext, bodies: AsyncIterator[events.WireEvent]) -> Response:
    if api.waiting >= limits.MAX_WAITING:
        raise ApiRefusal("too_many_waiting", limit=limits.MAX_WAITING)
    return events.EventResponse(_counted_stream(api, bodies))


async def _counted_stream(api: ApiContext, bodies: AsyncIterator[events.WireEvent]) -> AsyncGenerator[bytes]:
    """Counted from its first byte to its last: a generator that never starts never ends either."""
    api.waiting += 1
    try:
        async for chunk in events.stream(bodies, api.stop, api.monotonic):
            yield chunk
    finally:
        api.waiting -= 1
