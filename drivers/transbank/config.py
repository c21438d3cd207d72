"""What a shop's settings say about one Transbank terminal."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from drivers.driver import KeyCheck
from drivers.transbank.line import ANSWER_S
from drivers.transbank.session import SILENCE_S


@dataclass(frozen=True, slots=True)
class TransbankKeys:
    """`[terminals.NAME.transbank]`: what a shop sets for Transbank alone."""

    answer_s: Annotated[int, KeyCheck("seconds", 1, 60)] = int(ANSWER_S)
    "wait for the acknowledgement of a command"
    silence_s: Annotated[int, KeyCheck("seconds", 30, 900)] = int(SILENCE_S)
    "silence in a payment"
