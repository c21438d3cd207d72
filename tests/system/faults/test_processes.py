"""Processes that stand still, a cable that is pulled, and two agents where one belongs.

A process that is stopped with SIGSTOP stays so for longer than the timers of those
who wait for it: what happened is read from the cable's trace and the bank.
"""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from agent.api.v1.bodies import PaymentRequest, PaymentView, StatusView
from agent.journal.note import CosignatureVerifier, parse_vkey
from agent.programs.demo.network import free_port
from agent.upload.client import TIMEOUT_SECONDS
from agent.upload.cosignatures import Cosignatures
from tests.support.looking import until
from tests.system.faults.stage import MINE, SALE, Shop, end

# The terminal of these tests divides its own waits by this.
SPEED = 20
TERMINAL = """\
[terminal]
software = "TILLGATE-SIM 1"
answer_timeout_s = {answer_timeout_s}
auto_reversal = {auto_reversal}

[[payment]]
when_amount = 1250
{orders}
"""
# A tenth of a second: what the terminal says again then has gone before the agent opens the line, after one.
SOON = SPEED // 10
# It thinks for two seconds before its result.
THINKS = f"silence_s = {2 * SPEED}"
SALE_FRAME, RESULT_FRAME = "till      10 02 06 01 ", "terminal  10 02 04 0F "
# What it shows before that, and each is answered and acknowledged.
TEXT_FRAME, TEXTS = "terminal  10 02 04 FF ", 3


def script(orders: str = THINKS, *, answer_timeout_s: int = 1, auto_reversal: bool = True) -> str:
    return TERMINAL.format(
        orders=orders, answer_timeout_s=answer_timeout_s, auto_reversal=str(auto_reversal).lower()
    )


