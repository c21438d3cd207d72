"""The till comes from the peer, never from what was typed."""

from __future__ import annotations

import os
import pwd

import pytest
from starlette.datastructures import Headers

from agent.api.access import ONLY_TILL, AccessList, Caller, TillAccess, Tills, access_list
from agent.api.errors import ApiRefusal
from agent.api.peers import TcpPeer, UnixPeer
from tests.support.refused import refused

OWN, BACK, SHOP = b"o" * 32, b"b" * 32, b"s" * 32
TILLS = Tills({1001: ("counter",), 1002: ("left", "right")}, {BACK: ("back",)})
ACCESS = AccessList(frozenset({0, 1001, 1002}), frozenset(), SHOP, TILLS)


def by_user(uid: int) -> Caller:
    return ACCESS.check(UnixPeer(pid=1, uid=uid, gid=uid, groups=frozenset()), Headers())


def by_token(token: bytes) -> Caller:
    headers = Headers({"host": "127.0.0.1", "authorization": f"Bearer {token.decode()}"})
    return ACCESS.check(TcpPeer("127.0.0.1"), headers)


@pytest.mark.parametrize("asked", [None, "counter"])
def test_a_user_of_one_till_is_this_till(asked: str | None) -> None:
    assert by_user(1001).till(asked) == "counter"


@pytest.mark.parametrize("asked", ["zz", "left", "1", ""])
def test_no_typed_name_makes_it_another(asked: str) -> None:
    with refused("other_till", tills="counter"):
        by_user(1001).till(asked)


def test_a_user_of_several_tills_names_one_of_them() -> None:
    assert by_user(1002).till("right") == "right"
    for asked in (None, "counter"):
        with refused("other_till", tills="left, right"):
            by_user(1002).till(asked)


def test_who_is_no_till_asks_for_no_payment() -> None:
    for caller in (by_user(0), by_token(SHOP)):
        with refused("no_till"):
            caller.till("counter")


def test_a_token_is_its_till() -> None:
    assert (by_token(BACK).till(None), by_token(BACK).place) == ("back", "tcp:back")
    with pytest.raises(ApiRefusal, match="no_token"):
        by_token(OWN)


def test_places_are_users_and_tokens() -> None:
    assert [by_user(1002).place, by_token(SHOP).place] == ["uid:1002", "tcp"]


def test_without_tills_in_the_settings_the_name_is_only_a_word() -> None:
    caller = AccessList(frozenset({0}), frozenset()).check(UnixPeer(1, 0, 0, frozenset()), Headers())
    assert (caller.till(None), caller.till("zz")) == (ONLY_TILL, "zz")


def test_the_users_of_tills_may_connect() -> None:
    me = pwd.getpwuid(os.getuid()).pw_name
    access = access_list([], [], None, {"counter": TillAccess((me,)), "back": TillAccess((me,), BACK)})
    assert access.check(UnixPeer(1, os.getuid(), 0, frozenset()), Headers()).tills == ("counter", "back")
