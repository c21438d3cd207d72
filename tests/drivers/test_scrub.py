"""What the search for card numbers has stumbled over."""

from __future__ import annotations

import pytest

from drivers.scrub import scrub_text


@pytest.mark.parametrize("text", ["B            ^", "b            ^DOE/JOHN^", "xB             ^ 12"])
def test_a_track_whose_number_is_blank_hides_and_breaks_nothing_in_front(text: str) -> None:
    clean = memoryview(bytearray(text.encode()))
    scrub_text(clean)
    assert bytes(clean).startswith(text.partition("^")[0].encode())
