from __future__ import annotations

import asyncio
import json
import os
import pty
from pathlib import Path

import pytest

from agent.cli import main
from agent.texts import say
from drivers.wires.serial import SerialWire
from tests.drivers.simulator.test_process import bookings, ready, simulator
from tests.support.fake_sysfs import ACM, VENDOR, FakeHost

WIDTH = 80


@pytest.fixture
def host(tmp_path: Path) -> FakeHost:
    host = FakeHost(tmp_path / "root")
    host.usb("1-1.2", "11ca:0220", ACM, port="ttyACM0", manufacturer="VeriFone Inc", product="VX 805")
    host.link("by-id", "usb-VeriFone_Inc_VX_805-if00", "ttyACM0")
    return host


def terminals(capsys: pytest.CaptureFixture[str], host: FakeHost, *more: str) -> tuple[int, str]:
    code = main(["terminals", "--root", str(host.root), *more])
    return code, capsys.readouterr().out


def plug(host: FakeHost, node: Path | str) -> None:
    (host.root / "dev/ttyACM0").unlink()
    (host.root / "dev/ttyACM0").symlink_to(node)


def test_what_is_plugged_in_is_told_with_settings_to_copy(
    host: FakeHost, capsys: pytest.CaptureFixture[str]
) -> None:
    code, said = terminals(capsys, host)
    assert code == 0
    assert "VeriFone Inc VX 805 (11ca:0220)" in said
    assert "zvt or ecr17" in said
    assert '  [terminals.front]\n  protocol = "zvt"\n' in said
    assert '  [terminals.front.line]\n  device = "/dev/serial/by-id/usb-VeriFone_Inc_VX_805-if00"\n' in said
    assert max(len(line) for line in said.splitlines()) <= WIDTH


def test_nothing_plugged_in_is_said_and_counts_as_no(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, said = terminals(capsys, FakeHost(tmp_path))
    assert code == 1
    assert " ".join(said.split()) == say("cli.terminals.nothing")


def test_json_says_the_same_for_programs(host: FakeHost, capsys: pytest.CaptureFixture[str]) -> None:
    host.usb("1-3", "0403:6001", VENDOR, serial="A1")
    code, said = terminals(capsys, host, "--json")
    first, second = json.loads(said)
    assert code == 0
    assert first["device"]["port"] == "/dev/ttyACM0"
    assert first["suggestion"]["protocols"] == ["zvt", "ecr17"]
    assert second["device"]["port"] == ""
    assert "[terminals.second]" in second["suggestion"]["settings"]


def test_a_device_cannot_steer_the_screen(host: FakeHost, capsys: pytest.CaptureFixture[str]) -> None:
    host.usb("1-4", "0b00:0001", ACM, product="\x1b[2Jevil", serial="\x1b]0;x\x07")
    _, said = terminals(capsys, host)
    assert "\x1b" not in said
    assert "\x07" not in said


def test_a_probe_finds_the_zvt_terminal_and_books_nothing(
    host: FakeHost, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    link, state = tmp_path / "terminal", tmp_path / "bank.json"
    with simulator("--pty", link, "--state", state) as process:
        ready(process)
        plug(host, link)
        code, said = terminals(capsys, host, "--probe", "--json")
    [found] = json.loads(said)
    assert code == 0
    assert found["probed"] == "answers to zvt"
    assert found["suggestion"]["protocols"] == ["zvt"]
    assert not found["holds_result"]
    assert not state.exists() or bookings(state) == []


def test_a_port_that_is_held_is_not_asked(host: FakeHost, capsys: pytest.CaptureFixture[str]) -> None:
    far, near = pty.openpty()
    name = os.ttyname(near)
    os.close(near)
    plug(host, name)
    wire = SerialWire(name)
    asyncio.run(wire.open())
    os.set_blocking(far, False)
    _, said = terminals(capsys, host, "--probe", "--json")
    with pytest.raises(BlockingIOError):
        os.read(far, 1)
    wire.close()
    os.close(far)
    [found] = json.loads(said)
    assert found["probed"].startswith(f"not asked: The port {host.root}/dev/ttyACM0 is in use by ")
    assert f"process {os.getpid()}" in found["device"]["held_by"]


def test_the_hosts_own_console_is_not_asked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    far, near = pty.openpty()  # open as a getty has it, without a lock
    host = FakeHost(tmp_path)
    host.board("ttyS0", "4")
    (tmp_path / "dev/ttyS0").unlink()
    (tmp_path / "dev/ttyS0").symlink_to(os.ttyname(near))
    os.set_blocking(far, False)
    _, said = terminals(capsys, host, "--probe", "--json")
    with pytest.raises(BlockingIOError):
        os.read(far, 1)
    assert json.loads(said)[0]["probed"].startswith("not asked: in use by ")
    os.close(near)
    os.close(far)


def test_a_port_that_cannot_be_opened_is_not_asked(
    host: FakeHost, capsys: pytest.CaptureFixture[str]
) -> None:
    _, said = terminals(capsys, host, "--probe", "--json")  # its node is a plain file
    assert "could not be opened as a serial port" in json.loads(said)[0]["probed"]


def test_one_port_may_be_looked_at_alone(host: FakeHost, capsys: pytest.CaptureFixture[str]) -> None:
    host.usb("1-3", "0403:6001", VENDOR, port="ttyUSB0")
    for name in ("/dev/ttyACM0", "/dev/serial/by-id/usb-VeriFone_Inc_VX_805-if00"):
        _, said = terminals(capsys, host, "--json", "--port", name)
        assert [one["device"]["port"] for one in json.loads(said)] == ["/dev/ttyACM0"]


def test_a_device_without_a_port_is_not_asked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    host = FakeHost(tmp_path)
    host.usb("1-3", "0403:6001", VENDOR)
    _, said = terminals(capsys, host, "--probe")
    assert "not asked: Linux made no serial port of it" in " ".join(said.split())
