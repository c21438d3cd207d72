"""The English sentences, one file a family; the source that other languages are translated from.

A pair of sentences is singular and plural, chosen by the figure `count`.
"""

from __future__ import annotations

from typing import Final

from agent.texts.en.alarms import ALARMS
from agent.texts.en.api import API
from agent.texts.en.cli import CLI
from agent.texts.en.collector import COLLECTOR
from agent.texts.en.driver_setup import DRIVER_SETUP
from agent.texts.en.drivers import DRIVERS
from agent.texts.en.errors import ERRORS
from agent.texts.en.journal import JOURNAL
from agent.texts.en.keys import KEYS
from agent.texts.en.kinds import KINDS
from agent.texts.en.money import MONEY
from agent.texts.en.payments import PAYMENTS
from agent.texts.en.programs import PROGRAMS
from agent.texts.en.rules import RULES
from agent.texts.en.settings import SETTINGS
from agent.texts.en.terminal_codes import TERMINAL_CODES
from agent.texts.en.terminals import TERMINALS
from agent.texts.en.upload import UPLOAD
from agent.texts.en.verdict import VERDICT

Sentence = str | tuple[str, str]

FAMILIES: Final[tuple[dict[str, Sentence], ...]] = (
    ALARMS,
    API,
    CLI,
    COLLECTOR,
    DRIVER_SETUP,
    DRIVERS,
    ERRORS,
    JOURNAL,
    KEYS,
    KINDS,
    MONEY,
    PAYMENTS,
    PROGRAMS,
    RULES,
    SETTINGS,
    TERMINAL_CODES,
    TERMINALS,
    UPLOAD,
    VERDICT,
)

TEXTS: Final[dict[str, Sentence]] = {key: text for family in FAMILIES for key, text in family.items()}
