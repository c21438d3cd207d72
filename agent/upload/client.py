"""HTTPS to one collector: TLS 1.3, our certificate, its pinned CA. No proxy, no environment, no redirect."""

from __future__ import annotations

import socket
import ssl
from pathlib import Path
from urllib.parse import urlsplit

from agent.texts import say
from agent.upload.answer import AnswerError, read_answer

# The longest wait for the network or the collector's disk; a restart of either is shorter.
TIMEOUT_SECONDS = 15.0
DEFAULT_PORT = 443
_READ_BYTES = 16_384


class CollectorUnreachableError(Exception):
    """No whole answer came. The collector may or may not have stored what was sent."""


class CollectorClient:
    """Posts lines of one log. The connection is kept while it is used."""

    def __init__(self, url: str, origin: str, tls: ssl.SSLContext) -> None:
        parts = urlsplit(url)
        # As bytes a name is taken as it stands: the codec that would look at it weighs a megabyte.
        self._host, self._port = _ascii(parts.hostname or ""), parts.port or DEFAULT_PORT
        path = f"{parts.path.rstrip('/')}/logs/{origin}/lines"
        host = _host_field(self._host, self._port)
        head = (f"POST {path} HTTP/1.1", f"Host: {host}", "Content-Type: text/plain", "Content-Length: ")
        self._head = "\r\n".join(head).encode("ascii")
        self._tls = tls
        self._kept: ssl.SSLSocket | None = None

    def post(self, body: bytes) -> tuple[int, bytes]:
        """Status and body of the answer. Raises `CollectorUnreachableError`.

        The other end may have closed a kept connection while it was idle. So a failure there is
        followed by one fresh try: this request may be repeated safely.
        """
        if self._kept is not None:
            try:
                return self._exchange(self._kept, body)
            except (OSError, AnswerError):
                self.close()
        try:
            self._kept = self._connect()
            return self._exchange(self._kept, body)
        except (OSError, AnswerError) as error:
            self.close()
            raise CollectorUnreachableError(_why(error)) from None

    def close(self) -> None:
        """Close the connection, if there is one."""
        if self._kept is not None:
            self._kept.close()
            self._kept = None

    def _connect(self) -> ssl.SSLSocket:
        """A connection to the first address of the collector that takes one. Raises `OSError`."""
        failure = OSError(say("upload.no_address"))
        for family, kind, protocol, _, address in socket.getaddrinfo(
            self._host, self._port, type=socket.SOCK_STREAM
        ):
            plain = socket.socket(family, kind, protocol)
            try:
                plain.settimeout(TIMEOUT_SECONDS)
                plain.connect(address)
                plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                return self._tls.wrap_socket(plain, server_hostname=self._host)
            except OSError as error:
                plain.close()
                failure = error
        raise failure

    def _exchange(self, connection: ssl.SSLSocket, body: bytes) -> tuple[int, bytes]:
        connection.sendall(b"%s%d\r\n\r\n" % (self._head, len(body)))
        connection.sendall(body)
        answer = read_answer(lambda: connection.recv(_READ_BYTES))
        if answer.closes:
            self.close()
        return answer.status, answer.body


def _ascii(host: str) -> bytes:
    try:
        return host.encode("ascii")
    except UnicodeEncodeError:
        return host.encode("idna")


def _host_field(host: bytes, port: int) -> str:
    name = host.decode("ascii")
    shown = f"[{name}]" if ":" in name else name
    return shown if port == DEFAULT_PORT else f"{shown}:{port}"


def client_tls(ca: Path, certificate: Path, key: Path) -> ssl.SSLContext:
    """TLS 1.3 that trusts one CA and shows our certificate. Raises `OSError` (`ssl.SSLError` too)."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.load_verify_locations(ca)
    context.load_cert_chain(certificate, key)
    return context


def _why(error: Exception) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return say("upload.collectors_certificate_not_accepted", verify_message=error.verify_message)
    if isinstance(error, TimeoutError):
        return say("upload.no_answer_within_seconds", timeout_seconds=TIMEOUT_SECONDS)
    return str(error) or type(error).__name__
