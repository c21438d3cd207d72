from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from drivers.simulator.core.behaviour import Side
from drivers.simulator.core.cards import PUBLISHED, Shown
from drivers.simulator.core.faults import damaged
from drivers.simulator.core.trace import Trace
from drivers.simulator.core.units import SerialCutter, TcpCutter
from drivers.zvt.frame import encode_frame
from drivers.zvt.packet import (
    POSITIVE,
    UNKNOWN_COMMAND,
    Abort,
    Authorisation,
    Completion,
    PrintTextBlock,
    Registration,
    StatusInformation,
    ZvtAnswer,
    ZvtPacket,
    encode,
)

if TYPE_CHECKING:
    from tests.drivers.simulator.conftest import LineTill

    Scripted = Callable[[str], LineTill]

FAULT = '[[fault]]\nsender = "{sender}"\n{unit} = {count}\ndo = "{harm}"\n'


def count(heard: list[ZvtPacket], kind: type[ZvtPacket]) -> int:
    return sum(isinstance(packet, kind) for packet in heard)


def states(till: LineTill) -> list[str]:
    return [booking.state.value for booking in till.bank.bookings]


def test_the_trace_shows_the_worked_frames_of_the_reference(line_till_with: Scripted) -> None:
    till = line_till_with("")
    till.pay(1010)
    trace = "".join(till.lines)

    assert "till      10 02 06 01 0A 04 00 00 00 00 10 10 10 10 49 09 78 10 03 67 D4\n" in trace
    assert "terminal  10 02 80 00 00 10 03 F5 1F\n" in trace
    assert "terminal  10 02 06 0F 00 10 03 C6 33\n" in trace
    assert till.bank.balance() == 1010


@pytest.mark.parametrize("sender", ["till", "terminal"])
@pytest.mark.parametrize("unit", ["frame", "ack"])
@pytest.mark.parametrize("harm", ["drop", "damage"])
@pytest.mark.parametrize("place", range(1, 9))
def test_one_lost_or_damaged_frame_or_acknowledgement_costs_no_payment(
    line_till_with: Scripted, sender: str, unit: str, harm: str, place: int
) -> None:
    till = line_till_with(FAULT.format(sender=sender, unit=unit, count=place, harm=harm))
    heard = till.pay(1010)

    assert isinstance(heard[-1], Completion)
    assert states(till) == ["booked"]
    assert till.bank.balance() == 1010


def test_a_harmed_frame_is_marked_in_the_trace(line_till_with: Scripted) -> None:
    till = line_till_with(FAULT.format(sender="till", unit="frame", count=1, harm="drop"))
    till.pay(1010)

    assert sum(line.endswith("67 D4  (dropped)\n") for line in till.lines) == 1
    assert sum(line.endswith("67 D4\n") for line in till.lines) == 1


def test_faults_count_from_the_payment_that_they_are_for(line_till_with: Scripted) -> None:
    till = line_till_with('[[fault]]\npayment = 2\nsender = "terminal"\nframe = 1')
    till.pay(1010)
    assert not any("dropped" in line for line in till.lines)

    till.pay(500)

    assert sum("dropped" in line for line in till.lines) == 1
    assert till.bank.balance() == 1510


@pytest.mark.parametrize("point", ["display", "status", "receipt", "completion"])
@pytest.mark.parametrize("when", ["before", "after"])
def test_a_short_outage_is_survived_because_the_terminal_says_it_again(
    line_till_with: Scripted, point: str, when: str
) -> None:
    till = line_till_with(f'[[payment]]\nunplug = {{ seconds = 2, at = "{point}", when = "{when}" }}')
    heard = till.pay(1010)

    assert len(till.outages) == 1
    assert isinstance(heard[-1], Completion)
    assert states(till) == ["booked"]


def test_what_was_said_before_the_outage_has_arrived(line_till_with: Scripted) -> None:
    till = line_till_with('[[payment]]\nunplug = { seconds = 1000, at = "status", when = "after" }')
    heard = till.pay(1010)

    assert count(heard, StatusInformation) == 1
    assert states(till) == ["reversed"], "the till's answer never arrived"


def test_an_outage_before_the_answer_leaves_a_payment_that_runs_unseen(line_till_with: Scripted) -> None:
    till = line_till_with('[[payment]]\nunplug = { seconds = 2, at = "answer" }\n')
    heard = till.pay(1010)

    assert count(heard, ZvtAnswer) == 0
    assert states(till) == ["booked"]


def test_without_auto_reversal_the_result_comes_again_after_a_long_outage(line_till_with: Scripted) -> None:
    till = line_till_with(
        "[terminal]\nauto_reversal = false\n"
        '[[payment]]\nunplug = { seconds = 500, at = "status", when = "after" }'
    )
    heard = till.pay(1010)

    assert count(heard, StatusInformation) == 2
    assert isinstance(heard[-1], Completion)
    assert states(till) == ["booked"]


