"""What the vendor's own SDKs put on the wire, read and written again. The files are not ours to ship."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from drivers.ecrhub.codec import Variant
from drivers.ecrhub.frame import MAX_DATA_BYTES, EcrHubFrameKind, encode_frame
from drivers.ecrhub.packet import EcrHubRequest, Topic, decode_request, encode_request
from tests.drivers.ecrhub.stage import frames_of, view

CAPTURES = Path(__file__).resolve().parents[4] / "shared" / "captures" / "peer-generated"

pytestmark = pytest.mark.skipif(
    not CAPTURES.is_dir(), reason="the recordings (../shared/captures) are not on this machine"
)


def captured(name: str) -> bytes:
    return bytes.fromhex((CAPTURES / name).read_text())


def without_time(payload: bytes) -> bytes:
    """The till's core has no wall clock, so its messages have no field 4: 13 digits."""
    at = payload.index(b"\x22\x0d17")
    return payload[:at] + payload[at + 15 :]


def test_the_purchase_of_sdk_1_1_is_read_and_its_payload_written_again() -> None:
    ((kind, ack, number, payload),) = frames_of(captured("ecrhub-1.1.4_purchase.hex"))
    assert (kind, ack, number) == (EcrHubFrameKind.NORMAL, 0, 1)
    request = decode_request(view(payload), Variant.SDK_1_1)
    assert request == EcrHubRequest(
        Topic.ORDER,
        request.request_id,
        app_id=request.app_id,
        order=request.order,
        amount="10.10",
        trans_type="1",
        method="BANKCARD",
        mac="02-00-00-00-00-01",
    )
    assert len(request.request_id) == 32
    # Its 17 digits could be a card number and are starred, which is why our orders have letters.
    order = payload[payload.index(b"\x0a\x11") + 2 :][:17].decode()
    assert order.isdecimal()
    assert encode_request(replace(request, order=order), Variant.SDK_1_1) == without_time(payload)


def test_the_pairing_of_sdk_1_0_is_read_and_its_payload_written_again() -> None:
    ((kind, ack, number, payload),) = frames_of(captured("ecrhub-1.0_pair.hex"))
    assert (kind, ack, number) == (EcrHubFrameKind.NORMAL, 0, 1)
    request = decode_request(view(payload), Variant.SDK_1_0)
    assert (request.topic, request.mac, bool(request.name)) == (Topic.PAIR, "02-00-00-00-00-01", True)
    written = encode_request(request, Variant.SDK_1_0)
    assert written.replace(b"\x2a\x031.0", b"") == without_time(payload).replace(b"\x2a\x031.0", b"")


@pytest.mark.parametrize("name", ["ecrhub-1.1.4_purchase.hex", "ecrhub-1.0_pair.hex"])
def test_the_captured_frames_are_framed_as_ours(name: str) -> None:
    ((_, _, number, payload),) = frames_of(captured(name))
    assert len(payload) <= MAX_DATA_BYTES
    assert encode_frame(EcrHubFrameKind.NORMAL, number=number, data=payload) == captured(name)


def test_a_purchase_of_one_sdk_means_something_else_to_the_other() -> None:
    """Why the form is proven before an order leaves (reference 1): type and method change places."""
    ((_, _, _, payload),) = frames_of(captured("ecrhub-1.1.4_purchase.hex"))
    wrong = decode_request(view(payload), Variant.SDK_1_0)
    assert (wrong.trans_type, wrong.method) == ("", "1")
