"""A shop and its headquarters, made by the real programs, and put back before each attack."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from agent.alarms.registry import CONTRADICTIONS
from agent.programs.demo.environment import DemoError, Environment
from agent.programs.demo.network import free_port

# Headquarters has the payments of the first life; the others are the backlog of an offline shop.
LIVES = 4
PATIENCE_S = 40.0
LOOK_AGAIN_S = 0.2
PARTS = ("journal", "state", "cosignatures", "verified", "headquarters", "credentials")
# What the demo's own papers raise, and what says nothing about the journal.
SEEN = CONTRADICTIONS | {"cosignature_unreadable", "clock_behind_headquarters", "rollback_told", "fork_told"}


@dataclass
class Seen:
    """What each witness said after an attack."""

    verify: str = ""
    start: list[str] = field(default_factory=list)
    uploader: list[str] = field(default_factory=list)
    headquarters: str = ""


class Shop:
    """One folder for all attacks; `environment` names its places."""

    def __init__(self, folder: Path) -> None:
        self.environment = Environment(folder / "shop", port=free_port())
        self.environment.folder.mkdir()
        self._kept = folder / "kept"

    def live(self) -> None:
        """Take payments with headquarters, then without; keep everything as it is then."""
        shop = self.environment
        shop.provision()
        shop.start_terminal()
        for life in range(LIVES):
            if life == 0:
                shop.start("collector", "collector", "--settings", str(shop.folder / "collector.toml"))
            self.start_agent()
            shop.wait_for(lambda: shop.terminal_is("ready"), "the terminal")
            if life == 0:
                shop.start("upload", "upload", "--settings", self.settings)
            self._pay(f"A-{life}")
            if life == 0:
                shop.wait_for(lambda: self.confirmed() >= self.entries(), "the cosignature")
                shop.stop("upload")
                shop.stop("collector")
            shop.stop("agent")
        shop.stop("terminal")
        self.tillgate("journal", "verify", "--settings", self.settings)
        for part in PARTS:
            shutil.copytree(shop.folder / part, self._kept / part)

    def put_back(self) -> None:
        """Everything as it was when the shop closed."""
        self.environment.close()
        for part in PARTS:
            shutil.rmtree(self.environment.folder / part, ignore_errors=True)
            shutil.copytree(self._kept / part, self.environment.folder / part)

    def look(self) -> Seen:
        """Verify, start the agent, then bring headquarters back."""
        shop, seen = self.environment, Seen()
        report = self.tillgate("journal", "verify", "--settings", self.settings, "--json")
        seen.verify = report.get("result", "refused")
        try:
            self.start_agent()
            seen.start = sorted(SEEN & {alarm["alarm"] for alarm in self._status().get("alarms", [])})
        except DemoError:  # an agent that does not start has noticed
            seen.start = ["does not start"]
        shop.start("collector", "collector", "--settings", str(shop.folder / "collector.toml"))
        shop.start("upload", "upload", "--settings", self.settings)
        self._until(lambda: bool(self.alarm_files()) or self.cosigned_all())
        seen.uploader = self.alarm_files()
        doubt = self.shops().get("doubt")
        seen.headquarters = doubt["code"] if doubt else "cosigned" if self.cosigned_all() else "-"
        shop.close()
        return seen

    @property
    def settings(self) -> str:
        """The shop's settings file."""
        return str(self.environment.folder / "tillgate.toml")

    def start_agent(self) -> None:
        """The agent, until it answers."""
        self.environment.start("agent", "agent", "--settings", self.settings)
        self.environment.wait_for(lambda: bool(self._status()), "the agent")

    def alarm_files(self) -> list[str]:
        """What the uploader has left."""
        return sorted(path.stem for path in self.environment.cosignatures.glob("alarm-*.json"))

    def entries(self) -> int:
        """How many entries the journal holds."""
        files = self.environment.journal.glob("*.jsonl")
        return sum(line.startswith(b"{") for file in files for line in file.read_bytes().splitlines())

    def cosigned_all(self) -> bool:
        """Whether headquarters has confirmed everything that is here, and nothing more."""
        return bool(self.confirmed() == self.entries() == self.shops().get("entries", 0))

    def confirmed(self) -> int:
        """How many entries the newest cosignature on this disk confirms."""
        path = self.environment.cosignatures / "cosigned"
        return int(path.read_text("utf-8").split("\n")[1]) if path.exists() else 0

    def shops(self) -> dict[str, Any]:
        """What headquarters' list says of this shop."""
        path = (
            self.environment.folder / "headquarters" / "contacts" / self.environment.origin / "contact.json"
        )
        return json.loads(path.read_text()) if path.exists() else {}

    def tillgate(self, *arguments: str) -> dict[str, Any]:
        """One command; its JSON if it printed some."""
        command = [sys.executable, "-m", "agent", *arguments]
        done = subprocess.run(command, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
        try:
            return dict(json.loads(done.stdout))
        except ValueError:
            return {}

    def _status(self) -> dict[str, Any]:
        return self.tillgate("status", "--socket", str(self.environment.socket), "--json")

    def _pay(self, payment_id: str) -> None:
        place = str(self.environment.socket)
        self.tillgate("pay", "12.50", "--payment-id", payment_id, "--socket", place, "--json")

    def _until(self, true: Any) -> None:
        give_up = time.monotonic() + PATIENCE_S
        while not true() and time.monotonic() < give_up:
            time.sleep(LOOK_AGAIN_S)
