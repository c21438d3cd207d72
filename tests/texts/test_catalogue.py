from __future__ import annotations

import gettext

import pytest

from agent.texts import Catalogue, catalogue


class German(gettext.NullTranslations):
    def pgettext(self, context: str, message: str) -> str:
        return {"test.hello": "Guten Tag, {name}."}.get(context, message)


@pytest.fixture(autouse=True)
def texts(monkeypatch: pytest.MonkeyPatch) -> None:
    sentences = {
        "test.hello": "Hello, {name}.",
        "test.limit": "{amount:money} is above {limit:money}.",
        "test.left": ("{count} try is left.", "{count} tries are left."),
    }
    monkeypatch.setattr(catalogue, "TEXTS", sentences)


def test_a_key_and_its_figures_become_a_sentence() -> None:
    assert Catalogue().say("test.hello", name="Anna") == "Hello, Anna."


def test_a_translation_takes_the_place_of_the_english_sentence() -> None:
    assert Catalogue(German()).say("test.hello", name="Anna") == "Guten Tag, Anna."


@pytest.mark.parametrize(
    ("currency", "sentence"),
    [
        ("EUR", "12.50 EUR is above 10.00 EUR."),
        ("JPY", "1250 JPY is above 1000 JPY."),
        ("???", "1250 ??? is above 1000 ???."),
    ],
)
def test_money_is_told_in_the_digits_of_its_currency(currency: str, sentence: str) -> None:
    assert Catalogue().say("test.limit", amount=1250, limit=1000, currency=currency) == sentence


@pytest.mark.parametrize(("count", "sentence"), [(1, "1 try is left."), (3, "3 tries are left.")])
def test_a_count_chooses_between_singular_and_plural(count: int, sentence: str) -> None:
    assert Catalogue().say("test.left", count=count) == sentence


def test_an_unknown_key_is_shown_with_its_figures_and_raises_nothing() -> None:
    assert Catalogue().say("test.unknown", amount=3) == "test.unknown amount=3"


def test_a_missing_figure_is_shown_by_its_name() -> None:
    assert Catalogue().say("test.hello") == "Hello, {name}."


def test_a_figure_cannot_be_reached_into() -> None:
    assert Catalogue().say("test.hello", name="{name.__class__}") == "Hello, {name.__class__}."
