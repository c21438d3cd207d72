from __future__ import annotations

import subprocess
import sys
from dataclasses import replace

import pytest

from drivers.driver import Options
from drivers.ecrhub.codec import Variant
from drivers.ecrhub.config import EcrHubKeys
from drivers.ecrhub.frame import CONFIRM, MAX_FRAME_BYTES
from drivers.ecrhub.packet import Topic
from drivers.ecrhub.quirks import EcrHubQuirk
from tests.drivers.ecrhub.stage import REGISTER, ROW, SALE, ByHand, session_on


def test_the_row_says_what_the_reference_says() -> None:
    assert (ROW.serial.baud_rate, ROW.serial.data_bits, ROW.serial.parity, ROW.serial.stop_bits) == (
        115_200,
        8,
        "N",
        1,
    )
    assert ROW.variants == ("sdk_1.1", "sdk_1.0", "json")
    assert ROW.buffer_bytes >= 2 * MAX_FRAME_BYTES
    assert set(ROW.quirks) == {quirk.value for quirk in EcrHubQuirk}


def test_without_a_variant_the_usual_one_is_spoken() -> None:
    by_hand = ByHand(Variant.SDK_1_1)
    by_hand.session = session_on(by_hand.buffer)
    by_hand.session.connected(0.0)
    by_hand.start(REGISTER).say(CONFIRM)
    assert by_hand.topic == Topic.QUERY


def test_every_set_of_options_has_a_resolver() -> None:
    assert ROW.resolver(Options(variant="json", own=EcrHubKeys(till_id="7"))).refusal_reason(SALE) is None
    assert ROW.resolver(replace(Options(), currency=0)).refusal_reason(SALE) is None


@pytest.mark.parametrize("variant", list(Variant))
@pytest.mark.case("other/06")
def test_the_vendors_app_id_goes_into_every_request(variant: Variant) -> None:
    assert ByHand(variant, till_id="7").registered().start(SALE).request.app_id == ""
    named = ByHand(variant, app_id="wz6012822ca2f1as78").registered().start(SALE)
    assert {request.app_id for _number, request in named.asked} == {"wz6012822ca2f1as78"}


def test_each_till_pairs_under_an_address_of_its_own() -> None:
    addresses = set()
    for till in ("front", "back"):
        by_hand = ByHand(Variant.SDK_1_0, till_id=till).start(REGISTER)
        by_hand.say(CONFIRM)
        addresses.add(by_hand.request.mac)
        assert by_hand.request.alias == f"Tillgate {till}"
    assert len(addresses) == 2
    assert all(address.startswith("02-") and len(address) == 17 for address in addresses)


def test_a_shop_without_such_a_terminal_does_not_load_protobuf() -> None:
    program = (
        "import sys, agent.programs.assembly, drivers.driver\n"
        "drivers.driver.driver('zvt')\n"
        "sys.exit(any(name.startswith('google') for name in sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
