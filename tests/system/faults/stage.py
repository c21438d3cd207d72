"""One real shop for tests that break things: environment, terminal and agent are processes of their own.

The first day of every shop is the same, so it is lived once and copied: one payment
is booked and told, and a terminal that is asked later has something to compare with.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from agent.api.v1.bodies import PaymentRequest, PaymentView
from agent.cli.ui.client import AgentUnreachableError, BrokenError
from agent.journal.note import parse_vkey
from agent.journal.verify import verify
from agent.programs.demo.environment import Environment
from tests.support.looking import until

HERE = Path(__file__).parents[3]

EARLIER, MINE = "A-0", "A-1"
EARLIER_SALE = PaymentRequest(payment="sale", amount=990, currency="EUR")
SALE = PaymentRequest(payment="sale", amount=1250, currency="EUR")

# Three frames of 5 s and three questions of one; the agent listens for 10 s before it asks.
# Twice that, since some twenty shops live at once here.
PATIENCE_S = 90.0


class Shop:
    """A shop in `folder`, after the first day."""

    def __init__(self, folder: Path, port: int = 0) -> None:
        self.environment = Environment(folder, port=port)
        self.settings = folder / "tillgate.toml"

    @classmethod
    def founded(cls, folder: Path) -> Shop:
        """A new shop that has taken one payment and stopped."""
        shop = cls(folder)
        shop.environment.provision()
        try:
            shop.environment.start_terminal()
            shop.start_agent()
            shop.until_ready()
            view = shop.pay(EARLIER, EARLIER_SALE)
            assert view is not None
            assert view.verdict == "approved"
            shop.environment.stop("agent")
        finally:
            shop.environment.close()
        for gone in (shop.environment.terminal, shop.environment.socket):
            gone.unlink(missing_ok=True)
        return shop

    def copied(self, folder: Path) -> Shop:
        """Another shop with the same first day."""
        shutil.copytree(self.environment.folder, folder, symlinks=True, dirs_exist_ok=True)
        copy = Shop(folder)
        copy.change(str(self.environment.folder), str(folder))
        return copy

    def change(self, old: str, new: str) -> None:
        """Change the settings file."""
        text = self.settings.read_text("utf-8")
        assert old in text
        self.settings.write_text(text.replace(old, new), "utf-8")

    def script(self, text: str) -> None:
        """Give the terminal another script."""
        (self.environment.folder / "terminal.toml").write_text(text, "utf-8")

    def start_agent(self) -> None:
        self.environment.start("agent", "agent", "--settings", str(self.settings))

    def agent_under(self, *tool: str) -> subprocess.Popen[str]:
        """The agent below another program, such as strace. Nobody minds when it dies."""
        with (self.environment.folder / "agent.log").open("a") as output:
            return subprocess.Popen(
                [*tool, sys.executable, "-m", "agent", "agent", "--settings", str(self.settings)],
                stdout=output,
                stderr=subprocess.STDOUT,
                text=True,
                cwd=HERE,
            )

    def is_ready(self) -> bool:
        """The agent answers, and so does its terminal."""
        try:
            return self.environment.terminal_is("ready")
        except BrokenError:  # it died while it answered
            return False

    def until_ready(self) -> None:
        until(lambda: self.is_ready() or self._dead(), self.said)
        assert not self._dead(), self.said()

    def pay(self, payment_id: str = MINE, request: PaymentRequest = SALE) -> PaymentView | None:
        """Ask until there is a verdict; None when there is nobody to answer. May raise `RefusedError`."""
        api = self.environment.api
        try:
            view = api.call("PUT", f"/v1/payments/{payment_id}", PaymentView, request)
            while view.phase != "done":
                view = api.call("GET", f"/v1/payments/{payment_id}?wait=30", PaymentView)
        except (BrokenError, AgentUnreachableError):
            return None
        return view

    def view(self, payment_id: str = MINE) -> PaymentView:
        return self.environment.api.call("GET", f"/v1/payments/{payment_id}", PaymentView)

    def _dead(self) -> bool:
        agent = self.environment.programs.get("agent")
        return agent is not None and agent.poll() is not None

    def said(self) -> str:
        """The agent's own last words."""
        return (self.environment.folder / "agent.log").read_text("utf-8", "replace")[-800:]

    def bookings(self, *states: str) -> list[Any]:
        """What the bank has of the payment under test."""
        try:
            content = json.loads((self.environment.folder / "bank.json").read_text("utf-8"))
        except FileNotFoundError:
            return []
        mine = [one for one in content["bookings"] if one["amount"] == SALE.amount]
        return [one for one in mine if not states or one["state"] in states]

    def sent(self) -> int:
        """How many sales of this amount went over the cable."""
        trace = (self.environment.folder / "terminal.trace").read_text("ascii")
        return trace.count("till      10 02 06 01 0A 04 00 00 00 00 12 50 ")

    def judge(self, view: PaymentView, *told: str | None) -> None:
        """The till, the journal and the bank agree. `told` is what a till has heard before."""
        booked = self.bookings("booked")
        assert len(booked) <= 1
        assert len(self.bookings()) <= 1
        for verdict in (view.verdict, *told):
            if verdict == "approved":
                assert len(booked) == 1
            elif verdict not in {"unclear", None}:
                assert booked == [], f"the till was told {verdict}, the bank has booked it"
        if "approved" in told:
            assert view.verdict == "approved"
        self.verify()

    def verify(self) -> None:
        """The journal holds what it promised."""
        vkey = parse_vkey(self.environment.journal_vkey)
        found = verify(self.environment.journal, vkey, every=True, k0=self.environment.first_key)
        assert found.result == "ok", found


def child_of(process: subprocess.Popen[str]) -> int:
    """The process id of the only child."""
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text("ascii").split()
    return int(children[0])


def end(process: subprocess.Popen[str], pid: int | None = None) -> int:
    """Wait for its end, asking `pid` to stop if there is one to ask. Its exit status."""
    try:
        if pid is not None:
            os.kill(pid, signal.SIGTERM)
        return process.wait(PATIENCE_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        raise


def missing(command: Sequence[str]) -> str:
    """Why a program cannot do its work here; empty when it can."""
    try:
        tried = subprocess.run(command, capture_output=True, text=True, check=False)
    except OSError as error:
        return f"{command[0]}: {error.strerror}"
    return "" if tried.returncode == 0 else f"{command[0]}: {tried.stderr.strip()[-200:] or 'it failed'}"
