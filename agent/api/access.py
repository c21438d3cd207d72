"""Access control. Unix socket: peer credentials. TCP: bearer token.

Everybody else is denied. Origin and Host checks stop DNS rebinding, which a token does not.
"""

from __future__ import annotations

import grp
import hmac
import os
import pwd
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from starlette.datastructures import Headers

from agent.api.errors import ApiRefusal
from agent.api.peers import Peer, TcpPeer, UnixPeer
from agent.texts import say

# 32 characters of base64 are 192 bits: nobody can try them all.
MIN_TOKEN_CHARACTERS = 32

_LOOPBACK_NAMES = {"127.0.0.1", "localhost"}


# The till of a shop that names none.
ONLY_TILL = "1"


class UnknownNameError(Exception):
    """A user, a group or a token of the settings that cannot be used; the message is for the installer."""


@dataclass(frozen=True, slots=True)
class TillAccess:
    """What shows that a till is this one: a Unix user that its programs run as, or its token."""

    users: tuple[str, ...] = ()
    token: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks, as far as it is proven.

    `place` is the Unix user or the token that the request came from. `tills` are those that it may
    speak for; None where the settings name no tills, and the name that a till gives is only a word.
    """

    place: str
    tills: tuple[str, ...] | None = None

    def till(self, asked: str | None) -> str:
        """The till of a request that names `asked`. Raises `ApiRefusal`."""
        if self.tills is None:
            return asked or ONLY_TILL
        if asked is None and len(self.tills) == 1:
            return self.tills[0]
        if asked in self.tills:
            return asked
        if not self.tills:
            raise ApiRefusal("no_till")
        raise ApiRefusal("other_till", tills=", ".join(self.tills))


@dataclass(frozen=True, slots=True)
class Tills:
    """The tills of the settings: by the number of a Unix user, and by token."""

    by_uid: Mapping[int, tuple[str, ...]] = field(default_factory=dict)
    by_token: Mapping[bytes, tuple[str, ...]] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class AccessList:
    """The allow-list, with numbers instead of names. `token` is None when TCP is closed.

    `tills` is None where the settings name no tills.
    """

    uids: frozenset[int]
    gids: frozenset[int]
    token: bytes | None = field(default=None, repr=False)
    tills: Tills | None = None

    def allow(self, peer: Peer) -> str | None:
        """The code that refuses a connection before a byte of it is read; None to allow it."""
        if isinstance(peer, UnixPeer):
            known = peer.uid in self.uids or not self.gids.isdisjoint(peer.groups)
            return None if known else "not_allowed"
        if isinstance(peer, TcpPeer) and self.token is not None:
            return None
        return "tcp_closed"

    def check(self, peer: Peer, headers: Headers) -> Caller:
        """Who sends this request of an allowed connection. Raises `ApiRefusal`."""
        if "origin" in headers:
            raise ApiRefusal("from_a_browser")
        if isinstance(peer, UnixPeer):
            return Caller(f"uid:{peer.uid}", self.tills.by_uid.get(peer.uid, ()) if self.tills else None)
        if _host_name(headers) not in _LOOPBACK_NAMES:
            raise ApiRefusal("wrong_host")
        caller = self._bearer(headers.getlist("authorization"))
        if caller is None:
            raise ApiRefusal("no_token", {"www-authenticate": "Bearer"})
        return caller

    def _bearer(self, given: Sequence[str]) -> Caller | None:
        """Who shows a token that is known; every one is compared, so the time tells nothing."""
        if self.token is None or len(given) != 1:
            return None
        scheme, _, token = given[0].partition(" ")
        presented = token.lstrip(" ").encode("latin-1")
        callers = [(self.token, Caller("tcp", None if self.tills is None else ()))]
        if self.tills is not None:
            callers += [(own, Caller(f"tcp:{names[0]}", names)) for own, names in self.tills.by_token.items()]
        known = [caller for own, caller in callers if hmac.compare_digest(presented, own)]
        return known[0] if known and scheme.lower() == "bearer" else None


def access_list(
    users: Sequence[str],
    groups: Sequence[str],
    token: bytes | None = None,
    tills: Mapping[str, TillAccess] | None = None,
) -> AccessList:
    """An access list for names of the settings; root and the agent's own user always pass.

    Raises `UnknownNameError`: a misspelt name must not quietly lock a till out.
    """
    named = dict(tills or {})
    tokens = [token, *(till.token for till in named.values())]
    if any(one is not None and len(one) < MIN_TOKEN_CHARACTERS for one in tokens):
        raise UnknownNameError(say("api.access.short_token", least=MIN_TOKEN_CHARACTERS))
    by_uid: dict[int, tuple[str, ...]] = {}
    by_token: dict[bytes, tuple[str, ...]] = {}
    for name, till in named.items():
        for uid in map(_uid, till.users):
            by_uid[uid] = (*by_uid.get(uid, ()), name)
        if till.token is not None:
            by_token[till.token] = (*by_token.get(till.token, ()), name)
    uids = frozenset({0, os.getuid(), *map(_uid, users), *by_uid})
    return AccessList(uids, frozenset(map(_gid, groups)), token, Tills(by_uid, by_token) if named else None)


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
