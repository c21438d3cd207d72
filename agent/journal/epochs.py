"""Epochs of the evolving key, compared with time: today's key must not have signed yesterday.

An epoch number stands in every checkpoint, for everybody to read. Within one boot an epoch
spans at most its length and one tick of the agent, by the boot clock. A step needs that time
to pass. Each step is an entry, and only a stop with its start may step once more without one.
Whether a line was made with the key of its epoch is for headquarters (`evolving.py`).
"""

from __future__ import annotations

from typing import Final

import msgspec

from agent.journal.evolving import EVOLVE_S, EvolvingError
from agent.journal.line_check import Told

# The agent looks once a minute whether it is time.
TICK_S: Final = 60.0
LONGEST_MS: Final = int((EVOLVE_S + TICK_S) * 1000)
# An agent that has just started may step a little early: its first line waits for the disk.
SHORTEST_MS: Final = int((EVOLVE_S - 1) * 1000)
# A stop leaves its epoch, and the start after it may leave one more.
STEPS_AT_START: Final = 2
# Older journals have no entry of a step.
FIRST_FORMAT: Final = 2


class EpochState(msgspec.Struct, frozen=True):
    """Where a check stands: the epoch, when it began, and the format that was seen."""

    epoch: int
    boot: str
    began_ms: int
    format: int


def next_state(state: EpochState | None, epoch: int, size: int, commit: Told) -> EpochState:
    """The state behind a commit; `size` is the journal's before it.

    Raises `EvolvingError` if its epoch does not fit the time.
    """
    if state is None:
        return EpochState(epoch, commit.boot, commit.boot_ms, commit.format)
    if commit.format < state.format:
        raise EvolvingError("journal.format_back", before=state.format, format=commit.format)
    steps = epoch - state.epoch
    if steps < 0:
        raise EvolvingError("journal.evolving_back", before=state.epoch, epoch=epoch)
    if steps == 0:
        _check_span(state, commit)
        return state
    _check_steps(state, epoch, size, commit)
    return EpochState(epoch, commit.boot, commit.boot_ms, commit.format)


def _check_span(state: EpochState, commit: Told) -> None:
    if commit.ended is not None:
        raise EvolvingError("journal.epoch_without_step", epoch=state.epoch)
    if commit.boot != state.boot:
        raise EvolvingError("journal.epoch_over_boots", epoch=state.epoch)
    if commit.boot_ms - state.began_ms > LONGEST_MS:
        minutes = (commit.boot_ms - state.began_ms) // 60_000
        raise EvolvingError("journal.epoch_too_long", epoch=state.epoch, minutes=minutes)


def _check_steps(state: EpochState, epoch: int, size: int, commit: Told) -> None:
    if epoch - state.epoch > (STEPS_AT_START if commit.starts else 1):
        raise EvolvingError("journal.epochs_skipped", before=state.epoch, epoch=epoch)
    if not commit.starts and commit.boot == state.boot and commit.boot_ms - state.began_ms < SHORTEST_MS:
        seconds = (commit.boot_ms - state.began_ms) // 1000
        raise EvolvingError("journal.epoch_too_short", epoch=state.epoch, seconds=seconds)
    told = commit.ended is not None and (commit.ended.epoch, commit.ended.size) == (state.epoch, size)
    if commit.format >= FIRST_FORMAT and not told:
        raise EvolvingError("journal.epoch_end_missing", epoch=state.epoch, size=size)
