from __future__ import annotations

import json
import os
import select
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from drivers.simulator.core.cards import PUBLISHED
from drivers.simulator.core.units import Cutter, SerialCutter, TcpCutter
from drivers.zvt.frame import encode_frame
from tests.support.looking import until

# Another process on a busy machine; an honest step takes milliseconds.
PATIENCE_S = 20.0

START = [
    sys.executable,
    "-c",
    "import sys; from drivers.simulator.core.process import main; sys.exit(main(sys.argv[1:]))",
]

REGISTRATION = bytes.fromhex("060006123456BE0978")
PAYMENT = bytes.fromhex("06010A04000000001010490978")
POSITIVE = bytes.fromhex("800000")
COMPLETION = 0x060F


def there() -> str:
    return "the process did not get there"


@contextmanager
def simulator(*options: str | Path) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen([*START, *map(str, options)], stdout=subprocess.PIPE, text=True)
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def ready(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline()


class RawTill:
    """A till that writes and reads plain bytes on a descriptor."""

    def __init__(self, file: int, cutter: Cutter, *, serial: bool) -> None:
        self.file = file
        self.cutter = cutter
        self.serial = serial
        self.units: list[bytes] = []

    def say(self, apdu: bytes) -> None:
        os.write(self.file, encode_frame(apdu) if self.serial else apdu)

    def hear(self) -> bytes:
        """The next APDU-carrying unit, acknowledged."""
        while True:
            while not self.units:
                assert select.select([self.file], [], [], PATIENCE_S)[0], "the terminal is silent"
                data = os.read(self.file, 4096)
                if not data:
                    raise ConnectionError("hung up")
                self.units += self.cutter.cut(data)
            unit = self.units.pop(0)
            if len(unit) > 1:
                if self.serial:
                    os.write(self.file, b"\x06")
                return unit

    def dialogue(self, command: bytes) -> list[int]:
        """Say a command and answer everything until the completion; the control fields heard."""
        self.say(command)
        heard: list[int] = []
        while not heard or heard[-1] != COMPLETION:
            heard.append(self.cutter.control(self.hear()) or 0)
            if heard[-1] >> 8 not in {0x80, 0x84}:
                self.say(POSITIVE)
        return heard


@contextmanager
def plugged_in(link: Path) -> Iterator[RawTill]:
    file = os.open(link, os.O_RDWR | os.O_NOCTTY)
    try:
        yield RawTill(file, SerialCutter(), serial=True)
    finally:
        os.close(file)


def bookings(state: Path) -> list[tuple[str, int]]:
    return [(item["state"], item["amount"]) for item in json.loads(state.read_text())["bookings"]]


def test_a_payment_of_10_10_is_in_the_trace_byte_for_byte(tmp_path: Path) -> None:
    link, state, trace = tmp_path / "terminal", tmp_path / "bank.json", tmp_path / "trace.txt"
    with simulator("--pty", link, "--state", state, "--trace", trace) as process:
        assert ready(process) == f"Simulated terminal ready on {link} (no real money).\n"
        with plugged_in(link) as till:
            till.dialogue(REGISTRATION)
            till.dialogue(PAYMENT)
        until(lambda: bookings(state) == [("booked", 1010)], there)
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE_S) == 0

    assert not link.is_symlink()
    lines = trace.read_text().splitlines()
    assert lines[0].endswith("till      10 02 06 00 06 12 34 56 BE 09 78 10 03 C8 B1")
    assert any(
        line.endswith("till      10 02 06 01 0A 04 00 00 00 00 10 10 10 10 49 09 78 10 03 67 D4")
        for line in lines
    )


def test_the_till_may_close_and_open_the_port_again(tmp_path: Path) -> None:
    link, state = tmp_path / "terminal", tmp_path / "bank.json"
    with simulator("--pty", link, "--state", state) as process:
        ready(process)
        for _ in range(3):
            with plugged_in(link) as till:
                till.dialogue(REGISTRATION)
                till.dialogue(PAYMENT)

        until(lambda: bookings(state) == [("booked", 1010)] * 3, there)


