"""Single faults and pairs of faults: a reduced set, spread evenly over all steps."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from tests.exhaust.faults import SETTINGS, Setting, faults, played
from tests.exhaust.results import Line, keep, known
from tests.exhaust.search import Found, Reduced, pairs, search, singles, some
from tests.simulation.plan import Fault

FEW = Reduced(singles=4, firsts=2, seconds=1)
SALE = Setting("zvt", "sale")


@pytest.mark.parametrize("setting", SETTINGS, ids=lambda one: f"{one.protocol}-{one.kind}")
def test_no_pair_of_faults_breaks_a_promise(setting: Setting) -> None:
    found = search(setting, FEW)
    assert found.violations == {}
    assert found.singles_run > 1
    assert found.pairs_run > 1


def test_a_single_fault_stands_at_every_step() -> None:
    calm = played(SALE.plan())
    places = {(one.what, one.way, one.at) for one in faults(SALE, Counter(), calm.after)}
    assert {("kill", "", at) for at in range(1, calm.after["steps"] + 1)} <= places
    assert {("lose", "to_till", at) for at in range(1, calm.after["to_till"] + 1)} <= places


def test_a_second_fault_comes_after_the_first() -> None:
    world = played(SALE.plan(Fault("lose", 2, "to_till")))
    seconds = list(faults(SALE, world.before, world.after))
    assert min(one.at for one in seconds if one.way == "to_till") == 3
    assert all(one.at > world.before["steps"] for one in seconds if one.what == "kill")


def test_equal_faults_leave_an_equal_state_and_others_do_not() -> None:
    lost, again = (played(SALE.plan(Fault("lose", 2, "to_till", size=size))) for size in (0, 9))
    assert lost.state == again.state
    assert lost.state != played(SALE.plan(Fault("kill", 9, seconds=0.1))).state


def test_what_a_night_has_run_is_known_to_the_next(tmp_path: Path) -> None:
    file = tmp_path / "exhaust" / "results.jsonl"
    line = Line("code", "sale", "first", 3, {"a": ["b"]})
    keep(line, file)
    with file.open("ab") as out:
        out.write(b'\n{"code": "co')
    keep(Line("code", "sale", "second", 4), file)
    assert set(known("code", file)) == {("sale", "first"), ("sale", "second")}
    assert known("code", file)["sale", "first"] == line
    assert known("other code", file) == {}


def test_what_is_chosen_is_spread_evenly() -> None:
    assert some(range(10), 5) == [0, 2, 4, 6, 8]
    assert some(range(3), 5) == [0, 1, 2]


def test_every_pair_is_run_merged_or_counted_as_left_out() -> None:
    close = Setting("transbank", "refund")
    found = Found()
    firsts = singles(close, None, found)
    first, world = firsts[0]
    pairs(close, first, world, None, found)
    assert found.singles == found.singles_run
    assert found.pairs_run == sum(1 for _ in faults(close, world.before, world.after))
    assert found.pairs >= found.merged + found.pairs_run
