"""`tillgate till`: a standing prompt for a day at the counter."""

from __future__ import annotations

import argparse
import shlex
import sys
from pathlib import Path

from agent.api.v1.bodies import StatusView
from agent.cli.ui.alarm_lines import reminder
from agent.cli.ui.client import AgentUnreachableError, ApiClient, BrokenError, RefusedError
from agent.cli.ui.exits import CommandError, Exit
from agent.cli.ui.keyboard import Keyboard, QuestionOverError
from agent.cli.ui.options import add_settings, default_socket
from agent.cli.ui.screen import Screen
from agent.cli.ui.unclear_watch import UnclearWatch
from agent.texts import say

ASK = "> "
# An agent that is well answers in milliseconds.
GLANCE_S = 1.0

# The options of the session that stand for a command, too.
STANDING = {
    "pay": ("terminal", "till", "operator"),
    "refund": ("terminal", "till", "operator"),
    "reverse": ("terminal", "till", "operator"),
    "close-day": ("terminal", "operator"),
}
KNOWN = {*STANDING, "last", "status", "alarms", "resolve", "release"}


def register(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command."""
    parser = subparsers.add_parser("till", help=say("cli.command.till"))
    for option in ("--terminal", "--till", "--operator"):
        parser.add_argument(option, metavar="NAME", help=say("cli.till.operator"))
    add_settings(parser)
    parser.add_argument("--socket", metavar="PATH", help=say("cli.option.socket"))
    parser.set_defaults(func=_till)


def _till(args: argparse.Namespace) -> int:
    return _Session(args).run()


class _Session:
    """One day at the counter: a line is a command, and the prompt comes back in every case."""

    def __init__(self, args: argparse.Namespace) -> None:
        self._args = args
        self._out = Screen(sys.stdout, keep_on=True)
        self._keyboard = Keyboard()
        self._path = Path(args.socket) if args.socket else default_socket(args)
        self._watch = UnclearWatch(self._path, self._out)
        self._shown = ""

    def run(self) -> int:
        """Until "quit", the end of the input, or a screen that shows nothing any more."""
        self._out.say(say("cli.welcome"))
        try:
            while not self._out.lost:
                words = self._words()
                if words is None or words[:1] == ["quit"]:
                    return Exit.OK
                if words == ["help"]:
                    self._out.say(say("cli.help"))
                elif words:
                    _run(self._args, self._out, words)
        finally:
            self._watch.close()
        return Exit.UNCLEAR  # what the last payment did was not shown

    def _words(self) -> list[str] | None:
        """The next line; None at the end of the input. Ctrl-C drops what was typed."""
        try:
            self._remind()
            self._out.ask(ASK)
            return _words(self._keyboard.line(self._watch.descriptors, self._news))
        except EOFError:
            return None
        except (KeyboardInterrupt, QuestionOverError):
            self._out.say("")
            return []

    def _news(self) -> bool:
        """Whether something was said, so that the prompt has to stand below it."""
        return self._watch.tell()

    def _remind(self) -> None:
        """What somebody has to know before the next customer. It never keeps the prompt back."""
        try:
            status = ApiClient(self._path, GLANCE_S).call("GET", "/v1/status", StatusView)
        except (AgentUnreachableError, BrokenError, RefusedError):
            return  # the next payment will say what is wrong
        self._watch.watch(status.unclear)
        news = reminder(status.alarms)
        if news and news != self._shown:
            self._out.say(news)
        self._shown = news


def _words(line: str) -> list[str]:
    try:
        return shlex.split(line)
    except ValueError:  # a quote that never ends: no known command
        return [line.strip()]


def _run(args: argparse.Namespace, out: Screen, words: list[str]) -> None:
    """Run one line as a command. The prompt comes back in every case."""
    from agent.cli import run_one  # noqa: PLC0415 - the table of commands names this module

    if words[0][:1].isdigit():
        words = ["pay", *words]
    if words[0] not in KNOWN:
        out.say(say("cli.not_known"))
        return
    for option in ("settings", "socket", *STANDING.get(words[0], ())):
        value = getattr(args, option)
        words += [f"--{option}", str(value)] if value is not None else []
    try:
        run_one(words)
    except CommandError as error:
        out.say(str(error))
    except KeyboardInterrupt:
        out.say("")
    except SystemExit:  # argparse has already told the error
        return
    except Exception as error:  # noqa: BLE001 - the next customer waits, and this one's payment may go on
        out.say(say("cli.broke_money", error=type(error).__name__))
