"""Three forms of payload, one tree of names and texts (reference 1 and 5).

The card numbers in a payload are hidden where it lies before any runtime sees it.
The runtime of protobuf reads and writes the two binary forms, `json` the third.
"""

from __future__ import annotations

import json
import re
from enum import StrEnum
from typing import Any, Final

from google.protobuf.message import DecodeError

from drivers.ecrhub.hiding import hide_in_json, hide_in_protobuf
from drivers.ecrhub.malformed import EcrHubMalformed
from drivers.ecrhub.schema import SDK_1_0, SDK_1_1, message_types
from drivers.ecrhub.texts import plain
from drivers.terminal import ProtocolError

# Names and texts; "success" of SDK 1.0 is the only value that is neither text nor tree.
Tree = dict[str, Any]


class Variant(StrEnum):
    """The forms of a payload, by their names in the settings."""

    SDK_1_1 = "sdk_1.1"
    SDK_1_0 = "sdk_1.0"
    JSON = "json"


# What tells the forms apart: a JSON text begins so, and no protobuf message of ours does.
_BRACE: Final = 0x7B
# Some terminals write these as JSON inside of a text.
_BRANCHES: Final = ("biz_data", "device_data")
# Response codes are short; the time in SDK 1.0's field of the same number has 13 digits.
LONGEST_CODE: Final = 8
_IN_FORM: Final = {
    Variant.SDK_1_0: EcrHubMalformed.IN_SDK_1_0,
    Variant.SDK_1_1: EcrHubMalformed.IN_SDK_1_1,
    Variant.JSON: EcrHubMalformed.IN_JSON,
}
_TYPES: Final = {
    Variant.SDK_1_0: message_types("sdk_1_0", SDK_1_0),
    Variant.SDK_1_1: message_types("sdk_1_1", SDK_1_1),
}
# A string, or a number outside of strings of which digits were hidden.
_STARRED: Final = re.compile(rb'"(?:[^"\\]|\\.)*"|([0-9]*\*[0-9*]*)')


def write(message: str, tree: Tree, variant: Variant) -> bytes:
    """The payload of a `Request` or `Response`; empty texts and trees are left out."""
    if variant is Variant.JSON:
        return json.dumps(_without_empty(tree), separators=(",", ":"), ensure_ascii=False).encode("utf-8")
    made = _TYPES[variant][message](**_raw(_without_empty(tree)))
    data = made.SerializeToString()
    assert isinstance(data, bytes)  # noqa: S101 - tells the type checker what the runtime gives
    return data


def read_response(data: memoryview, variant: Variant) -> Tree:
    """The tree of a response. Raises `ProtocolError`, also for one in another form than `variant`."""
    if data and data[0] == _BRACE:
        hide_in_json(data)
    else:
        hide_in_protobuf(data)
    form = form_of(data)
    if form is not variant:
        raise ProtocolError(_IN_FORM[form])
    return read("Response", data, variant)


def read(message: str, data: memoryview, variant: Variant) -> Tree:
    """The tree of a payload whose card numbers are hidden already. Raises `ProtocolError`."""
    if variant is Variant.JSON:
        return _read_json(data)
    found = _parsed(message, data, variant)
    if found is None:
        raise ProtocolError(EcrHubMalformed.UNREADABLE)
    return _tree(found)


def form_of(data: memoryview) -> Variant:
    """In which form a response is. Raises `ProtocolError` when it is in none.

    SDK 1.0 has its bool where 1.1 has a text, its time where 1.1 has the code, and a text
    where 1.1 has the order. An answer that is no success may lack the bool.
    """
    if data and data[0] == _BRACE:
        return Variant.JSON
    old, new = (_parsed("Response", data, variant) for variant in (Variant.SDK_1_0, Variant.SDK_1_1))
    if old is not None and old.HasField("success"):
        return Variant.SDK_1_0
    if new is not None and (0 < len(new.response_code) <= LONGEST_CODE or new.response_msg):
        return Variant.SDK_1_1
    if old is not None and old.timestamp:
        return Variant.SDK_1_0
    raise ProtocolError(EcrHubMalformed.UNREADABLE)


def _parsed(message: str, data: memoryview, variant: Variant) -> Any:
    """The runtime's message; None for what it cannot read."""
    try:
        return _TYPES[variant][message].FromString(data)
    except DecodeError:
        return None


def _tree(message: Any) -> Tree:
    return {field.name: _value(value) for field, value in message.ListFields()}


def _value(value: Any) -> Any:
    if isinstance(value, bytes):
        return plain(value.decode("utf-8", "replace"))
    return value if isinstance(value, bool) else _tree(value)


def _raw(tree: Tree) -> dict[str, Any]:
    """The tree as the runtime takes it."""
    branches = {name: _raw(value) for name, value in tree.items() if isinstance(value, dict)}
    texts = {name: value.encode() for name, value in tree.items() if isinstance(value, str)}
    return tree | branches | texts


def _without_empty(tree: Tree) -> Tree:
    filled = {
        name: _without_empty(value) if isinstance(value, dict) else value for name, value in tree.items()
    }
    return {name: value for name, value in filled.items() if value not in ("", {})}


def _read_json(data: memoryview) -> Tree:
    found = _json_object(data)
    written_as_text = {
        name: _json_object(memoryview(bytearray(value, "utf-8")))
        for name, value in found.items()
        if name in _BRANCHES and isinstance(value, str) and value.lstrip().startswith("{")
    }
    return _texts(found | written_as_text)


def _json_object(data: memoryview) -> Tree:
    for match in _STARRED.finditer(data):
        if match[1]:  # no number has stars: what was hidden of it becomes ones
            data[match.start(1) : match.end(1)] = bytes(match[1]).replace(b"*", b"1")
    try:
        text = bytes(data).decode("utf-8", "replace")
        found = json.loads(text, parse_int=str, parse_float=str, parse_constant=str)
    except (ValueError, RecursionError):
        raise ProtocolError(EcrHubMalformed.UNREADABLE) from None
    if not isinstance(found, dict):
        raise ProtocolError(EcrHubMalformed.UNREADABLE)
    return found


def _texts(tree: Tree) -> Tree:
    """Texts and trees two levels deep, as the messages have them; what is neither is left out."""
    texts = {name: plain(value) for name, value in tree.items() if isinstance(value, str)}
    return texts | {name: _texts(value) for name, value in tree.items() if isinstance(value, dict)}
