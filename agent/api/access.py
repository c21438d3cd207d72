"""Access control. Unix socket: peer credentials. TCP: bearer token.

Everybody else is denied. Origin and Host checks stop DNS rebinding, which a token does not.
"""

from __future__ import annotations

import grp
import hmac
import os
import pwd
from collections.abc import Sequence
from dataclasses import dataclass, field

from starlette.datastructures import Headers

from agent.api.errors import ApiRefusal
from agent.api.peers import Peer, TcpPeer, UnixPeer
from agent.texts import say

# 32 characters of base64 are 192 bits: nobody can try them all.
MIN_TOKEN_CHARACTERS = 32

_LOOPBACK_NAMES = {"127.0.0.1", "localhost"}


class UnknownNameError(Exception):
    """A user, a group or a token of the settings that cannot be used; the message is for the installer."""


@dataclass(frozen=True, slots=True)
class AccessList:
    """The allow-list, with numbers instead of names. `token` is None when TCP is closed."""

    uids: frozenset[int]
    gids: frozenset[int]
    token: bytes | None = field(default=None, repr=False)

    def allow(self, peer: Peer) -> str | None:
        """The code that refuses a connection before a byte of it is read; None to allow it."""
        if isinstance(peer, UnixPeer):
            known = peer.uid in self.uids or not self.gids.isdisjoint(peer.groups)
            return None if known else "not_allowed"
        if isinstance(peer, TcpPeer) and self.token is not None:
            return None
        return "tcp_closed"

    def check(self, peer: Peer, headers: Headers) -> None:
        """Judge one request of an allowed connection. Raises `ApiRefusal`."""
        if "origin" in headers:
            raise ApiRefusal("from_a_browser")
        if isinstance(peer, UnixPeer):
            return
        if _host_name(headers) not in _LOOPBACK_NAMES:
            raise ApiRefusal("wrong_host")
        if not self._knows(headers.getlist("authorization")):
            raise ApiRefusal("no_token", {"www-authenticate": "Bearer"})

    def _knows(self, given: Sequence[str]) -> bool:
        if self.token is None or len(given) != 1:
            return False
        scheme, _, token = given[0].partition(" ")
        presented = token.lstrip(" ").encode("latin-1")
        return scheme.lower() == "bearer" and hmac.compare_digest(presented, self.token)


def place_of(peer: Peer) -> str:
    """Where a request came from, as far as it is proven. Wrong secrets count for a person at a place."""
    return f"uid:{peer.uid}" if isinstance(peer, UnixPeer) else "tcp"


def access_list(users: Sequence[str], groups: Sequence[str], token: bytes | None = None) -> AccessList:
    """An access list for names of the settings; root and the agent's own user always pass.

    Raises `UnknownNameError`: a misspelt name must not quietly lock a till out.
    """
    if token is not None and len(token) < MIN_TOKEN_CHARACTERS:
        raise UnknownNameError(say("api.access.short_token", least=MIN_TOKEN_CHARACTERS))
    return AccessList(frozenset({0, os.getuid(), *map(_uid, users)}), frozenset(map(_gid, groups)), token)


def _uid(name: str) -> int:
    try:
        return pwd.getpwnam(name).pw_uid
    except KeyError:
        raise UnknownNameError(say("api.access.no_user", name=name)) from None


def _gid(name: str) -> int:
    try:
        return grp.getgrnam(name).gr_gid
    except KeyError:
        raise UnknownNameError(say("api.access.no_group", name=name)) from None


def _host_name(headers: Headers) -> str:
    """The `Host` header without its port: a name has no case, and may end in the root's dot."""
    host = headers.get("host", "")
    return (host.rpartition(":")[0] or host).lower().removesuffix(".")
