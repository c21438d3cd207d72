"""Recorded frames and messages of real terminals: each is read, or refused with a named reason.

The recordings are not ours to ship, so they are read where they lie. No card
field of them is ever shown: a failure names the file and the kind of message.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from drivers.card.card import SecretBuffer
from drivers.terminal import (
    Command,
    ConnectionLost,
    DialogueEnded,
    EndReason,
    Event,
    Operation,
    ProtocolError,
    ResultStatus,
    TransactionResult,
)
from drivers.zvt.apdu import ZvtMalformed
from drivers.zvt.line import ZvtSerialLine, ZvtTcpLine
from drivers.zvt.packet import (
    Completion,
    PrintTextBlock,
    StatusInformation,
    Unknown,
    ZvtCardBinding,
    ZvtPacket,
    decode,
)
from drivers.zvt.timers import FAILURE_WAIT_S
from tests.drivers.zvt.stage import BUFFER_BYTES, STARTED, Till, card_sealer, read

CAPTURES = Path(__file__).resolve().parents[4] / "shared" / "captures"
MESSAGES = ("zvt-cardcomplete-tcp", "zvt-ecrterm", "zvt-feig-tcp", "zvt-portalum")

pytestmark = pytest.mark.skipif(
    not CAPTURES.is_dir(), reason="the recordings (../shared/captures) are not on this machine"
)

# What the recorder cut, or the author of a recording damaged on purpose.
DAMAGED = {
    "1617181236803PT__040F_eod_no_length_byte.hex",
    "040F_Parse_AbortViaTimeout_Successful.hex",
    "04FF_body_GetMessage_TlvData_Failure.hex",
    "06D3_Parse_CorruptReceipt_Failure.hex",
    "06D1_ProcessData_CorruptLinesReceivedFragment_Successful.jsonl",
    "06D1_ProcessData_CorruptLinesReceivedPackageToLarge_Successful.jsonl",
}
# Commands that a till never gets, and one answer in a maker's own form.
NOT_OURS = {0x06C0, 0x0622, 0x0FA1, 0x0814, 0x0813}
MAKERS_OWN = "1680761818.768770000_pt_ecr__060F_0FA1_reply.hex"


def files(folder: str, pattern: str) -> list[Path]:
    return sorted((CAPTURES / folder).rglob(pattern))


def lines(path: Path) -> Iterator[dict[str, Any]]:
    for line in path.read_text().splitlines():
        yield json.loads(line)


def messages(path: Path) -> list[bytes]:
    if path.suffix == ".hex":
        return [bytes.fromhex(path.read_text())]
    return [bytes.fromhex(line["apdu"]) for line in lines(path) if "apdu" in line]


def named(path: Path) -> str:
    return path.name


def check(packet: ZvtPacket, path: Path) -> None:
    """Fails with the kind of the message, never with its content."""
    kind = type(packet).__name__
    unread = getattr(packet, "unknown", ())
    if isinstance(packet, Unknown):
        assert packet.control in NOT_OURS, f"{packet.control:04X} is not understood"
    elif path.name != MAKERS_OWN:
        assert not unread, f"{len(unread)} pieces of a {kind} were not read"


ALL = [path for folder in MESSAGES for path in (*files(folder, "*.hex"), *files(folder, "*.jsonl"))]


@pytest.mark.parametrize("path", [path for path in ALL if path.name not in DAMAGED], ids=named)
def test_each_recorded_message_is_read_to_its_last_byte(path: Path) -> None:
    for message in messages(path):
        check(read(message), path)


@pytest.mark.parametrize("path", [path for path in ALL if path.name in DAMAGED], ids=named)
def test_each_damaged_message_is_refused_with_a_named_reason(path: Path) -> None:
    for message in messages(path):
        with pytest.raises(ProtocolError) as refused:
            read(message)
        assert refused.value.reason == ZvtMalformed.LENGTH


FRAMES = [*files("zvt-serial-frames", "*.hex"), *files("peer-generated", "zvt_serial_*.hex")]


def heard(line: ZvtSerialLine | ZvtTcpLine, buffer: SecretBuffer, data: bytes, path: Path) -> list[ZvtPacket]:
    buffer.space()[: len(data)] = data
    buffer.filled(len(data))
    packets = [decode(apdu, ZvtCardBinding(card_sealer(), "capture")) for apdu in line.receive(0.0)]
    for packet in packets:
        check(packet, path)
    return packets


@pytest.mark.parametrize("path", FRAMES, ids=named)
def test_each_recorded_frame_is_one_message(path: Path) -> None:
    buffer = SecretBuffer(BUFFER_BYTES)
    assert len(heard(ZvtSerialLine(buffer), buffer, bytes.fromhex(path.read_text()), path)) == 1


@pytest.mark.parametrize("path", files("zvt-portalum", "tcp_fragments_*.jsonl"), ids=named)
def test_a_receipt_in_tcp_pieces_is_one_message(path: Path) -> None:
    buffer = SecretBuffer(BUFFER_BYTES)
    line = ZvtTcpLine(buffer)
    packets: list[ZvtPacket] = []
    for piece in lines(path):
        packets += heard(line, buffer, bytes.fromhex(piece["tcp_segment"]), path)
    (block,) = packets
    assert isinstance(block, PrintTextBlock)
    assert len(block.lines) > 10


def test_the_recorded_payments_have_their_amounts_and_codes() -> None:
    results = [
        packet
        for path in ALL
        if path.name not in DAMAGED
        for message in messages(path)
        if isinstance(packet := read(message), StatusInformation)
    ]
    assert len(results) >= 20
    assert sum(packet.result_code == 0 and bool(packet.amount) for packet in results) >= 5
    assert any(packet.totals for packet in results)
    assert {0x00, 0x05, 0x6C} <= {packet.result_code for packet in results}


def test_the_recorded_status_enquiry_says_that_a_card_is_inserted() -> None:
    (path,) = files("zvt-cardcomplete-tcp", "*__060F_status_DC.hex")
    assert read(messages(path)[0]) == Completion(terminal_status=0xDC)


OPERATIONS = {
    "0600": Operation.REGISTER,
    "0601": Operation.SALE,
    "0650": Operation.CLOSE_DAY,
}


def replayed(path: Path) -> list[Event]:
    """The recorded terminal talks to our session at its own pace; everything is accepted at once."""
    till, events = Till("tcp"), []
    for line in lines(path):
        events += till.wait(time_left(till, line["t"]))
        operation = OPERATIONS.get(line["apdu"][:4])
        if line["from"] == "pt":
            events += till.says(line["apdu"])
        elif operation is not None:
            till.start(Command(operation, "replayed", 1, 978))
        till.acknowledge()
    return events + till.wait(FAILURE_WAIT_S)  # one recording stops before the end


def time_left(till: Till, recorded_s: float) -> float:
    return max(0.0, STARTED + recorded_s - till.now)


@pytest.mark.parametrize("path", files("zvt-cardcomplete-tcp/flows", "*.jsonl"), ids=named)
def test_each_recorded_dialogue_ends_without_a_loss(path: Path) -> None:
    events = replayed(path)
    assert not [event.reason for event in events if isinstance(event, ConnectionLost)]
    assert [event for event in events if isinstance(event, DialogueEnded)]


@pytest.mark.parametrize(
    ("flow", "said", "how"),
    [
        ("03_B1_1", ResultStatus.APPROVED, EndReason.COMPLETED),
        ("06_B2_1", ResultStatus.APPROVED, EndReason.COMPLETED),
        ("07_B4_2", ResultStatus.CANCELLED, EndReason.ABORTED),
        ("18_A2_3", ResultStatus.APPROVED, EndReason.COMPLETED),
        ("14_A2_1", ResultStatus.DECLINED, EndReason.ABORTED),
    ],
)
def test_the_recorded_dialogues_end_as_they_did(flow: str, said: ResultStatus, how: EndReason) -> None:
    events = replayed(CAPTURES / "zvt-cardcomplete-tcp" / "flows" / f"{flow}.jsonl")
    assert [event.result.status for event in events if isinstance(event, TransactionResult)] == [said]
    assert [event.end_reason for event in events if isinstance(event, DialogueEnded)][-1] is how
