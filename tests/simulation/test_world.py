"""The world itself: what it keeps, what it finds, and that it says the same twice."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from agent.journal.schema.entry import BecameUnclear, Fact, Resolved
from drivers.driver import PROTOCOLS
from drivers.simulator.core.bank import BookingState
from tests.conformance.table import ZVT, Case, dialects
from tests.simulation.chance import first_seed, plan_of
from tests.simulation.checker import check
from tests.simulation.plan import Fault, Payment, Plan, faults_of, from_json, to_json
from tests.simulation.planted import BUGS, Bug, seeds_until_caught
from tests.simulation.replay import STORIES
from tests.simulation.run import main, play
from tests.simulation.shrink import shrink
from tests.simulation.simulation import Account, Simulation
from tests.simulation.till import Told
from tests.simulation.words import SENTENCES, sentence, story

# Other seeds than those that `make simulate` begins with.
SEEDS = range(700_000, 700_150)
MANY = 1000
# Of each other protocol.
FEW = 60
OTHERS = [protocol for protocol in PROTOCOLS if protocol != ZVT]
PLAIN = Plan(seed=1, payments=(Payment("A-1", 1250), Payment("A-2", 1990)))
SAVED = sorted(STORIES.glob("*.json"))


def test_no_promise_is_broken() -> None:
    broken = {seed: found for seed in SEEDS if (found := play(plan_of(seed))[1])}
    assert broken == {}


@pytest.mark.parametrize("protocol", OTHERS)
def test_no_promise_is_broken_in_any_protocol(protocol: str) -> None:
    first = first_seed(protocol) + SEEDS.start
    seeds = range(first, first + FEW)
    assert {plan_of(seed).protocol for seed in seeds} == {protocol}
    assert {seed: found for seed in seeds if (found := play(plan_of(seed))[1])} == {}


@pytest.mark.parametrize("dialect", dialects(), ids=str)
def test_in_a_calm_world_every_dialect_is_paid(dialect: Case) -> None:
    plan = msgspec.structs.replace(
        PLAIN,
        protocol=dialect.protocol,
        variant=dialect.variant,
        wire=dialect.wire,
        auto_reversal=not dialect.keeps,
    )
    account, violations = play(plan)
    assert violations == []
    assert [booking.amount for booking in account.bookings] == [1250, 1990]
    assert {record.verdict for record in account.records.values()} == {"approved"}


def test_the_first_million_seeds_are_what_they_always_were() -> None:
    """The README's figures hang on them."""
    plans = b"".join(to_json(plan_of(seed)) for seed in range(MANY))
    assert hashlib.sha256(plans).hexdigest()[:16] == "40147a574c1f74b2"


@pytest.mark.parametrize("path", SAVED, ids=[path.stem for path in SAVED])
def test_what_went_wrong_once_goes_well_now(path: Path) -> None:
    plan = from_json(path.read_bytes())
    assert plan.why
    assert play(plan)[1] == []


def test_in_a_calm_world_everything_is_approved_once() -> None:
    account, violations = play(PLAIN)
    assert violations == []
    assert [booking.amount for booking in account.bookings] == [1250, 1990]
    assert {record.verdict for record in account.records.values()} == {"approved"}


@pytest.mark.parametrize("ahead_s", [3600, -3600, 40_000_000])
def test_a_terminal_whose_clock_is_wrong_is_believed_by_what_it_told_before(ahead_s: int) -> None:
    """The cable is dead from the result on; once it is back, the terminal is asked."""
    pulled = Fault("silence", 4, "to_till", seconds=70.0)
    plan = msgspec.structs.replace(
        PLAIN,
        payments=(Payment("A-1", 1250), Payment("A-2", 1250, faults=(pulled,))),
        clock_ahead_s=ahead_s,
        auto_reversal=False,
    )
    account, violations = play(plan)
    assert violations == []
    assert any(isinstance(entry.body, Resolved) for entry in account.journal)
    assert account.records["A-2"].verdict == "approved"


