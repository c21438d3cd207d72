"""What codes and refusals mean. Reading a text never fails."""

from __future__ import annotations

from typing import Final

from drivers.card.card import scrub_text
from drivers.terminal import DriverFact

# Reference 5: done, refused or not done, not verified. What they mean stands in the text catalogue:
# `drivers.telium.result_7`, and for Concert V3 `drivers.telium.reason_4`.
E_PLUS_RESULTS: Final = frozenset({0, 7, 9})
# Concert V3, group AF (PayXpert's public pages). 00 to 03 may stand beside a payment that was done.
V3_REASONS: Final = frozenset({0, *range(2, 14)})
OTHER_REASON: Final = DriverFact("telium.reason_other")
# Of these a person was the cause.
V3_CANCELLED: Final = frozenset({6, 8, 11})
# Of these none fits to "done".
V3_REFUSALS: Final = frozenset(range(4, 14))

BUSY: Final = DriverFact("telium.busy")
SILENT: Final = DriverFact("telium.silent")
REFUSED: Final = DriverFact("telium.refused")
DAMAGED: Final = DriverFact("telium.damaged")
NO_RESULT: Final = DriverFact("telium.no_result")
NAMELESS: Final = DriverFact("telium.nameless")


def result_fact(code: int) -> DriverFact:
    """What a result of E+ means that is no approval."""
    return DriverFact(f"telium.result_{code}")


def reason_fact(code: int) -> DriverFact:
    """Why Concert V3 says that a payment was not done."""
    return DriverFact(f"telium.reason_{code}") if code in V3_REASONS else OTHER_REASON.about(code=code)


def plain(view: memoryview) -> str:
    """A text that a screen can show, without card numbers; what is not ASCII becomes a question mark."""
    scrub_text(view)
    text = str(view, "ascii", "replace")
    return "".join(char if " " <= char <= "~" else "?" for char in text).strip()
