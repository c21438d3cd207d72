"""Fuzz the reading of settings: any text gives settings or a `SettingsError` with a line in it.

    python -m tests.fuzz.fuzz_settings --runs 100000 [--seed N]

With atheris installed the search is guided by coverage, else a seeded loop
changes lines of the shipped file.
"""

from __future__ import annotations

import random
import re
import time
from pathlib import Path

from agent.settings.load import SettingsError, parse
from agent.terminals.options import DRIVERS
from tests.fuzz import harness

SHIPPED = Path(__file__).parents[2] / "config" / "agent" / "tillgate.toml"
NAME = Path("tillgate.toml")
SECRET = "918273"  # noqa: S105 - the terminal's password, to see that nothing repeats it

VALUES = (
    "true", "1", "-1", "0x8E", "1e3", "nan", "inf", "1.5", "04:00:00", "2026-11-04", "2026-11-04T04:00:00Z",
    '"12.50"', '"30s"', '""', '"/etc"', "[]", '["a"]', "[[1]]", "{}", "{ a = 1 }", "'''", '"""', '"\\u0000"',
    '"\uff11"', "9" * 5000, "0x" + "F" * 4000, "123456", '"closed"', '"09:00-12:30,"', '"EUR"',
    '"\\ud800"', '"no_abort"',
)  # fmt: skip


def one_input(data: bytes) -> None:
    """One input as text. Raises `AssertionError` on an answer that nobody could use."""
    check(data.decode("utf-8", "replace"))


def check(text: str) -> bool:
    """True if the text is settings."""
    try:
        settings = parse(text, NAME, DRIVERS)
    except SettingsError as error:
        lines = len(text.splitlines()) or 1
        for finding in error.findings:
            assert 1 <= finding.line <= lines, text
            assert str(finding).isprintable(), text
        return False
    assert len(settings.digest) == 52, text
    assert SECRET not in repr(settings.terminals) + repr(settings.people), text
    return True


def loop(runs: int, seed: int) -> None:
    """Change a few lines of the shipped file at a time."""
    rng, began, good = random.Random(seed), time.perf_counter(), 0  # noqa: S311 - a seed is the point
    shipped = re.sub(r"^#\?? ?(?=[\[a-z])", "", SHIPPED.read_text("utf-8"), flags=re.MULTILINE)
    shipped = shipped.replace('"..."', f'"scrypt$14$8$1${"a" * 26}${"b" * 52}"')
    shipped = shipped.replace('"000000"', f'"{SECRET}"')
    whole = [line.split("  #")[0] for line in shipped.splitlines() if re.match(r"\[|[a-z_0-9]+ =", line)]
    for _ in range(runs):
        good += check("\n".join(_changed(list(whole), rng)))
    took_s = time.perf_counter() - began
    print(f"{runs} inputs, {good} of them settings, seed {seed}, {took_s:.1f} s: no finding")  # noqa: T201 - a program


def _changed(lines: list[str], rng: random.Random) -> list[str]:
    for _ in range(rng.randrange(4)):
        at = rng.randrange(len(lines))
        key = lines[at].partition("=")[0]
        lines[at] = rng.choice(
            (
                f"{key}= {rng.choice(VALUES)}",
                lines[at][: rng.randrange(len(lines[at]) + 1)],
                f"{key.strip()}x = 1",
                "".join(rng.choices("[]{}=\"'.,# \t\\ax1", k=rng.randrange(20))),
                lines[rng.randrange(len(lines))],
            )
        )
    return lines


if __name__ == "__main__":
    harness.run(__doc__, one_input, loop)
