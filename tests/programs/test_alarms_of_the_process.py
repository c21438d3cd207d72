"""A real agent reads what uploader and verifier left, shows it, and has it in the journal after a restart."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from agent.api.v1.bodies import AlarmView, StatusView
from agent.journal.verified import Verified, keep_verified
from agent.programs.demo.environment import Environment
from agent.programs.demo.network import free_port
from agent.upload.cosignatures import Alarm, Cosignatures

# The certificate of a demonstration ends soon, which is one more.
LEFT = {"fork_told", "journal_damaged"}


@pytest.fixture
def environment(tmp_path: Path) -> Iterator[Environment]:
    made = Environment(tmp_path, port=free_port())
    made.provision()
    yield made
    made.close()


def alarms(environment: Environment) -> dict[str, AlarmView]:
    status = environment.api.call("GET", "/v1/status", StatusView)
    return {alarm.id: alarm for alarm in status.alarms}


def start(environment: Environment) -> None:
    environment.start("agent", "agent", "--settings", str(environment.folder / "tillgate.toml"))


def test_what_the_readers_left_is_shown_and_kept(environment: Environment) -> None:
    cosignatures = Cosignatures(environment.cosignatures)
    cosignatures.make()
    cosignatures.raise_alarm(Alarm("fork", 0, "", "", 6, 6))
    damaged = Verified(
        origin=environment.origin, at=datetime.now(UTC), entries=9, root="", result="changed_entry"
    )
    keep_verified(environment.verified, damaged)
    environment.start_terminal()
    start(environment)
    environment.wait_for(lambda: environment.terminal_is("ready"), "the agent and its terminal")
    environment.wait_for(lambda: set(alarms(environment)) >= LEFT, "its alarms")
    assert all(alarm.written for alarm in alarms(environment).values())

    (environment.cosignatures / "alarm-fork.json").unlink()
    environment.stop("agent")
    start(environment)
    environment.wait_for(lambda: environment.terminal_is("ready"), "the agent and its terminal")
    assert set(alarms(environment)) >= LEFT
