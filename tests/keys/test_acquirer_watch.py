"""The acquirer's key is looked at again: a clock that was set and a new file need no restart."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest

from agent.keys.acquirer import AcquirerWatch
from agent.keys.demo import create_acquirer
from agent.settings.types import AcquirerSettings
from drivers.card.seal import PLAINTEXT_BYTES, SealingKey

FIRST_DAY = date(2026, 5, 12)
ORIGIN = "shop.example/till-1"
CARD = memoryview(bytes(PLAINTEXT_BYTES))


@pytest.fixture
def sealing() -> SealingKey:
    return SealingKey()


def watch(folder: Path, sealing: SealingKey, days: int = 30) -> AcquirerWatch:
    made = create_acquirer(folder, FIRST_DAY, days)
    return AcquirerWatch(AcquirerSettings(made.vkey, folder / "acquirer.keys"), ORIGIN, sealing)


@pytest.mark.case("other/10")
def test_a_start_with_the_clock_in_the_past_needs_no_restart(tmp_path: Path, sealing: SealingKey) -> None:
    acquirer = watch(tmp_path, sealing)
    acquirer.look(FIRST_DAY - timedelta(days=3))
    assert (sealing.key, sealing.seal(CARD, "A-1")) == (None, b"")
    assert "demo-1" in sealing.trouble
    acquirer.look(FIRST_DAY)
    assert (sealing.key_id, sealing.trouble) == ("demo-1", "")
    assert sealing.seal(CARD, "A-1")


def test_a_new_file_is_taken_up(tmp_path: Path, sealing: SealingKey) -> None:
    acquirer = watch(tmp_path, sealing)
    file = tmp_path / "acquirer.keys"
    content = file.read_bytes()
    file.unlink()
    acquirer.look(FIRST_DAY)
    assert str(file) in sealing.trouble
    file.write_bytes(content)
    acquirer.look(FIRST_DAY)
    assert sealing.key is not None


@pytest.mark.parametrize("content", [b"", b"half a file", None])
def test_a_file_that_is_being_replaced_stops_nothing(
    tmp_path: Path, sealing: SealingKey, content: bytes | None
) -> None:
    acquirer = watch(tmp_path, sealing)
    acquirer.look(FIRST_DAY)
    file = tmp_path / "acquirer.keys"
    file.unlink()
    if content is not None:
        file.write_bytes(content)
    acquirer.look(FIRST_DAY)
    assert sealing.key is not None
    assert sealing.seal(CARD, "A-1")


def test_a_key_that_ended_stays_named_until_there_is_another(tmp_path: Path, sealing: SealingKey) -> None:
    acquirer = watch(tmp_path, sealing, days=30)
    acquirer.look(FIRST_DAY)
    ended = sealing.key
    acquirer.look(FIRST_DAY + timedelta(days=99))
    assert sealing.key is ended is not None
    assert ended.not_after < FIRST_DAY + timedelta(days=99)
