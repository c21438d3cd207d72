"""A new protocol is whole, or this says what it lacks."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest

from drivers.card.card import SecretBuffer
from drivers.driver import PROTOCOLS, driver
from drivers.terminal import Session
from tests.conformance.table import ZVT, cases, options_for
from tests.support.still import card_sealer

HOUSE = Path(__file__).parents[2]
MODULES = ("frame", "line", "packet", "session", "resolve", "quirks", "texts", "probe", "config", "driver")
# The shortest answer of any protocol is longer.
LEAST_BUFFER_BYTES = 128


@pytest.mark.parametrize("name", PROTOCOLS)
def test_every_protocol_has_all_its_parts(name: str) -> None:
    assert list(missing(name)) == []


def missing(name: str, house: Path = HOUSE) -> Iterator[str]:
    """What the folder of a protocol, its simulator and its tests lack."""
    for module in MODULES:
        if not (house / "drivers" / name / f"{module}.py").is_file():
            yield f"drivers/{name}/{module}.py"
    if not (house / "drivers" / "simulator" / name / "terminal.py").is_file():
        yield f"drivers/simulator/{name}/terminal.py"
    if not list((house / "tests" / "drivers" / name).glob("test_*.py")):
        yield f"tests/drivers/{name}/test_*.py"
    if not list((house / "tests" / "fuzz").glob(f"fuzz_{name}*.py")):
        yield f"tests/fuzz/fuzz_{name}*.py"
    if f"| `{name}` |" not in (house / "drivers" / "README.md").read_text("utf-8"):
        yield f"a line about {name} in drivers/README.md"
    yield from open_places(name, house)


def open_places(name: str, house: Path) -> Iterator[str]:
    """The places that `make driver` marked, and nobody has filled."""
    folders = [house / folder / name for folder in ("drivers", "drivers/simulator", "tests/drivers")]
    files = [file for folder in folders for file in sorted(folder.rglob("*.py"))]
    for file in [*files, *(house / "tests" / "fuzz").glob(f"fuzz_{name}*.py"), house / "drivers/README.md"]:
        for number, line in enumerate(file.read_text("utf-8").splitlines(), start=1):
            if "OPEN: " in line and (file.suffix == ".py" or line.startswith(f"| `{name}` |")):
                yield f"{file.relative_to(house)}:{number} {line.strip()}"


def test_a_protocol_that_lacks_a_part_is_seen() -> None:
    assert len(list(missing("no_such_protocol"))) == len(MODULES) + 4


@pytest.mark.parametrize("name", PROTOCOLS)
def test_every_row_is_complete(name: str) -> None:
    row = driver(name)
    assert row.name == name
    assert row.title
    assert row.wires
    assert len(set(row.wires)) == len(row.wires)
    assert len(set(row.variants)) == len(row.variants)
    assert all(row.variants)
    assert row.buffer_bytes >= LEAST_BUFFER_BYTES
    assert all(words.strip() for words in row.quirks.values())
    assert row.tcp_port is None or "tcp" in row.wires


@pytest.mark.parametrize("name", PROTOCOLS)
def test_every_simulator_can_be_made(name: str) -> None:
    module = import_module(f"drivers.simulator.{name}.terminal")
    assert callable(module.SimulatedTerminal if name == ZVT else module.make)


@pytest.mark.parametrize("name", PROTOCOLS)
def test_no_variant_is_the_usual_one(name: str) -> None:
    """A shop that sets none has the first."""
    row = driver(name)
    options = options_for(name)
    session: Session = row.session(SecretBuffer(row.buffer_bytes), card_sealer(), options)
    assert not session.busy
    assert {case.variant for case in cases() if case.protocol == name} == set(row.variants or ("",))
