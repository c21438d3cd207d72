"""The OpenAPI document is valid, whole, and the very tables that the API works by."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, get_args

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from agent.api.refusals import REFUSALS
from agent.api.v1 import openapi
from agent.api.v1.bodies import REQUEST_FIELDS
from agent.api.v1.routes import EVENT_STREAM, OPERATIONS
from agent.journal.schema.kinds import KINDS
from agent.payments.refusal import RefusalCode
from agent.texts import TEXTS
from tests.support import api_codes

if TYPE_CHECKING:
    from tests.conftest import ServedApi

DOCUMENT = json.loads(openapi.document())
SCHEMAS = DOCUMENT["components"]["schemas"]


def test_the_document_is_valid() -> None:
    OpenAPIV31SpecValidator(DOCUMENT).validate()


def test_every_route_is_in_it_and_nothing_else() -> None:
    told = {(method.upper(), path) for path, item in DOCUMENT["paths"].items() for method in item}
    assert told == {(row.method, row.path) for row in OPERATIONS}


def test_every_path_names_its_version() -> None:
    assert all(path.startswith("/v1/") for path in DOCUMENT["paths"])


def test_every_route_is_served(api: ServedApi) -> None:
    api.pay("A-1", 1800)
    for row in OPERATIONS:
        if row.media == EVENT_STREAM:
            continue
        target = row.path.replace("{payment_id}", "A-1")
        assert api.ask(row.method, target, b"{}" if row.body else None).status not in {404, 405, 500}


def test_the_api_hands_it_out(api: ServedApi) -> None:
    assert api.ask("GET", "/v1/openapi.json").content == openapi.document()


@pytest.mark.parametrize("name", SCHEMAS)
def test_every_body_and_every_field_is_described(name: str) -> None:
    described = {"": SCHEMAS[name], **SCHEMAS[name].get("properties", {})}
    for field, schema in described.items():
        said = schema.get("description", "")
        assert said, field
        assert said.split(" ")[0] not in {f"api.{name}", f"field.{field}"}, field
        assert said not in {f"api.{name}", f"field.{field}"}, field


def test_every_operation_and_parameter_is_described() -> None:
    for row in OPERATIONS:
        told = DOCUMENT["paths"][row.path][row.method.lower()]
        assert " " in told["summary"], row.name
        assert all(" " in parameter["description"] for parameter in told["parameters"]), row.name


def test_every_field_that_may_be_wrong_has_its_words() -> None:
    assert {f"field.{name}" for name in REQUEST_FIELDS | {"payment_id"}} <= set(TEXTS)


def test_every_code_is_told_with_its_meaning_where_it_may_come() -> None:
    told = set()
    for row in OPERATIONS:
        responses = DOCUMENT["paths"][row.path][row.method.lower()]["responses"]
        for code in row.codes:
            response = responses[str(REFUSALS[code].status)]
            assert f"`{code}`: " in response["description"]
            assert (
                code
                in response["content"]["application/json"]["schema"]["allOf"][1]["properties"]["error"][
                    "enum"
                ]
            )
            told.add(code)
    # What is answered where no operation is.
    assert set(REFUSALS) - told == {"no_such_path", "wrong_method"}


@pytest.mark.parametrize("code", REFUSALS)
def test_every_code_has_its_sentences(code: str) -> None:
    money = f"errors.money.{REFUSALS[code].money}"
    assert {f"errors.{code}", f"errors.{code}.next", money, f"{money}.of"} <= set(TEXTS)


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_of_payment_has_a_schema_of_its_own(kind: str) -> None:
    choice: dict[str, Any] = SCHEMAS["PaymentRequest"]
    ref = choice["discriminator"]["mapping"][kind]
    assert {"$ref": ref} in choice["oneOf"]
    schema = SCHEMAS[ref.rpartition("/")[2]]
    assert schema["properties"]["payment"]["const"] == kind
    assert ("amount" in schema["required"]) == KINDS[kind].has_amount
    assert ("original" in schema["required"]) == KINDS[kind].needs_original
    assert schema["additionalProperties"] is False


def test_every_code_that_the_service_may_give_has_its_row() -> None:
    assert set(get_args(RefusalCode)) - set(REFUSALS) == set()


def test_the_readme_lists_every_code() -> None:
    assert api_codes.PAGE.read_text("utf-8") == api_codes.page(), "python -m tests.support.api_codes --write"
