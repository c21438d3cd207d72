"""A till's side of the API: HTTP over the Unix socket, with the standard library alone."""

from __future__ import annotations

import http.client
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import TypeVar
from urllib.parse import quote

import msgspec

from agent.api.v1.bodies import ErrorBody, PaymentEvent
from agent.texts import say

# After three missed keep-alive comments the agent is gone, even if the socket is still open.
SILENCE_SECONDS = 45.0
# An agent that reads nothing of a request for so long is dead or starts again. A payment is asked for only
# once the agent has said that it reads: until then no amount has left, so nothing can have begun.
HEARD_SECONDS = 5.0
# From then on its till waits so long for the first answer, which comes when the first entry is on disk.
VALID_FOR_S = 10.0
MAX_HEAD_BYTES = 4096
# A full page of payments has about 100 KiB; a longer answer does not come from the agent.
MAX_ANSWER_BYTES = 4 * 1024 * 1024
MAX_LINE_BYTES = 256 * 1024

T = TypeVar("T")


def payment_path(payment_id: str, what: str = "") -> str:
    """The address of a payment, or of what belongs to it. An id may hold any sign."""
    return f"/v1/payments/{quote(payment_id, safe='')}{what}"


class AgentUnreachableError(Exception):
    """Nothing was sent: no process listens at the socket."""


class BrokenError(Exception):
    """The request may have been heard; the answer was not."""


class RefusedError(Exception):
    """The agent understood and said no."""

    def __init__(self, status: int, answer: ErrorBody) -> None:
        super().__init__(answer.message)
        self.status = status
        self.answer = answer


class ApiClient:
    """One till. Every call has its own connection: a broken one never taints the next.

    `silence_s` is how long it waits for an agent that says nothing.
    """

    def __init__(self, path: Path, silence_s: float = SILENCE_SECONDS) -> None:
        self.path = path
        self._silence_s = silence_s

    def call(self, method: str, path: str, kind: type[T], body: msgspec.Struct | None = None) -> T:
        """One request. Raises `AgentUnreachableError`, `BrokenError` or `RefusedError`."""
        connection, response = self._request(method, path, body, {})
        try:
            return _decoded(response.read(MAX_ANSWER_BYTES), kind)
        except (OSError, http.client.HTTPException) as error:
            raise BrokenError(type(error).__name__) from None
        finally:
            connection.close()

    def events(self, payment_id: str, after: int) -> Iterator[PaymentEvent]:
        """A payment's events later than `after`, until the agent ends the stream. Raises like `call`."""
        headers = {"Last-Event-ID": str(after)}
        connection, response = self._request("GET", payment_path(payment_id, "/events"), None, headers)
        try:
            while line := response.readline(MAX_LINE_BYTES):
                if line.startswith(b"data: "):
                    yield _decoded(line[6:], PaymentEvent)
        except (OSError, http.client.HTTPException) as error:
            raise BrokenError(type(error).__name__) from None
        finally:
            connection.close()

    def _request(
        self, method: str, path: str, body: msgspec.Struct | None, headers: dict[str, str]
    ) -> tuple[http.client.HTTPConnection, http.client.HTTPResponse]:
        connection = _UnixConnection(self.path, self._silence_s)
        try:
            connection.connect()
        except OSError as error:
            raise AgentUnreachableError(error.strerror or type(error).__name__) from None
        try:
            if method == "PUT" and body is not None:
                return connection, _send_once_it_reads(connection, path, body)
            return connection, _send(connection, method, path, body, headers)
        except (OSError, http.client.HTTPException) as error:
            connection.close()
            raise BrokenError(type(error).__name__) from None
        except BaseException:
            connection.close()
            raise


def _send_once_it_reads(
    connection: _UnixConnection, path: str, body: msgspec.Struct
) -> http.client.HTTPResponse:
    """Ask for a payment in two steps (RFC 9110, 10.1.1): the head, and the amount once that is read."""
    content = msgspec.json.encode(body)
    connection.putrequest("PUT", path)
    connection.putheader("Content-Type", "application/json")
    connection.putheader("Content-Length", str(len(content)))
    connection.putheader("Expect", "100-continue")
    try:
        connection.sock.settimeout(HEARD_SECONDS)
        connection.endheaders()
        reads = _goes_on(connection.sock)
    except OSError as error:
        connection.close()
        raise AgentUnreachableError(error.strerror or say("cli.reads_nothing")) from None
    connection.sock.settimeout(VALID_FOR_S)
    if reads:
        connection.send(content)
    return _answer_of(connection)


def _goes_on(stream: socket.socket) -> bool:
    """Whether the agent reads on; False if it has answered already. Raises `OSError` if it does neither."""
    head = b""
    while b"\r\n\r\n" not in head:
        seen = stream.recv(MAX_HEAD_BYTES, socket.MSG_PEEK)
        if not seen:
            raise ConnectionResetError
        if not head and not b"HTTP/1.1 100 ".startswith(seen[:13]):
            return False
        head += stream.recv(1)
    return True


def _send(
    connection: http.client.HTTPConnection,
    method: str,
    path: str,
    body: msgspec.Struct | None,
    headers: dict[str, str],
) -> http.client.HTTPResponse:
    if body is None:
        connection.request(method, path, headers=headers)
    else:
        declared = {"Content-Type": "application/json"}
        connection.request(method, path, msgspec.json.encode(body), headers | declared)
    return _answer_of(connection)


def _answer_of(connection: http.client.HTTPConnection) -> http.client.HTTPResponse:
    response = connection.getresponse()
    if response.status >= 400:
        raise RefusedError(response.status, _decoded(response.read(MAX_LINE_BYTES), ErrorBody))
    return response


class _UnixConnection(http.client.HTTPConnection):
    """http.client with another way to connect."""

    def __init__(self, path: Path, silence_s: float) -> None:
        super().__init__("localhost", timeout=silence_s)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        try:
            self.sock.connect(str(self._path))
        except OSError:
            self.close()
            raise


def _decoded(content: bytes, kind: type[T]) -> T:
    try:
        return msgspec.json.decode(content, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise BrokenError(say("cli.not_the_agent")) from None
