"""Reads a request's body: declared as JSON, of one exact type, each key once. The server limits its size."""

from __future__ import annotations

import codecs
import json
import re
from email.message import Message
from typing import TypeVar

import msgspec
from starlette.requests import Request

from agent.api.errors import ApiRefusal
from agent.api.v1.bodies import CREDENTIAL_FIELDS, REQUEST_FIELDS, Credential
from agent.base.typed import holds_card_number

_PLACE = re.compile(r"at `\$((?:\.[a-z_]+)+)`\Z")
_MISSING = re.compile(r"\AObject missing required field `([a-z_]+)`")
_UNKNOWN = "Object contains unknown field"

T = TypeVar("T", bound=msgspec.Struct)


async def read(request: Request, kind: type[T]) -> T:
    """The body as a `kind`. Raises `ApiRefusal`, which never quotes the request."""
    declared = request.headers.getlist("content-type")
    if len(declared) != 1 or not _is_json(declared[0]):
        raise ApiRefusal("not_declared_json")
    return decode((await request.body()).removeprefix(codecs.BOM_UTF8), kind)


async def read_nothing(request: Request) -> None:
    """For a request without a body; `{}` is accepted because HTTP libraries like to send it."""
    if await request.body() not in {b"", b"{}"}:
        raise ApiRefusal("body_not_expected")


def decode(body: bytes, kind: type[T]) -> T:
    """`body` as a `kind`. Raises `ApiRefusal`."""
    try:
        value = msgspec.json.decode(body, type=kind)
    except msgspec.ValidationError as error:
        refusal = _in_words(str(error), kind)
    except UnicodeDecodeError:
        refusal = ApiRefusal("not_utf8")
    except (msgspec.DecodeError, RecursionError):
        refusal = ApiRefusal("not_json")
    else:
        # The slower reader is safe only now: the type has bounded depth and numbers.
        json.loads(body.decode(), object_pairs_hook=_each_once)
        refuse_card_numbers(value)
        return value
    # Raised here, not above: the error handled there holds the body.
    raise refusal


def refuse_card_numbers(value: msgspec.Struct) -> None:
    """Raise `ApiRefusal` if a field shows a card number: what a till names is kept for ever."""
    for name in value.__struct_fields__:
        part = getattr(value, name)
        if isinstance(part, msgspec.Struct):
            refuse_card_numbers(part)
        elif isinstance(part, str) and name != "secret" and holds_card_number(part):
            raise ApiRefusal("card_number", field=name)


def _is_json(declared: str) -> bool:
    """Whether a media type is JSON in UTF-8; names have no case, and other parameters mean nothing here."""
    message = Message()
    message["content-type"] = declared
    charset = message.get_param("charset", "utf-8")
    if message.get_content_type() != "application/json" or not isinstance(charset, str):
        return False
    return charset.casefold() in {"utf-8", "utf8"}


def _each_once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ApiRefusal("repeated_key")
    return found


def _in_words(said: str, kind: type[msgspec.Struct]) -> ApiRefusal:
    """The message of msgspec in our words; names that are not in our own table are left out."""
    place = _PLACE.search(said)
    name = place[1].rpartition(".")[2] if place else ""
    if said.startswith(_UNKNOWN):
        inner = Credential if name in CREDENTIAL_FIELDS else kind
        return ApiRefusal("unknown_field", known=", ".join(inner.__struct_fields__))
    missing = _MISSING.match(said)
    if missing and missing[1] in REQUEST_FIELDS:
        return ApiRefusal("missing_field", field=missing[1])
    return ApiRefusal("wrong_field", field=name) if name in REQUEST_FIELDS else ApiRefusal("wrong_body")
