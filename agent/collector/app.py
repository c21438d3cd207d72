"""The collector's HTTP side: finds the log, checks the client, and turns errors into answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from agent.api.peers import TlsPeer
from agent.collector.ledger import CollectorReply, Ledger, text_reply
from agent.journal.transfer import BadRequestError, parse_add_checkpoint, parse_lines, read_checkpoint
from agent.texts import say, tell


@dataclass(frozen=True, slots=True)
class ServedLedger:
    """A ledger, and the names in client certificates that may bring its lines."""

    ledger: Ledger
    clients: frozenset[str]


# Called for each answer: origin, status, stored size or finding. For the operational log.
ObserveReply = Callable[[str, CollectorReply], None]
# Called with the reason why a request could not be stored.
ReportFailure = Callable[[str, OSError], None]


def collector_app(
    logs: Mapping[str, ServedLedger], observe: ObserveReply, report_failure: ReportFailure
) -> Starlette:
    """The application over `logs` by origin."""

    async def lines(request: Request) -> Response:
        origin, peer, body = request.path_params["origin"], request.state.peer, await request.body()
        return await _reply(origin, lambda: _lines(logs, origin, peer, body), observe, report_failure)

    async def add_checkpoint(request: Request) -> Response:
        body = await request.body()
        return await _reply("", lambda: _add_checkpoint(logs, body), observe, report_failure)

    return Starlette(
        routes=[
            Route("/logs/{origin:path}/lines", lines, methods=["POST"]),
            Route("/add-checkpoint", add_checkpoint, methods=["POST"]),
            Route("/healthz", _healthy, methods=["GET"]),
        ]
    )


async def _healthy(_request: Request) -> Response:
    return PlainTextResponse("ok\n")


async def _reply(
    origin: str, work: Callable[[], CollectorReply], observe: ObserveReply, report_failure: ReportFailure
) -> Response:
    """Run the work in a thread, where it may wait for the disk, and build the answer."""
    try:
        answer = await run_in_threadpool(work)
    except BadRequestError as error:
        answer = text_reply(400, tell(error))
    except OSError as error:
        report_failure(origin, error)
        answer = text_reply(503, say("collector.not_stored"))
    observe(origin, answer)
    # As a media type, Starlette would add a charset, and C2SP's type has none.
    return Response(answer.body, answer.status, {"content-type": answer.type})


def _lines(logs: Mapping[str, ServedLedger], origin: str, peer: object, body: bytes) -> CollectorReply:
    served = logs.get(origin)
    if served is None:
        return text_reply(404, say("collector.unknown_log"))
    if not isinstance(peer, TlsPeer) or served.clients.isdisjoint(peer.names):
        return text_reply(403, say("collector.client_not_allowed"))
    request = parse_lines(body)
    if read_checkpoint(request.checkpoint).origin != origin:
        return text_reply(400, say("collector.other_log"))
    return served.ledger.add_lines(request)


def _add_checkpoint(logs: Mapping[str, ServedLedger], body: bytes) -> CollectorReply:
    """A witness checks no client name: the signature on the checkpoint is the authority (tlog-witness)."""
    request = parse_add_checkpoint(body)
    served = logs.get(read_checkpoint(request.checkpoint).origin)
    if served is None:
        return text_reply(404, say("collector.unknown_witnessed_log"))
    return served.ledger.add_checkpoint(request)
