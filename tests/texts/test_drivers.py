"""Every fact that a driver can tell has its sentence, and the figures that the sentence needs."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from string import Formatter

import pytest

from agent.texts.en.driver_setup import DRIVER_SETUP
from agent.texts.en.drivers import DRIVERS
from agent.texts.en.terminal_codes import TERMINAL_CODES
from drivers.ecr17 import texts as ecr17
from drivers.telium import texts as telium
from drivers.transbank import texts as transbank
from drivers.zvt import codes as zvt
from tests.support.sentences import ROOT

PREFIX = "drivers."
NOT_SENT = "Nothing was sent to the terminal."


def _codes(source: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Call(func=ast.Name(id="DriverFact"), args=[ast.Constant(value=str() as code), *_]):
                yield code


FACTS = {
    code
    for folder in ("drivers", "agent/terminals")
    for file in (ROOT / folder).rglob("*.py")
    for code in _codes(file.read_text("utf-8"))
}


# The facts whose code is put together from the terminal's own.
OF_CODES = {
    fact.code
    for facts in (
        map(zvt.result_fact, zvt.RESULTS),
        map(zvt.state_fact, zvt.STATES),
        map(ecr17.result_fact, ecr17.RESULTS - {ecr17.DONE}),
        map(ecr17.state_fact, ecr17.STATES),
        map(telium.result_fact, telium.E_PLUS_RESULTS - {0}),
        map(telium.reason_fact, telium.V3_REASONS),
        map(transbank.result_fact, transbank.RESULTS),
    )
    for fact in facts
    if fact is not None
}


def test_every_fact_has_its_sentence_and_no_sentence_is_left_over() -> None:
    assert {PREFIX + code for code in FACTS | OF_CODES} == {*DRIVERS, *DRIVER_SETUP, *TERMINAL_CODES}


@pytest.mark.parametrize("code", [0, 1, 0x63, 0x69, 0xFF])
def test_every_code_says_something(code: int) -> None:
    facts = [zvt.result_fact(code), zvt.state_fact(code), ecr17.state_fact(code), telium.reason_fact(code)]
    told = [fact for fact in (*facts, transbank.result_fact(code)) if fact is not None]
    assert all(PREFIX + fact.code in TERMINAL_CODES for fact in told)


@pytest.mark.parametrize("key", DRIVERS)
def test_a_figure_is_one_word(key: str) -> None:
    sentences = DRIVERS[key]
    for sentence in (sentences,) if isinstance(sentences, str) else sentences:
        assert all(name is None or name.isidentifier() for _, name, _, _ in Formatter().parse(sentence))


def test_a_line_that_could_not_be_opened_says_that_nothing_was_sent() -> None:
    wires = {key: text for key, text in DRIVERS.items() if key.startswith("drivers.wires.")}
    broken = {"not_connected", "not_reading", "closed_by_us", "driver_fault", "unplugged", "closed", "broken"}
    broken |= {"babble", "stalled", "usb_own_fault"}
    opening = {key: text for key, text in wires.items() if key.removeprefix("drivers.wires.") not in broken}
    assert [
        key for key, text in opening.items() if "Nothing was sent to the terminal." not in str(text)
    ] == []
