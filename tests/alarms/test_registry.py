"""One table of alarms: each has its sentences, and what one cannot know is shown and not hidden."""

from __future__ import annotations

from string import Formatter
from typing import Literal, get_args

import pytest

from agent.alarms.registry import ALARMS, SEVERITIES, Acknowledger, AlarmKind, Severity, kind_of
from agent.settings.types import Role
from agent.texts import say
from agent.texts.en import TEXTS
from agent.texts.en.alarms import ALARMS as SENTENCES

Part = Literal["what", "money", "next"]
PARTS: tuple[Part, ...] = get_args(Part)


@pytest.mark.parametrize("kind", ALARMS.values(), ids=lambda kind: kind.id)
@pytest.mark.parametrize("part", PARTS)
def test_every_alarm_has_its_three_sentences(kind: AlarmKind, part: Part) -> None:
    """What it is, what it means for payments, what to do; with no figure that nobody gives."""
    key = kind.text_key(part)
    assert key == f"alarms.{kind.id}.{part}"
    sentence = TEXTS[key]
    assert isinstance(sentence, str)
    names = {name for _, name, _, _ in Formatter().parse(sentence) if name}
    assert names <= {"subject", *kind.figures}


def test_every_sentence_has_its_alarm() -> None:
    assert {key.split(".")[1] for key in SENTENCES} == {*ALARMS, "unknown"}
    assert {key.split(".")[2] for key in SENTENCES} == set(PARTS)


def test_what_this_version_does_not_know_is_shown_with_its_severity() -> None:
    kind = kind_of("tampered_screw", "info")
    assert (kind.id, kind.severity, kind.known) == ("tampered_screw", "info", False)
    text = say(kind.text_key("what"), alarm=kind.id, subject="front")
    assert "tampered_screw" in text
    assert "front" in text


def test_a_severity_that_nobody_knows_is_not_taken_lightly() -> None:
    assert kind_of("tampered_screw", "catastrophe").severity == "critical"


def test_severities_and_roles_are_those_of_the_house() -> None:
    assert set(SEVERITIES) == set(get_args(Severity))
    assert get_args(Acknowledger) == get_args(Role)


def test_what_a_payment_shows_is_cleared_by_a_person_alone() -> None:
    """Its cause is in the past: nothing in the world could be looked at again."""
    assert {kind.id for kind in ALARMS.values() if kind.cleared_by == "person"} == {
        "amount_differs",
        "merchant_new",
        "approval_differs",
        "driver_fault",
        "verdict_contradicted",
        "answer_without_name",
        "unclaimed_approval",
        "resolution_corrected",
        "rejection_ignored",
        "many",
        "prints_not_kept",
        # What a start has seen.
        "tail_missing",
        "evolving_key_old",
        "journal_key_exchanged",
        "verified_more",
        "terminal_ahead",
    }
