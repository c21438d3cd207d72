"""The real agent on a pty, killed by SIGKILL in the middle of a payment and started again.

A dozen points of the same path that `test_kill_anywhere` tries line by line; here
with the kernel's files, a real terminal's process and real time. All at once,
since most of the time goes by while a terminal waits for somebody to answer.
"""

from __future__ import annotations

import json
import os
import resource
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from agent.api.v1.bodies import PaymentRequest, PaymentView
from agent.cli.ui.client import AgentUnreachableError, BrokenError
from agent.journal.note import parse_vkey
from agent.journal.verify import verify
from agent.programs.demo.environment import Environment
from tests.support.looking import until

# A payment of this terminal takes some 1700 lines. The last point is behind its end.
POINTS = (40, 120, 260, 340, 420, 520, 700, 900, 1100, 1300, 1500, 5000)
COMMAND = "till      10 02 06 01 "  # as the simulator's trace has it
SALE = PaymentRequest(payment="sale", amount=1250, currency="EUR")
# Three frames of 5 s, then three questions of one second: a terminal gives up in this time.
PATIENCE_S = 40.0
# More than request, decision and `submitted` with their checkpoint; less than these and the sealed result.
REQUEST_BYTES = 2500
HERE = Path(__file__).parents[2]


@dataclass
class End:
    """What was left when all had come to rest."""

    verdict: str
    booked: int
    sent: int
    verified: str
    killed: bool


class Scene:
    """One shop, one agent that will be killed, one that comes after it."""

    def __init__(self, folder: Path, line: int) -> None:
        self.environment = Environment(folder)
        self._line = line

    def play(self) -> End:
        try:
            self.environment.provision()
            self.environment.start_terminal()
            killed = self._first_life()
            self._second_life()
            return self._end(killed)
        finally:
            self.environment.close()

    def _first_life(self) -> bool:
        """Ask for a payment; True if the agent was killed in it."""
        agent = self.environment.programs["agent"] = self._start_doomed()
        self.environment.wait_for(lambda: self.environment.terminal_is("ready"), "the agent and its terminal")
        killed = self._ask() is None
        if not killed:
            agent.kill()
        assert agent.wait(PATIENCE_S) == -signal.SIGKILL
        del self.environment.programs["agent"]
        return killed

    def _start_doomed(self) -> subprocess.Popen[str]:
        settings = str(self.environment.folder / "tillgate.toml")
        with (self.environment.folder / "doomed.log").open("w") as output:
            return subprocess.Popen(
                [sys.executable, "-m", "tests.payments.killed", str(self._line), settings],
                stdout=output,
                stderr=subprocess.STDOUT,
                text=True,
                cwd=HERE,
            )

    def _second_life(self) -> None:
        self.environment.start("agent", "agent", "--settings", str(self.environment.folder / "tillgate.toml"))
        self.environment.wait_for(
            lambda: self.environment.terminal_is("ready", "unclear"), "the second agent"
        )
        until(lambda: not self._states("authorised"), lambda: "the terminal has not come to rest")

    def _end(self, killed: bool) -> End:
        view = self._ask()
        assert view is not None
        self.environment.stop("agent")
        trace = (self.environment.folder / "terminal.trace").read_text("ascii")
        found = verify(
            self.environment.journal,
            parse_vkey(self.environment.journal_vkey),
            every=True,
            k0=self.environment.first_key,
        )
        sent = trace.count(COMMAND)
        return End(str(view.verdict), len(self._states("booked")), sent, found.result, killed)

    def _ask(self) -> PaymentView | None:
        """The same request as often as the till likes; None when there is nobody to answer."""
        api = self.environment.api
        try:
            view = api.call("PUT", "/v1/payments/A-1", PaymentView, SALE)
            while view.phase != "done":
                view = api.call("GET", "/v1/payments/A-1?wait=30", PaymentView)
        except (BrokenError, AgentUnreachableError):
            return None
        return view

    def _states(self, state: str) -> list[Any]:
        bank = self.environment.folder / "bank.json"
        if not bank.exists():  # it was never asked
            return []
        content = json.loads(bank.read_text("utf-8"))
        return [booking for booking in content["bookings"] if booking["state"] == state]


@pytest.fixture(scope="module")
def ends(tmp_path_factory: pytest.TempPathFactory) -> dict[int, End]:
    """All scenes, by the line at which their agent was killed."""
    scenes = {line: Scene(tmp_path_factory.mktemp(f"killed-{line}-"), line) for line in POINTS}
    with ThreadPoolExecutor(len(POINTS)) as stage:
        played = {line: stage.submit(scene.play) for line, scene in scenes.items()}
        return {line: end.result() for line, end in played.items()}


@pytest.mark.parametrize("line", POINTS)
def test_after_a_kill_the_till_learns_the_truth_or_that_it_is_unclear(
    ends: dict[int, End], line: int
) -> None:
    end = ends[line]
    assert end.verdict in {"approved", "unclear"}
    assert end.booked <= 1
    assert end.booked == 1 or end.verdict == "unclear"
    assert end.sent <= 1
    assert end.verified == "ok"


def test_every_kill_but_the_last_came_in_time(ends: dict[int, End]) -> None:
    assert [end.killed for end in ends.values()] == [True] * (len(POINTS) - 1) + [False]
    assert {end.verdict for end in ends.values()} == {"approved", "unclear"}


def test_a_file_system_that_takes_no_more_ends_the_agent_unacknowledged(tmp_path: Path) -> None:
    """The kernel lets the journal grow by the request, but not by the result."""
    environment = Environment(tmp_path)
    try:
        environment.provision()
        environment.start_terminal()
        environment.start("agent", "agent", "--settings", str(tmp_path / "tillgate.toml"))
        environment.wait_for(lambda: environment.terminal_is("ready"), "the agent and its terminal")
        agent = environment.programs.pop("agent")
        (journal,) = environment.journal.glob("*.jsonl")
        room = journal.stat().st_size + REQUEST_BYTES
        resource.prlimit(agent.pid, resource.RLIMIT_FSIZE, (room, room))
        with suppress(BrokenError):
            environment.api.call("PUT", "/v1/payments/A-1", PaymentView, SALE)
        assert agent.wait(PATIENCE_S) == os.EX_SOFTWARE
        assert "The journal could not be written" in (tmp_path / "agent.log").read_text("utf-8")
        environment.start("agent", "agent", "--settings", str(tmp_path / "tillgate.toml"))
        environment.wait_for(lambda: environment.terminal_is("unclear"), "the second agent")
        assert environment.api.call("PUT", "/v1/payments/A-1", PaymentView, SALE).verdict == "unclear"
        assert '"kind":"tail_cut"' in journal.read_text("utf-8")
        assert (tmp_path / "terminal.trace").read_text("ascii").count(COMMAND) == 1
    finally:
        environment.close()
