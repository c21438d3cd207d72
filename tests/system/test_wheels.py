"""The two distributions as a shop's host gets them: built, installed into a fresh environment, and tried."""

from __future__ import annotations

import subprocess
import sys
import venv
import zipfile
from importlib.metadata import Distribution, distribution
from pathlib import Path

import pytest

from agent import VERSION
from agent.cli.ui.exits import Exit
from agent.journal.disk import FolderDisk
from drivers.driver import PROTOCOLS
from tests.journal.conftest import SIGNER, World, body
from tests.support.licences import locked
from tests.support.wheels import ROOT, build

SHIPPED = ROOT / "config" / "agent" / "tillgate.toml"


@pytest.fixture(scope="module")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    return build(tmp_path_factory.mktemp("dist"))


class Host:
    """A fresh environment with what the runtime's lock names, and of ours only what is installed into it.

    The locked packages are those of this environment, which pip checked by their hashes; so a
    dependency that is used and not declared is missing here, and no network is needed.
    """

    def __init__(self, folder: Path) -> None:
        venv.create(folder, with_pip=False, symlinks=True)
        self._python = folder / "bin" / "python"
        self._packages = next((folder / "lib").glob("python*")) / "site-packages"
        for name, version in locked().items():
            self._borrow(distribution(name), version)

    def _borrow(self, package: Distribution, version: str) -> None:
        assert package.version == version
        tops = {file.parts[0] for file in package.files or () if file.parts[0] not in {"..", "__pycache__"}}
        for top in tops:
            (self._packages / top).symlink_to(Path(str(package.locate_file(top))))

    def install(self, *wheels: Path) -> None:
        where = ("--python", str(self._python))
        how = ("--quiet", "--disable-pip-version-check", "--no-index", "--no-deps")
        command = [sys.executable, "-m", "pip", *where, "install", *how, *map(str, wheels)]
        subprocess.run(command, check=True)

    def tillgate(self, *words: str) -> subprocess.CompletedProcess[str]:
        command = [str(self._python.with_name("tillgate")), *words]
        return subprocess.run(command, capture_output=True, text=True, check=False, cwd="/")


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory, wheels: list[Path]) -> Host:
    host = Host(tmp_path_factory.mktemp("host"))
    host.install(wheels[0])
    return host


@pytest.fixture(scope="module")
def full_host(tmp_path_factory: pytest.TempPathFactory, wheels: list[Path]) -> Host:
    host = Host(tmp_path_factory.mktemp("full"))
    host.install(*wheels)
    return host


def names(wheel: Path) -> set[str]:
    with zipfile.ZipFile(wheel) as archive:
        return {name for name in archive.namelist() if ".dist-info/" not in name}


def test_the_agents_wheel_has_all_of_the_agent_and_nothing_that_says_approved(wheels: list[Path]) -> None:
    source = {
        str(file.relative_to(ROOT))
        for folder in ("agent", "drivers")
        for file in (ROOT / folder).rglob("*.py")
    }
    simulator = {name for name in source if name.startswith("drivers/simulator/")}
    agent, training = names(wheels[0]), names(wheels[1])
    assert {name for name in agent if name.endswith(".py")} == source - simulator
    assert training == simulator
    assert {"agent/py.typed", "drivers/py.typed", "agent/programs/demo/terminal.toml"} <= agent


def test_the_training_wheel_wants_the_same_version_of_the_agent(wheels: list[Path]) -> None:
    with zipfile.ZipFile(wheels[1]) as archive:
        [metadata] = [name for name in archive.namelist() if name.endswith("/METADATA")]
        said = archive.read(metadata).decode()
    assert f"Requires-Dist: tillgate=={VERSION}\n" in said
    assert f"Version: {VERSION}\n" in said


def test_the_installed_copy_knows_its_version(host: Host) -> None:
    done = host.tillgate("--version")
    assert (done.returncode, done.stdout) == (Exit.OK, f"tillgate {VERSION}\n")


def test_the_installed_copy_checks_the_shipped_settings(host: Host) -> None:
    done = host.tillgate("config", "check", str(SHIPPED), "--json")
    assert done.returncode == Exit.CONFIG, done.stderr  # the hard limit has no default, by design
    assert '"findings": []' in done.stdout


def test_the_installed_copy_verifies_a_journal(host: Host, tmp_path: Path) -> None:
    made = World(FolderDisk(tmp_path / "journal")).open()
    made.commit(body())
    made.close()
    done = host.tillgate("journal", "verify", "--journal", str(tmp_path / "journal"), "--vkey", SIGNER.vkey)
    assert done.returncode == Exit.OK, done.stdout + done.stderr
    assert "is whole" in done.stdout


@pytest.mark.parametrize("words", [("sim", "zvt", "--help"), ("demo",)])
def test_without_the_training_package_one_sentence_says_what_is_missing(
    host: Host, words: tuple[str, ...]
) -> None:
    done = host.tillgate(*words)
    assert done.returncode == Exit.CONFIG
    assert "tillgate-training" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_with_the_training_package_every_protocol_has_its_simulator(full_host: Host, protocol: str) -> None:
    done = full_host.tillgate("sim", protocol, "--help")
    assert done.returncode == 0, done.stderr
    assert f"tillgate sim {protocol}" in done.stdout
