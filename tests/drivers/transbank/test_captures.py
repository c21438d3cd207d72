"""The recorded exchanges of the makers' own test terminal, each through a session.

The recordings are not ours to ship, so they are read where they lie.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from drivers.terminal import Command, DialogueEnded, EndReason, Operation, ResultStatus, TransactionResult
from drivers.transbank.frame import encode_frame
from drivers.transbank.packet import message, same_ticket
from tests.drivers.transbank.stage import SALE, ByHand

CAPTURES = Path(__file__).resolve().parents[4] / "shared" / "captures"

pytestmark = pytest.mark.skipif(
    not CAPTURES.is_dir(), reason="the recordings (../shared/captures) are not on this machine"
)


def recorded(name: str) -> list[bytes]:
    lines = (CAPTURES / "transbank-serial" / f"{name}.jsonl").read_text("ascii").splitlines()
    return [bytes.fromhex(json.loads(line)["bytes"]) for line in lines]


@pytest.mark.parametrize("piece", [1, 7, 1000])
def test_the_recorded_last_sale_is_read(piece: int) -> None:
    hand = ByHand()
    hand.start(Command(Operation.REPEAT_RECEIPT))
    data = b"".join(recorded("last_sale"))
    events = [event for at in range(0, len(data), piece) for event in hand.says(data[at : at + piece])]
    (outcome,) = [event for event in events if isinstance(event, TransactionResult)]
    told = outcome.result
    assert (told.status, told.amount, told.trace) == (ResultStatus.APPROVED, 25000, 123)
    assert (told.order, told.approval_code, told.terminal_id) == ("001234", "252985", "75001637")
    assert (told.date, told.time, told.tip) == ("20230726", "113748", None)


def test_the_recorded_refusal_names_its_ticket_with_zeros_in_front() -> None:
    hand = ByHand()
    (outcome,) = [event for event in hand.says(*recorded("sale")) if isinstance(event, TransactionResult)]
    assert (outcome.result.status, outcome.result.amount) == (ResultStatus.CANCELLED, None)
    assert same_ticket(outcome.result.order, "ABCD")


def test_the_recorded_loading_of_keys_ends_well() -> None:
    hand = ByHand()
    hand.start(Command(Operation.INITIALISE))
    assert hand.says(*recorded("load_keys")) == [DialogueEnded(EndReason.COMPLETED, terminal_id="75001637")]
    assert hand.hears() == b"\x06"


def test_a_sale_is_the_frame_that_the_makers_library_sends() -> None:
    theirs = bytes.fromhex((CAPTURES / "peer-generated" / "transbank_sale.hex").read_text("ascii").strip())
    assert encode_frame(message("0200", "25000", "ABC123", "", "", "1", "")) == theirs
    ours = ByHand().start(SALE)
    assert len(ours) == len(theirs)
    assert ours[:12] == theirs[:12]
