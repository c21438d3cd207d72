"""The OpenAPI document is valid and is the very table that the API routes by."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, get_args, get_type_hints

import msgspec
from openapi_spec_validator import OpenAPIV31SpecValidator

from agent.api import errors
from agent.api.v1 import openapi
from agent.api.v1.bodies import Credential, PaymentRequest, PromptAnswer, Resolution
from agent.api.v1.routes import OPERATIONS

if TYPE_CHECKING:
    from tests.conftest import ServedApi


def test_the_document_is_valid() -> None:
    OpenAPIV31SpecValidator(json.loads(openapi.document())).validate()


def test_every_route_is_in_it_and_nothing_else() -> None:
    paths = json.loads(openapi.document())["paths"]
    told = {(method.upper(), path) for path, item in paths.items() for method in item}
    assert told == {(row.method, row.path) for row in OPERATIONS}


def test_every_route_is_served(api: ServedApi) -> None:
    api.pay("A-1", 1800)
    for row in OPERATIONS:
        if row.path.endswith("/events"):
            continue
        target = row.path.replace("{payment_id}", "A-1")
        assert api.ask(row.method, target, b"{}" if row.body else None).status not in {404, 405, 500}


def test_the_api_hands_it_out(api: ServedApi) -> None:
    assert api.ask("GET", "/v1/openapi.json").content == openapi.document()


def test_every_field_that_may_be_wrong_has_its_words() -> None:
    kinds: tuple[type[msgspec.Struct], ...] = (
        PaymentRequest, PromptAnswer, Credential, Resolution,
    )  # fmt: skip
    names = {name for kind in kinds for name in kind.__struct_fields__}
    assert names | {"payment_id"} == set(errors.FIELDS)


def test_words_for_a_choice_name_every_choice() -> None:
    for kind in (PaymentRequest, PromptAnswer, Resolution):
        for name, hint in get_type_hints(kind).items():
            for choice in get_args(hint):
                if isinstance(choice, str):
                    assert f'"{choice}"' in errors.FIELDS[name]


def test_every_status_of_a_refusal_is_described() -> None:
    assert {status for row in OPERATIONS for status in row.refusals} <= set(openapi.REFUSED)