def test_what_was_taken_by_hand_is_not_taken_for_ours() -> None:
    """The next command is lost, and the terminal's newest payment has its amount."""
    lost = Fault("silence", 1, "to_terminal", seconds=70.0)
    plan = msgspec.structs.replace(
        PLAIN,
        payments=(Payment("A-1", 1250, by_hand=1990), Payment("A-2", 1990, faults=(lost,))),
    )
    account, violations = play(plan)
    assert violations == []
    assert [booking.amount for booking in account.strangers[1:]] == [1990]
    assert account.records["A-2"].verdict != "approved"


def test_the_same_seed_gives_the_same_trace_in_another_process_too() -> None:
    seed = SEEDS.start
    imports = "from tests.simulation.run import play; from tests.simulation.chance import plan_of"
    program = f"{imports}; print(play(plan_of({seed}))[0].digest)"
    other = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)
    assert {play(plan_of(seed))[0].digest for _ in range(2)} == {other.stdout.strip()}


def test_every_kind_of_fault_happens() -> None:
    for protocol in PROTOCOLS:
        seeds = range(first_seed(protocol), first_seed(protocol) + MANY)
        planned = {fault.what for seed in seeds for one in plan_of(seed).payments for fault in one.faults}
        assert planned == set(SENTENCES)


def test_a_plan_outlives_its_file() -> None:
    plan = plan_of(SEEDS.start)
    assert from_json(to_json(plan)) == plan


# ---- the checker catches lies ----


@pytest.fixture(scope="module")
def honest() -> Account:
    return Simulation(PLAIN).run()


def rules(account: Account) -> set[str]:
    return {violation.rule for violation in check(account)}


def test_an_honest_account_breaks_nothing(honest: Account) -> None:
    assert rules(honest) == set()


@pytest.mark.parametrize("word", ["declined", "cancelled", "refused", "not_sent"])
def test_a_booked_payment_that_is_denied(honest: Account, word: str) -> None:
    lie = {"A-1": msgspec.structs.replace(honest.records["A-1"], verdict=word)}
    assert "not denied" in rules(replace(honest, records=honest.records | lie))
    assert "not denied" in rules(replace(honest, told=[Told("A-1", 0.0, "done", word)]))


def test_a_booked_payment_that_nobody_knows(honest: Account) -> None:
    known = {payment_id: record for payment_id, record in honest.records.items() if payment_id != "A-1"}
    assert "known" in rules(replace(honest, records=known))


def test_an_approval_without_a_booking(honest: Account) -> None:
    assert "approved is booked" in rules(replace(honest, bookings=honest.bookings[1:]))


def test_another_amount_than_was_booked(honest: Account) -> None:
    more = replace(honest.bookings[0], amount=9999)
    assert "amount" in rules(replace(honest, bookings=(more, *honest.bookings[1:])))


def test_a_payment_above_a_limit(honest: Account) -> None:
    assert "limits" in rules(replace(honest, over_soft={"A-1"}))
    assert "limits" not in rules(replace(honest, over_soft={"A-1"}, agreed={"A-1"}))
    assert "limits" in rules(replace(honest, hard=1249))


def test_a_doubt_where_nothing_went_wrong(honest: Account) -> None:
    doubt = BecameUnclear(payment_id="A-1", why=Fact("payment.ended_without_result"))
    unclear = msgspec.structs.replace(honest.journal[-1], body=doubt)
    assert honest.calm == {"A-1", "A-2"}
    assert "needless" in rules(replace(honest, journal=[*honest.journal, unclear]))


def test_a_payment_that_is_booked_twice(honest: Account) -> None:
    owner = dict.fromkeys(honest.owner, "A-1")
    assert "once" in rules(replace(honest, owner=owner))
    assert "once" in rules(replace(honest, begun=["A-1", "A-1"]))


