"""The plug is pulled behind every byte of a payment, one way and the other."""

from __future__ import annotations

import pytest

from tests.conformance.bed import Bed
from tests.conformance.cable import WAYS, Way, unplugged
from tests.conformance.promises import kept, of
from tests.conformance.table import Case


def bytes_of_a_payment(case: Case, way: Way) -> int:
    with Bed(case) as bed:
        bed.begin()
        before = len(bed.cable.seen[way])
        bed.pay()
        return len(bed.cable.seen[way]) - before


@pytest.mark.parametrize("way", WAYS)
def test_the_plug_is_pulled_behind_any_byte(dialect: Case, way: Way) -> None:
    for place in range(bytes_of_a_payment(dialect, way)):
        with of("unplugged behind byte", place), Bed(dialect) as bed:
            bed.begin()
            kept(bed, bed.pay(unplugged(way, place)))
