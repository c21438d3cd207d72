"""The one table of what the API can be asked. Routing and the OpenAPI document are made from it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from agent.api.v1 import handlers
from agent.api.v1.bodies import (
    PaymentEvent,
    PaymentRequest,
    PaymentView,
    PromptAnswer,
    ReceiptView,
    Resolution,
    StatusView,
)
from agent.api.v1.handlers import MAX_LAST, MAX_WAIT_S, ApiContext

Handler = Callable[[ApiContext, Request], Awaitable[Response]]

JSON = "application/json"
EVENT_STREAM = "text/event-stream"


@dataclass(frozen=True, slots=True)
class Query:
    """A whole number in the address."""

    name: str
    lowest: int
    highest: int
    meaning: str


@dataclass(frozen=True, slots=True)
class ApiOperation:
    """One method on one path. `refusals` are the statuses beside those that every request can get."""

    method: str
    path: str
    handler: Handler
    summary: str
    answer: Any
    body: Any = None
    created: bool = False
    media: str = JSON
    query: Query | None = None
    refusals: tuple[int, ...] = ()


_PAYMENT = "/v1/payments/{payment_id}"
_WAIT = Query("wait", 0, MAX_WAIT_S, "Seconds to wait for a verdict or a prompt.")
_LAST = Query("last", 1, MAX_LAST, "How many of the newest payments.")
_BODY = (400, 413, 415, 422)

OPERATIONS = (
    ApiOperation(
        "PUT", _PAYMENT, handlers.put_payment,
        "Take a payment, or be told of it again: the same content never runs twice.",
        PaymentView, body=PaymentRequest, created=True, refusals=(*_BODY, 404, 409, 503),
    ),
    ApiOperation(
        "GET", _PAYMENT, handlers.get_payment, "One payment.",
        PaymentView, query=_WAIT, refusals=(404, 422, 503),
    ),
    ApiOperation(
        "GET", "/v1/payments", handlers.list_payments, "The newest payments, newest first.",
        list[PaymentView], query=_LAST, refusals=(422,),
    ),
    ApiOperation(
        "POST", _PAYMENT + "/answers", handlers.answer_prompt, "PromptAnswer the open prompt.",
        PaymentView, body=PromptAnswer, refusals=(*_BODY, 404, 409, 423),
    ),
    ApiOperation(
        "POST", _PAYMENT + "/cancel", handlers.cancel_payment,
        "Ask the terminal to stop. The terminal's result still decides.",
        PaymentView, refusals=(404, 409, 413, 422),
    ),
    ApiOperation(
        "POST", _PAYMENT + "/resolution", handlers.resolve_payment,
        "Say what became of an unclear payment.",
        PaymentView, body=Resolution, refusals=(*_BODY, 404, 409, 423),
    ),
    ApiOperation(
        "GET", _PAYMENT + "/events", handlers.get_events,
        "The payment's life as server-sent events; resumes after Last-Event-ID.",
        PaymentEvent, media=EVENT_STREAM, refusals=(404, 422, 503),
    ),
    ApiOperation(
        "GET", _PAYMENT + "/receipts", handlers.get_receipts, "What the terminal printed.",
        list[ReceiptView], refusals=(404, 422),
    ),
    ApiOperation("GET", "/v1/status", handlers.get_status, "The agent's own state.", StatusView),
    ApiOperation("GET", "/v1/openapi.json", handlers.get_document, "This document.", dict[str, Any]),
)  # fmt: skip
