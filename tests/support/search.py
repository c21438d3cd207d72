"""Looks for card numbers in what was written, in every form in which a program may write them."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable, Mapping

# Six bytes are eight letters: by chance once in 2 ** 48 places.
SHORTEST_PART = 6


def forms(number: str) -> dict[str, list[bytes]]:
    """As text, grouped, as packed digits, in hex, and in base64 wherever it may begin there."""
    plain = number.encode("ascii")
    packed = bytes.fromhex(number[: len(number) // 2 * 2])
    shifted = bytes.fromhex(number[1:][: (len(number) - 1) // 2 * 2])
    grouped = [joint.join(number[at : at + 4] for at in range(0, len(number), 4)) for joint in " -"]
    return {
        "text": [plain, *(text.encode("ascii") for text in grouped)],
        "utf-16": [number.encode("utf-16-le")],
        # One byte among zeros is any small number of eight bytes: 6200..05 shifted is a 32 with its zeros.
        "packed": [part for part in (packed, shifted) if len(part.strip(b"\0")) > 1],
        "hex": [plain.hex().encode("ascii")],
        "base64": [b64encode(part) for one in (plain, packed) for part in _thirds(one)],
    }


def search(numbers: Iterable[str], written: Mapping[str, bytes]) -> list[str]:
    """Where something was found: the place and the form, never the number."""
    needles = [
        (form, needle) for number in numbers for form, found in forms(number).items() for needle in found
    ]
    return sorted(
        {
            f"{place}: {form}"
            for place, content in written.items()
            for form, needle in needles
            if needle in content
        }
    )


def _thirds(data: bytes) -> list[bytes]:
    """What base64 shows of the data wherever it begins. Short or mostly zeros it would be everywhere."""
    parts = [data[skip:] for skip in range(3)]
    whole = [part[: len(part) // 3 * 3] for part in parts]
    return [part for part in whole if len(part) >= SHORTEST_PART and len(set(part)) >= SHORTEST_PART // 2]
