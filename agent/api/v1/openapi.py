"""The OpenAPI 3.1 document, made from the table of routes and the types of the bodies."""

from __future__ import annotations

from typing import Any

import msgspec

from agent.api import errors
from agent.api.errors import ErrorBody
from agent.api.v1.routes import EVENT_STREAM, JSON, OPERATIONS, ApiOperation

# The version of this interface, not of the agent: it grows when a till would notice.
API_VERSION = "1.0.0"

# What any request may be answered, whatever it asks.
ALWAYS = (401, 403, 500)

REFUSED = {
    400: "Not JSON, not UTF-8, or a field named twice.",
    401: "Over TCP: the bearer token is missing or wrong.",
    403: "Who asks may not; or the person's credential is wrong.",
    404: "No such payment.",
    409: "The payment id has other content, or the terminal is taken, or it is too late for this.",
    413: "The body is too long.",
    415: "The body is not declared as JSON.",
    422: "The request is well-formed and wrong.",
    423: "Too many wrong credentials.",
    500: "An error of the agent's own: ask for the payment again.",
    503: "No payments are taken now, or too many requests wait.",
}

Json = dict[str, Any]


def document() -> bytes:
    """The whole document as JSON."""
    types = [t for row in OPERATIONS for t in (row.body, row.answer) if t is not None] + [ErrorBody]
    schemas, components = msgspec.json.schema_components(types, ref_template="#/components/schemas/{name}")
    refs = dict(zip(map(repr, types), schemas, strict=True))
    paths: Json = {}
    for row in OPERATIONS:
        paths.setdefault(row.path, {})[row.method.lower()] = _operation(row, refs)
    _describe(components)
    return msgspec.json.encode(
        {
            "openapi": "3.1.0",
            "info": {
                "title": "Tillgate: the till's API",
                "version": API_VERSION,
                "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
            },
            "security": [{}, {"token": []}],
            "paths": paths,
            "components": {
                "schemas": components,
                "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
            },
        }
    )


def _operation(row: ApiOperation, refs: Json) -> Json:
    described: Json = {
        "operationId": row.handler.__name__,
        "summary": row.summary,
        "parameters": _parameters(row),
        "responses": _responses(row, refs),
    }
    if row.body is not None:
        described["requestBody"] = {"required": True, "content": {JSON: {"schema": refs[repr(row.body)]}}}
    return described


def _responses(row: ApiOperation, refs: Json) -> Json:
    good = {"description": row.summary, "content": {row.media: {"schema": refs[repr(row.answer)]}}}
    responses: Json = {"200": good}
    if row.created:
        responses["201"] = {**good, "description": "Begun by this request."}
    for status in sorted({*ALWAYS, *row.refusals}):
        content = {JSON: {"schema": refs[repr(ErrorBody)]}}
        responses[str(status)] = {"description": REFUSED[status], "content": content}
    return responses


def _parameters(row: ApiOperation) -> list[Json]:
    parameters: list[Json] = []
    if "{payment_id}" in row.path:
        schema = {"type": "string", "maxLength": 40, "description": errors.FIELDS["payment_id"]}
        parameters.append({"name": "payment_id", "in": "path", "required": True, "schema": schema})
    if row.query:
        limits = {"type": "integer", "minimum": row.query.lowest, "maximum": row.query.highest}
        parameters.append(
            {"name": row.query.name, "in": "query", "description": row.query.meaning, "schema": limits}
        )
    if row.media == EVENT_STREAM:
        schema = {"type": "integer", "minimum": 0}
        parameters.append({"name": "Last-Event-ID", "in": "header", "schema": schema})
    return parameters


def _describe(components: Json) -> None:
    """Give the fields of requests the words that a refusal would use."""
    for schema in components.values():
        if schema.get("additionalProperties") is False:
            for name, field in schema.get("properties", {}).items():
                if name in errors.FIELDS and "$ref" not in field:
                    field["description"] = errors.FIELDS[name]
