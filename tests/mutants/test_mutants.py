"""The tool that judges the tests is judged here: by small sources, and by one whole run."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from tests.mutants import lines, report
from tests.mutants.__main__ import main
from tests.mutants.copies import Copy, Ran, StoppedError
from tests.mutants.draw import Mutant, compiles, draw, mutants
from tests.mutants.reach import Measured, ordered
from tests.mutants.report import Report, equivalents, known_as
from tests.mutants.run import in_parallel
from tests.mutants.targets import TARGETS, Stratum, distance, protocol

# What is written -> every line that is made of it.
OPERATORS = {
    "x = a < b": {"x = a <= b", "x = a >= b"},
    "x = a == b": {"x = a != b"},
    "x = a is not b": {"x = a is b"},
    "x = a not in b": {"x = a in b"},
    "x = 0 <= a": {"x = 0 < a", "x = 0 > a", "x = 1 <= a", "x = -1 <= a"},
    'x = a == "card"': {'x = a != "card"', "x = a == 'card?'"},
    'x = a in {"é", b}': {'x = a not in {"é", b}', "x = a in {'\\xe9?', b}"},
    "x = a and b": {"x = a or b"},
    "x = not a": {"x = a"},
    "x = True": {"x = False"},
    "x = 0x1f": {"x = 0x20", "x = 0x1e"},
    "x = (a) + (b)": {"x = (a) - (b)"},
    "x //= a": {"x *= a", "pass"},
    "x = a if b else c": {"x = a if True else c", "x = a if False else c"},
    "a = [b for b in c if d]": {"a = [b for b in c if True]"},
    "while a: b = c": {"while False: b = c"},
    "while True: a = b": {"while False: a = b"},
    "a(b)": {"pass"},
    "a.b = c": {"pass"},
    "raise A(1)": {"pass"},
    "def a() -> int: return b": {"def a() -> int: return 0", "def a() -> int: return None"},
    "def a() -> bool: return b": {"def a() -> bool: return True", "def a() -> bool: return False"},
    "class A(StrEnum): B = 'b'": {"class A(StrEnum): B = 'b?'"},
}
LEFT_ALONE = [
    '"""A docstring of 3 words."""',
    "a: Literal[1] | None",
    "def a(b: Literal[1]) -> Literal[2]: ...",
    "a = Literal[1, 2] | None",
    "a = Payment | Refund",
    "if TYPE_CHECKING: a = 1",
    'if __name__ == "__main__": a()',
    'self._log.info("heard", number=1)',
    'a = "a text that nothing is compared with"',
    'a = "a text" + b',
    'a = f"{b + 1} of {c == d}"',
    'def a() -> str: return f"{b} is too large"',
    "@dataclass(frozen=True)\nclass A: ...",
    "class A(Struct, frozen=True): ...",
    "a = b",
]


def made_of(text: str) -> set[str]:
    return {
        mutant.applied(text.encode()).decode()
        for mutant in mutants("money", "a.py", text.encode())
        if compiles(mutant, text.encode())
    }


@pytest.mark.parametrize("text", OPERATORS)
def test_an_operator_changes_this_and_nothing_else(text: str) -> None:
    assert made_of(text) == OPERATORS[text]


@pytest.mark.parametrize("text", LEFT_ALONE)
def test_what_no_test_has_to_know_is_left_alone(text: str) -> None:
    assert made_of(text) == set()


def test_what_a_raise_says_is_left_alone_but_not_that_it_raises() -> None:
    assert made_of('if a:\n    raise B("a text", 3)') == {
        'if True:\n    raise B("a text", 3)',
        'if False:\n    raise B("a text", 3)',
        "if a:\n    pass",
    }


def test_a_mutant_tells_where_it_is_and_what_it_changes() -> None:
    content = b'class A:\n    def b(self, c: str) -> None:\n        d("\xc3\xa9", c  <  e)\n'
    (mutant,) = [mutant for mutant in mutants("money", "a.py", content) if mutant.operator == "< to <="]
    assert mutant.id == "a.py:3:20:< to <="
    assert (mutant.function, mutant.first, mutant.last) == ("A.b", 3, 3)
    assert (mutant.before, mutant.after) == ('d("é", c < e)', 'd("é", c <= e)')


@pytest.fixture
def strata(tmp_path: Path) -> list[Stratum]:
    (tmp_path / "many.py").write_text("x = 1\n" * 50)
    (tmp_path / "few.py").write_text("x = 1\n")
    (tmp_path / "other.py").write_text("x = a < b\n" * 50)
    return [Stratum(name, name, (f"{name}.py",)) for name in ("many", "few", "other")]


def test_a_draw_is_the_same_for_a_seed_and_a_longer_one_begins_with_it(
    tmp_path: Path, strata: list[Stratum]
) -> None:
    long = draw(tmp_path, strata, 40, "a")
    assert long[:11] == draw(tmp_path, strata, 11, "a")
    assert len({mutant.id for mutant in long}) == 40
    assert long != draw(tmp_path, strata, 40, "b")


def test_every_group_has_the_same_share_until_it_is_empty(tmp_path: Path, strata: list[Stratum]) -> None:
    groups = [mutant.group for mutant in draw(tmp_path, strata, 42, "a")]
    assert (groups.count("many"), groups.count("few"), groups.count("other")) == (20, 2, 20)
    assert len(draw(tmp_path, strata, 1000, "a")) == 202


def test_the_nearest_test_is_the_one_of_the_same_name() -> None:
    assert distance("tests/journal/test_tree.py", "agent/journal/tree.py") == 0
    assert distance("tests/base/test_money.py", "agent/base/money.py") == 0
    assert distance("tests/journal/test_note.py", "agent/journal/tree.py") == 1
    assert distance("tests/oplog/test_log.py", "agent/base/money.py") == 2
    assert distance("tests/drivers/zvt/test_resolve.py", "drivers/ecr17/resolve.py") == 2
    assert (protocol("drivers/zvt/resolve.py"), protocol("agent/base/money.py")) == ("zvt", "")


def test_only_what_reaches_a_mutant_judges_it() -> None:
    (mutant, _) = mutants("journal", "agent/journal/tree.py", b"a = b\nx = a < b\n")
    reached = {"agent/journal/tree.py": [2]}
    slow, near, quick = (
        Measured(test, passed=True, seconds=seconds, longest=1.0, lines=reached)
        for test, seconds in [
            ("tests/test_a.py", 9),
            ("tests/journal/test_tree.py", 8),
            ("tests/test_b.py", 1),
        ]
    )
    failing = Measured("tests/test_c.py", passed=False, seconds=1, longest=1, lines=reached)
    elsewhere = Measured(
        "tests/test_d.py", passed=True, seconds=1, longest=1, lines={"agent/journal/tree.py": [1]}
    )
    assert ordered(mutant, [slow, failing, near, elsewhere, quick]) == ([near], [quick, slow])


def test_a_line_that_was_cut_is_dropped_and_written_over(tmp_path: Path) -> None:
    path = tmp_path / "results.jsonl"
    path.write_text('{"a": 1}\n{"a": ')
    assert lines.read(path) == [{"a": 1}]
    lines.append(path, {"a": 2})
    assert lines.read(path) == [{"a": 1}, {"a": 2}]


def a_mutant() -> Mutant:
    return mutants("money", "agent/base/money.py", b"x = a < b\n")[0]


@pytest.mark.parametrize(("verdict", "listed", "good"), [
    ("lived", False, False), ("lived", True, True), ("nearest", False, True), ("rest", True, False),
])  # fmt: skip
def test_a_run_is_good_when_few_live_and_no_equivalent_is_killed(
    verdict: str, listed: bool, good: bool
) -> None:
    proofs = {known_as(a_mutant()): "a and b are never equal"} if listed else {}
    assert Report([a_mutant()], {a_mutant().id: {"verdict": verdict, "by": "x"}}, proofs).good() is good


def test_a_run_that_is_not_done_is_not_good() -> None:
    assert not Report([a_mutant()], {}, {}).good()


def test_an_equivalent_needs_a_proof(tmp_path: Path) -> None:
    path = tmp_path / "list.toml"
    path.write_text('[[mutant]]\npath = "a"\nfunction = "b"\nbefore = "c"\nafter = "d"\nproof = " "\n')
    with pytest.raises(SystemExit, match="proof"):
        equivalents(path)


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """A small project with a weak test: it never looks at the edge."""
    for glob in (globs[0] for globs in TARGETS.values()):
        path = tmp_path / glob.replace("**/", "").replace("*.py", "a.py").replace("*", "zvt")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("")
    (tmp_path / "agent/base/money.py").write_text("def large(sum: int) -> bool:\n    return sum > 100\n")
    (tmp_path / "tests/base").mkdir(parents=True)
    weak = "from agent.base.money import large\n\ndef test_it():\n    assert large(900) and not large(1)\n"
    (tmp_path / "tests/base/test_money.py").write_text(weak)
    (tmp_path / "tests/base/test_broken.py").write_text("def test_it():\n    assert not 1\n")
    (tmp_path / ".gitignore").write_text("build/\n")
    author = ["-c", "user.name=a", "-c", "user.email=a@shop.example"]
    for command in (["init", "-q"], ["add", "."], [*author, "commit", "-qm", "all"]):
        subprocess.run(["git", *command], cwd=tmp_path, check=True)
    return tmp_path


def test_a_weak_test_lets_a_mutant_live_and_a_second_run_tries_nothing_again(
    shop: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert main(["--sample", "9", "--seed", "s"], shop) == 1
    told = capfd.readouterr().out
    (results,) = (shop / "build/mutants").glob("*-s.jsonl")
    fates = {row["operator"]: row["verdict"] for row in map(json.loads, results.read_text().splitlines())}
    assert fates == {
        "> to >=": "lived", "+1": "lived", "-1": "lived",
        "> to <=": "nearest", "return True": "nearest", "return False": "nearest",
    }  # fmt: skip
    assert "tests/base/test_broken.py fails on the unchanged code" in told
    assert "  - return sum > 100\n  + return sum >= 100\n" in told
    before = results.read_bytes()
    assert main(["--sample", "9", "--seed", "s"], shop) == 1
    assert results.read_bytes() == before
    assert "6/6" not in capfd.readouterr().out
    assert not list((shop / "build/mutants").glob("copies-*"))
    assert report.MOST_LIVING == 0.05


def test_what_is_stopped_ends_at_once_and_tells_nothing(shop: Path, tmp_path: Path) -> None:
    copies, told = [Copy(shop, "HEAD", tmp_path / "copy")], []

    def act(copy: Copy, seconds: str) -> Ran:
        return copy.run(["timeit", "-n1", "-r1", f"import time; time.sleep({seconds})"], {}, 100)

    def done(ran: Ran) -> None:
        told.append(ran.code)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        in_parallel(copies, ["0", "90"], act, done)
    assert told == [0]
    with pytest.raises(StoppedError):
        act(copies[0], "0")
