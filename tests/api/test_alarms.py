"""Alarms over the API: shown with the status and the stream, and acknowledged by a person who proves it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from agent.alarms.standing import StandingAlarm
from tests.conftest import RAISED_AT, SECRET

if TYPE_CHECKING:
    from tests.conftest import Reply, ServedApi

AWAY = StandingAlarm(alarm="terminal_away", severity="warning", subject="front", raised_at=RAISED_AT)
NEWER = StandingAlarm(alarm="tampered_screw", severity="critical", raised_at=RAISED_AT, written=False)
PATH = "/v1/alarms/{}/acknowledgement"


@pytest.fixture
def standing(api: ServedApi) -> ServedApi:
    api.service.alarms = [NEWER, AWAY]
    return api


def acknowledge(api: ServedApi, alarm: str, secret: str = SECRET) -> Reply:
    body = {"credential": {"person": "anna", "secret": secret}}
    return api.ask("POST", PATH.format(alarm), json.dumps(body).encode())


def test_the_status_shows_what_stands_with_its_sentences(standing: ServedApi) -> None:
    newer, away = standing.ask("GET", "/v1/status").json["alarms"]
    assert (away["id"], away["state"], away["severity"]) == ("terminal_away:front", "raised", "warning")
    assert away["what"] == "Terminal front does not answer."
    assert away["money"] == "No payment can be taken on it."
    assert away["next_step"] == "Look at its power and its cable."
    assert (away["acknowledged_by_role"], away["raised_at"]) == ("cashier", RAISED_AT.isoformat())
    assert (newer["id"], newer["written"]) == ("tampered_screw", False)
    assert "tampered_screw" in newer["what"]


def test_where_all_is_well_there_is_no_alarm(api: ServedApi) -> None:
    assert api.ask("GET", "/v1/status").json["alarms"] == []


def test_the_stream_tells_of_them(standing: ServedApi) -> None:
    told = standing.ask("GET", "/v1/events").content.decode()
    events = [json.loads(line[6:]) for line in told.splitlines() if line.startswith("data: ")]
    alarms = [event["alarm"] for event in events if event["event"] == "alarm"]
    assert [(alarm["id"], alarm["state"]) for alarm in alarms] == [
        ("tampered_screw", "raised"),
        ("terminal_away:front", "raised"),
    ]


def test_a_person_acknowledges_one(standing: ServedApi) -> None:
    reply = acknowledge(standing, "terminal_away:front")
    assert reply.status == 200
    assert (reply.json["state"], reply.json["acknowledged_by"]) == ("acknowledged", "anna")


@pytest.mark.parametrize(
    ("alarm", "secret", "status", "code"),
    [
        ("terminal_away:front", "wrong", 403, "wrong_credential"),
        ("terminal_away:back", SECRET, 404, "unknown_alarm"),
        ("Terminal%20away", SECRET, 422, "wrong_alarm_id"),
        ("terminal_away:4111111111111111", SECRET, 422, "card_number"),
    ],
)
def test_what_cannot_be_acknowledged(
    standing: ServedApi, alarm: str, secret: str, status: int, code: str
) -> None:
    reply = acknowledge(standing, alarm, secret)
    assert (reply.status, reply.json["error"]) == (status, code)
    assert reply.json["money"] == "This request moved no money and changed no payment."


def test_without_a_credential_nobody_has_acknowledged(standing: ServedApi) -> None:
    reply = standing.ask("POST", PATH.format("terminal_away:front"), b"{}")
    assert (reply.status, reply.json["error"]) == (422, "missing_field")
    assert not any(heard.startswith("acknowledge") for heard in standing.service.heard)
