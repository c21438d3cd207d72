"""Worlds for tests: made with orders for the terminal, closed and looked over at the end."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tests.payments.world import World

Make = Callable[..., World]


@pytest.fixture
def make() -> Iterator[Make]:
    """A world with a script for its terminal, and other choices of `World`."""
    worlds: list[World] = []

    def made(*orders: str, **choices: object) -> World:
        worlds.append(World(*orders, **choices))  # type: ignore[arg-type]  # checked by World itself
        return worlds[-1]

    yield made
    for world in worlds:
        world.close()


@pytest.fixture
def world(make: Make) -> World:
    """A world in which everything goes well."""
    return make()
