"""Sentences for people stand in the catalogue; what is no such sentence stands here with its reason."""

from __future__ import annotations

import pkgutil
import re
import subprocess
import sys
from dataclasses import dataclass
from typing import Final

import pytest

from agent.texts import en
from agent.texts.en import TEXTS, sentences_of
from tests.support.sentences import ROOT, files, found, sentences


@dataclass(frozen=True)
class Kept:
    """So many strings of a file may stay, for this reason. A new one needs its own thought."""

    count: int
    reason: str


REGEX: Final = "a regular expression or a pattern"
MEDIA_TYPE: Final = "a media type of HTTP"
ISO_4217: Final = "the currency table of ISO 4217"
SQL: Final = "SQL, which SQLite reads"
TITLE: Final = "the protocol's proper name and its countries"
QUIRKS: Final = "what a quirk is, for the developer of a driver: no face shows it"
LOGGED: Final = "a word of the protocol's counters, which only the operational log has"
NAMES: Final = "a field's name in the protocol's own table of fields"
BOUNDS: Final = "a fault of ours, caught in the driver: nobody is told of it"
DISPLAY: Final = "what the terminal's display shows while a payment runs, in its stead: never stored"
RECEIPT: Final = "a line of paper, kept in the stead of a message that nobody can read"
SIMULATOR: Final = "the developer's simulated terminal, a distribution of its own"

KEPT: Final = {
    "agent/api/body.py": Kept(2, REGEX + ", for msgspec's messages"),
    "agent/base/money.py": Kept(3, ISO_4217),
    "agent/collector/ledger.py": Kept(1, MEDIA_TYPE),
    "agent/oplog/encodings.py": Kept(1, REGEX),
    "agent/oplog/redact.py": Kept(1, REGEX),
    "agent/payments/store.py": Kept(8, SQL),
    "agent/programs/demo/environment.py": Kept(2, "the settings files of the demo, which programs read"),
    "drivers/card/seal.py": Kept(1, "the first line of the acquirer's key file"),
    "drivers/ecr17/driver.py": Kept(1, TITLE),
    "drivers/ecr17/frame.py": Kept(1, LOGGED),
    "drivers/ecr17/mapping.py": Kept(1, RECEIPT),
    "drivers/ecr17/packet.py": Kept(2, LOGGED + "; " + BOUNDS),
    "drivers/ecr17/quirks.py": Kept(1, QUIRKS),
    "drivers/ecrhub/amounts.py": Kept(3, ISO_4217),
    "drivers/ecrhub/driver.py": Kept(1, TITLE),
    "drivers/ecrhub/frame.py": Kept(1, BOUNDS),
    "drivers/ecrhub/malformed.py": Kept(3, LOGGED),
    "drivers/ecrhub/quirks.py": Kept(2, QUIRKS),
    "drivers/ecrhub/schema.py": Kept(11, NAMES),
    "drivers/ecrhub/texts.py": Kept(1, REGEX),
    "drivers/simulator/core/bank.py": Kept(4, SIMULATOR),
    "drivers/simulator/core/ports.py": Kept(1, SIMULATOR),
    "drivers/simulator/core/process.py": Kept(11, SIMULATOR),
    "drivers/simulator/core/script.py": Kept(13, SIMULATOR),
    "drivers/simulator/ecrhub/terminal.py": Kept(4, SIMULATOR),
    "drivers/simulator/zvt/receipts.py": Kept(1, SIMULATOR),
    "drivers/telium/driver.py": Kept(1, TITLE),
    "drivers/telium/frame.py": Kept(2, LOGGED),
    "drivers/telium/quirks.py": Kept(3, QUIRKS),
    "drivers/transbank/driver.py": Kept(1, TITLE),
    "drivers/transbank/frame.py": Kept(1, LOGGED),
    "drivers/transbank/packet.py": Kept(1, LOGGED),
    "drivers/transbank/quirks.py": Kept(1, QUIRKS),
    "drivers/transbank/texts.py": Kept(3, DISPLAY),
    "drivers/zvt/apdu.py": Kept(1, BOUNDS),
    "drivers/zvt/bmp.py": Kept(16, NAMES + "; " + BOUNDS),
    "drivers/zvt/codes.py": Kept(15, DISPLAY),
    "drivers/zvt/driver.py": Kept(1, TITLE),
    "drivers/zvt/fields.py": Kept(11, NAMES + "; " + BOUNDS),
    "drivers/zvt/frame.py": Kept(1, LOGGED),
    "drivers/zvt/quirks.py": Kept(7, QUIRKS),
    "drivers/zvt/sender.py": Kept(1, BOUNDS),
    "drivers/zvt/tlv.py": Kept(4, NAMES + "; " + BOUNDS),
}


@pytest.mark.parametrize(
    ("source", "texts"),
    [
        ('raise ValueError("the journal is not here")', ["the journal is not here"]),
        ('raise ValueError(f"the {journal} is not here")', ["the   is not here"]),
        ('raise AssertionError("the journal is not here")', []),
        ('"""A docstring is for programmers."""\nX = "three words only"', []),
        ('X = ("one two "\n     "three four")', ["one two three four"]),
    ],
)
def test_a_sentence_is_a_string_of_four_words_that_is_no_docstring(source: str, texts: list[str]) -> None:
    assert [text for _, text in sentences(source)] == texts


def test_no_sentence_is_built_outside_of_the_catalogue() -> None:
    counts = {name: len(texts) for name, texts in found().items()}
    assert counts == {name: kept.count for name, kept in KEPT.items()}, (
        "move the sentence to agent/texts/en and tell it with say(key, **figures)"
    )


def test_no_key_stands_in_two_files_and_every_key_is_found() -> None:
    files = [sentences_of(module.name.upper()) for module in pkgutil.iter_modules(en.__path__)]
    assert sum(map(len, files)) == len(TEXTS)
    assert {key: TEXTS[key] for key in TEXTS} == {key: text for file in files for key, text in file.items()}


def test_only_the_family_of_a_key_is_read() -> None:
    code = (
        "import sys; from agent.texts import say; say('upload.torn'); "
        "print([name for name in sys.modules if name.startswith('agent.texts.en.')])"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert told == "['agent.texts.en.upload']\n"


_SAID = re.compile(r"\bsay\(\s*\"([a-z0-9_-]+(?:\.[a-z0-9_-]+)+)\"")


def test_every_key_that_is_told_is_in_the_catalogue() -> None:
    told = {
        key
        for file in [*files(), *(ROOT / "tests").rglob("*.py")]
        for key in _SAID.findall(file.read_text("utf-8"))
    }
    assert {key for key in told if key not in TEXTS and not key.startswith("test.")} == set()
