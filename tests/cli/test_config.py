"""`tillgate config` as the installer sees it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from agent.cli import main
from agent.cli.ui.exits import Exit
from agent.settings.load import parse
from agent.terminals.options import DRIVERS
from tests.payments.world import SETTINGS

REPOSITORY = Path(__file__).parents[2]
SHIPPED = REPOSITORY / "config" / "agent" / "tillgate.toml"
BAD = REPOSITORY / "tests" / "settings" / "bad_configs" / "01_unknown_key.toml"


@pytest.fixture
def live(tmp_path: Path) -> Path:
    file = tmp_path / "tillgate.toml"
    file.write_text(SHIPPED.read_text("utf-8").replace("#? hard", "hard"), "utf-8")
    return file


def test_right_settings_are_shown_with_their_hash(live: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["config", "check", str(live)]) == Exit.OK
    out = capsys.readouterr().out
    assert parse(live.read_text("utf-8"), live, DRIVERS).digest in out
    assert out.endswith("The agent may take payments with these settings.\n")


def test_settings_without_hard_are_right_but_do_not_go_live(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["config", "check", str(SHIPPED)]) == Exit.CONFIG
    assert "The hard limit is not set" in capsys.readouterr().out


def test_a_mistake_is_shown_with_line_and_next_step(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["config", "check", str(BAD)]) == Exit.CONFIG
    out = capsys.readouterr().out
    # Where the line breaks depends on how long this folder's path is.
    assert "line 11: [rules] sofd Found" in " ".join(out.split())
    assert 'Did you mean "soft"?' in out
    assert "no money moves" in out


def test_programs_get_the_findings_as_json(live: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["config", "check", str(BAD), "--json"]) == Exit.CONFIG
    answer = json.loads(capsys.readouterr().out)
    assert answer["ok"] is False
    assert [(finding["line"], finding["key"]) for finding in answer["findings"]] == [(11, "[rules] sofd")]
    assert main(["config", "check", str(live), "--json"]) == Exit.OK
    assert json.loads(capsys.readouterr().out)["ok"] is True


def type_in(monkeypatch: pytest.MonkeyPatch, *secrets: str) -> None:
    typed = iter(secrets)
    monkeypatch.setattr("agent.cli.config.getpass", lambda _prompt: next(typed))


def test_a_person_s_lines_can_be_put_into_the_settings(
    live: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    type_in(monkeypatch, "right-secret", "right-secret")
    assert main(["config", "person", "anna", "--role", "manager"]) == Exit.OK
    lines = capsys.readouterr().out
    assert "right-secret" not in lines
    assert parse(f"{live.read_text('utf-8')}\n{lines}", live).people["anna"].role == "manager"


def test_a_name_that_toml_would_split_is_quoted_and_a_spaced_pin_is_the_same(
    live: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    type_in(monkeypatch, "834 1290", "834 1290")
    assert main(["config", "person", "ann.b"]) == Exit.OK
    lines = capsys.readouterr().out
    assert "834" not in lines
    assert parse(f"{live.read_text('utf-8')}\n{lines}", live).people["ann.b"].role == "supervisor"


def test_a_person_is_printed_for_programs_too(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    type_in(monkeypatch, "right-secret", "right-secret")
    assert main(["config", "person", "anna", "--json"]) == Exit.OK
    assert set(json.loads(capsys.readouterr().out)) == {"person", "role", "scrypt"}


@pytest.mark.parametrize("name", ["", " anna", "an\u202ena", "a" * 33, "anna]\n[rules"])
def test_a_name_that_settings_cannot_hold_makes_nothing(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["config", "person", name]) == Exit.USAGE
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(("first", "second"), [("right-secret", "other-secret"), ("12345", "12345")])
def test_a_secret_that_differs_or_is_short_makes_nothing(
    first: str, second: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    type_in(monkeypatch, first, second)
    assert main(["config", "person", "anna"]) == Exit.USAGE
    assert capsys.readouterr().out == ""


ALONE = '[people.anna]\nrole = "{role}"\nscrypt = "scrypt$14$8$1${a}${b}"\n'


@pytest.mark.parametrize(
    "people", [[], ["cashier"], ["supervisor"]], ids=["nobody", "a cashier", "one person"]
)
def test_settings_with_which_nobody_can_sign_say_so(
    people: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = [ALONE.format(role=role, a="a" * 26, b="b" * 52) for role in people]
    shop = SETTINGS.split("[people.", 1)[0].format(
        terminal="", zvt="", rules='hard = "2000.00"\nsoft_action = "supervisor"'
    )
    file = tmp_path / "tillgate.toml"
    file.write_text(shop + "".join(lines), "utf-8")
    main(["config", "check", str(file)])
    told = " ".join(capsys.readouterr().out.split())
    assert "cannot sign" in told or "nobody can sign" in told
    assert "soft_action" in told
