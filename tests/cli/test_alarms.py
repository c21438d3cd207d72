"""Alarms at the command line: status, doctor, the standing prompt, and a person's word."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from agent.alarms.standing import StandingAlarm
from agent.cli import main
from agent.cli.ui.exits import Exit
from agent.texts import say
from tests.cli.test_doctor import found, write_settings
from tests.cli.test_payments import answers, run
from tests.conftest import RAISED_AT, SECRET

if TYPE_CHECKING:
    from tests.conftest import ServedApi

Captured = pytest.CaptureFixture[str]

AWAY = StandingAlarm(alarm="terminal_away", severity="warning", subject="front", raised_at=RAISED_AT)
FORK = StandingAlarm(alarm="fork", severity="critical", raised_at=RAISED_AT)


def calm(text: str) -> str:
    assert max(len(line) for line in text.splitlines()) <= 80
    return " ".join(text.split())


@pytest.mark.parametrize("command", ["status", "alarms"])
def test_what_stands_is_shown_with_money_and_next_step(
    api: ServedApi, capsys: Captured, command: str
) -> None:
    api.service.alarms = [FORK, AWAY]
    run(api, command)
    told = calm(capsys.readouterr().out)
    assert "ALARM critical: fork" in told
    assert "ALARM warning: terminal_away:front" in told
    for part in ("what", "money", "next"):
        assert say(f"alarms.terminal_away.{part}", subject="front") in told


def test_when_none_stands_it_is_said(api: ServedApi, capsys: Captured) -> None:
    assert run(api, "alarms") == Exit.OK
    assert say("cli.alarms.none") in capsys.readouterr().out
    run(api, "status")
    assert "ALARM" not in capsys.readouterr().out


def test_who_knows_of_it_is_shown_and_what_could_not_be_written(api: ServedApi, capsys: Captured) -> None:
    unwritten = StandingAlarm(alarm="disk_full", severity="critical", raised_at=RAISED_AT, written=False)
    api.service.alarms = [unwritten, AWAY.acknowledged("anna", RAISED_AT)]
    run(api, "status")
    told = calm(capsys.readouterr().out)
    assert say("cli.alarms.acknowledged", person="anna") in told
    assert told.count(say("cli.alarms.not_written")) == 1


def test_a_person_acknowledges_one(api: ServedApi, capsys: Captured, monkeypatch: pytest.MonkeyPatch) -> None:
    api.service.alarms = [AWAY]
    monkeypatch.setattr("getpass.getpass", lambda *_args, **_more: SECRET)
    words = ["alarms", "acknowledge", "terminal_away:front", "--person", "anna"]
    assert run(api, *words) == Exit.OK
    assert say("cli.alarms.acknowledged", person="anna") in calm(capsys.readouterr().out)
    assert run(api, *words, "--json") == Exit.OK
    assert json.loads(capsys.readouterr().out)["state"] == "acknowledged"


def test_a_wrong_secret_and_a_wrong_id_are_told(
    api: ServedApi, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    api.service.alarms = [AWAY]
    monkeypatch.setattr("getpass.getpass", lambda *_args, **_more: "wrong")
    assert run(api, "alarms", "acknowledge", "terminal_away:front", "--person", "anna") == Exit.NO_PERMISSION
    assert say("errors.wrong_credential") in calm(capsys.readouterr().err)
    assert run(api, "alarms", "acknowledge", "no such/alarm?", "--person", "anna") == Exit.USAGE


def test_nobody_there_acknowledges_nothing(
    api: ServedApi, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    def nobody(*_args: object, **_more: object) -> str:
        raise EOFError

    monkeypatch.setattr("getpass.getpass", nobody)
    assert run(api, "alarms", "acknowledge", "fork", "--person", "anna") == Exit.USAGE
    assert say("cli.alarms.no_secret") in calm(capsys.readouterr().err)
    assert api.service.heard == []


def test_the_prompt_says_it_once_in_one_line(
    api: ServedApi, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    api.service.alarms = [FORK, AWAY]
    answers(monkeypatch, "", "help", "", "quit")
    assert run(api, "till") == Exit.OK
    line = say("cli.alarms.prompt", count=2, what=say("alarms.fork.what"))
    assert calm(capsys.readouterr().out).count(line) == 1


@pytest.mark.parametrize(
    "alarm",
    [
        AWAY.acknowledged("anna", RAISED_AT),
        StandingAlarm(alarm="never_verified", severity="info", raised_at=RAISED_AT),
    ],
    ids=["somebody knows", "not pressing"],
)
def test_the_prompt_is_quiet(
    api: ServedApi, capsys: Captured, monkeypatch: pytest.MonkeyPatch, alarm: StandingAlarm
) -> None:
    api.service.alarms = [alarm]
    answers(monkeypatch, "", "quit")
    run(api, "till")
    assert "alarm" not in capsys.readouterr().out


def test_without_an_agent_the_prompt_comes_all_the_same(
    tmp_path: Path, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers(monkeypatch, "help", "quit")
    assert main(["till", "--socket", str(tmp_path / "nobody.sock")]) == Exit.OK
    assert say("cli.help").splitlines()[0] in capsys.readouterr().out


def test_the_doctor_tells_them(api: ServedApi, tmp_path: Path, capsys: Captured) -> None:
    words = ["doctor", "--settings", write_settings(tmp_path), "--json", "--socket"]
    main([*words, str(api.path)])
    assert found(capsys)["alarms"] == ("good", say("cli.alarms.none"))
    api.service.alarms = [FORK, AWAY]
    main([*words, str(api.path)])
    looks = found(capsys)
    assert looks["alarm fork"][0] == "bad"
    assert looks["alarm terminal_away:front"][0] == "warning"
    assert say("alarms.terminal_away.next") in looks["alarm terminal_away:front"][1]
    main([*words, str(tmp_path / "nobody.sock")])
    assert found(capsys)["alarms"][0] == "not known"