class Scene:
    """One payment during which something outside goes wrong."""

    def __init__(self, shop: Shop) -> None:
        self.shop = shop
        self.environment = shop.environment

    def frames(self, start: str) -> int:
        """How often the payment's cable has carried this."""
        path = self.environment.folder / "terminal.trace"
        return path.read_text("ascii").count(start) - 1 if path.exists() else 0

    def is_silent(self) -> bool:
        """The terminal has shown its texts and thinks; all was acknowledged."""
        lines = (self.environment.folder / "terminal.trace").read_text("ascii").splitlines()
        shown = [line for line in lines[-4 * TEXTS :] if TEXT_FRAME in line]
        return len(shown) == TEXTS and lines[-1].endswith("terminal  06")

    def open(self) -> None:
        self.environment.start_terminal()
        self.shop.start_agent()
        self.shop.until_ready()

    def ask(self) -> None:
        """The till asks, and does not wait."""
        self.environment.api.call("PUT", f"/v1/payments/{MINE}", PaymentView, SALE)

    @contextmanager
    def stopped(self, name: str) -> Iterator[None]:
        process = self.environment.programs[name]
        process.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            process.send_signal(signal.SIGCONT)

    def until(self, true: Callable[[], bool]) -> None:
        until(true, self.shop.said)

    def verdict(self) -> PaymentView:
        """What the till knows when the terminal may be used again, or a person must resolve."""
        self.until(lambda: self.shop.view().phase == "done")
        self.until(self.shop.is_ready)
        view = self.shop.pay()
        assert view is not None
        self.shop.judge(view)
        return view

    # ---- the scenes ----

    def agent_sleeps_before_the_result(self) -> PaymentView:
        """The terminal gives up: nobody takes its result, three times 5 s long.

        The agent then waits a minute for an end that will not come.
        """
        self.shop.script(script())
        self.open()
        self.ask()
        self.until(lambda: self.frames(SALE_FRAME) == 1)
        with self.stopped("agent"):
            self.until(lambda: bool(self.shop.bookings("reversed")))
        return self.verdict()

    def agent_sleeps_and_the_terminal_keeps_it(self) -> PaymentView:
        """By the other reading of the specification the result stays and is told again."""
        self.shop.script(script(auto_reversal=False))
        self.open()
        self.ask()
        self.until(lambda: self.frames(SALE_FRAME) == 1)
        with self.stopped("agent"):
            self.until(lambda: self.frames(RESULT_FRAME) == 3)
        return self.verdict()

    def terminal_sleeps_before_the_command(self) -> PaymentView:
        """T2, three times: the agent gives up and closes the line; then the terminal finds three frames."""
        self.shop.script(script(""))
        self.open()
        with self.stopped("terminal"):
            self.ask()
            self.until(lambda: self.shop.view().phase == "done")
        return self.verdict()

    def terminal_sleeps_in_the_payment(self) -> PaymentView:
        """T4, which is the least that can be set in this shop: 30 s."""
        self.shop.script(script())
        self.open()
        self.ask()
        self.until(lambda: self.frames(SALE_FRAME) == 1 and self.is_silent())
        with self.stopped("terminal"):
            self.until(lambda: self.shop.view().phase == "done")
            assert self.shop.view().verdict == "unclear"
            assert "acknowledge" not in self.shop.view().text, "that was T2"
        return self.verdict()

    def line_breaks_before_the_result(self) -> PaymentView:
        """The pty goes and comes back under another number; nobody takes the result in time."""
        self.shop.script(script(f"unplug = {{ seconds = {SOON}, at = 'status', when = 'before' }}"))
        self.open()
        self.ask()
        return self.verdict()

    def line_breaks_after_the_result(self) -> PaymentView:
        """The result was written, its answer got lost."""
        self.shop.script(script(f"unplug = {{ seconds = {SOON}, at = 'status', when = 'after' }}"))
        self.open()
        self.ask()
        return self.verdict()

    def line_is_back_in_time(self) -> PaymentView:
        """The terminal still waits for its answer."""
        orders = f"unplug = {{ seconds = {SPEED}, at = 'status', when = 'before' }}"
        self.shop.script(script(orders, answer_timeout_s=60 * SPEED))
        self.open()
        self.ask()
        return self.verdict()

    def line_breaks_before_the_end(self) -> PaymentView:
        """All is said but the completion."""
        self.shop.script(script(f"unplug = {{ seconds = {SPEED}, at = 'completion', when = 'before' }}"))
        self.open()
        self.ask()
        return self.verdict()


# What each must end in; where the terminal is free to choose, both.
SCENES = {
    **({"agent_sleeps_before_the_result": {"declined"}} if os.environ.get("LONG") else {}),
    "agent_sleeps_and_the_terminal_keeps_it": {"approved"},
    "terminal_sleeps_before_the_command": {"approved", "declined"},
    "terminal_sleeps_in_the_payment": {"approved", "declined"},
    "line_breaks_before_the_result": {"declined"},
    "line_breaks_after_the_result": {"declined"},
    "line_is_back_in_time": {"approved"},
    "line_breaks_before_the_end": {"approved"},
}


@pytest.fixture(scope="module")
def ends(
    first_day: Shop, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, PaymentView | BaseException]]:
    """All scenes at once: they spend their time waiting. A failure goes to its own test."""
    shops = {name: first_day.copied(tmp_path_factory.mktemp("scene-")) for name in SCENES}
    with ThreadPoolExecutor(len(SCENES)) as stage:
        played = {name: stage.submit(getattr(Scene(shop), name)) for name, shop in shops.items()}
        try:
            yield {name: done.exception() or done.result() for name, done in played.items()}
        finally:
            for shop in shops.values():
                shop.environment.close()


@pytest.mark.parametrize("name", SCENES)
def test_who_sleeps_or_is_cut_off_never_makes_a_payment_wrong(
    ends: dict[str, PaymentView | BaseException], name: str
) -> None:
    view = ends[name]
    if isinstance(view, BaseException):
        raise view
    assert view.verdict in SCENES[name]


