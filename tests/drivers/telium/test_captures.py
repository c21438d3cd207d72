"""The one recorded message: what a library in the field sends."""

from __future__ import annotations

from pathlib import Path

import pytest

from drivers.telium.eplus import EPlusRequest, read_request
from drivers.telium.frame import encode_frame

CAPTURE = Path(__file__).parents[3].parent / "shared/captures/peer-generated/telium_eplus_request_A010.hex"


@pytest.mark.skipif(not CAPTURE.exists(), reason="the captures are not beside this checkout")
def test_the_request_of_a_library_in_the_field_is_read_and_written_alike() -> None:
    frame = bytes.fromhex(CAPTURE.read_text("ascii").strip())
    request = read_request(frame[1:-2])
    assert request == EPlusRequest(1, 1010, "0", 978, long=True)
    assert encode_frame(request.encode()) == frame
