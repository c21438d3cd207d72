from __future__ import annotations

import os
import pty
import re
import tomllib
from pathlib import Path

import pytest

from agent.terminals.discovery.suggestions import suggest
from agent.terminals.discovery.usb import AttachedDevice, attached_devices
from agent.terminals.discovery.vendors import ANY_PROTOCOL, vendors
from agent.texts import say
from drivers.driver import PROTOCOLS, driver
from tests.support.fake_sysfs import ACM, KEYBOARD, VENDOR, FakeHost


@pytest.fixture
def host(tmp_path: Path) -> FakeHost:
    return FakeHost(tmp_path)


def test_a_host_without_usb_and_ports_lists_nothing(tmp_path: Path) -> None:
    assert attached_devices(tmp_path) == []


def test_a_terminal_is_listed_with_its_stable_names(host: FakeHost) -> None:
    host.usb(
        "1-1.2", "0b00:0084", ACM, (0x0A, 0), port="ttyACM0", manufacturer="INGENICO", product="MOVE 3500"
    )
    host.link("by-id", "usb-INGENICO_MOVE_3500-if00", "ttyACM0")
    host.link("by-id", "usb-other-if00", "ttyACM7")
    host.link("by-path", "pci-0000:00:14.0-usb-0:1.2:1.0", "ttyACM0")
    assert attached_devices(host.root) == [
        AttachedDevice(
            port="/dev/ttyACM0",
            by_id="/dev/serial/by-id/usb-INGENICO_MOVE_3500-if00",
            by_path="/dev/serial/by-path/pci-0000:00:14.0-usb-0:1.2:1.0",
            vendor=0x0B00,
            product=0x0084,
            maker="INGENICO",
            model="MOVE 3500",
            port_path="1-1.2",
            acm=True,
        )
    ]


def test_keyboards_and_hubs_are_no_terminals(host: FakeHost) -> None:
    host.usb("1-1", "046d:c31c", KEYBOARD)
    host.usb("usb1", "1d6b:0002", (0x09, 0))
    assert attached_devices(host.root) == []


def test_ports_that_the_board_does_not_have_are_left_out(host: FakeHost) -> None:
    host.board("ttyS0", "4")
    host.board("ttyS1", "0")
    assert [one.port for one in attached_devices(host.root)] == ["/dev/ttyS0"]


def test_two_lines_of_one_adapter_are_two(host: FakeHost) -> None:
    folder = host.usb("1-2", "0403:6010", VENDOR, VENDOR, port="ttyUSB0", serial="FT1")
    (folder.parent / "1-2:1.1/ttyUSB1").mkdir()
    found = attached_devices(host.root)
    assert [one.port for one in found] == ["/dev/ttyUSB0", "/dev/ttyUSB1"]
    assert not any(one.ambiguous for one in found)


def test_who_holds_a_port_is_named(host: FakeHost) -> None:
    far, near = pty.openpty()
    host.usb("1-1", "11ca:0220", ACM, port="ttyACM0")
    (host.root / "dev/ttyACM0").unlink()
    (host.root / "dev/ttyACM0").symlink_to(os.ttyname(near))
    [found] = attached_devices(host.root)
    assert f"process {os.getpid()}" in found.held_by
    os.close(near)
    os.close(far)


def test_devices_that_call_themselves_the_same_are_told_apart_by_socket(host: FakeHost) -> None:
    for number, socket in enumerate(("1-1", "1-2")):
        host.usb(socket, "1a86:7523", VENDOR, port=f"ttyUSB{number}")
        host.link("by-path", f"usb-0:{number + 1}", f"ttyUSB{number}")
    host.link("by-id", "usb-1a86_USB_Serial-if00", "ttyUSB1")
    found = attached_devices(host.root)
    assert [one.stable for one in found] == ["/dev/serial/by-path/usb-0:1", "/dev/serial/by-path/usb-0:2"]
    assert say("terminals.ambiguous") in suggest(found[1], "front").hints


def test_the_settings_are_sections_that_can_be_read(host: FakeHost) -> None:
    host.usb("1-1", "11ca:0220", ACM, port="ttyACM0", product='VX "805" \\')
    host.link("by-id", "usb-Verifone_VX_805-if00", "ttyACM0")
    [found] = attached_devices(host.root)
    assert tomllib.loads(suggest(found, "front").settings) == {
        "terminals": {
            "front": {
                "protocol": "zvt",
                "line": {"device": "/dev/serial/by-id/usb-Verifone_VX_805-if00"},
            }
        }
    }


def test_a_device_without_a_port_is_reached_through_usb(host: FakeHost) -> None:
    host.usb("1-1", "0403:6001", VENDOR, serial='A"1')
    [found] = attached_devices(host.root)
    suggestion = suggest(found, "front")
    section = tomllib.loads(suggestion.settings)["terminals"]["front"]
    assert section["wire"] == "usb"
    line = section["line"]
    assert line["usb"] == "0403:6001"
    assert line["usb_serial"] == 'A"1'
    assert line["usb_profile"] == "ftdi"
    assert suggestion.hints == (say("terminals.no_port"),)


def test_a_probe_decides(host: FakeHost) -> None:
    host.usb("1-1", "0403:6001", VENDOR, port="ttyUSB0")
    [found] = attached_devices(host.root)
    assert suggest(found, "front").protocols == PROTOCOLS
    suggestion = suggest(found, "front", answered="ecrhub")
    assert suggestion.protocols == ("ecrhub",)
    assert tomllib.loads(suggestion.settings)["terminals"]["front"]["protocol"] == "ecrhub"


def test_a_maker_whom_several_drivers_name_is_one() -> None:
    ingenico = vendors()[0x0B00]
    assert ingenico.protocols == ("zvt", "telium", "ecr17")
    titles = [driver(name).title for name in ingenico.protocols]
    assert ingenico.why == f"Ingenico: {'; '.join(titles)}"


def test_drivers_agree_on_the_names_of_makers_and_none_claims_an_adapter() -> None:
    rows = [maker for name in PROTOCOLS for maker in driver(name).makers]
    assert len({maker.vendor for maker in rows}) == len({(maker.vendor, maker.name) for maker in rows})
    assert {maker.vendor for maker in rows}.isdisjoint(ANY_PROTOCOL)


def test_the_udev_rules_name_every_vendor_but_the_one_that_makes_modems() -> None:
    rules = (Path(__file__).parents[2] / "config/udev/60-tillgate.rules").read_text()
    matched = re.findall(r'^ENV\{ID_VENDOR_ID\}=="([^"]+)", ENV\{TILLGATE\}="1"$', rules, re.MULTILINE)
    missing = set(vendors()) - {int(number, 16) for one in matched for number in one.split("|")}
    assert missing == {0x05C6}
