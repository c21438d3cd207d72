"""`tillgate till`: a standing prompt for a day at the counter."""

from __future__ import annotations

import argparse
import shlex
import sys

from agent.cli.ui.exits import CommandError, Exit
from agent.cli.ui.options import add_settings
from agent.cli.ui.screen import Screen

WELCOME = 'An amount takes a payment. "help" shows the rest, "quit" ends.'
HELP = """\
12.50                         take a payment
refund 12.50 --original X     give money back
reverse --original X          take a payment back whole
last                          the newest payments
status                        are payments taken?
close-day                     close the terminal's day
quit                          leave"""
NOT_KNOWN = 'This is not known here. "help" shows what is.'
ASK = "> "

PAYMENTS = {"pay", "refund", "reverse"}
KNOWN = {*PAYMENTS, "last", "status", "close-day", "resolve"}


def register(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command."""
    parser = subparsers.add_parser("till", help="a standing prompt for a day at the counter")
    for option in ("--terminal", "--till", "--operator"):
        parser.add_argument(option, metavar="NAME", help="stands for every payment of this session")
    add_settings(parser)
    parser.add_argument("--socket", metavar="PATH", help="the agent's API; default: the settings'")
    parser.set_defaults(func=_till)


def _till(args: argparse.Namespace) -> int:
    out = Screen(sys.stdout)
    out.say(WELCOME)
    while True:
        print(ASK, end="", flush=True)
        line = sys.stdin.readline()
        words = _words(line)
        if not line or words[:1] == ["quit"]:
            return Exit.OK
        if words == ["help"]:
            out.say(HELP)
        elif words:
            _run(args, out, words)


def _words(line: str) -> list[str]:
    try:
        return shlex.split(line)
    except ValueError:  # a quote that never ends: not known here, and said so
        return [line.strip()]


def _run(args: argparse.Namespace, out: Screen, words: list[str]) -> None:
    """One line as the command it stands for. Whatever becomes of it, the prompt comes back."""
    from agent.cli import run_one  # noqa: PLC0415 - the table of commands names this module

    if words[0][:1].isdigit():
        words = ["pay", *words]
    if words[0] not in KNOWN:
        out.say(NOT_KNOWN)
        return
    standing = ["settings", "socket", *(["terminal", "till", "operator"] if words[0] in PAYMENTS else [])]
    for option in standing:
        value = getattr(args, option)
        words += [f"--{option}", str(value)] if value is not None else []
    try:
        run_one(words)
    except CommandError as error:
        out.say(str(error))
    except SystemExit:  # argparse has said what it did not understand
        return