def test_unplugged_means_that_the_port_is_gone_and_comes_back(tmp_path: Path) -> None:
    link, state, script = tmp_path / "terminal", tmp_path / "bank.json", tmp_path / "sim.toml"
    script.write_text('[[payment]]\nunplug = { seconds = 50, at = "status", when = "after" }\n')
    with simulator("--pty", link, "--state", state, "--script", script, "--speed", "100") as process:
        ready(process)
        before = link.readlink()
        with plugged_in(link) as till:
            till.dialogue(REGISTRATION)
            with pytest.raises(OSError, match=r"hung up|Input/output error"):
                till.dialogue(PAYMENT)
            until(lambda: link.is_symlink() and link.readlink() != before, there)
        with plugged_in(link) as till:
            repeated = till.hear()
            assert till.cutter.control(repeated) == 0x040F

            till.dialogue(POSITIVE)

        until(lambda: bookings(state) == [("booked", 1010)], there)


def test_the_bank_remembers_after_the_process_was_killed(tmp_path: Path) -> None:
    link, state = tmp_path / "terminal", tmp_path / "bank.json"
    for paid in (1, 2):
        with simulator("--pty", link, "--state", state) as process:
            ready(process)
            with plugged_in(link) as till:
                till.dialogue(REGISTRATION)
                till.dialogue(PAYMENT)
            process.kill()
            process.wait(PATIENCE_S)

        assert bookings(state) == [("booked", 1010)] * paid


def test_over_tcp_bare_apdus_pay_on_a_port_that_is_told(tmp_path: Path) -> None:
    state, trace = tmp_path / "bank.json", tmp_path / "trace.txt"
    with simulator("--tcp", "127.0.0.1:0", "--state", state, "--trace", trace) as process:
        host, port = ready(process).split()[4].split(":")
        for _ in range(2):
            with socket.create_connection((host, int(port)), PATIENCE_S) as connection:
                till = RawTill(connection.fileno(), TcpCutter(), serial=False)
                till.dialogue(REGISTRATION)
                till.dialogue(PAYMENT)

        until(lambda: bookings(state) == [("booked", 1010)] * 2, there)
    assert "till      06 01 0A 04 00 00 00 00 10 10 49 09 78\n" in trace.read_text()


def test_clear_cards_go_to_the_till_and_nowhere_else(tmp_path: Path) -> None:
    link, state, trace = tmp_path / "terminal", tmp_path / "bank.json", tmp_path / "trace.txt"
    script = tmp_path / "sim.toml"
    script.write_text('[default]\nshown = "track_2"\nreceipt = ["{card}"]\n')
    number = PUBLISHED["visa"].number
    with simulator("--pty", link, "--state", state, "--trace", trace, "--script", script) as process:
        ready(process)
        with plugged_in(link) as till:
            till.dialogue(REGISTRATION)
            till.say(PAYMENT)
            heard = b""
            while bytes.fromhex(number) not in heard:
                heard = till.hear()
                if heard[2] not in {0x80, 0x84}:
                    till.say(POSITIVE)
            till.dialogue(b"")[-1:]
        until(lambda: bookings(state) == [("booked", 1010)], there)

    for text in (trace.read_text().replace(" ", ""), state.read_text()):
        assert number not in text
        assert number.encode().hex() not in text


@pytest.mark.parametrize(
    ("script", "message"),
    [("[[payment]]\ntipp = 1", "unknown key 'tipp'. Did you mean 'tip'?"), (None, "cannot be read")],
)
def test_a_script_that_cannot_be_used_ends_the_process_with_a_reason(
    tmp_path: Path, script: str | None, message: str
) -> None:
    path = tmp_path / "sim.toml"
    if script is not None:
        path.write_text(script)
    done = subprocess.run(
        [*START, "--pty", str(tmp_path / "terminal"), "--script", str(path)],
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE_S,
    )

    assert done.returncode == 2
    assert message in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


def test_a_file_in_the_place_of_the_link_is_not_touched(tmp_path: Path) -> None:
    place = tmp_path / "terminal"
    place.write_text("mine")
    done = subprocess.run(
        [*START, "--pty", str(place)], capture_output=True, text=True, check=False, timeout=PATIENCE_S
    )

    assert done.returncode == 2
    assert "exists and is not a link" in done.stderr
    assert place.read_text() == "mine"
