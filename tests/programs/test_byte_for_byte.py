"""The real agent at a simulated terminal on a pty: what goes over the line is the reference's, byte for byte.

Frames are those of `protocols/zvt.md` 2 ("worked frames"), which were computed
there by other code. Only a result, which carries time and numbers, is given by its beginning.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from agent.api.v1.bodies import PaymentRequest, ReceiptView
from agent.programs.demo.environment import Environment
from agent.programs.demo.scenarios import DemoTill, close_day

TILL, TERMINAL = "till", "terminal"
ACK = "06"

REGISTRATION = "10 02 06 00 06 12 34 56 BE 09 78 10 03 C8 B1"
STATUS_ENQUIRY = "10 02 05 01 03 12 34 56 10 03 E0 43"
PAY_10_10 = "10 02 06 01 0A 04 00 00 00 00 10 10 10 10 49 09 78 10 03 67 D4"
PAY_10_03 = "10 02 06 01 0A 04 00 00 00 00 10 10 03 49 09 78 10 03 EB 7D"
PAY_160_74 = "10 02 06 01 0A 04 00 00 00 01 60 74 49 09 78 10 03 10 02"
PAY_253_08 = "10 02 06 01 0A 04 00 00 00 02 53 08 49 09 78 10 03 10 03"
PAY_459_74 = "10 02 06 01 0A 04 00 00 00 04 59 74 49 09 78 10 03 10 10"
REFUND_10_10 = "10 02 06 31 0D 12 34 56 04 00 00 00 00 10 10 10 10 49 09 78 10 03 18 75"
END_OF_DAY = "10 02 06 50 03 12 34 56 10 03 C4 AF"
POSITIVE = "10 02 80 00 00 10 03 F5 1F"
INSERT_CARD = "10 02 04 FF 02 0A 01 10 03 B9 84"
COMPLETION = "10 02 06 0F 00 10 03 C6 33"
STOP_KEY = "10 02 06 1E 01 6C 10 03 C9 F2"
RESULT = "10 02 04 0F"
PRINT_LINE = "10 02 06 D1"

OURS = 'password = "123456"\nregistration = 0xBE\ntlv = false'
STOPPED_AMOUNT = 3100
SCRIPT = f"""
[terminal]
software = "TILLGATE-SIM 1"

[default]
display = [{{ code = 0x0A, minutes = 1 }}]

[[payment]]
when_amount = {STOPPED_AMOUNT}
outcome = "stop_key"
"""

Line = list[tuple[str, str]]


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Environment]:
    """Registration byte BE and no TLV, as the reference's example has it."""
    environment = Environment(tmp_path_factory.mktemp("environment"))
    environment.provision()
    (environment.folder / "terminal.toml").write_text(SCRIPT, "utf-8")
    settings = environment.folder / "tillgate.toml"
    text = settings.read_text("utf-8").replace('password = "123456"', OURS)
    settings.write_text(text, "utf-8")
    try:
        environment.start_terminal()
        environment.start("agent", "agent", "--settings", str(settings))
        environment.wait_for(lambda: environment.terminal_is("ready"), "the agent and its terminal")
        yield environment
    finally:
        environment.close()


@pytest.fixture
def till(environment: Environment) -> DemoTill:
    return DemoTill(environment, lambda _text: None)


def on_the_line(environment: Environment, since: int = 0) -> Line:
    """What the simulator saw: who sent, and the bytes in hex."""
    lines = (environment.folder / "terminal.trace").read_text("ascii").splitlines()[since:]
    return [(side, frame) for _time, side, frame in (line.split(maxsplit=2) for line in lines)]


def ask(frame: str) -> Line:
    """The till asks, the terminal says yes."""
    return [(TILL, frame), (TERMINAL, ACK), (TERMINAL, POSITIVE), (TILL, ACK)]


def tell(frame: str) -> Line:
    """The terminal tells, the till acknowledges the frame and then answers it."""
    return [(TERMINAL, frame), (TILL, ACK), (TILL, POSITIVE), (TERMINAL, ACK)]


def compare(environment: Environment, since: int, expected: Line) -> None:
    """Frame by frame; a result and a printed line by their beginning. The last ACK may be on its way."""
    environment.wait_for(
        lambda: len(on_the_line(environment, since)) >= len(expected), "the terminal's last byte"
    )
    heads = (RESULT, PRINT_LINE)
    assert expected == [
        (side, next((head for head in heads if frame.startswith(head)), frame))
        for side, frame in on_the_line(environment, since)
    ]


def paper(environment: Environment, payment_id: str) -> Line:
    """What the terminal printed, a frame a line."""
    receipts = environment.api.call("GET", f"/v1/payments/{payment_id}/receipts", list[ReceiptView])
    return [step for receipt in receipts for _line in receipt.lines for step in tell(PRINT_LINE)]


def test_the_greeting_is_the_references(environment: Environment) -> None:
    seen = on_the_line(environment)
    assert seen[:4] == ask(REGISTRATION)
    enquiry = seen.index((TILL, STATUS_ENQUIRY))
    assert seen[enquiry : enquiry + 4] == ask(STATUS_ENQUIRY)


@pytest.mark.parametrize(
    ("minor", "frame"),
    [(1010, PAY_10_10), (1003, PAY_10_03), (16_074, PAY_160_74), (25_308, PAY_253_08), (45_974, PAY_459_74)],
    ids=["10.10", "10.03", "CRC 10 02", "CRC 10 03", "CRC 10 10"],
)
def test_a_payment_is_the_references(
    environment: Environment, till: DemoTill, minor: int, frame: str
) -> None:
    before, payment_id = len(on_the_line(environment)), f"B-{minor}"
    assert (
        till.send(payment_id, PaymentRequest(payment="sale", amount=minor, currency="EUR")).verdict
        == "approved"
    )
    steps = [
        *ask(frame),
        *tell(INSERT_CARD),
        *tell(RESULT),
        *paper(environment, payment_id),
        *tell(COMPLETION),
    ]
    compare(environment, before, steps)


def test_a_stop_at_the_terminal_is_the_references(environment: Environment, till: DemoTill) -> None:
    before = len(on_the_line(environment))
    view = till.send("S-1", PaymentRequest(payment="sale", amount=STOPPED_AMOUNT, currency="EUR"))
    assert view.verdict == "cancelled"
    environment.wait_for(
        lambda: on_the_line(environment, before)[-4:] == tell(STOP_KEY), "the terminal's last byte"
    )


def test_a_refund_is_the_references(environment: Environment, till: DemoTill) -> None:
    till.send("R-1", PaymentRequest(payment="sale", amount=1010, currency="EUR"))
    before = len(on_the_line(environment))
    request = PaymentRequest(payment="refund", amount=1010, currency="EUR", original="R-1")
    assert till.send("R-2", request).verdict == "approved"
    steps = [
        *ask(REFUND_10_10),
        *tell(INSERT_CARD),
        *tell(RESULT),
        *paper(environment, "R-2"),
        *tell(COMPLETION),
    ]
    compare(environment, before, steps)


def test_an_end_of_day_is_the_references(environment: Environment, till: DemoTill) -> None:
    before = len(on_the_line(environment))
    assert close_day(till, "Z-1").verdict == "approved"
    steps = [
        *ask(END_OF_DAY),
        *tell(INSERT_CARD),
        *tell(RESULT),
        *paper(environment, "Z-1"),
        *tell(COMPLETION),
    ]
    compare(environment, before, steps)
