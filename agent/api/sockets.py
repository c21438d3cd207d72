"""The listening sockets of the API: handed over by systemd, or one of our own making.

The protocol is that of sd_listen_fds(3): `LISTEN_PID` names us, `LISTEN_FDS` counts
the descriptors from 3 on.
"""

from __future__ import annotations

import errno
import grp
import os
import socket
import stat
from collections.abc import MutableMapping, Sequence
from contextlib import suppress
from pathlib import Path

from agent.texts import say

FIRST_FD = 3  # SD_LISTEN_FDS_START
MAX_FDS = 8  # we can use one Unix socket and one TCP socket
SOCKET_MODE = 0o660
BACKLOG = 64  # the server asks for the same when it starts
LOOPBACK = "127.0.0.1"


class SocketError(Exception):
    """The API cannot be served. The message is for the installer."""


def listening_sockets(
    path: Path, groups: Sequence[str], *, tcp: bool, environ: MutableMapping[str, str], pid: int
) -> list[socket.socket]:
    """The sockets to serve: systemd's if it passed any, else one of our own at `path`.

    TCP is served only when it is both configured and passed, on the loopback
    address alone. Raises `SocketError`.
    """
    passed = inherited(environ, pid)
    try:
        _check_listeners(passed, tcp=tcp)
    except SocketError:
        for listener in passed:
            listener.close()
        raise
    return passed or [bind(path, groups[0] if groups else None)]


def inherited(environ: MutableMapping[str, str], pid: int) -> list[socket.socket]:
    """The sockets that systemd passed to this very process; the variables are taken out of `environ`."""
    meant_for, count = environ.pop("LISTEN_PID", ""), environ.pop("LISTEN_FDS", "0")
    environ.pop("LISTEN_FDNAMES", None)
    if meant_for != str(pid):
        return []
    if not (count.isascii() and count.isdigit() and int(count) <= MAX_FDS):
        raise SocketError(say("api.socket.listen_fds"))
    sockets = []
    for fd in range(FIRST_FD, FIRST_FD + int(count)):
        try:
            sockets.append(socket.socket(fileno=fd))
        except OSError:
            raise SocketError(say("api.socket.no_socket", fd=fd)) from None
        os.set_inheritable(fd, False)
    return sockets


def bind(path: Path, group: str | None) -> socket.socket:
    """A listening Unix socket of our own at `path`, for its owner and `group` only."""
    _clear(path)
    listener = socket.socket(socket.AF_UNIX)
    # The mode must be right from the first moment: a chmod would leave a moment to connect.
    before = os.umask(0o777 & ~SOCKET_MODE)
    try:
        listener.bind(str(path))
    except OSError as error:
        listener.close()
        raise SocketError(say("api.socket.cannot", path=path, reason=os.strerror(error.errno or 0))) from None
    finally:
        os.umask(before)
    _give_to(path, group)
    listener.listen(BACKLOG)
    return listener


def _give_to(path: Path, group: str | None) -> None:
    """Hand the socket to the group if we may: without it, root and our own user still come in."""
    if group is not None:
        with suppress(KeyError, PermissionError):
            os.chown(path, -1, grp.getgrnam(group).gr_gid)


def _clear(path: Path) -> None:
    """Remove a socket that nobody listens on any more, and nothing else."""
    try:
        if not stat.S_ISSOCK(path.lstat().st_mode):
            raise SocketError(say("api.socket.other_file", path=path))
    except FileNotFoundError:
        return
    with socket.socket(socket.AF_UNIX) as probe:
        reached = probe.connect_ex(str(path))
    if reached != errno.ECONNREFUSED:
        raise SocketError(say("api.socket.taken", path=path))
    path.unlink()


def _check_listeners(passed: Sequence[socket.socket], *, tcp: bool) -> None:
    for listener in passed:
        _check_listener(listener, tcp=tcp)
    if tcp and all(listener.family == socket.AF_UNIX for listener in passed):
        raise SocketError(say("api.socket.no_tcp"))


def _check_listener(listener: socket.socket, *, tcp: bool) -> None:
    if listener.type != socket.SOCK_STREAM or not listener.getsockopt(
        socket.SOL_SOCKET, socket.SO_ACCEPTCONN
    ):
        raise SocketError(say("api.socket.not_listening"))
    if listener.family == socket.AF_UNIX:
        return
    if listener.family != socket.AF_INET or listener.getsockname()[0] != LOOPBACK:
        raise SocketError(say("api.socket.beyond", loopback=LOOPBACK))
    if not tcp:
        raise SocketError(say("api.socket.tcp_closed"))
