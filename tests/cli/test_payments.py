"""The cashier's commands against a real API: what is read, and how the command leaves."""

from __future__ import annotations

import io
import json
import re
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from agent.cli import main
from agent.cli.ui import follow
from agent.cli.ui.exits import Exit
from agent.cli.ui.payment_ids import new_payment_id
from agent.texts import say

if TYPE_CHECKING:
    from tests.conftest import ServedApi

Captured = pytest.CaptureFixture[str]


def run(api: ServedApi, *words: str) -> int:
    return main([*words, "--socket", str(api.path)])


@pytest.mark.parametrize(
    ("amount", "code", "said"),
    [
        ("12.50", Exit.OK, "The customer has paid 12.50 EUR."),
        ("13.00", Exit.NO, "No money has moved for Payment A-1."),
        ("14", Exit.NOT_SENT, "It is safe to try again"),
        ("15.00", Exit.UNCLEAR, "Do not charge again."),
    ],
)
def test_pay_tells_the_verdict_and_leaves_with_its_code(
    api: ServedApi, capsys: Captured, amount: str, code: Exit, said: str
) -> None:
    assert run(api, "pay", amount, "--payment-id", "A-1", "--currency", "EUR") == code
    told = " ".join(capsys.readouterr().out.split())
    assert told.startswith("Payment id A-1 Payment A-1 on front:")
    assert said in told


def test_no_line_is_wider_than_80_columns_and_none_steers_the_screen(
    api: ServedApi, capsys: Captured
) -> None:
    payment_id = "N" * 40
    run(api, "pay", "9999999.99", "--payment-id", payment_id)
    run(api, "last", "--payment-id", payment_id)
    run(api, "last")
    run(api, "status")
    out = capsys.readouterr().out
    assert max(len(line) for line in out.splitlines()) <= 80
    assert "\x1b" not in out
    assert "Please [2J wait" in out


def test_json_is_one_object_and_people_read_beside_it(api: ServedApi, capsys: Captured) -> None:
    assert run(api, "pay", "12.50", "--payment-id", "A-1", "--json") == Exit.OK
    told = capsys.readouterr()
    assert json.loads(told.out)["verdict"] == "approved"
    assert "APPROVED" in told.err


def test_a_payment_id_is_made_and_said_first(api: ServedApi, capsys: Captured) -> None:
    run(api, "pay", "12.50")
    first = capsys.readouterr().out.splitlines()[0]
    assert re.fullmatch(r"Payment id [A-Z2-7]{4}-[A-Z2-7]{4}-[A-Z2-7]{4}", first)
    assert len({new_payment_id() for _ in range(1000)}) == 1000


@pytest.mark.parametrize("amount", ["12,50", "1e3", "-5", "1_000", "\uff11\uff12", "NaN", "12.505", ""])
def test_a_wrong_amount_is_named_before_anybody_hears_of_it(
    api: ServedApi, capsys: Captured, amount: str
) -> None:
    assert run(api, "pay", amount) == Exit.USAGE
    assert "This command has sent nothing and begun no payment." in capsys.readouterr().err
    assert api.service.heard == []


def test_the_agents_refusal_is_told_in_its_own_words(api: ServedApi, capsys: Captured) -> None:
    run(api, "pay", "12.50", "--payment-id", "A-1")
    assert run(api, "pay", "12.60", "--payment-id", "A-1") == Exit.EARLIER
    told = " ".join(capsys.readouterr().err.split())
    assert say("errors.already_used") in told
    assert "Payment A-1 is approved: 12.50 EUR, asked for at" in told
    assert "no money has moved" not in told.lower()


def test_refund_reversal_and_close_day(api: ServedApi, capsys: Captured) -> None:
    assert run(api, "refund", "5.00", "--original", "A-1") == Exit.OK
    assert run(api, "reverse", "--original", "A-1") == Exit.OK
    assert run(api, "close-day") == Exit.OK
    told = capsys.readouterr().out
    assert "The customer gets 5.00 EUR back." in told
    assert "Payment A-1 is taken back whole." in told
    assert "The terminal's day is closed." in told


def answers(monkeypatch: pytest.MonkeyPatch, *lines: str, secrets: tuple[str, ...] = ()) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("".join(line + "\n" for line in lines)))
    typed = iter(secrets)
    monkeypatch.setattr("getpass.getpass", lambda *_, **__: next(typed))


