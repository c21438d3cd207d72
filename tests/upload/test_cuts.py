"""The connection ends, lies or rambles at each stage: the uploader waits, and nothing is lost."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import replace
from http.client import HTTPSConnection
from typing import TYPE_CHECKING

import pytest

from agent.programs.collector import server_tls
from agent.upload import client as client_module

if TYPE_CHECKING:
    from tests.upload.conftest import Headquarters, JournalFolder, Papers, Shop

# A part of the request that every server reads before it says something.
ENOUGH = 400
WHOLE = b"HTTP/1.1 409 Conflict\r\ncontent-length: 3\r\n\r\n42\n"


@contextmanager
def rude_server(papers: Papers, reads: int, says: bytes, *, handshake: bool = True) -> Iterator[str]:
    """A server that reads so many bytes of a request, says something, and hangs up. Once."""
    listener = socket.create_server(("127.0.0.1", 0))
    tls = server_tls(*papers.server, papers.ca)

    def serve() -> None:
        with suppress(OSError), listener.accept()[0] as connection:
            if handshake:
                with tls.wrap_socket(connection, server_side=True) as wrapped:
                    _talk(wrapped, reads, says)

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield f"https://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        listener.shutdown(socket.SHUT_RDWR)  # wakes an accept that nobody came to
        thread.join()
        listener.close()


def _talk(connection: ssl.SSLSocket, reads: int, says: bytes) -> None:
    while reads > 0 and (got := connection.recv(reads)):
        reads -= len(got)
    connection.sendall(says)


@pytest.mark.parametrize(
    ("reads", "says", "handshake"),
    [
        pytest.param(0, b"", False, id="before TLS"),
        pytest.param(0, b"", True, id="after the handshake"),
        pytest.param(10, b"", True, id="inside the request"),
        pytest.param(ENOUGH, b"", True, id="without an answer"),
        pytest.param(ENOUGH, WHOLE[:20], True, id="inside the status line and headers"),
        pytest.param(ENOUGH, WHOLE[:-2], True, id="inside the answer: 4 is not 42"),
        pytest.param(ENOUGH, b"HTTP/1.1 409 Conflict\r\n\r\n42\n", True, id="an answer without a length"),
        pytest.param(ENOUGH, b"HTTP/1.1 200 OK\r\ncontent-length: 99999999\r\n\r\n", True, id="too long"),
        pytest.param(ENOUGH, b"SSH-2.0-OpenSSH_9.2\r\n", True, id="another protocol"),
        pytest.param(
            ENOUGH, b"HTTP/1.1 302 Found\r\nlocation: /\r\ncontent-length: 0\r\n\r\n", True, id="redirect"
        ),
        pytest.param(
            ENOUGH, b"HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\nok\n", True, id="200 without a cosignature"
        ),
        pytest.param(
            ENOUGH, b"HTTP/1.1 409 Conflict\r\ncontent-length: 2\r\n\r\n-1", True, id="a negative size"
        ),
        pytest.param(
            ENOUGH, b"HTTP/1.1 409 Conflict\r\ncontent-length: 1\r\n\r\n0", True, id="409 with our own start"
        ),
        pytest.param(ENOUGH, b"HTTP/1.1 500 Oops\r\ncontent-length: 0\r\n\r\n", True, id="500"),
    ],
)
def test_a_bad_answer_is_waited_out_and_the_journal_arrives(
    journal: JournalFolder,
    shop: Shop,
    papers: Papers,
    headquarters: Headquarters,
    reads: int,
    says: bytes,
    handshake: bool,
) -> None:
    journal.commit(5)
    with rude_server(papers, reads, says, handshake=handshake) as url:
        assert shop.uploader(journal.folder, url).run_once() == 1.5
    assert shop.cosignature() is None
    assert shop.cosignatures.alarms() == []
    assert shop.lines[-1].startswith("warning: not uploaded")
    assert shop.uploader(journal.folder, headquarters.url).run_once() == 0
    assert shop.cosigned == 10


def test_a_silent_collector_is_not_waited_for_for_ever(
    journal: JournalFolder, shop: Shop, papers: Papers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client_module, "TIMEOUT_SECONDS", 0.05)
    journal.commit()
    with rude_server(papers, reads=100_000, says=b"") as url:
        assert shop.uploader(journal.folder, url).run_once() == 1.5
    assert "no answer within" in shop.lines[-1]


def test_an_answer_that_was_lost_is_found_again(
    journal: JournalFolder, shop: Shop, headquarters: Headquarters
) -> None:
    """The collector stored the lines, and its answer never came."""

    class Deaf:
        def post(self, body: bytes) -> tuple[int, bytes]:
            client.post(body)
            raise client_module.CollectorUnreachableError("cut")

    client = shop.client(headquarters.url)
    journal.commit(5)
    assert shop.uploader(journal.folder, headquarters.url, post=Deaf()).run_once() == 1.5
    uploader = shop.uploader(journal.folder, headquarters.url)
    assert [uploader.run_once() for _ in range(3)] == [0, 0, 5.0]
    assert shop.cosigned == 10


def test_collector_with_a_certificate_of_another_authority(
    journal: JournalFolder, shop: Shop, papers: Papers
) -> None:
    journal.commit()
    with rude_server(replace(papers, server=papers.stranger), reads=0, says=b"") as url:
        assert shop.uploader(journal.folder, url).run_once() == 1.5
    assert "the collector's certificate is not accepted" in shop.lines[-1]


def test_client_without_a_certificate_is_refused(headquarters: Headquarters, papers: Papers) -> None:
    tls = ssl.create_default_context(cafile=papers.ca)
    connection = HTTPSConnection("127.0.0.1", headquarters.settings.port, context=tls, timeout=5)

    def ask() -> None:  # TLS 1.3 tells a client of the refusal only when it reads
        connection.request("GET", "/healthz")
        connection.getresponse()

    with closing(connection), pytest.raises((ssl.SSLError, ConnectionError)):
        ask()


def test_the_environment_changes_nothing(
    journal: JournalFolder, shop: Shop, headquarters: Headquarters, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "SSL_CERT_FILE", "REQUESTS_CA_BUNDLE"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    journal.commit()
    assert shop.uploader(journal.folder, headquarters.url).run_once() == 0
