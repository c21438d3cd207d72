"""Real commands whose output cannot be shown: the exit code is still the payment's, or 3."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Final

import pytest

from agent.cli import main, pay
from agent.cli.ui import verdict
from agent.cli.ui.exits import Exit
from tests.conftest import CONFIRM, DECLINE, LONG, NOT_SENT, UNCLEAR

if TYPE_CHECKING:
    from tests.conftest import ServedApi

APPROVE: Final = 1250
CODES: Final = {
    APPROVE: Exit.OK,
    DECLINE: Exit.NO,
    NOT_SENT: Exit.NOT_SENT,
    UNCLEAR: Exit.UNCLEAR,
    CONFIRM: Exit.NO,  # nobody answers the question
}
COMMAND: Final = (sys.executable, "-m", "agent")
ENDED_S: Final = 60.0


def started(api: ServedApi, *words: str, shell: str = "", **options: Any) -> subprocess.Popen[bytes]:
    """A command as a process of its own; `shell` is what a shell puts behind it."""
    command = [*COMMAND, *words, "--socket", str(api.path)]
    if shell:
        quoted = " ".join(f"'{word}'" for word in command)
        command = ["bash", "-c", f"{quoted} {shell}"]
    options.setdefault("stdout", subprocess.DEVNULL)
    options.setdefault("stderr", subprocess.DEVNULL)
    process: subprocess.Popen[bytes] = subprocess.Popen(command, **options)
    return process


def left_with(process: subprocess.Popen[bytes]) -> int:
    return process.wait(ENDED_S)


FAILURES: Final = {
    "full": ">/dev/full 2>/dev/full",
    "full for people": "2>/dev/full",
    "full for programs": ">/dev/full",
    "closed": ">&- 2>&-",
    "all closed": "<&- >&- 2>&-",
    "read once": "2>&1 | head -1; exit ${PIPESTATUS[0]}",
    "never read": "2>&1 | true; exit ${PIPESTATUS[0]}",
    "input cannot be read": "0>/dev/null",
}


@pytest.mark.case("other/01")
@pytest.mark.case("other/02")
@pytest.mark.parametrize("failure", FAILURES)
@pytest.mark.parametrize("options", [[], ["--json"]], ids=["screen", "json"])
@pytest.mark.parametrize("amount", CODES)
def test_the_exit_code_is_the_payments_however_its_output_fails(
    api: ServedApi, amount: int, options: list[str], failure: str
) -> None:
    words = ["pay", f"{amount // 100}.{amount % 100:02d}", "--payment-id", "A-1", *options]
    assert left_with(started(api, *words, shell=FAILURES[failure])) == CODES[amount]


@pytest.mark.parametrize(
    ("locale", "encoding"),
    [
        ("zh_CN.GBK", "gbk"),
        ("ru_RU.KOI8-R", "koi8-r"),
        ("de_DE.ISO-8859-1", "latin-1"),
        ("C", "ascii"),
    ],
)
@pytest.mark.parametrize("options", [[], ["--json"]], ids=["screen", "json"])
def test_a_letter_that_the_locale_lacks_changes_no_verdict(
    api: ServedApi, tmp_path: Path, locale: str, encoding: str, options: list[str]
) -> None:
    api.service.display = "Karte f\u00fcr Gr\u00f6\u00dfe w\u00e4hlen \u0393\u20bf\u738b"
    environment = {**os.environ, "LC_ALL": locale, "PYTHONIOENCODING": encoding}
    with (tmp_path / "out").open("wb") as out:
        process = started(api, "pay", "12.50", *options, env=environment, stdout=out)
        assert left_with(process) == Exit.OK
    told = (tmp_path / "out").read_bytes()
    if options:
        assert json.loads(told)["verdict"] == "approved"
    else:
        assert b"APPROVED" in told


@pytest.mark.parametrize("word", ["refund", "reverse", "close-day", "last"])
@pytest.mark.parametrize("failure", FAILURES)
def test_every_command_about_money_leaves_with_the_payments_code(
    api: ServedApi, word: str, failure: str
) -> None:
    words = {
        "refund": ["refund", "5.00", "--original", "A-0"],
        "reverse": ["reverse", "--original", "A-0"],
        "close-day": ["close-day"],
        "last": ["last", "--payment-id", "A-0"],
    }[word]
    api.pay("A-0", DECLINE)
    code = Exit.NO if word == "last" else Exit.OK
    assert left_with(started(api, *words, shell=FAILURES[failure])) == code


def until(seen: Callable[[], bool]) -> None:
    while not seen():
        time.sleep(0.01)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_command_that_is_ended_while_it_waits_says_that_the_payment_may_run(
    api: ServedApi, number: int
) -> None:
    process = started(api, "pay", f"{LONG / 100:.2f}", "--payment-id", "A-1", stderr=subprocess.PIPE)
    until(lambda: "events" in api.service.heard)
    process.send_signal(number)
    _, told = process.communicate(timeout=ENDED_S)
    assert process.returncode == Exit.UNCLEAR
    assert b"Payment A-1 MAY STILL BE RUNNING" in told


def test_the_reader_is_killed_while_the_payment_runs(api: ServedApi) -> None:
    reader = subprocess.Popen(["cat"], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)
    process = started(api, "pay", f"{LONG / 100:.2f}", "--payment-id", "A-1", stdout=reader.stdin)
    stream: IO[bytes] | None = reader.stdin
    assert stream is not None
    stream.close()
    until(lambda: "events" in api.service.heard)
    reader.kill()
    reader.wait()
    api.soon(lambda: api.service.scenes["A-1"].end("approved"))
    assert left_with(process) == Exit.OK


def test_the_till_goes_on_with_a_payment_nobody_sees_and_then_leaves_with_3(api: ServedApi) -> None:
    reading, writing = os.pipe()
    process = started(api, "till", stdin=subprocess.PIPE, stdout=writing)
    os.close(writing)
    while not os.read(reading, 65536).endswith(b"> "):
        pass  # the first thing that nobody sees is the payment itself
    os.close(reading)
    process.communicate(b"12.50\n", ENDED_S)
    assert process.returncode == Exit.UNCLEAR
    assert [scene.view.verdict for scene in api.service.scenes.values()] in ([], ["approved"])


def test_an_error_of_our_own_hides_no_verdict(
    api: ServedApi, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for view in ("headline", "_facts", "_evidence"):
        monkeypatch.setattr(verdict, view, lambda _: 1 / 0)
    for amount, code in ((APPROVE, Exit.OK), (DECLINE, Exit.NO), (UNCLEAR, Exit.UNCLEAR)):
        assert main(["pay", f"{amount / 100:.2f}", "--socket", str(api.path)]) == code
        assert "cannot be shown in full" in " ".join(capsys.readouterr().out.split())


def test_an_error_anywhere_in_a_command_about_money_is_3_and_never_1(
    api: ServedApi, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pay, "amount", lambda _: 1 / 0)
    assert main(["pay", "12.50", "--socket", str(api.path)]) == Exit.UNCLEAR
    assert "ZeroDivisionError" in capsys.readouterr().err
