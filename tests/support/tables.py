"""Walks the state table of a session: every state names what every event does, and nothing more ends it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from enum import Enum
from typing import Any

from drivers.terminal import ConnectionLost, DialogueEnded, TransactionResult

Table = Mapping[Any, Mapping[Any, Callable[..., None]]]
ENDS = (ConnectionLost, DialogueEnded, TransactionResult)


def unnamed(table: Table, states: Iterable[Any], events: Iterable[Any]) -> set[tuple[Any, Any]]:
    """Pairs of state and event that the table does not have, or has and should not."""
    events = tuple(events)
    wanted = {(state, event) for state in states for event in events}
    return wanted ^ {(state, event) for state, row in table.items() for event in row}


def deciding_nothing(table: Table, nothing: Collection[Callable[..., None]]) -> list[tuple[Any, Any]]:
    """Pairs of state and event whose action is one that decides nothing."""
    return [
        (state, event) for state, row in table.items() for event, action in row.items() if action in nothing
    ]


def ended(session: Any, state: Enum, act: Callable[[], None]) -> bool:
    """Whether an action ends the dialogue that stands in this state, or tells a result."""
    session.state, session._left = state, True
    act()
    told = [event for event in session.events() if isinstance(event, ENDS)]
    return bool(told) or session.state is not state
