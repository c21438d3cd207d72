"""The running agent, after payments whose answers held the whole card: nothing of it is left.

A ZVT terminal sends the number (BMP 22), track 2 (BMP 23) and prints the number on both
receipts; Telium's long answer and ECR17's hold it in letters. Which numbers those were is
learned from the journal, by opening the seals with the acquirer's key: that the seals hold
them is shown on the way.
"""

from __future__ import annotations

import re
from base64 import b64decode, b64encode
from collections.abc import Iterator
from pathlib import Path

import pytest

from agent.api.v1.bodies import PaymentRequest
from agent.journal.schema.entry import TerminalResult, decode
from agent.keys.demo import PRIVATE_FILE
from agent.programs.demo.environment import Environment
from agent.programs.demo.network import free_port
from agent.programs.demo.scenarios import DemoTill
from tests.support import cards
from tests.support.acquirer import load_acquirer_private, open_sealed
from tests.support.countries import in_its_country
from tests.system.memory.scanner import FORMS, scan

# The protocols that can carry a whole number: payments, the terminal's quirks, how much it shows.
SHOPS: dict[str, tuple[int, tuple[str, ...], str]] = {
    "zvt": (100, (), "track_2"),
    "telium": (30, ("long_answer",), "track_2"),
    "ecr17": (30, (), "number"),
}
PLANTED = cards.make(4711, prefix="453201")
SCRIPT = """
[terminal]
software = "TILLGATE-SIM 1"

[default]
card = "generated"
shown = "{shown}"
display = []
receipt = ["Karte {{card}}", "Betrag"]
"""

# Of the sealed plaintext (drivers/card): version, count of digits, then 19 digits of room and the expiry.
NUMBER_AT = 2
EXPIRY_AT = 21


@pytest.fixture(scope="module", params=SHOPS)
def environment(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Environment]:
    """A shop that has taken the payments and still runs."""
    protocol: str = request.param
    payments, quirks, shown = SHOPS[protocol]
    with pytest.MonkeyPatch.context() as patch:
        # The control: a number in the environment block lies in the agent's own memory.
        patch.setenv("TILLGATE_TEST_PLANTED", PLANTED)
        environment = Environment(tmp_path_factory.mktemp("environment"), port=free_port(), protocol=protocol)
        environment.provision()
        settings = environment.folder / "tillgate.toml"
        settings.write_text(in_its_country(settings.read_text("utf-8"), protocol, quirks), "utf-8")
        (environment.folder / "terminal.toml").write_text(SCRIPT.format(shown=shown), "utf-8")
        environment.start_terminal()
        environment.start("agent", "agent", "--settings", str(settings))
    try:
        environment.wait_for(lambda: environment.terminal_is("ready"), "the agent and its terminal")
        till = DemoTill(environment, lambda _text: None)
        for number in range(payments):
            view = till.send(
                f"M-{number}", PaymentRequest(payment="sale", amount=100 + number, currency="EUR")
            )
            assert view.verdict == "approved"
        yield environment
    finally:
        environment.close()


@pytest.fixture(scope="module")
def opened(environment: Environment) -> list[tuple[str, str]]:
    """Number and expiry of every payment, as the acquirer reads them."""
    private = load_acquirer_private(environment.folder / "acquirer" / PRIVATE_FILE)
    found = []
    for file in sorted(environment.journal.glob("*.jsonl")):
        for line in file.read_bytes().splitlines():
            body = decode(line).body if line.startswith(b"{") else None
            if isinstance(body, TerminalResult) and body.card is not None:
                sealed, key_id = b64decode(body.card.sealed), body.card.key_id
                plain = open_sealed(
                    sealed, private, key_id=key_id, origin=environment.origin, context=body.payment_id
                )
                number = plain[NUMBER_AT : NUMBER_AT + plain[1]].decode("ascii")
                found.append((number, plain[EXPIRY_AT : EXPIRY_AT + 4].decode("ascii")))
    return found


def test_every_seal_opens_for_the_acquirer_and_holds_another_card(
    environment: Environment, opened: list[tuple[str, str]]
) -> None:
    assert len(set(opened)) == SHOPS[environment.protocol][0]
    assert all(number == cards.with_check_digit(number[:-1]) for number, _expiry in opened)


def test_no_card_is_left_in_the_memory_of_the_running_agent(
    environment: Environment, opened: list[tuple[str, str]]
) -> None:
    pid = environment.programs["agent"].pid
    numbers = [number for number, _expiry in opened]
    tracks = [f"{number}={expiry}201" for number, expiry in opened if expiry.isdecimal()]
    try:
        hits = scan(pid, [*numbers, PLANTED], tracks)
    except PermissionError:
        pytest.skip("reading another process's memory needs root")
    planted = [hit for hit in hits if hit.what == len(numbers)]
    assert planted, "the control: the scanner must see the planted number in this very process"
    assert [hit for hit in hits if hit not in planted] == []


def test_no_card_is_left_in_any_file_or_log(environment: Environment, opened: list[tuple[str, str]]) -> None:
    numbers = [number for number, _expiry in opened]
    forms = {encode(number) for number in numbers for encode in FORMS.values()} - {b""}
    forms |= {b64encode(number.encode())[:-4] for number in numbers}
    pattern = re.compile(b"|".join(re.escape(form) for form in sorted(forms, reverse=True)))
    files = [path for path in environment.folder.rglob("*") if path.is_file() and not path.is_symlink()]
    assert {"agent.log", "bank.json", "terminal.trace"} <= {path.name for path in files}
    found = [path.name for path in files if pattern.search(path.read_bytes())]
    assert found == []


def test_a_card_in_a_file_would_be_found(tmp_path: Path) -> None:
    number = cards.make(1)
    (tmp_path / "log").write_bytes(b"x" + number.encode() + b"x")
    assert re.search(re.escape(FORMS["ascii"](number)), (tmp_path / "log").read_bytes())
