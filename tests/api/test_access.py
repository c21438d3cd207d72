"""Who may connect: the kernel's word on the Unix socket, a token on TCP, nobody else."""

from __future__ import annotations

import grp
import os
import pwd
import socket
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from starlette.datastructures import Headers

from agent.api.access import AccessList, UnknownNameError, access_list
from agent.api.errors import ApiRefusal
from agent.api.peers import TcpPeer, TlsPeer, UnixPeer

if TYPE_CHECKING:
    from tests.conftest import ServedApi

TOKEN = "a-token-for-tests-of-forty-characters-00"  # noqa: S105 - the one of conftest
STRANGER = UnixPeer(pid=1, uid=4242, gid=4243, groups=frozenset({4243, 4244}))


@pytest.mark.parametrize(
    ("allowed", "let_in"),
    [
        (AccessList(frozenset(), frozenset()), False),
        (AccessList(frozenset({4242}), frozenset()), True),
        (AccessList(frozenset(), frozenset({4243})), True),
        (AccessList(frozenset(), frozenset({4244})), True),
        (AccessList(frozenset({4243}), frozenset({4242})), False),
    ],
)
def test_a_listed_user_or_a_member_of_a_listed_group_comes_in(allowed: AccessList, let_in: bool) -> None:
    assert (allowed.allow(STRANGER) is None) == let_in


def test_root_and_the_agents_own_user_always_come_in() -> None:
    ours = access_list([], [])
    for uid in (0, os.getuid()):
        assert ours.allow(UnixPeer(1, uid, 4243, frozenset({4243}))) is None
    assert ours.allow(STRANGER) == "not_allowed"


def test_names_of_the_settings_become_numbers() -> None:
    user, group = pwd.getpwuid(os.getuid()).pw_name, grp.getgrgid(os.getgid()).gr_name
    named = access_list([user], [group])
    assert os.getuid() in named.uids
    assert named.gids == {os.getgid()}


def test_a_misspelt_name_stops_the_start() -> None:
    with pytest.raises(UnknownNameError, match='there is no group "no-such-group"'):
        access_list([], ["no-such-group"])
    with pytest.raises(UnknownNameError, match='there is no user "no-such-user"'):
        access_list(["no-such-user"], [])


def test_a_short_token_stops_the_start() -> None:
    with pytest.raises(UnknownNameError, match="shorter than 32 characters"):
        access_list([], [], b"short")


def test_tcp_is_closed_without_a_token_and_certificates_open_nothing() -> None:
    assert AccessList(frozenset(), frozenset()).allow(TcpPeer("127.0.0.1")) is not None
    assert AccessList(frozenset(), frozenset(), b"x" * 32).allow(TlsPeer("till", ())) is not None


def test_the_token_is_not_in_the_gates_words() -> None:
    assert TOKEN not in repr(AccessList(frozenset(), frozenset(), TOKEN.encode()))


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        ({}, "wrong_host"),
        ({"host": "shop.example"}, "wrong_host"),
        ({"host": "127.0.0.1.shop.example:80", "authorization": f"Bearer {TOKEN}"}, "wrong_host"),
        ({"host": "localhost"}, "no_token"),
        ({"host": "localhost", "authorization": f"Basic {TOKEN}"}, "no_token"),
        ({"host": "localhost", "authorization": f"Bearer {TOKEN[:-1]}"}, "no_token"),
        ({"host": "localhost", "authorization": "Bearer \xe9"}, "no_token"),
        ({"host": "localhost", "authorization": f"Bearer {TOKEN}", "origin": "null"}, "from_a_browser"),
        ({"host": "localhost:7447", "authorization": f"bearer {TOKEN}"}, ""),
        ({"host": "127.0.0.1", "authorization": f"Bearer {TOKEN}"}, ""),
    ],
)
def test_a_request_over_tcp_names_this_host_and_the_token(headers: dict[str, str], code: str) -> None:
    judge = AccessList(frozenset(), frozenset(), TOKEN.encode())
    try:
        judge.check(TcpPeer("127.0.0.1"), Headers(headers))
        said = ""
    except ApiRefusal as refusal:
        said = refusal.code
    assert said == code


def test_a_web_page_is_refused_on_the_unix_socket_too(api: ServedApi) -> None:
    reply = api.ask("GET", "/v1/status", origin="http://localhost")
    assert (reply.status, reply.json["error"]) == (403, "from_a_browser")


def _over_tcp(port: int, *headers: str) -> bytes:
    with socket.create_connection(("127.0.0.1", port)) as connection:
        lines = ["GET /v1/status HTTP/1.1", f"host: 127.0.0.1:{port}", "connection: close", *headers, "", ""]
        connection.sendall("\r\n".join(lines).encode())
        return b"".join(iter(lambda: connection.recv(65_536), b""))


def test_tcp_answers_to_the_token_alone(tcp_door: tuple[ServedApi, int]) -> None:
    _, port = tcp_door
    refused = _over_tcp(port)
    assert refused.startswith(b"HTTP/1.1 401")
    assert b"www-authenticate: Bearer" in refused
    assert _over_tcp(port, f"authorization: Bearer {TOKEN}").startswith(b"HTTP/1.1 200")


def test_who_may_not_knock_does_not_learn_which_paths_exist(tcp_door: tuple[ServedApi, int]) -> None:
    _, port = tcp_door
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.sendall(b"GET /nothing HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n")
        assert connection.recv(100).startswith(b"HTTP/1.1 401")


def _refused_as(uid: int, path: Path) -> bytes:
    """What a process of another user is told; run in a child, for the change cannot be taken back."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.setgroups([])
        os.setresgid(uid, uid, uid)
        os.setresuid(uid, uid, uid)
        connection = socket.socket(socket.AF_UNIX)
        connection.connect(str(path))
        os.write(writing, connection.recv(65_536))
        os._exit(0)
    os.close(writing)
    os.waitpid(child, 0)
    with os.fdopen(reading, "rb") as told:
        return told.read()


@pytest.mark.skipif(os.getuid() != 0, reason="only root can become somebody else")
def test_a_stranger_is_turned_away_by_the_kernels_word(open_to_all: ServedApi) -> None:
    told = _refused_as(4242, open_to_all.path)
    assert told.startswith(b"HTTP/1.1 403")
    assert b'"error":"not_allowed"' in told
    assert open_to_all.service.heard == []
