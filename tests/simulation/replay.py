"""`python -m tests.simulation.replay SEED|FILE`: one world as a story; `--shrink NAME` keeps it for ever."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import msgspec

from tests.simulation.chance import plan_of
from tests.simulation.checker import Violation
from tests.simulation.plan import Plan, from_json, to_json
from tests.simulation.run import play
from tests.simulation.shrink import shrink
from tests.simulation.words import story

STORIES = Path(__file__).parent / "stories"


def main(arguments: Sequence[str]) -> int:
    """Replay, and perhaps shrink; 1 when a promise was broken."""
    parser = argparse.ArgumentParser("python -m tests.simulation.replay", description="One world as a story.")
    parser.add_argument("what", help="a seed, or a story's file")
    parser.add_argument(
        "--shrink", metavar="NAME", help="reduce it and keep it under tests/simulation/stories"
    )
    parser.add_argument("--trace", action="store_true", help="everything that happened")
    options = parser.parse_args(arguments)
    plan = (
        plan_of(int(options.what)) if options.what.isdigit() else from_json(Path(options.what).read_bytes())
    )
    account, violations = play(plan)
    if options.shrink and violations:
        plan = shrunk(plan, violations)
        account, violations = play(plan)
        keep(plan, options.shrink, violations)
    if options.trace:
        print("\n".join(account.trace))  # noqa: T201 - a program
    print("\n".join(story(plan, account, violations)))  # noqa: T201 - a program
    return 1 if violations else 0


def shrunk(plan: Plan, violations: list[Violation]) -> Plan:
    """The shortest plan that breaks one of the same promises."""
    rules = {violation.rule for violation in violations}
    return shrink(plan, lambda candidate: any(v.rule in rules for v in play(candidate)[1]))


def keep(plan: Plan, name: str, violations: list[Violation]) -> Path:
    """Write it down as a regression test: `test_world.py` plays every file of that folder."""
    why = "; ".join(dict.fromkeys(violation.text for violation in violations))
    path = STORIES / f"{name}.json"
    path.write_bytes(to_json(msgspec.structs.replace(plan, why=plan.why or why)))
    return path


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
