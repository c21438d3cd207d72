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
from agent.cli.ui.options import add_settings, default_socket
from agent.cli.ui.screen import Screen
from agent.texts import say

ASK = "> "
# An agent that is well answers in milliseconds.
GLANCE_S = 1.0

PAYMENTS = {"pay", "refund", "reverse"}
KNOWN = {*PAYMENTS, "last", "status", "alarms", "close-day", "resolve", "release"}


def register(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command."""
    parser = subparsers.add_parser("till", help=say("cli.command.till"))
    for option in ("--terminal", "--till", "--operator"):
        parser.add_argument(option, metavar="NAME", help=say("cli.till.operator"))
    add_settings(parser)
    parser.add_argument("--socket", metavar="PATH", help=say("cli.option.socket"))
    parser.set_defaults(func=_till)


def _till(args: argparse.Namespace) -> int:
    out = Screen(sys.stdout)
    out.say(say("cli.welcome"))
    shown = ""
    while True:
        shown = _remind(args, out, shown)
        print(ASK, end="", flush=True)
        line = sys.stdin.readline()
        words = _words(line)
        if not line or words[:1] == ["quit"]:
            return Exit.OK
        if words == ["help"]:
            out.say(say("cli.help"))
        elif words:
            _run(args, out, words)


def _remind(args: argparse.Namespace, out: Screen, shown: str) -> str:
    """One line about alarms when there is news of them. It never keeps the prompt back."""
    try:
        path = Path(args.socket) if args.socket else default_socket(args)
        news = reminder(ApiClient(path, GLANCE_S).call("GET", "/v1/status", StatusView).alarms)
    except (AgentUnreachableError, BrokenError, RefusedError, CommandError):
        return shown  # the next payment will say what is wrong
    if news and news != shown:
        out.say(news)
    return news


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
    standing = ["settings", "socket", *(["terminal", "till", "operator"] if words[0] in PAYMENTS else [])]
    for option in standing:
        value = getattr(args, option)
        words += [f"--{option}", str(value)] if value is not None else []
    try:
        run_one(words)
    except CommandError as error:
        out.say(str(error))
    except SystemExit:  # argparse has already told the error
        return