def test_a_word_that_is_taken_back(honest: Account) -> None:
    told = [Told("A-1", 0.0, "done", "approved"), Told("A-1", 1.0, "done", "unclear")]
    assert "words stay" in rules(replace(honest, told=told))


def test_a_payment_that_was_told_and_forgotten(honest: Account) -> None:
    assert "known" in rules(replace(honest, told=[Told("A-9", 0.0, "running", None)]))


def test_an_entry_that_was_promised_and_is_gone_or_another(honest: Account) -> None:
    assert "kept" in rules(replace(honest, lines=honest.lines[:-1]))
    assert "kept" in rules(replace(honest, promised=honest.promised | {0: b"{}"}))


def test_a_head_of_another_past(honest: Account) -> None:
    size = max(honest.roots)
    assert "one past" in rules(replace(honest, roots=honest.roots | {size: bytes(32)}))


def test_a_book_that_is_not_the_journals(honest: Account) -> None:
    assert "one truth" in rules(replace(honest, believed=honest.believed | {"A-1": None}))


def test_a_payment_without_an_end_and_an_agent_that_stays_away(honest: Account) -> None:
    lie = {"A-1": msgspec.structs.replace(honest.records["A-1"], verdict=None)}
    assert "has a verdict" in rules(replace(honest, records=honest.records | lie))
    assert "comes back" in rules(replace(honest, trouble=["the agent does not start"]))


def test_what_was_not_the_tills_and_is_undone(honest: Account) -> None:
    stranger = replace(honest.strangers[0], state=BookingState.REVERSED)
    assert "not ours" in rules(replace(honest, strangers=(stranger,)))


def test_what_happened_before_it_was_written(honest: Account) -> None:
    assert "written first" in rules(replace(honest, hasty=["A-1 was booked"]))


# ---- planted bugs, and how a seed becomes a story ----


@pytest.mark.parametrize("bug", [bug for bug in BUGS if bug.quick], ids=lambda bug: bug.name)
def test_a_planted_bug_is_caught(bug: Bug) -> None:
    seeds, _ = seeds_until_caught(bug, most=100)
    assert seeds is not None


@pytest.mark.parametrize("protocol", OTHERS)
@pytest.mark.parametrize("name", ["send again what was lost", "take silence for a no"])
def test_a_planted_bug_is_caught_in_any_protocol(protocol: str, name: str) -> None:
    bug = next(bug for bug in BUGS if bug.name == name)
    seeds, _ = seeds_until_caught(bug, first_seed(protocol), most=100)
    assert seeds is not None


def test_a_failing_plan_is_reduced_to_what_matters() -> None:
    noise = (Fault("split", 3, "to_till", 0.3), Fault("kill", 9, seconds=1.0))
    plan = Plan(
        seed=1, payments=(Payment("A-1", 1990, faults=noise), Payment("A-2", 1250), Payment("A-3", 1250))
    )
    small = shrink(plan, lambda one: any(fault.what == "kill" for p in one.payments for fault in p.faults))
    assert (len(small.payments), faults_of(small)) == (1, 1)


def test_a_story_is_told_in_lines_for_people() -> None:
    plan = plan_of(SEEDS.start)
    account, violations = play(plan)
    lines = story(plan, account, violations)
    assert max(map(len, lines)) <= 80
    assert lines[-1] == "No promise was broken."


def test_every_fault_has_its_sentence() -> None:
    for what in SENTENCES:
        assert sentence(Fault(what, 3, "to_till", 1.0, 5))  # type: ignore[arg-type]  # one of the kinds


@pytest.mark.parametrize(
    "asked", [["--start", "1000000"], ["--start", "-1"], ["--start", "999990", "--seeds", "11"]]
)
def test_a_start_outside_of_a_protocols_seeds_is_refused_in_words(
    asked: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["--protocol", "transbank", *asked])
    assert "each protocol has the seeds 0 to 999999" in capsys.readouterr().err
