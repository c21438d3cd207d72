"""Each alarm as a story: when the world is like this it is raised, and when it is like that it is not."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Literal

import pytest

from agent.alarms.conditions import (
    MIB,
    AgentFacts,
    Condition,
    HeldFacts,
    OutsideFacts,
    TerminalFacts,
    UploaderAlarm,
    conditions,
    not_known,
)
from agent.alarms.registry import ALARMS

NOON = datetime(2026, 11, 27, 12, tzinfo=UTC)
TODAY = NOON.date()
# A shop on its second day: everything went well.
AGENT = AgentFacts(
    now=NOON,
    entries=500,
    began=NOON - timedelta(hours=30),
    waiting_since=NOON - timedelta(minutes=5),
    key_id="acquirer-1",
    key_until=TODAY + timedelta(days=200),
    terminals=(TerminalFacts("front", "ready", clock_ahead_s=12),),
)
OUTSIDE = OutsideFacts(
    free_bytes=900 * MIB,
    headquarters=True,
    confirmed=495,
    cosignature_readable=True,
    uploader=(),
    certificate_until=NOON + timedelta(days=100),
    verified=True,
    confirmed_at=NOON - timedelta(minutes=6),
    other_root=False,
    first_key=False,
)
OF_A_PAYMENT = {kind.id for kind in ALARMS.values() if kind.cleared_by == "person"}


def found(agent: AgentFacts = AGENT, outside: OutsideFacts = OUTSIDE, standing: str = "") -> list[Condition]:
    return conditions(agent, outside, lambda identity: identity == standing)


def ids(agent: AgentFacts = AGENT, outside: OutsideFacts = OUTSIDE, standing: str = "") -> set[str]:
    return {condition.id for condition in found(agent, outside, standing)}


def test_when_all_is_well_there_is_nothing_to_say() -> None:
    assert found() == []


def test_what_nobody_could_look_at_raises_nothing_and_clears_nothing() -> None:
    blind = OutsideFacts(headquarters=True)
    assert ids(outside=blind) == set()
    seen_by_the_agent = {
        "disk_full", "acquirer_key_ends", "acquirer_key_ended", "terminal_away", "terminal_trouble",
        "terminal_exchanged", "terminal_held", "clock_ahead", "clock_behind", "payment_held",
        "payment_withheld",
    }  # fmt: skip
    assert not_known(blind) == set(ALARMS) - seen_by_the_agent
    assert not_known(OUTSIDE) == OF_A_PAYMENT


# ---- evidence ----


def test_headquarters_signed_for_more_than_this_disk_holds() -> None:
    (condition,) = found(outside=replace(OUTSIDE, confirmed=501))
    assert condition == Condition("rollback", figures={"journal_size": 500, "headquarters_size": 501})


def test_headquarters_signed_another_past_of_the_same_length() -> None:
    (condition,) = found(outside=replace(OUTSIDE, other_root=True))
    assert condition == Condition("fork", figures={"journal_size": 500, "headquarters_size": 495})


def test_the_first_key_was_left_behind() -> None:
    assert ids(outside=replace(OUTSIDE, first_key=True)) == {"first_key_here"}


@pytest.mark.parametrize(("ahead_s", "told"), [(300, 0), (301, 1), (3600, 1)])
def test_this_clock_is_behind_the_time_at_which_headquarters_signed(ahead_s: int, told: int) -> None:
    late = replace(OUTSIDE, confirmed_at=NOON + timedelta(seconds=ahead_s))
    assert len(found(outside=late)) == told


def test_headquarters_signed_for_all_that_this_disk_holds() -> None:
    assert ids(outside=replace(OUTSIDE, confirmed=500)) == set()


@pytest.mark.parametrize("kind", ["rollback", "fork", "refused"])
@pytest.mark.parametrize(("checked", "told"), [(True, ""), (False, "_told")])
def test_the_uploader_saw_it_and_what_cannot_be_checked_is_only_told(
    kind: Literal["rollback", "fork", "refused"], checked: bool, told: str
) -> None:
    alarm = UploaderAlarm(kind, 500, 600, checked)
    assert ids(outside=replace(OUTSIDE, uploader=(alarm,))) == {kind + told}


def test_a_cosignature_that_headquarters_did_not_make() -> None:
    assert ids(outside=replace(OUTSIDE, cosignature_readable=False)) == {"cosignature_unreadable"}


def test_no_cosignature_to_read_is_none_that_is_wrong() -> None:
    assert ids(outside=replace(OUTSIDE, cosignature_readable=None)) == set()


def test_the_verifier_found_damage() -> None:
    (condition,) = found(outside=replace(OUTSIDE, damage="changed_entry", damage_on="2026-11-26"))
    assert condition == Condition("journal_damaged", figures={"found": "changed_entry", "on": "2026-11-26"})


def test_a_journal_of_two_days_that_was_never_verified() -> None:
    assert ids(outside=replace(OUTSIDE, verified=False)) == {"never_verified"}


def test_a_journal_of_this_morning_need_not_be_verified_yet() -> None:
    fresh = replace(AGENT, began=NOON - timedelta(hours=3))
    assert ids(fresh, replace(OUTSIDE, verified=False)) == set()


# ---- the way to headquarters ----


def test_what_was_written_two_days_ago_has_not_arrived() -> None:
    late = replace(AGENT, waiting_since=NOON - timedelta(days=2))
    assert found(late) == [Condition("backlog", figures={"since": "2026-11-25"})]


def test_a_night_without_a_network_is_no_backlog() -> None:
    assert ids(replace(AGENT, waiting_since=NOON - timedelta(hours=14))) == set()


def test_after_a_weekend_nothing_waits() -> None:
    assert ids(replace(AGENT, waiting_since=None)) == set()


def test_headquarters_never_confirmed_anything() -> None:
    late = replace(AGENT, waiting_since=NOON - timedelta(days=2))
    assert ids(late, replace(OUTSIDE, confirmed=0)) == {"never_cosigned"}


def test_the_first_day_is_not_never() -> None:
    early = replace(AGENT, waiting_since=NOON - timedelta(hours=14))
    assert ids(early, replace(OUTSIDE, confirmed=0)) == set()


def test_a_journal_that_goes_nowhere_waits_for_nobody() -> None:
    alone = replace(OUTSIDE, headquarters=False, confirmed=None, certificate_until=None)
    assert ids(replace(AGENT, waiting_since=NOON - timedelta(days=90)), alone) == set()


@pytest.mark.parametrize(
    ("days", "alarm"),
    [(31, set()), (30, {"certificate_ends"}), (0, {"certificate_ends"}), (-1, {"certificate_ended"})],
)
def test_the_certificate_of_the_upload_ends(days: int, alarm: set[str]) -> None:
    assert ids(outside=replace(OUTSIDE, certificate_until=NOON + timedelta(days=days))) == alarm


# ---- the host ----


def test_the_disk_is_low_and_stays_low_until_there_is_some_room() -> None:
    low = Condition("disk_low", figures={"free_mib": 99})
    assert found(outside=replace(OUTSIDE, free_bytes=99 * MIB)) == [low]
    assert ids(outside=replace(OUTSIDE, free_bytes=101 * MIB)) == set()
    assert ids(outside=replace(OUTSIDE, free_bytes=101 * MIB), standing="disk_low") == {"disk_low"}
    assert ids(outside=replace(OUTSIDE, free_bytes=151 * MIB), standing="disk_low") == set()


def test_the_disk_is_full() -> None:
    assert ids(replace(AGENT, full=True)) == {"disk_full"}


@pytest.mark.parametrize(
    ("days", "alarm"),
    [(31, set()), (30, {"acquirer_key_ends"}), (0, {"acquirer_key_ends"}), (-1, {"acquirer_key_ended"})],
)
def test_the_acquirers_key_ends(days: int, alarm: set[str]) -> None:
    assert ids(replace(AGENT, key_until=TODAY + timedelta(days=days))) == alarm


def test_where_there_is_no_key_none_ends() -> None:
    assert ids(replace(AGENT, key_id="", key_until=date.min)) == set()


# ---- the terminals ----


def with_terminal(state: str = "ready", unclear: str = "", clock_ahead_s: int | None = 12) -> AgentFacts:
    front = TerminalFacts("front", state, unclear, clock_ahead_s)
    return replace(AGENT, terminals=(front, TerminalFacts("back", "ready")))


@pytest.mark.parametrize("state", ["away", "trouble"])
def test_a_terminal_that_takes_nothing(state: str) -> None:
    assert ids(with_terminal(state)) == {f"terminal_{state}:front"}


@pytest.mark.parametrize("state", ["connecting", "ready", "busy"])
def test_a_terminal_that_is_well_or_soon_will_be(state: str) -> None:
    assert ids(with_terminal(state)) == set()


def test_an_unclear_payment_holds_its_terminal() -> None:
    (condition,) = found(with_terminal(unclear="A-1"))
    assert condition == Condition("terminal_held", "A-1", {"terminal": "front"})


@pytest.mark.parametrize(
    ("ahead_s", "alarm"),
    [
        (299, set()),
        (300, {"clock_ahead:front"}),
        (-299, set()),
        (-300, {"clock_behind:front"}),
        (None, set()),
    ],
)
def test_clocks_are_apart(ahead_s: int | None, alarm: set[str]) -> None:
    assert ids(with_terminal(clock_ahead_s=ahead_s)) == alarm


def test_clocks_that_were_apart_are_together_when_they_are_clearly() -> None:
    assert ids(with_terminal(clock_ahead_s=270), standing="clock_ahead:front") == {"clock_ahead:front"}
    assert ids(with_terminal(clock_ahead_s=239), standing="clock_ahead:front") == set()


# ---- the table ----


def everything() -> list[Condition]:
    """The conditions of worlds in which everything goes wrong."""
    late = replace(AGENT, waiting_since=NOON - timedelta(days=2))
    told = (
        UploaderAlarm("rollback", 1, 2, checked=True),
        UploaderAlarm("rollback", 1, 2, checked=False),
        UploaderAlarm("fork", 1, 2, checked=True),
        UploaderAlarm("fork", 1, 2, checked=False),
        UploaderAlarm("refused", 1, 2, checked=True),
        UploaderAlarm("refused", 1, 2, checked=False),
    )
    bad = replace(
        OUTSIDE,
        uploader=told,
        first_key=True,
        confirmed_at=NOON + timedelta(hours=1),
        cosignature_readable=False,
        damage="fork",
        verified=False,
    )
    worlds = [
        (replace(late, full=True), replace(bad, free_bytes=0)),
        (late, replace(OUTSIDE, confirmed=0)),
        *((replace(AGENT, key_until=TODAY + timedelta(days=days)), OUTSIDE) for days in (1, -1)),
        *((AGENT, replace(OUTSIDE, certificate_until=NOON + timedelta(days=days))) for days in (1, -1)),
        (with_terminal("away", "A-1", 900), OUTSIDE),
        (with_terminal("trouble", "", -900), OUTSIDE),
        (replace(AGENT, terminals=(TerminalFacts("front", "trouble", exchanged=True),)), OUTSIDE),
        (replace(AGENT, held=(HeldFacts("A-1", False), HeldFacts("A-2", True))), OUTSIDE),
    ]
    return [condition for agent, outside in worlds for condition in found(agent, outside)]


def test_every_alarm_of_the_table_is_raised_by_something() -> None:
    """Those of a payment are raised by a watcher of approvals."""
    assert {condition.alarm for condition in everything()} == set(ALARMS) - OF_A_PAYMENT


def test_the_figures_are_those_of_the_table() -> None:
    for condition in everything():
        assert set(condition.figures) == set(ALARMS[condition.alarm].figures), condition
