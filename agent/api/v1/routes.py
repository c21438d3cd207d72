"""The one table of what the API can be asked. Routing and the OpenAPI document are made from it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from agent.api.limits import MAX_LAST, MAX_WAIT_S
from agent.api.refusals import ALWAYS, WITH_ALARM, WITH_BODY, WITH_ID, WITH_PAYMENT, WITH_PERSON, WITH_SECRET
from agent.api.v1 import handlers
from agent.api.v1.bodies import (
    Acknowledgement,
    AgentEvent,
    AlarmView,
    ClockDeclaration,
    PaymentEvent,
    PaymentRequest,
    PaymentView,
    PromptAnswer,
    ReceiptView,
    ReleaseRequest,
    Resolution,
    StatusView,
    TerminalAcceptance,
)
from agent.api.v1.handlers import AGENT_EVENT_ID, PAYMENT_EVENT_ID, ApiContext

Handler = Callable[[ApiContext, Request], Awaitable[Response]]

JSON = "application/json"
EVENT_STREAM = "text/event-stream"


@dataclass(frozen=True, slots=True)
class Query:
    """A whole number in the address."""

    name: str
    lowest: int
    highest: int


@dataclass(frozen=True, slots=True)
class ApiOperation:
    """One method on one path. `refusals` are its codes besides those that follow from its shape."""

    method: str
    path: str
    handler: Handler
    answer: Any
    body: Any = None
    created: bool = False
    media: str = JSON
    event_id: str = ""
    query: Query | None = None
    refusals: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """Its name for programs, and in the text catalogue."""
        return self.handler.__name__

    @property
    def codes(self) -> tuple[str, ...]:
        """Every code that may answer it."""
        shape: tuple[str, ...] = ALWAYS
        shape += WITH_ID if "{payment_id}" in self.path else ()
        shape += WITH_ALARM if "{alarm_id}" in self.path else ()
        shape += WITH_BODY if self.body is not None else ()
        shape += ("wrong_query",) if self.query else ()
        shape += ("wrong_event_id", "too_many_waiting") if self.media == EVENT_STREAM else ()
        return shape + self.refusals


_PAYMENT = "/v1/payments/{payment_id}"
_WAIT = Query("wait", 0, MAX_WAIT_S)
_LAST = Query("last", 1, MAX_LAST)
_KNOWN = ("unknown_payment",)

OPERATIONS = (
    ApiOperation(
        "PUT", _PAYMENT, handlers.put_payment,
        PaymentView, body=PaymentRequest, created=True, refusals=(*WITH_PAYMENT, *WITH_SECRET),
    ),
    ApiOperation(
        "GET", _PAYMENT, handlers.get_payment,
        PaymentView, query=_WAIT, refusals=(*_KNOWN, "too_many_waiting"),
    ),
    ApiOperation("GET", "/v1/payments", handlers.list_payments, list[PaymentView], query=_LAST),
    ApiOperation(
        "POST", _PAYMENT + "/answers", handlers.answer_prompt,
        PaymentView, body=PromptAnswer,
        refusals=(*_KNOWN, "question_over", "identity_missing", "operator_missing", *WITH_PERSON),
    ),
    ApiOperation(
        "POST", _PAYMENT + "/cancel", handlers.cancel_payment,
        PaymentView, refusals=(*_KNOWN, "body_not_expected", "too_long"),
    ),
    ApiOperation(
        "POST", _PAYMENT + "/resolution", handlers.resolve_payment,
        PaymentView, body=Resolution, refusals=(*_KNOWN, "not_unclear", *WITH_PERSON),
    ),
    ApiOperation(
        "POST", _PAYMENT + "/release", handlers.release_payment,
        PaymentView, body=ReleaseRequest, refusals=(*_KNOWN, "not_held", "operator_missing", *WITH_PERSON),
    ),
    ApiOperation(
        "GET", _PAYMENT + "/events", handlers.get_payment_events,
        PaymentEvent, media=EVENT_STREAM, event_id=PAYMENT_EVENT_ID, refusals=_KNOWN,
    ),
    ApiOperation(
        "GET", _PAYMENT + "/receipts", handlers.get_receipts, list[ReceiptView], refusals=_KNOWN,
    ),
    ApiOperation(
        "GET", "/v1/events", handlers.get_events, AgentEvent, media=EVENT_STREAM, event_id=AGENT_EVENT_ID,
    ),
    ApiOperation("GET", "/v1/status", handlers.get_status, StatusView),
    ApiOperation(
        "POST", "/v1/alarms/{alarm_id}/acknowledgement", handlers.acknowledge_alarm,
        AlarmView, body=Acknowledgement,
        refusals=("unknown_alarm", "journal_full", *WITH_SECRET),
    ),
    ApiOperation(
        "POST", "/v1/clock", handlers.declare_clock, StatusView, body=ClockDeclaration, refusals=WITH_PERSON
    ),
    ApiOperation(
        "POST", "/v1/terminals/acceptance", handlers.accept_terminal, StatusView, body=TerminalAcceptance,
        refusals=("unknown_terminal", *WITH_PERSON),
    ),
    ApiOperation("GET", "/v1/openapi.json", handlers.get_document, dict[str, Any]),
)  # fmt: skip
