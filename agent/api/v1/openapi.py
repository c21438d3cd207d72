"""The OpenAPI 3.1 document: made from the tables of routes and refusals, the bodies, and the catalogue."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import deepcopy
from http import HTTPStatus
from typing import Any

import msgspec

from agent.api.refusals import REFUSALS
from agent.api.v1.bodies import AlarmId, ErrorBody, PaymentRequest
from agent.api.v1.routes import EVENT_STREAM, JSON, OPERATIONS, ApiOperation
from agent.base.money import CURRENCIES
from agent.journal.schema.kinds import KINDS
from agent.payments.commands import fields_of
from agent.texts import TEXTS, say

# The version of this interface, not of the agent: it grows with each change that a till can notice.
API_VERSION = "1.0.0"

Json = dict[str, Any]

_SCHEMAS = "#/components/schemas/"


def document() -> bytes:
    """The whole document as JSON."""
    types = [t for row in OPERATIONS for t in (row.body, row.answer) if t is not None] + [ErrorBody]
    schemas, components = msgspec.json.schema_components(types, ref_template=_SCHEMAS + "{name}")
    refs = dict(zip(map(repr, types), schemas, strict=True))
    for name, schema in components.items():
        _describe(name, schema)
    components |= _requests_by_kind(components[PaymentRequest.__name__])
    paths: Json = {}
    for row in OPERATIONS:
        paths.setdefault(row.path, {})[row.method.lower()] = _operation(row, refs)
    return msgspec.json.encode(
        {
            "openapi": "3.1.0",
            "info": {
                "title": say("api.title"),
                "description": say("api.about"),
                "version": API_VERSION,
                "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
            },
            "security": [{}, {"token": []}],
            "paths": paths,
            "components": {
                "schemas": components,
                "securitySchemes": {
                    "token": {"type": "http", "scheme": "bearer", "description": say("api.token")}
                },
            },
        }
    )


def _operation(row: ApiOperation, refs: Mapping[str, Json]) -> Json:
    described: Json = {
        "operationId": row.name,
        "summary": say(f"api.do.{row.name}"),
        "parameters": _parameters(row),
        "responses": _responses(row, refs),
    }
    if row.body is not None:
        described["requestBody"] = {"required": True, "content": {JSON: {"schema": refs[repr(row.body)]}}}
    return described


def _responses(row: ApiOperation, refs: Mapping[str, Json]) -> Json:
    answer = refs[repr(row.answer)]
    good = {"content": {row.media: {"schema": _event(answer) if row.media == EVENT_STREAM else answer}}}
    responses: Json = {"200": {"description": say(f"api.do.{row.name}")} | good}
    if row.created:
        responses["201"] = {"description": say("api.created")} | good
    statuses = sorted({REFUSALS[code].status for code in row.codes})
    for status in statuses:
        codes = [code for code in row.codes if REFUSALS[code].status == status]
        responses[str(status)] = _refusal(status, codes, refs[repr(ErrorBody)])
    return responses


def meaning(code: str) -> str:
    """The meaning of a code, for the reader of the document."""
    key = f"errors.{code}.meaning"
    return say(key if key in TEXTS else f"errors.{code}")


def _event(body: Json) -> Json:
    """One server-sent event of a stream; its data is the JSON of a body."""
    data = {"type": "string", "contentMediaType": JSON, "contentSchema": body}
    return {
        "type": "object",
        "description": say("api.event"),
        "properties": {"id": {"type": "string"}, "event": {"type": "string"}, "data": data},
        "required": ["id", "event", "data"],
    }


def _refusal(status: int, codes: Sequence[str], body: Json) -> Json:
    """One status, with the meaning of each code that comes with it."""
    meanings = [f"`{code}`: {meaning(code)}" for code in codes]
    schema = {"allOf": [body, {"properties": {"error": {"enum": list(codes)}}}]}
    return {
        "description": "\n\n".join([HTTPStatus(status).phrase, *meanings]),
        "content": {JSON: {"schema": schema}},
    }


def _parameters(row: ApiOperation) -> list[Json]:
    parameters: list[Json] = []
    if "{payment_id}" in row.path:
        parameters.append(_parameter("payment_id", "path", _property("original"), say("field.payment_id")))
    if "{alarm_id}" in row.path:
        parameters.append(_parameter("alarm_id", "path", msgspec.json.schema(AlarmId), say("field.alarm_id")))
    if row.query:
        limits = {"type": "integer", "minimum": row.query.lowest, "maximum": row.query.highest}
        about = say(f"api.query.{row.query.name}")
        parameters.append(_parameter(row.query.name, "query", limits, about))
    if row.media == EVENT_STREAM:
        ids = {"type": "string", "pattern": f"^{row.event_id}$"}
        parameters.append(_parameter("Last-Event-ID", "header", ids, say("api.last_event_id")))
    return parameters


def _parameter(name: str, place: str, schema: Json, about: str) -> Json:
    required = {"required": True} if place == "path" else {}
    return {"name": name, "in": place, "description": about, "schema": schema} | required


def _property(name: str) -> Json:
    """The schema of one field of a payment's request, without its null."""
    schema = msgspec.json.schema(PaymentRequest)
    found: Json = schema["$defs"][PaymentRequest.__name__]["properties"][name]
    return _not_null(found)


def _not_null(schema: Json) -> Json:
    branches = [branch for branch in schema.get("anyOf", []) if branch != {"type": "null"}]
    return dict(branches[0]) if branches else {key: schema[key] for key in schema if key != "default"}


def _requests_by_kind(base: Json) -> Json:
    """One schema for each kind of payment, and the choice between them under the name of the request."""
    schemas: Json = {}
    for kind in KINDS:
        schema, needed = deepcopy(base), fields_of(KINDS[kind])
        schema |= {"title": _title(kind), "description": say(f"api.kind.{kind}")}
        schema["required"] = ["payment", *needed]
        for name in ("amount", "currency", "original"):
            field = schema["properties"][name]
            about = {"description": field["description"]}
            schema["properties"][name] = (_not_null(field) if name in needed else {"type": "null"}) | about
        if "currency" in needed:
            schema["properties"]["currency"]["enum"] = sorted(CURRENCIES)
        schema["properties"]["payment"] = {"const": kind, "description": say("field.payment")}
        schemas[_title(kind)] = schema
    mapping = {kind: _SCHEMAS + _title(kind) for kind in KINDS}
    schemas[PaymentRequest.__name__] = {
        "title": PaymentRequest.__name__,
        "description": say("api.PaymentRequest"),
        "oneOf": [{"$ref": ref} for ref in mapping.values()],
        "discriminator": {"propertyName": "payment", "mapping": mapping},
    }
    return schemas


def _title(kind: str) -> str:
    return "".join(part.capitalize() for part in kind.split("_")) + "Request"


def _describe(name: str, schema: Json) -> None:
    """Describe every field: with the text for this body, or with the text that refusals use."""
    schema["description"] = say(f"api.{name}")
    for field, described in schema.get("properties", {}).items():
        key = f"api.{name}.{field}"
        described["description"] = say(key if key in TEXTS else f"field.{field}")
