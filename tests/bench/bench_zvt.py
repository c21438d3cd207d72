"""Budget: a ZVT status information of 200 bytes from bytes to a typed message.

The floor is msgspec's decoding of as many bytes of JSON into a struct: what a format costs that was
made for machines, in C. With `ECRTERM=FOLDER`, a checkout of ecrterm (it is not on PyPI), or
`ECRTERM_GIT=DIR`, a git directory of one, its parser stands beside ours too. It needs `six` and
`pyserial`, which may lie in the same folder.
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

import msgspec

from drivers.card.card import Card, CardSealer
from drivers.terminal import SealedCard
from drivers.zvt.packet import StatusInformation, ZvtCardBinding, decode, encode
from tests.bench.budget import Line, alternating

ROUNDS = 3_000
ROW = 50
BUDGET_US = 20.0

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


class JsonStatus(msgspec.Struct):
    """The same figures in a format for machines."""

    result_code: int
    amount: int
    currency: int
    trace: int
    time: str
    date: str
    masked: str
    approval_code: str
    receipt_number: int
    additional_text: str


def _json() -> bytes:
    """As many bytes as the APDU has."""
    card = RESULT.card.masked if RESULT.card else ""
    values = {name: getattr(RESULT, name, card) for name in JsonStatus.__struct_fields__}
    values["additional_text"] = ""
    return msgspec.json.encode(
        values | {"additional_text": "." * (len(APDU) - len(msgspec.json.encode(values)))}
    )


def lines(place: Path) -> list[Line]:
    """One message that comes alone, as it does, and many in a row; then ecrterm, where it was named.

    In turn with the floor each message finds the processor's caches full of the other's data.
    """
    text, decoder = _json(), msgspec.json.Decoder(JsonStatus)
    if len(text) != len(APDU):
        raise AssertionError(f"{len(text)} bytes of JSON beside {len(APDU)} of ZVT")

    def floor() -> object:
        return decoder.decode(text)

    alone = _us(floor, ours, 1)
    in_a_row = _us(floor, ours, ROW)
    note = f"beside msgspec's decoding of {len(text)} bytes of JSON"
    return [
        Line(f"ZVT status, {len(APDU)} bytes", "us", *alone, BUDGET_US, "figure", note=note),
        Line(f"- {ROW} in a row", "us", *in_a_row),
        *_beside_ecrterm(place),
    ]


def _us(floor: Callable[[], object], figure: Callable[[], object], row: int) -> tuple[float, float]:
    """Microseconds a message of both. A floor below a microsecond is taken `ROW` times at once."""
    rounds = max(ROUNDS // row, 500)
    floor_us, figure_us = alternating(_several(floor, ROW), _several(figure, row), rounds, min)
    return floor_us / ROW, figure_us / row


def _several(parse: Callable[[], object], count: int) -> Callable[[], None]:
    def parse_all() -> None:
        for _ in range(count):
            parse()

    return parse_all


def _beside_ecrterm(place: Path) -> list[Line]:
    theirs, why_not = _ecrterm(place)
    if theirs is None:
        return [Line("- beside ecrterm", "us", None, None, note=why_not)] if why_not else []
    return [Line("- beside ecrterm", "us", *_us(theirs, ours, ROW))]


def _ecrterm(place: Path) -> tuple[Callable[[], object] | None, str]:
    """ecrterm's parser on our bytes; None where none was named, or with what is wrong with it."""
    folder = os.environ.get("ECRTERM", "")
    if not folder and (git := os.environ.get("ECRTERM_GIT", "")):
        folder = _exported(git, place / "ecrterm")
    if not folder:
        return None, ""
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