def test_a_question_is_put_and_a_yes_goes_on(
    api: ServedApi, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers(monkeypatch, "y", "yes")
    assert run(api, "pay", "16.00") == Exit.OK
    assert "soft limit of 15.00 EUR" in capsys.readouterr().out
    assert api.service.heard == ["put", "events", "answer yes"]


def test_a_no_cancels(api: ServedApi, monkeypatch: pytest.MonkeyPatch) -> None:
    answers(monkeypatch, "no")
    assert run(api, "pay", "16.00") == Exit.NO
    assert api.service.heard == ["put", "events", "answer no"]


def test_nobody_at_the_keyboard_is_a_no(
    api: ServedApi, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers(monkeypatch)
    assert run(api, "pay", "16.00") == Exit.NO
    assert say("cli.nobody") in " ".join(capsys.readouterr().out.split())


def test_a_second_person_may_try_again_and_the_secret_is_not_shown(
    api: ServedApi, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers(monkeypatch, "yes", "boss", "yes", "boss", secrets=("wrong", "right"))
    assert run(api, "pay", "17.00") == Exit.OK
    told = capsys.readouterr()
    assert say("errors.wrong_credential") in " ".join(told.out.split())
    assert "right" not in told.out + told.err


@contextmanager
def once_it_is_followed(api: ServedApi, act: Callable[[], None]) -> Iterator[None]:
    """Do something from outside as soon as the command reads the payment's events."""

    def watch() -> None:
        while "events" not in api.service.heard:
            time.sleep(0.001)
        act()

    watcher = threading.Thread(target=watch)
    watcher.start()
    yield
    watcher.join()


@pytest.fixture
def _interruptible() -> Iterator[None]:
    """A shell ignores Ctrl-C for what it starts in the background, and its children inherit that."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("_interruptible")
def test_ctrl_c_asks_to_cancel_and_keeps_waiting(api: ServedApi, capsys: Captured) -> None:
    main_thread = threading.main_thread().ident or 0
    with once_it_is_followed(api, lambda: signal.pthread_kill(main_thread, signal.SIGINT)):
        assert run(api, "pay", "18.00") == Exit.NO
    told = capsys.readouterr().out
    assert "Asked to cancel. Waiting for the terminal" in told
    assert "CANCELLED" in told
    assert "cancel" in api.service.heard


def test_an_agent_that_goes_away_leaves_no_silence(
    api: ServedApi, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(follow, "RETRY_PAUSES_S", ())
    with once_it_is_followed(api, api.close):
        assert run(api, "pay", "18.00", "--payment-id", "A-1") == Exit.UNCLEAR
    told = capsys.readouterr().err
    assert "Payment A-1 MAY STILL BE RUNNING" in told
    assert "tillgate last --payment-id A-1" in told


def test_no_agent_means_that_nothing_was_sent(api: ServedApi, capsys: Captured) -> None:
    api.close()
    assert run(api, "pay", "12.50") == Exit.UNAVAILABLE
    assert "This command has sent nothing and begun no payment." in capsys.readouterr().err
    assert run(api, "status") == Exit.UNAVAILABLE


def test_last_with_a_payment_id_leaves_with_that_payments_code(api: ServedApi, capsys: Captured) -> None:
    run(api, "pay", "15.00", "--payment-id", "A-1")
    assert run(api, "last", "--payment-id", "A-1") == Exit.UNCLEAR
    assert "Receipt, customer" in capsys.readouterr().out
    assert run(api, "last", "--payment-id", "B-1") == Exit.USAGE


def test_resolve_needs_a_secret_and_says_what_became_of_it(
    api: ServedApi, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(api, "pay", "15.00", "--payment-id", "A-1")
    answers(monkeypatch, secrets=("right", "right"))
    words = ["resolve", "A-1", "--verdict", "declined", "--reason", "no receipt"]
    words += ["--person", "anna", "--witness", "boss"]
    assert run(api, *words) == Exit.NO
    assert "DECLINED" in capsys.readouterr().out


def test_two_persons_declare_the_clock_right(
    api: ServedApi, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers(monkeypatch, secrets=("right", "right"))
    words = ["clock", "declare", "--reason", "flat battery", "--person", "anna", "--witness", "boss"]
    assert run(api, *words) == Exit.OK
    assert api.service.heard[-1] == "clock flat battery"
    assert "right now" in capsys.readouterr().out


def test_two_persons_accept_a_terminal(
    api: ServedApi, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers(monkeypatch, secrets=("right", "right"))
    words = ["accept-terminal", "front", "--reason", "repaired", "--person", "anna", "--witness", "boss"]
    assert run(api, *words) == Exit.OK
    assert api.service.heard[-1] == "accept front"
    assert "is accepted" in capsys.readouterr().out


def test_status_says_why_not(api: ServedApi, capsys: Captured) -> None:
    assert run(api, "status") == Exit.NO
    told = capsys.readouterr().out
    assert "NO PAYMENTS ARE TAKEN: Terminal front is away" in told
    assert "has confirmed 1200 entries, 34 to go" in told
    assert "tillgate resolve K7Q2-M4XW" in told


@pytest.mark.parametrize(
    ("ahead_s", "apart"),
    [(3720, "62 minutes"), (-3600 * 5, "5 hours"), (86_400 * 9, "9 days"), (-300, "5 minutes")],
)
def test_status_tells_of_a_clock_that_is_wrong(
    api: ServedApi, capsys: Captured, ahead_s: int, apart: str
) -> None:
    api.service.clock_ahead_s = ahead_s
    run(api, "status")
    assert say("cli.clocks", apart=apart) in " ".join(capsys.readouterr().out.split())


@pytest.mark.parametrize("ahead_s", [None, 0, 299, -299])
def test_status_says_nothing_of_a_clock_that_is_right(
    api: ServedApi, capsys: Captured, ahead_s: int | None
) -> None:
    api.service.clock_ahead_s = ahead_s
    run(api, "status")
    assert "clock" not in capsys.readouterr().out


def test_the_standing_prompt_takes_amounts_and_survives_mistakes(
    api: ServedApi, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers(monkeypatch, "12.50", "nonsense", "'open quote", "12,50", "refund", "", "help", "last", "quit")
    assert run(api, "till", "--till", "3") == Exit.OK
    told = capsys.readouterr()
    assert "The customer has paid 12.50 EUR." in told.out
    assert told.out.count(say("cli.not_known")) == 2
    assert "is not an amount" in told.out
    assert next(iter(api.service.scenes.values())).view.till == "3"
