"""The API's sockets: systemd's or our own, TCP only when it was meant."""

from __future__ import annotations

import os
import socket
import stat
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from agent.api import sockets
from agent.api.sockets import SocketError, bind, inherited, listening_sockets


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as opened:
        yield opened


def test_our_own_socket_is_for_owner_and_group(tmp_path: Path, stack: ExitStack) -> None:
    path = tmp_path / "till.sock"
    (listener,) = listening_sockets(path, [], tcp=False, environ={}, pid=1)
    stack.enter_context(listener)
    assert stat.S_IMODE(path.stat().st_mode) == 0o660
    assert listener.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN)


def test_binding_leaves_the_umask_as_it_was(tmp_path: Path, stack: ExitStack) -> None:
    before = os.umask(0o022)
    try:
        stack.enter_context(bind(tmp_path / "till.sock", None))
        assert os.umask(0o022) == 0o022
    finally:
        os.umask(before)


def test_a_socket_that_nobody_serves_any_more_is_replaced(tmp_path: Path, stack: ExitStack) -> None:
    path = tmp_path / "till.sock"
    bind(path, None).close()
    stack.enter_context(bind(path, None))


def test_a_second_agent_does_not_take_the_api_away(tmp_path: Path, stack: ExitStack) -> None:
    path = tmp_path / "till.sock"
    stack.enter_context(bind(path, None))
    with pytest.raises(SocketError, match="Another agent answers at"):
        bind(path, None)


def test_a_file_in_the_way_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "till.sock"
    path.write_text("somebody's notes")
    with pytest.raises(SocketError, match=r"is not a socket\. Move it away"):
        bind(path, None)
    assert path.read_text() == "somebody's notes"


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(SocketError, match=r"cannot be served at .*: No such file"):
        bind(tmp_path / "none" / "till.sock", None)


def _passed(listener: socket.socket, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """The environment in which systemd would pass this one socket."""
    monkeypatch.setattr(sockets, "FIRST_FD", os.dup(listener.fileno()))
    return {"LISTEN_PID": "77", "LISTEN_FDS": "1", "LISTEN_FDNAMES": "till.socket"}


def test_a_unix_socket_of_systemd_is_served(
    tmp_path: Path, stack: ExitStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    theirs = stack.enter_context(bind(tmp_path / "till.sock", None))
    environ = _passed(theirs, monkeypatch)
    (listener,) = listening_sockets(tmp_path / "unused", [], tcp=False, environ=environ, pid=77)
    stack.enter_context(listener)
    assert listener.getsockname() == str(tmp_path / "till.sock")
    assert not os.get_inheritable(listener.fileno())
    assert environ == {}


def test_what_was_passed_to_another_process_is_not_ours() -> None:
    environ = {"LISTEN_PID": "78", "LISTEN_FDS": "1"}
    assert inherited(environ, 77) == []


@pytest.mark.parametrize("count", ["-1", "9", "x", "\uff11", ""])
def test_a_strange_count_stops_the_start(count: str) -> None:
    with pytest.raises(SocketError, match="LISTEN_FDS is not a small number"):
        inherited({"LISTEN_PID": "77", "LISTEN_FDS": count}, 77)


def test_a_descriptor_that_is_no_socket_stops_the_start(
    tmp_path: Path, stack: ExitStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = stack.enter_context((tmp_path / "file").open("wb"))
    monkeypatch.setattr(sockets, "FIRST_FD", file.fileno())
    with pytest.raises(SocketError, match=f"Descriptor {file.fileno()} from systemd is not a socket"):
        inherited({"LISTEN_PID": "77", "LISTEN_FDS": "1"}, 77)


def test_tcp_is_served_on_loopback_when_configured(
    tmp_path: Path, stack: ExitStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    theirs = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
    environ = _passed(theirs, monkeypatch)
    (listener,) = listening_sockets(tmp_path / "unused", [], tcp=True, environ=environ, pid=77)
    stack.enter_context(listener)
    assert listener.family == socket.AF_INET


@pytest.mark.parametrize(
    ("host", "tcp", "said"),
    [
        ("127.0.0.1", False, r"\[api\] tcp is false"),
        ("0.0.0.0", True, "listens beyond 127.0.0.1"),  # noqa: S104 - the very thing that is refused
        ("127.0.0.2", True, "listens beyond 127.0.0.1"),
    ],
)
def test_tcp_is_refused_unless_it_was_meant(
    stack: ExitStack, monkeypatch: pytest.MonkeyPatch, host: str, tcp: bool, said: str
) -> None:
    theirs = stack.enter_context(socket.create_server((host, 0)))
    environ = _passed(theirs, monkeypatch)
    with pytest.raises(SocketError, match=said):
        listening_sockets(Path("unused"), [], tcp=tcp, environ=environ, pid=77)


def test_tcp_without_systemds_socket_is_refused() -> None:
    with pytest.raises(SocketError, match="systemd passed no TCP socket"):
        listening_sockets(Path("unused"), [], tcp=True, environ={}, pid=77)
