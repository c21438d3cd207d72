"""HTTP as real clients speak it: what a standard compares loosely is compared loosely."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

import pytest
from starlette.datastructures import Headers

from agent.api.access import AccessList
from agent.api.peers import TcpPeer
from tests.conftest import read_reply

if TYPE_CHECKING:
    from tests.conftest import ServedApi

TOKEN = "a-token-for-tests-of-forty-characters-00"  # noqa: S105 - the one of conftest
SALE = b'{"payment": "sale", "amount": 1250, "currency": "EUR"}'


@pytest.mark.case("other/13")
@pytest.mark.parametrize(
    "kind",
    [
        "application/json",
        "application/json; charset=UTF-8",
        "application/json;charset=UTF-8",
        "Application/JSON",
        "application/json; Charset=utf-8",
        'application/json; charset="utf-8"',
        'APPLICATION/JSON ; CHARSET="UTF-8"',
        "application/json;",
        "application/json; charset=utf8",
        "application/json; odata=verbose",
    ],
)
def test_json_is_declared_in_any_spelling(api: ServedApi, kind: str) -> None:
    assert api.ask("PUT", "/v1/payments/A-1", SALE, content_type=kind).status == 201


@pytest.mark.parametrize(
    "kind",
    [
        "application/json; charset=utf-16",
        "application/json; charset=latin-1",
        "application/jsonx",
        "application/json+x",
        "text/json; charset=utf-8",
        "application/json, text/plain",
        "; application/json",
    ],
)
def test_what_is_not_json_in_utf_8_is_not_read(api: ServedApi, kind: str) -> None:
    reply = api.ask("PUT", "/v1/payments/A-1", SALE, content_type=kind)
    assert (reply.status, reply.json["error"]) == (415, "not_declared_json")
    assert api.service.heard == []


def test_two_declarations_are_none(api: ServedApi) -> None:
    reply = api.raw(
        b"PUT /v1/payments/A-1 HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n"
        b"content-type: text/plain\r\ncontent-length: %d\r\n\r\n%b" % (len(SALE), SALE)
    )
    assert reply.status == 415


@pytest.mark.case("other/13")
def test_one_byte_order_mark_is_passed_over(api: ServedApi) -> None:
    assert api.ask("PUT", "/v1/payments/A-1", b"\xef\xbb\xbf" + SALE).status == 201
    twice = api.ask("PUT", "/v1/payments/A-2", b"\xef\xbb\xbf" * 2 + SALE)
    assert (twice.status, twice.json["error"]) == (400, "not_json")


@pytest.mark.case("other/13")
@pytest.mark.parametrize(
    "target",
    [
        b"http://localhost/v1/payments/A-1",
        b"HTTP://LocalHost:7447/v1/payments/A-1",
        b"http://127.0.0.1:80/v1/payments/A-1",
    ],
)
def test_a_client_that_believes_in_a_proxy_is_served(api: ServedApi, target: bytes) -> None:
    head = b"content-type: application/json\r\ncontent-length: %d\r\n\r\n" % len(SALE)
    assert api.raw(b"PUT %b HTTP/1.1\r\nhost: x\r\n%b%b" % (target, head, SALE)).status == 201


def test_a_whole_address_without_a_path_or_with_a_query_is_split_rightly(api: ServedApi) -> None:
    assert api.raw(b"GET http://localhost HTTP/1.1\r\nhost: x\r\n\r\n").status == 404
    assert api.raw(b"GET http://localhost?last=1 HTTP/1.1\r\nhost: x\r\n\r\n").status == 404
    assert api.raw(b"GET http://localhost/v1/payments?last=1 HTTP/1.1\r\nhost: x\r\n\r\n").status == 200


def test_over_tcp_the_address_in_the_target_is_the_host(tcp_door: tuple[ServedApi, int]) -> None:
    _, port = tcp_door
    request = b"GET http://%b/v1/status HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer %b\r\n\r\n"
    assert _over_tcp(port, request % (b"LOCALHOST:7447", TOKEN.encode())) == 200
    assert _over_tcp(port, request % (b"shop.example", TOKEN.encode())) == 403


@pytest.mark.case("other/13")
def test_empty_lines_before_a_request_are_passed_over(api: ServedApi) -> None:
    request = b"GET /v1/status HTTP/1.1\r\nhost: x\r\n\r\n"
    assert api.raw(b"\r\n" + request).status == 200
    with api.connect() as connection:
        for _ in range(2):
            connection.sendall(b"\r\n" + request)
            assert read_reply(connection, "GET").status == 200


@pytest.mark.case("other/13")
@pytest.mark.parametrize("host", ["LocalHost:7447", "LOCALHOST", "localhost.", "127.0.0.1:1"])
def test_a_hosts_name_has_no_case(host: str) -> None:
    allowed = AccessList(frozenset(), frozenset(), TOKEN.encode())
    allowed.check(TcpPeer("127.0.0.1"), Headers({"host": host, "authorization": f"bearer  {TOKEN}"}))


@pytest.mark.case("other/15")
@pytest.mark.parametrize(
    ("request_bytes", "found"),
    [
        (b"GET /v1/payments/A-1?wait=1 HTTP/1.1\r\nhost: x\r\n\r\n", b'"phase":"asking"'),
        (b"GET /v1/payments/A-1/events HTTP/1.1\r\nhost: x\r\n\r\n", b"event: "),
        (
            (
                b"POST /v1/payments/A-1/answers HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n"
                b'content-length: 40\r\n\r\n{"prompt": "confirm-1", "answer": "yes"}'
            ),
            b'"verdict":"approved"',
        ),
    ],
    ids=["a long poll", "the events", "an answer"],
)
def test_a_client_that_closes_its_half_of_the_line_is_answered(
    api: ServedApi, request_bytes: bytes, found: bytes
) -> None:
    api.pay("A-1", 1600)
    with api.connect() as connection:
        connection.sendall(request_bytes)
        connection.shutdown(socket.SHUT_WR)
        heard = b""
        while found not in heard and (piece := connection.recv(65536)):
            heard += piece
        assert heard.startswith(b"HTTP/1.1 200")
        assert found in heard


def _over_tcp(port: int, request: bytes) -> int:
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.sendall(request)
        return read_reply(connection, "GET").status
