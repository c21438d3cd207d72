from __future__ import annotations

from pathlib import Path

import pytest

from drivers.simulator.core.behaviour import (
    Behaviour,
    Display,
    Harm,
    Moment,
    Point,
    Script,
    ScriptedOutcome,
    Side,
)
from drivers.simulator.core.cards import Shown
from drivers.simulator.core.script import ScriptError, load, parse
from drivers.zvt.packet import Charset


def test_an_empty_script_is_a_terminal_that_behaves() -> None:
    assert parse("") == Script()


def test_every_kind_of_value_is_read() -> None:
    script = parse(
        """
        [terminal]
        auto_reversal = false
        character_set = "iso_8859_1"
        [[payment]]
        outcome = "decline"
        silence_s = 3
        display = [{ code = 0x0A, text = "Karte", minutes = 2 }]
        skip = ["status", "completion"]
        unplug = { seconds = 5, at = "receipt", when = "after" }
        [[fault]]
        sender = "till"
        frame = 2
        do = "damage"
        """
    )
    (behaviour,) = script.behaviours["payment"]
    (fault,) = script.faults

    assert script.terminal.character_set is Charset.ISO_8859_1
    assert not script.terminal.auto_reversal
    assert behaviour.outcome is ScriptedOutcome.DECLINE
    assert behaviour.silence_s == 3.0
    assert behaviour.display == (Display(0x0A, "Karte", 2),)
    assert behaviour.skip == (Point.STATUS, Point.COMPLETION)
    assert behaviour.unplug is not None
    assert (behaviour.unplug.at, behaviour.unplug.when) == (Point.RECEIPT, Moment.AFTER)
    assert (fault.sender, fault.frame, fault.do) == (Side.TILL, 2, Harm.DAMAGE)


def test_what_an_entry_leaves_out_is_as_in_the_default() -> None:
    script = parse('[default]\nshown = "number"\ntip = 5\n[[payment]]\ntip = 7\n[[refund]]')

    assert script.behaviours["payment"] == (Behaviour(tip=7, shown=Shown.NUMBER),)
    assert script.behaviours["refund"] == (script.default,)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("tipp = 1", "sim.toml: unknown key 'tipp'. Known here: terminal, default"),
        ("[paymemt]", "sim.toml: unknown key 'paymemt'. Did you mean 'payment'?"),
        ("[payment]\ntip = 1", "sim.toml: [[payment]]: write it with two brackets"),
        ("[[payment]]\ntipp = 1", "sim.toml: [[payment]] number 1: unknown key 'tipp'. Did you mean 'tip'?"),
        ("[[refund]]\n[[refund]]\ntip = 1.5", "[[refund]] number 2: tip: expected a whole number, not 1.5."),
        ("[[payment]]\ntip = true", "tip: expected a whole number, not True."),
        ("[[payment]]\nsilence_s = '3'", "silence_s: expected a number of seconds, not '3'."),
        ("[[payment]]\nsilence_s = -1", "[[payment]]: silence_s: not below 0."),
        ("[[payment]]\noutcome = 'yes'", "outcome: expected one of approve, decline, stop_key, refuse"),
        ("[[payment]]\nskip = 'status'", "skip: expected a list."),
        ("[[payment]]\nunplug = 5", "unplug: expected a table with keys."),
        ("[[payment]]\nunplug = { at = 'status' }", "unplug: the key 'seconds' is missing."),
        ("[[payment]]\ncode = 256", "[[payment]]: code: one byte, 0 to 0xFF."),
        ("[default]\ncard = 'mine'", "[default]: card: expected one of visa"),
        ("[default]\nwhen_amount = 5", "[default]: when_amount: the default is for every amount."),
        ("[[fault]]\nframe = 1", "[[fault]] number 1: the key 'sender' is missing."),
        ("[[fault]]\nsender = 'till'", "[[fault]]: give either 'frame' or 'ack'"),
        ("[terminal]\npassword = '12'", "[terminal]: password: six digits in quotes."),
        ("[terminal]\npassword = 123456", "password: expected a text, not 123456."),
        ("[terminal", "sim.toml: this is not TOML"),
    ],
)
def test_a_wrong_script_is_refused_with_place_and_reason(text: str, message: str) -> None:
    with pytest.raises(ScriptError) as error:
        parse(text, "sim.toml")

    assert message in str(error.value)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ScriptError, match=r"nowhere\.toml cannot be read"):
        load(tmp_path / "nowhere.toml")


def test_every_shipped_script_can_be_read(examples: Path) -> None:
    scripts = sorted(examples.glob("*.toml"))

    assert scripts
    for script in scripts:
        load(script)


def test_the_first_shipped_script_shows_the_defaults(examples: Path) -> None:
    """What `plain.toml` explains is what happens without any script."""
    script = load(examples / "plain.toml")

    assert script.terminal == Script().terminal
    assert script.default == Behaviour()
