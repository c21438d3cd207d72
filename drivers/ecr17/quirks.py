"""Where terminals differ from the reference: names for the settings, never model names in code."""

from __future__ import annotations

from enum import StrEnum


class Ecr17Quirk(StrEnum):
    """One habit of a terminal that the session takes into account."""

    EXTENDED_ANSWER = "extended_answer"


QUIRKS = {
    Ecr17Quirk.EXTENDED_ANSWER: "pays with X instead of P: the answer names the amount, so a tip can be seen",
}
