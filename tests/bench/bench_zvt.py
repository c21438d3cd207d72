"""Budget: a ZVT status information from bytes to a typed message, beside ecrterm on the same bytes.

ecrterm is not on PyPI. `ECRTERM=FOLDER` names a checkout of it, or `ECRTERM_GIT=DIR`
a git directory; it needs `six` and `pyserial`, which may lie in the same folder.
"""

from __future__ import annotations

import importlib
import os
import subprocess
import sys
import tarfile
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

from drivers.card.card import Card, CardSealer
from drivers.terminal import SealedCard
from drivers.zvt.packet import StatusInformation, ZvtCardBinding, decode, encode
from tests.bench.budget import Line, alternating

ROUNDS = 3_000
ROW = 50
BUDGET = 10.0
HOW_TO = "set ECRTERM to a checkout of github.com/wirelane/ecrterm, or ECRTERM_GIT to its .git"

RESULT = StatusInformation(
    result_code=0,
    amount=1010,
    currency=978,
    trace=12,
    time="134502",
    date="0328",
    card=SealedCard("411111******1111"),
    card_sequence=1,
    card_type=10,
    card_name="VISA CREDIT",
    payment_type=0x70,
    terminal_id="29001006",
    merchant_id="100764992",
    approval_code="123456",
    additional_text="ZAHLUNG ERFOLGT, DANKE. BITTE BELEG ENTNEHMEN",
    receipt_number=7,
    turnover_number=12,
    texts=("ZAHLUNG ERFOLGT", "VIELEN DANK"),
    entry_mode=1,
    cardholder_verification=3,
    application_name="VISA CREDIT",
)
APDU = encode(RESULT)


class NoSeal(CardSealer):
    """The number of this vector comes masked: nothing is sealed."""

    def __init__(self) -> None:
        pass

    def seal_card(self, card: Card, context: str) -> SealedCard:  # noqa: ARG002 - nothing is kept to bind
        card.wipe()
        return RESULT.card or SealedCard("")


def ours() -> object:
    """Bytes to message; the bytes are wiped, so each round has a copy of its own."""
    return decode(memoryview(bytearray(APDU)), BINDING)


BINDING = ZvtCardBinding(NoSeal(), "bench")


def lines(place: Path) -> list[Line]:
    """The budget in messages a second, and what a person has to know.

    In turn with ecrterm each message finds the processor's caches full of the other's
    data, as a message does that comes alone; in a row they are its own.
    """
    theirs, why_not = _ecrterm(place)
    alone = _rates(theirs, 1)
    in_a_row = _rates(theirs, ROW)
    return [
        Line(f"ZVT status, {len(APDU)} bytes", "/s", *alone, BUDGET, at_least=True, note=why_not),
        Line(f"- {ROW} in a row", "/s", *in_a_row),
    ]


def _rates(theirs: Callable[[], object] | None, row: int) -> tuple[float | None, float]:
    """Messages a second of both; `row` messages at a time."""

    def several(parse: Callable[[], object]) -> Callable[[], None]:
        def parse_all() -> None:
            for _ in range(row):
                parse()

        return parse_all

    theirs_us, ours_us = alternating(several(theirs or ours), several(ours), ROUNDS // row)
    return (row * 1e6 / theirs_us if theirs else None), row * 1e6 / ours_us


def _ecrterm(place: Path) -> tuple[Callable[[], object] | None, str]:
    """ecrterm's parser on our bytes; or None and what to do."""
    folder = os.environ.get("ECRTERM", "")
    if not folder and (git := os.environ.get("ECRTERM_GIT", "")):
        folder = _exported(git, place / "ecrterm")
    if not folder:
        return None, HOW_TO
    sys.path.append(folder)
    try:
        packets = importlib.import_module("ecrterm.packets.base_packets")
    except ImportError as error:
        return None, f"ecrterm: {error}"
    parse: Callable[[bytes], object] = packets.Packet.parse
    if type(parse(APDU)).__name__ != "StatusInformation":
        return None, "ecrterm does not take our bytes for a status information"
    return lambda: parse(APDU), ""


def _exported(git: str, to: Path) -> str:
    command = ["git", f"--git-dir={git}", "archive", "HEAD"]
    archive = subprocess.run(command, check=True, capture_output=True).stdout
    with tarfile.open(fileobj=BytesIO(archive)) as files:
        files.extractall(to, filter="data")
    return str(to)
