"""Nobody's request is not begun: a till that went away before it had an answer gets no payment."""

from __future__ import annotations

import json
import signal
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from agent.api.v1.bodies import PaymentRequest, PaymentView
from agent.cli.ui.client import AgentUnreachableError, RefusedError
from agent.journal.schema.entry import Fact
from agent.programs.demo.environment import Environment
from tests.payments.world import World
from tests.support.refused import refused

COMMAND = "till      10 02 06 01 "  # as the simulator's trace has it


def test_a_request_that_nobody_waits_for_is_not_begun(world: World) -> None:
    with refused("nobody_waits", payment_id="A-1"):
        world.put("A-1", awaited=lambda: False)
    assert (world.kinds(), world.sent("0601")) == ([], 0)


def test_it_is_looked_at_again_in_the_step_that_submits(world: World) -> None:
    answers = iter([True, False])
    view = world.pay(awaited=lambda: next(answers))
    assert (view.verdict, view.why) == ("not_sent", Fact("payment.nobody_waits"))
    assert (world.kinds(), world.sent("0601")) == (["requested", "decided", "not_sent"], 0)


def test_after_its_answer_a_till_may_go(world: World) -> None:
    """It was told that the payment is under way. That it goes away then is no sign of anything."""
    waits = [True]
    world.put("A-1", awaited=lambda: waits[0])
    world.run(world.service.begun("A-1"))
    waits[0] = False
    assert world.follow().verdict == "approved"


def test_a_known_payment_is_told_also_late(world: World) -> None:
    world.pay()
    state, created = world.do(world.service.put, world.command("A-1", awaited=lambda: False))
    assert (state.verdict, created) == ("approved", False)


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Environment]:
    """A real agent with a terminal that takes payments."""
    folder = tmp_path_factory.mktemp("gone")
    environment = Environment(folder)
    try:
        environment.provision()
        environment.start_terminal()
        environment.start("agent", "agent", "--settings", str(folder / "tillgate.toml"))
        environment.wait_for(lambda: environment.terminal_is("ready"), "the agent and its terminal")
        yield environment
    finally:
        environment.close()


def request(payment_id: str) -> bytes:
    body = json.dumps({"payment": "sale", "amount": 1250, "currency": "EUR"}).encode()
    head = f"PUT /v1/payments/{payment_id} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    return f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body


def sent(shop: Environment, payment_id: str) -> socket.socket:
    till = socket.socket(socket.AF_UNIX)
    till.connect(str(shop.folder / "till.sock"))
    till.sendall(request(payment_id))
    return till


def commands(shop: Environment) -> int:
    return Path(shop.folder / "terminal.trace").read_text("ascii").count(COMMAND)


def test_a_stopped_agent_begins_nothing_for_a_till_that_has_gone(shop: Environment) -> None:
    before, agent = commands(shop), shop.programs["agent"]
    agent.send_signal(signal.SIGSTOP)
    try:
        sent(shop, "GONE-1").close()
    finally:
        agent.send_signal(signal.SIGCONT)
    with pytest.raises(RefusedError, match="GONE-1"):
        shop.api.call("GET", "/v1/payments/GONE-1", PaymentView)
    assert commands(shop) == before


def test_a_till_that_only_said_that_it_has_sent_all_is_served(shop: Environment) -> None:
    agent = shop.programs["agent"]
    agent.send_signal(signal.SIGSTOP)
    try:
        till = sent(shop, "HALF-1")
        till.shutdown(socket.SHUT_WR)
    finally:
        agent.send_signal(signal.SIGCONT)
    with till:
        assert till.recv(4096).startswith(b"HTTP/1.1 201 ")
    shop.wait_for(
        lambda: shop.api.call("GET", "/v1/payments/HALF-1", PaymentView).verdict == "approved", "the sale"
    )


def test_our_own_client_hears_of_a_stopped_agent_before_any_amount_has_left(shop: Environment) -> None:
    """It asks for the payment only when the agent reads: so that nothing was sent is true for ever."""
    before, agent = commands(shop), shop.programs["agent"]
    sale = PaymentRequest(payment="sale", amount=1250, currency="EUR")
    agent.send_signal(signal.SIGSTOP)
    try:
        with pytest.raises(AgentUnreachableError):
            shop.api.call("PUT", "/v1/payments/OURS-1", PaymentView, sale)
    finally:
        agent.send_signal(signal.SIGCONT)
    with pytest.raises(RefusedError, match="OURS-1"):
        shop.api.call("GET", "/v1/payments/OURS-1", PaymentView)
    assert commands(shop) == before
