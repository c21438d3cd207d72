"""What a till may name: any id of its own, names in any script, and never a card number."""

from __future__ import annotations

import json
from pathlib import Path
from urllib.parse import quote

import pytest

from agent.settings.load import parse
from agent.settings.reader import SettingsError
from tests.conftest import ServedApi
from tests.payments.world import SETTINGS

CARD = "4111-1111-1111-1111"
SALE = b'{"payment": "sale", "amount": 1250, "currency": "EUR"}'
IDS = [
    "0001",
    "550e8400e29b41d4a716446655440000",
    "2026/11/27#17",
    "Café 王",
    "a+b%20c?d&e",
    "x" * 64,
    "...",
    "A 17",
]


@pytest.mark.parametrize("payment_id", IDS)
def test_any_id_of_printable_characters_is_a_payments(api: ServedApi, payment_id: str) -> None:
    path = f"/v1/payments/{quote(payment_id, safe='')}"
    assert api.ask("PUT", path, SALE).status == 201
    assert api.ask("GET", path).json["payment_id"] == payment_id
    assert api.ask("GET", path + "/receipts").status == 200


@pytest.mark.parametrize("payment_id", ["x" * 65, "", "a\nb", "a\u202eb", "\u200b", ".", "..", " "])
def test_what_cannot_be_seen_or_leads_elsewhere_is_no_id(api: ServedApi, payment_id: str) -> None:
    reply = api.ask("PUT", f"/v1/payments/{quote(payment_id, safe='')}", SALE)
    assert (reply.status, reply.json["error"]) == (422, "wrong_payment_id")


@pytest.mark.parametrize("gap", ["", "-", ".", "_", " ", "/"])
@pytest.mark.parametrize("field", ["operator", "till", "terminal", "original", "first_sent_at"])
def test_a_card_number_is_refused_in_every_field(api: ServedApi, field: str, gap: str) -> None:
    body = json.loads(SALE) | {field: CARD.replace("-", gap)}
    reply = api.ask("PUT", "/v1/payments/A-1", json.dumps(body).encode())
    assert (reply.status, reply.json["error"], reply.json["figures"]["field"]) == (422, "card_number", field)
    assert CARD.replace("-", gap) not in reply.content.decode()


@pytest.mark.parametrize("name", ["王经理", "Ольга", "Zoë", "محمد", "Anna Maria", "O'Brien"])
def test_persons_and_tills_bear_names_in_any_script(api: ServedApi, name: str) -> None:
    body = json.loads(SALE) | {"operator": name, "till": name}
    assert api.ask("PUT", "/v1/payments/A-1", json.dumps(body).encode()).status == 201


SCRYPT = f"scrypt$14$8$1${'a' * 26}${'b' * 52}"


def shop(*names: str) -> str:
    """A shop's settings with these people besides Anna."""
    persons = [f'\n[people."{name}"]\nrole = "supervisor"\nscrypt = "{SCRYPT}"\n' for name in names]
    return "".join((SETTINGS.format(terminal="", zvt="", rules='hard = "2000.00"', scrypt=SCRYPT), *persons))


def test_the_settings_name_people_in_any_script_and_in_one_form() -> None:
    settings = parse(shop("王经理", "Zoe\u0308"), Path("tillgate.toml"))
    assert {"王经理", "Zo\u00eb"} <= set(settings.people)


@pytest.mark.parametrize("other", ["Anna", "\uff21\uff2e\uff2e\uff21", "an\u202ena", CARD])
def test_no_two_people_bear_one_name_and_nobody_that_of_a_card(other: str) -> None:
    with pytest.raises(SettingsError):
        parse(shop(other), Path("tillgate.toml"))


def test_a_name_that_lacks_its_quotes_is_named_as_such() -> None:
    with pytest.raises(SettingsError, match="quotes"):
        parse('[people.王经理]\nrole = "supervisor"\n', Path("tillgate.toml"))
