"""The API as an ASGI application, and how it is served."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import Callable, Mapping, Sequence
from urllib.parse import unquote

from starlette.requests import Request
from starlette.responses import Response

from agent.api import errors
from agent.api import server as httpd
from agent.api.access import AccessList
from agent.api.errors import ApiRefusal
from agent.api.limits import MAX_BODY_BYTES
from agent.api.v1 import handlers, openapi
from agent.api.v1.handlers import ApiContext, PaymentOperations
from agent.api.v1.routes import OPERATIONS, ApiOperation
from agent.payments.refusal import Refusal
from agent.payments.state import PaymentState


async def serve(
    service: PaymentOperations,
    access: AccessList,
    sockets: Sequence[socket.socket],
    stop: asyncio.Event,
    failed: Callable[[Exception], None],
    started: Callable[[], None] = lambda: None,
) -> None:
    """Answer tills on listening `sockets` until `stop` is set; waits and streams end with it.

    `failed` gets every error that is not a refusal. A broken journal must end the agent, and
    the API cannot know which other errors must.
    """
    await httpd.serve(
        application(service, access, stop, failed),
        sockets=sockets,
        stop=stop,
        allow=access.allow,
        max_body_bytes=MAX_BODY_BYTES,
        refusal_format=errors.server_refusal,
        started=started,
    )


def application(
    service: PaymentOperations, access: AccessList, stop: asyncio.Event, failed: Callable[[Exception], None]
) -> httpd.AsgiApp:
    """The ASGI application. It expects the peer where `agent.api.server` puts it."""
    api = ApiContext(service, stop, time.monotonic, failed, openapi.document())
    routes: dict[str, dict[str, ApiOperation]] = {}
    for row in OPERATIONS:
        routes.setdefault(row.path, {})[row.method] = row

    async def app(scope: httpd.AsgiScope, receive: httpd.AsgiReceive, send: httpd.AsgiSend) -> None:
        response = await _serve_one(api, access, routes, Request(scope, receive, send))
        await response(scope, receive, send)

    return app


def _route(
    routes: Mapping[str, dict[str, ApiOperation]], raw_path: bytes
) -> tuple[dict[str, ApiOperation], dict[str, str]]:
    """The operations of a path, and what stands in its places; an id may hold an encoded `/`."""
    parts = [_unquoted(part) for part in raw_path.decode("latin-1").split("/")]
    for path, rows in routes.items():
        wanted = path.split("/")
        pairs = list(zip(wanted, parts, strict=False))
        if len(wanted) == len(parts) and all(want == part or want.startswith("{") for want, part in pairs):
            return rows, {want[1:-1]: part for want, part in pairs if want.startswith("{")}
    raise ApiRefusal("no_such_path")


def _unquoted(part: str) -> str:
    try:
        return unquote(part, errors="strict")
    except UnicodeDecodeError:
        return "\0"  # stands in no id: what is not UTF-8 names nothing


async def _serve_one(
    api: ApiContext, access: AccessList, routes: Mapping[str, dict[str, ApiOperation]], request: Request
) -> Response:
    try:
        # A client that may not connect does not learn which paths exist.
        request.state.caller = access.check(request.state.peer, request.headers)
        request.state.proven()
        rows, request.scope["path_params"] = _route(routes, request.scope["raw_path"])
    except ApiRefusal as refusal:  # who may not ask does not hear of the payment either
        return _refused(refusal, handlers.named_id(request))
    try:
        return await _operation(rows, request).handler(api, request)
    except Refusal as refusal:
        named = handlers.named_id(request)
        return _refused(refusal, named, _known(api, named))
    except Exception as error:  # noqa: BLE001 - nobody above us could say what it means for the money
        api.failed(error)
        named = handlers.named_id(request)
        return _refused(ApiRefusal("internal"), named, _known(api, named))


def _known(api: ApiContext, payment_id: str) -> PaymentState | None:
    """The payment that a refused request was about, as it stands."""
    try:
        return api.service.get(payment_id) if payment_id else None
    except Exception as error:  # noqa: BLE001 - a refusal has to be told in any case
        api.failed(error)
        return None


def _operation(rows: dict[str, ApiOperation], request: Request) -> ApiOperation:
    row = rows.get(request.method)
    if row is None:
        allowed = sorted(rows)
        raise ApiRefusal("wrong_method", {"allow": ", ".join(allowed)}, allowed=" and ".join(allowed))
    if set(request.query_params) - ({row.query.name} if row.query else set()):
        raise ApiRefusal("unknown_query")
    return row


def _refused(refusal: Refusal, payment_id: str = "", known: PaymentState | None = None) -> Response:
    response = handlers.answer(errors.error_body(refusal, payment_id, known), errors.status_of(refusal))
    if isinstance(refusal, ApiRefusal):
        response.headers.update(refusal.headers)
    return response
