"""Hiding a card number or a track in one field never changes the value of another field."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any, cast

import pytest

from drivers.card.card import CardOrdinals, CardSealer
from drivers.ecrhub.codec import Variant
from drivers.ecrhub.packet import EcrHubAnswer, decode_answer, encode_answer
from drivers.transbank import packet as transbank
from tests.drivers.ecrhub.stage import FORMS, view
from tests.drivers.ecrhub.test_packet import PAID
from tests.support import cards
from tests.support.still import StillSealer

NUMBERS = [
    *cards.PUBLISHED,
    *(cards.make(seed, length) for length in range(13, 20) for seed in range(3)),
    *(cards.make(seed, length)[::-1] for length in (15, 16) for seed in range(2)),
]
BEFORE = ["", "x", "x" * 30, "x" * 34]
# Each of them without its end sentinel: what follows could be taken for the rest of the track.
TRACKS = [
    form.format(cards.make(7)) for form in ("B{}^ANN/BEE^2512201000", ";{}=2512201000", "{}D2512201000")
]
TEXTS = [before + number for number in NUMBERS for before in BEFORE] + TRACKS


def free(answer: EcrHubAnswer) -> EcrHubAnswer:
    """The answer without its free texts."""
    return replace(answer, message="", scenario="", method="", card=None)


@pytest.mark.parametrize("variant", FORMS)
@pytest.mark.parametrize("name", ["message", "scenario", "method"])
def test_in_ecrhub(variant: Variant, name: str) -> None:
    plain = decode_answer(view(encode_answer(PAID, variant)), variant)
    for text in TEXTS:
        payload = view(encode_answer(replace(PAID, **cast("dict[str, Any]", {name: text})), variant))
        seen = decode_answer(payload, variant)
        assert free(seen) == free(plain), text
        assert text[-16:].encode() not in bytes(payload)
        assert text not in repr(seen)


def test_in_ecrhubs_data_written_as_a_text_of_json() -> None:
    for text in TEXTS:
        biz = json.dumps({"pay_scenario": text, "merchant_order_no": "ours", "trans_status": "2"})
        payload = json.dumps({"response_code": "0", "biz_data": biz}).encode()
        seen = decode_answer(view(payload), Variant.JSON)
        assert (seen.order, seen.status) == ("ours", "2"), text
        assert text not in repr(seen)


@pytest.mark.parametrize("at", [3, 5, 6, 8, 14, 15])
def test_in_transbank(at: int) -> None:
    fields = [
        "0210",
        "00",
        "597012345678",
        "A",
        "B",
        "000017",
        "C",
        "1500",
        "D",
        "",
        "000042",
        "",
        "",
        "",
        "E",
        "F",
        "G",
    ]
    sealer = CardSealer(StillSealer(), CardOrdinals())
    for text in TEXTS:
        told = [*fields[:at], text, *fields[at + 1 :]]
        seen = transbank.decode(view("|".join(told).encode()), sealer, "A-1")
        assert [*seen.fields[:at], *seen.fields[at + 1 :]] == [*fields[:at], *fields[at + 1 :]], text
        assert text not in seen.fields
