"""The units as systemd itself judges them, offline."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

UNITS = Path(__file__).parents[3] / "systemd"
AGENT = UNITS / "agent"

# The scale of systemd-analyze security is 0 (safe) to 10; its threshold counts in tenths.
EXPOSURE_AT_MOST_TENTHS = 10


@pytest.fixture(scope="module", autouse=True)
def analyze() -> str:
    found = shutil.which("systemd-analyze")
    if found is None:
        if os.environ.get("CI"):
            pytest.fail("CI must have systemd-analyze: make test installs the Debian package systemd")
        pytest.skip("systemd-analyze is not on this machine")
    return found


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["systemd-analyze", *arguments], capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    "unit",
    ["agent/tillgate-agent.service", "upload/tillgate-upload.service", "verify/tillgate-verify.service"],
)
def test_a_service_is_exposed_by_at_most_one_of_ten(unit: str) -> None:
    judged = run(
        "security",
        "--offline=true",
        f"--threshold={EXPOSURE_AT_MOST_TENTHS}",
        "--no-pager",
        str(UNITS / unit),
    )
    assert judged.returncode == 0, judged.stdout[-400:]
    assert "Overall exposure level" in judged.stdout


def test_a_looser_service_would_be_caught(tmp_path: Path) -> None:
    loose = tmp_path / "loose.service"
    text = (AGENT / "tillgate-agent.service").read_text("utf-8")
    loose.write_text(
        text.replace("PrivateNetwork=yes", "")
        .replace("ProtectSystem=strict", "")
        .replace("NoNewPrivileges=yes", "")
    )
    judged = run("security", "--offline=true", f"--threshold={EXPOSURE_AT_MOST_TENTHS}", str(loose))
    assert judged.returncode != 0


def with_usb(folder: Path) -> Path:
    """The agent's unit as the drop-in for wire = "usb" makes it."""
    unit = folder / "tillgate-agent.service"
    drop_in = AGENT / "tillgate-agent.service.d/usb-terminal.conf.example"
    unit.write_text((AGENT / unit.name).read_text("utf-8") + drop_in.read_text("utf-8"))
    shutil.copy(AGENT / "tillgate-agent.socket", folder)
    return unit


def test_a_terminal_on_usb_costs_little_and_is_understood(tmp_path: Path) -> None:
    unit = with_usb(tmp_path)
    judged = run("security", "--offline=true", f"--threshold={EXPOSURE_AT_MOST_TENTHS}", str(unit))
    assert judged.returncode == 0, judged.stdout[-400:]
    complaints = run("verify", str(unit)).stderr.splitlines()
    assert [line for line in complaints if "is not executable" not in line] == []


def test_only_a_terminal_on_usb_opens_netlink_and_usb_devices(tmp_path: Path) -> None:
    plain, usb = (AGENT / "tillgate-agent.service").read_text("utf-8"), with_usb(tmp_path).read_text("utf-8")
    for line in ("DeviceAllow=char-189 rw", "RestrictAddressFamilies=AF_NETLINK"):
        assert line not in plain.splitlines()
        assert line in usb.splitlines()


def test_systemd_knows_every_word_in_the_units() -> None:
    # verify reports a misspelt key but exits 0, so its words are read. The program is not installed here.
    units = [
        str(UNITS / name)
        for name in (
            "agent/tillgate-agent.service",
            "agent/tillgate-agent.socket",
            "upload/tillgate-upload.service",
            "verify/tillgate-verify.service",
            "verify/tillgate-verify.timer",
        )
    ]
    complaints = [
        line for line in run("verify", *units).stderr.splitlines() if "is not executable" not in line
    ]
    assert complaints == []


@pytest.mark.parametrize(
    "unit",
    ["agent/tillgate-agent.service", "upload/tillgate-upload.service", "verify/tillgate-verify.service"],
)
def test_no_secret_is_in_the_environment_or_on_the_command_line(unit: str) -> None:
    lines = (UNITS / unit).read_text("utf-8").splitlines()
    assert not [line for line in lines if line.startswith(("Environment", "SetCredential"))]
    assert all("/etc/tillgate/tillgate.toml" in line for line in lines if line.startswith("ExecStart="))


def test_devices_are_named_by_number() -> None:
    # A class named char-ttyUSB is skipped in silence while its driver is not loaded.
    allowed = [
        line.split("=", 1)[1].split()[0]
        for line in (AGENT / "tillgate-agent.service").read_text("utf-8").splitlines()
        if line.startswith("DeviceAllow=")
    ]
    assert allowed
    assert all(name.removeprefix("char-").isdigit() for name in allowed)
