"""The kernel says no, or kills, at a chosen call of the real agent on its journal: strace does it.

After each the agent has ended by itself or was killed, starts again as it is, and
till, journal and bank agree. `make faults LONG=1` tries every call of a short life.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from agent.cli.ui.client import RefusedError
from tests.support.looking import until
from tests.system.faults.stage import Shop, child_of, end, missing

LONG = bool(os.environ.get("LONG"))
# Most of a shop's time goes by while a terminal waits, so many of them fit on two cores.
SHOPS_AT_ONCE = 10
CALLS = "openat,pread64,write,pwrite64,writev,fdatasync,fsync,fallocate,ftruncate"
KILL = "KILL"
REFUSED = 503


@dataclass(frozen=True)
class Point:
    """The `when`-th call of this kind on the lock, the folder or the file of the journal."""

    place: str
    call: str
    fault: str
    when: str
    fresh: bool = False

    def __str__(self) -> str:
        return (
            f"{self.fault} at {self.call} {self.when} on the {self.place}{' of a new journal' * self.fresh}"
        )

    @property
    def injection(self) -> str:
        how = "signal=KILL" if self.fault == KILL else f"error={self.fault}"
        return f"inject={self.call}:{how}:when={self.when}"

    @property
    def tool(self) -> list[str]:
        """The filter in the kernel makes strace fast, but there it cannot send a signal."""
        return ["strace", "-f", "-qq", *["--seccomp-bpf"] * (self.fault != KILL), "-e", f"trace={CALLS}"]

    def path(self, journal: Path) -> Path:
        if self.place == "file":
            return next(journal.glob("*.jsonl"))
        return journal if self.place == "folder" else journal / self.place


# Writes and syncs of the file in the life below: Started, the terminal is ready, requested to
# submitted, answered, two receipts, completed, stopped. A sync comes before them all, at the start.
CHOSEN = (
    Point("file", "write", "EIO", "1"),
    Point("file", "write", "ENOSPC", "3"),
    Point("file", "write", KILL, "3"),
    Point("file", "write", "ENOSPC", "4"),
    Point("file", "write", KILL, "4"),
    Point("file", "write", "EIO", "5"),
    Point("file", "write", "EIO", "7"),
    Point("file", "write", "ENOSPC", "8"),
    Point("file", "fdatasync", "EIO", "1"),
    Point("file", "fdatasync", "ENOSPC", "4"),
    Point("file", "fdatasync", KILL, "4"),
    Point("file", "fdatasync", "EIO", "5"),
    Point("file", "fdatasync", KILL, "5"),
    Point("file", "fdatasync", "EIO", "8"),
    Point("file", "fdatasync", KILL, "8"),
    Point("file", "openat", "EIO", "2"),
    Point("file", "pread64", "EIO", "1"),
    Point("file", "fallocate", "ENOSPC", "1+"),
    Point("file", "fallocate", KILL, "1"),
    Point("file", "ftruncate", "EIO", "1"),
    Point("folder", "fsync", "EIO", "1"),
    Point("folder", "fsync", KILL, "1", fresh=True),
    Point("folder", "fsync", "EIO", "1", fresh=True),
    Point("lock", "pwrite64", "ENOSPC", "1"),
)


def every_point() -> Iterator[Point]:
    """Each call of the life below, with each fault."""
    counts = {
        ("lock", "openat"): 1,
        ("lock", "ftruncate"): 1,
        ("lock", "pwrite64"): 1,
        ("folder", "openat"): 5,
        ("folder", "fsync"): 1,
        ("file", "openat"): 4,
        ("file", "pread64"): 2,
        ("file", "write"): 8,
        ("file", "fdatasync"): 9,
        ("file", "ftruncate"): 1,
    }
    for fault in ("EIO", "ENOSPC", KILL):
        for (place, call), count in counts.items():
            yield from (Point(place, call, fault, str(when)) for when in range(1, count + 1))
        for place, call in (("folder", "openat"), ("folder", "fsync")):
            yield Point(place, call, fault, "1", fresh=True)
    yield Point("file", "fallocate", "EIO", "1+")
    yield Point("file", "fallocate", "ENOSPC", "1+")
    yield Point("file", "fallocate", KILL, "1")


POINTS = tuple(every_point()) if LONG else CHOSEN
# All scenes are played before the first test can look at its own.
LONGEST_S = 1800 if LONG else 300
pytestmark = pytest.mark.timeout(LONGEST_S)


@dataclass
class Life:
    """How the first agent ended, and what its till was told."""

    status: int
    told: str | None
    refused: int
    injected: bool
    said: str


class Scene:
    """One agent that meets a fault, and one that comes after it."""

    def __init__(self, shop: Shop, point: Point) -> None:
        self.shop = shop
        self.environment = shop.environment
        self.point = point

    def play(self) -> Life:
        try:
            self.environment.start_terminal()
            life = self._first_life()
            self._second_life(life)
        finally:
            self.environment.close()
        return life

    def _first_life(self) -> Life:
        point, record = self.point, self.environment.folder / "strace.txt"
        if point.fresh:
            for path in (
                *self.environment.journal.glob("*.jsonl"),
                *self.environment.state.glob("state.sqlite*"),
            ):
                path.unlink()
        options = ["-o", str(record), "-e", point.injection, "-P", str(point.path(self.environment.journal))]
        agent = self.shop.agent_under(*point.tool, *options)
        told, refused = None, 0
        try:
            until(lambda: agent.poll() is not None or self.shop.is_ready(), self.shop.said)
            view = self.shop.pay()
            told = view.verdict if view else None
        except RefusedError as refusal:
            refused = refusal.status
        except BaseException:
            with suppress(OSError, IndexError):  # strace lets go of what it traces when it is killed
                os.kill(child_of(agent), signal.SIGKILL)
            agent.wait()
            raise
        # Where nobody answers it ends by itself.
        status = end(agent, child_of(agent) if told or refused else None)
        injected = "(INJECTED)" in record.read_text("utf-8", "replace") or status == -signal.SIGKILL
        return Life(status, told, refused, injected, self.shop.said())

    def _second_life(self, first: Life) -> None:
        self.shop.start_agent()
        self.shop.until_ready()
        view = self.shop.pay()
        assert view is not None
        self.environment.stop("agent")
        self.shop.judge(view, first.told)
        assert self.shop.sent() <= 1
        assert self.shop.bookings("authorised") == []


@pytest.fixture(scope="module")
def strace() -> None:
    """Runs, or fails on a machine that must have it."""
    why_not = missing(["strace", "-qq", "-e", "trace=none", sys.executable, "-c", ""])
    if why_not and "CI" in os.environ:
        pytest.fail(why_not)
    if why_not:
        pytest.skip(f"no fault can be injected without strace and ptrace: {why_not}")


@pytest.fixture(scope="module")
def lives(
    strace: None,  # noqa: ARG001 - it decides whether there is anything to do
    first_day: Shop,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[dict[Point, Life | BaseException]]:
    """All scenes at once. A scene that failed gives its error to its own test."""
    shops = {point: first_day.copied(tmp_path_factory.mktemp("strace-")) for point in POINTS}
    with ThreadPoolExecutor(SHOPS_AT_ONCE) as stage:
        played = {point: stage.submit(Scene(shop, point).play) for point, shop in shops.items()}
        yield {point: end.exception() or end.result() for point, end in played.items()}


@pytest.mark.parametrize("point", POINTS, ids=str)
def test_after_a_fault_of_the_disk_till_journal_and_bank_agree(
    lives: dict[Point, Life | BaseException], point: Point
) -> None:
    life = lives[point]
    if isinstance(life, BaseException):
        raise life
    assert life.injected, "the life was shorter than the point"
    if point.fault == KILL:
        assert life.status == -signal.SIGKILL
    elif point.call == "fallocate":
        assert (life.status, life.refused) == (os.EX_OK, REFUSED)
    else:
        assert life.status in {os.EX_SOFTWARE, os.EX_CONFIG}
        assert "again" in life.said.splitlines()[-1], "the last word is the next step for a person"