@dataclass
class Two:
    """A shop that is open, and another whose settings can be changed."""

    first: Shop
    second: Shop

    def second_ends(self) -> str:
        """Start the second agent, which ends by itself, and what it said."""
        assert end(self.second.agent_under()) == os.EX_CONFIG
        return self.second.said().splitlines()[-1]


@pytest.fixture
def two(first_day: Shop, tmp_path: Path) -> Iterator[Two]:
    shops = Two(first_day.copied(tmp_path / "first"), first_day.copied(tmp_path / "second"))
    try:
        shops.first.environment.start_terminal()
        shops.first.start_agent()
        shops.first.until_ready()
        yield shops
    finally:
        shops.first.environment.close()
        shops.second.environment.close()


def still_pays(shop: Shop) -> bool:
    view = shop.pay("A-9", PaymentRequest(payment="sale", amount=700, currency="EUR"))
    return view is not None and view.verdict == "approved"


def test_a_second_agent_on_the_journal_names_the_first(two: Two) -> None:
    two.second.change(str(two.second.environment.journal.parent), str(two.first.environment.journal.parent))
    said = two.second_ends()
    assert f"in use by process {two.first.environment.programs['agent'].pid}" in said
    assert still_pays(two.first)


def toml_string(text: object) -> str:
    """A TOML basic string is a JSON string."""
    return json.dumps(str(text), ensure_ascii=False)


def test_a_second_agent_on_the_port_names_the_first(two: Two) -> None:
    two.second.change(
        toml_string(two.second.environment.terminal), toml_string(two.first.environment.terminal)
    )
    two.second.start_agent()
    until(lambda: two.second.environment.terminal_is("away"), two.second.said)
    text = two.second.environment.api.call("GET", "/v1/status", StatusView).terminals[0].text
    assert f"(process {two.first.environment.programs['agent'].pid})" in text
    view = two.second.pay()
    assert view is not None
    assert view.verdict == "not_sent"
    assert still_pays(two.first)


def test_the_api_of_a_living_agent_is_left_alone(two: Two) -> None:
    two.second.change(toml_string(two.second.environment.socket), toml_string(two.first.environment.socket))
    assert "Another agent answers" in two.second_ends()
    assert still_pays(two.first)


def test_the_api_of_a_sleeping_agent_is_left_alone(two: Two) -> None:
    two.second.change(toml_string(two.second.environment.socket), toml_string(two.first.environment.socket))
    with Scene(two.first).stopped("agent"):
        assert "Another agent answers" in two.second_ends()
    assert still_pays(two.first)


def test_the_api_of_a_dead_agent_is_replaced(two: Two) -> None:
    agent = two.first.environment.programs.pop("agent")
    agent.kill()
    agent.wait()
    assert two.first.environment.socket.is_socket()
    two.first.start_agent()
    two.first.until_ready()
    assert still_pays(two.first)


def test_an_uploader_that_slept_sends_all_of_it(tmp_path: Path) -> None:
    """It sleeps for longer than a request may take."""
    shop = Shop(tmp_path, port=free_port())
    environment = shop.environment
    try:
        collector = parse_vkey(environment.provision())
        assert isinstance(collector, CosignatureVerifier)
        environment.start("collector", "collector", "--settings", str(tmp_path / "collector.toml"))
        environment.start_terminal()
        shop.start_agent()
        environment.start("upload", "upload", "--settings", str(shop.settings))
        shop.until_ready()

        def cosigned() -> int:
            cosignature = Cosignatures(environment.cosignatures).cosigned(environment.origin, collector)
            return cosignature.size if cosignature else 0

        until(lambda: cosigned() > 0, shop.said)
        before = cosigned()
        with Scene(shop).stopped("upload"):
            began = time.monotonic()
            assert still_pays(shop)
            until(lambda: time.monotonic() > began + TIMEOUT_SECONDS, shop.said)
            assert cosigned() == before
        entries = environment.api.call("GET", "/v1/status", StatusView).entries
        assert entries > before
        until(lambda: cosigned() >= entries, shop.said)
        environment.stop("upload")
        shop.verify()
    finally:
        environment.close()