def test_a_reboot_is_silence_and_then_a_terminal_that_knows_nobody(line_till_with: Scripted) -> None:
    till = line_till_with('[[payment]]\nreboot = { seconds = 20, at = "status", when = "after" }')
    heard = till.pay(1010)

    assert till.outages == [], "the port is still there"
    assert not isinstance(heard[-1], (Completion, Abort))
    assert states(till) == ["reversed"]
    assert till.pay(1010) == [ZvtAnswer(0x84, 0x6B)]


def test_a_till_that_is_dead_on_the_line_gets_its_payment_reversed(line_till_with: Scripted) -> None:
    till = line_till_with("[[payment]]\ndisplay = []")
    till.device.receive(encode_frame(bytes.fromhex("06010A04000000001010490978")), till.now)
    for _ in range(20):
        due = till.device.deadline()
        if due is None:
            break
        till.device.bytes_to_send(due)
        till.device.deadline_passed(due)

    assert states(till) == ["reversed"]
    assert not till.device.terminal.busy


def test_a_result_that_never_arrived_is_given_up_with_its_repeats(line_till_with: Scripted) -> None:
    """The till was away and missed the result; when it comes back the terminal is at rest and takes it in."""
    till = line_till_with(
        '[terminal]\nanswer_timeout_s = 1\n[[payment]]\ndisplay = []\nunplug = { seconds = 0, at = "status" }'
    )
    device = till.device
    device.receive(encode_frame(encode(Authorisation(1010, 978))), 1.0)
    device.bytes_to_send(1.0)
    device.receive(b"\x06", 1.0)
    register = encode_frame(encode(Registration(123456, 0x8E, 978)))
    for now in (1.0, 2.0, 3.0, 4.0, 5.0, 6.0):
        device.deadline_passed(now)
        device.bytes_to_send(now)  # into the air
        device.receive(register if now == 2.0 else b"", now)

    assert states(till) == ["reversed"]
    device.receive(register, 7.0)

    assert device.bytes_to_send(7.0) == b"\x06" + encode_frame(encode(POSITIVE))


def test_a_malformed_command_is_answered_as_unknown(line_till_with: Scripted) -> None:
    till = line_till_with("")
    till.line.send(bytes.fromhex("0600021234"), till.now)

    assert till.run(None) == [UNKNOWN_COMMAND]


def test_print_blocks_are_answered_one_by_one_before_the_payment_is_stored(line_till_with: Scripted) -> None:
    till = line_till_with("")
    seen: list[str] = []

    def look(packet: ZvtPacket) -> ZvtAnswer:
        if isinstance(packet, PrintTextBlock):
            seen.extend(states(till))
        return POSITIVE

    till.pay(answer=look)

    assert seen == ["authorised", "authorised"]


def test_the_trace_has_no_clear_card_number_in_any_form(line_till_with: Scripted) -> None:
    till = line_till_with('[[payment]]\nshown = "track_2"\nreceipt = ["Karte {card}"]')
    till.pay(1010)
    trace = "".join(till.lines).replace(" ", "")

    assert "*" * 20 in trace
    assert PUBLISHED["visa"].number not in trace
    assert PUBLISHED["visa"].number.encode().hex() not in trace


def test_card_data_is_starred_where_stuffing_has_changed_it() -> None:
    lines: list[str] = []
    trace = Trace(lines.append, stuffed=True)
    card = PUBLISHED["mastercard-2"]  # its BCD has 10 in it
    fields = card.fields(Shown.NUMBER)
    trace.hide(card)
    trace.record(
        0.0, Side.TERMINAL, encode_frame(encode(StatusInformation(0), clear_card_fields=fields)), None
    )

    assert "51 05" not in lines[0]
    assert lines[0].count("**") == len(fields) + fields.count(0x10)


@pytest.mark.parametrize(
    "frame",
    [
        "10020601 0a04000000016074 490978 1003 1002",
        "10020601 0a04000000025308 490978 1003 1003",
        "10020601 0a04000000045974 490978 1003 1010",
        "10020601 0a0400000000101010 10 490978 1003 67d4",
    ],
)
def test_serial_units_are_cut_where_frames_end_whatever_the_checksum(frame: str) -> None:
    unit = bytes.fromhex(frame)
    cutter = SerialCutter()
    whole = list(cutter.cut(b"\x06" + unit + b"\x15" + unit))

    assert whole == [b"\x06", unit, b"\x15", unit]
    assert [cutter.control(unit) for unit in whole] == [None, 0x0601, None, 0x0601]


def test_units_arrive_whole_when_bytes_come_one_by_one() -> None:
    frame = encode_frame(bytes.fromhex("060103041010"))
    cutter = SerialCutter()

    assert [unit for byte in b"\x06" + frame for unit in cutter.cut(bytes((byte,)))] == [b"\x06", frame]


def test_tcp_units_are_cut_by_their_length() -> None:
    long = b"\x06\xd3\xff\x00\x01" + bytes(256)
    cutter = TcpCutter()

    assert list(cutter.cut(b"\x80\x00\x00" + long)) == [b"\x80\x00\x00", long]
    assert cutter.control(long) == 0x06D3


def test_damage_changes_one_bit() -> None:
    assert damaged(b"\x10\x02\x80") == b"\x10\x02\x81"
