"""HTTPS to one collector: TLS 1.3, our certificate, its pinned CA. No proxy, no environment, no redirect."""

from __future__ import annotations

import ssl
from http.client import HTTPException, HTTPSConnection
from pathlib import Path
from urllib.parse import urlsplit

from agent.texts import say

# The longest wait for the network or the collector's disk; a restart of either is shorter.
TIMEOUT_SECONDS = 15.0
# A cosignature has 200 bytes; a signed head of the collector at most 64 KiB.
MAX_ANSWER_BYTES = 65_536


class CollectorUnreachableError(Exception):
    """No whole answer came. The collector may or may not have stored what was sent."""


class CollectorClient:
    """Posts lines of one log. The connection is kept while it is used."""

    def __init__(self, url: str, origin: str, tls: ssl.SSLContext) -> None:
        parts = urlsplit(url)
        self._host, self._port = parts.hostname or "", parts.port
        self._path = f"{parts.path.rstrip('/')}/logs/{origin}/lines"
        self._tls = tls
        self._kept: HTTPSConnection | None = None

    def post(self, body: bytes) -> tuple[int, bytes]:
        """Status and body of the answer. Raises `CollectorUnreachableError`.

        The other end may have closed a kept connection while it was idle. So a failure there is
        followed by one fresh try: this request may be repeated safely.
        """
        if self._kept is not None:
            try:
                return self._exchange(self._kept, body)
            except (OSError, HTTPException):
                self.close()
        self._kept = HTTPSConnection(self._host, self._port, timeout=TIMEOUT_SECONDS, context=self._tls)
        try:
            return self._exchange(self._kept, body)
        except (OSError, HTTPException) as error:
            self.close()
            raise CollectorUnreachableError(_why(error)) from None

    def close(self) -> None:
        """Close the connection, if there is one."""
        if self._kept is not None:
            self._kept.close()
            self._kept = None

    def _exchange(self, connection: HTTPSConnection, body: bytes) -> tuple[int, bytes]:
        connection.request("POST", self._path, body, {"Content-Type": "text/plain"})
        response = connection.getresponse()
        # Without a length, half a number could pass for a number.
        if response.length is None or response.length > MAX_ANSWER_BYTES:
            raise HTTPException(say("upload.answer_without_length_or"))
        answer = response.read(MAX_ANSWER_BYTES)
        if response.length:
            raise HTTPException(say("upload.connection_ended_inside_answer"))
        if response.will_close:
            self.close()
        return response.status, answer


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
