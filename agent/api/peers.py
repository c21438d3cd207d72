"""Who is at the other end of a connection, and whether it still waits there."""

from __future__ import annotations

import select
import socket
import struct
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import asyncio

# From Linux' asm-generic/socket.h; Python has no name for it.
_SO_PEERGROUPS = 59
_MAX_PEER_GROUPS = 256
_UCRED = struct.Struct("iII")
# From Linux' `struct tcp_info`: `tcpi_last_data_recv`, in milliseconds.
_LAST_DATA_RECEIVED = struct.Struct("=52xI")
_GID = struct.Struct("I")


@dataclass(frozen=True, slots=True)
class UnixPeer:
    """The process at the other end, as the kernel noted it when it connected.

    `groups` are all of its groups, the primary one included.
    """

    pid: int
    uid: int
    gid: int
    groups: frozenset[int]


@dataclass(frozen=True, slots=True)
class TlsPeer:
    """A client whose certificate was verified: its common name and its DNS and URI names."""

    subject: str
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TcpPeer:
    """A client that proved only its address."""

    host: str


Peer = UnixPeer | TlsPeer | TcpPeer


class ClientWait:
    """Whether a client still waits for its answer. `arrived_s` is when its request reached this host."""

    def __init__(self, connection: socket.socket) -> None:
        self._fd = connection.fileno()
        self._tells_of_its_end = connection.family == socket.AF_UNIX
        self.arrived_s = _boot_time_s() - _waited_in_kernel_s(connection)

    def goes_on(self, seconds: float) -> bool:
        """Whether the client is there and its request not older than so many seconds.

        A Unix socket tells a client that closed (POLLHUP) from one that only said that it has sent all.
        TCP cannot: there the age alone decides.
        """
        return _boot_time_s() - self.arrived_s <= seconds and not self.gone()

    def gone(self) -> bool:
        """Whether it is known that the client has closed; of TCP it never is."""
        if not self._tells_of_its_end:
            return False
        look = select.poll()
        look.register(self._fd, 0)  # POLLHUP is told without being asked for
        return any(events & (select.POLLHUP | select.POLLNVAL) for _, events in look.poll(0))


def _boot_time_s() -> float:
    """A clock that goes on while the host sleeps, for a request may have waited through it."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


def _waited_in_kernel_s(connection: socket.socket) -> float:
    """How long the newest bytes of a TCP client lay in the kernel; 0 where it does not say."""
    if connection.family == socket.AF_UNIX:
        return 0.0
    try:
        told = connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _LAST_DATA_RECEIVED.size)
    except OSError:
        return 0.0
    milliseconds: int = _LAST_DATA_RECEIVED.unpack(told)[0]
    return milliseconds / 1000


def peer_of(transport: asyncio.Transport) -> Peer:
    """Who is at the other end, as far as it is proven."""
    connection: socket.socket = transport.get_extra_info("socket")
    if connection.family == socket.AF_UNIX:
        return _unix_peer(connection)
    tls = transport.get_extra_info("ssl_object")
    certificate = tls.getpeercert() if tls else None
    if certificate:
        return _tls_peer(certificate)
    address = transport.get_extra_info("peername")
    return TcpPeer(host=str(address[0]) if address else "")


def _unix_peer(connection: socket.socket) -> UnixPeer:
    credentials = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _UCRED.size)
    pid, uid, gid = _UCRED.unpack(credentials)
    try:
        packed = connection.getsockopt(socket.SOL_SOCKET, _SO_PEERGROUPS, _GID.size * _MAX_PEER_GROUPS)
    except OSError:  # more groups than we read: the primary one decides
        packed = b""
    groups = frozenset(group for (group,) in _GID.iter_unpack(packed))
    return UnixPeer(pid=pid, uid=uid, gid=gid, groups=groups | {gid})


def _tls_peer(certificate: dict[str, Any]) -> TlsPeer:
    """From the dictionary of `ssl.SSLSocket.getpeercert`: verified, or it would be empty."""
    common = [value for rdn in certificate.get("subject", ()) for key, value in rdn if key == "commonName"]
    names = [value for kind, value in certificate.get("subjectAltName", ()) if kind in {"DNS", "URI"}]
    return TlsPeer(subject=common[0] if common else "", names=tuple(names))
