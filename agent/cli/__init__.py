"""`tillgate`: one command with many faces. Only the module of the chosen command is imported.

    tillgate pay 12.50          the cashier
    tillgate status             the support person
    tillgate agent              systemd

A module in the table below has `register(subparsers)`, which adds its parser and
sets `func`, a function from the parsed arguments to the exit code (see `exits`).
"""

from __future__ import annotations

import argparse
import sys
import traceback
from collections.abc import Sequence
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import NoReturn

from agent import VERSION
from agent.cli.ui import streams
from agent.cli.ui.exits import CommandError, Exit
from agent.cli.ui.screen import Screen
from agent.texts import say

# Command -> its module. The catalogue has a line for each, `cli.command.NAME`.
COMMANDS = {
    "pay": "agent.cli.pay",
    "refund": "agent.cli.refund",
    "reverse": "agent.cli.reverse",
    "till": "agent.cli.till",
    "last": "agent.cli.last",
    "resolve": "agent.cli.resolve",
    "release": "agent.cli.release",
    "close-day": "agent.cli.close_day",
    "status": "agent.cli.status",
    "clock": "agent.cli.clock",
    "accept-terminal": "agent.cli.accept_terminal",
    "alarms": "agent.cli.alarms",
    "terminals": "agent.cli.terminals",
    "doctor": "agent.cli.doctor",
    "journal": "agent.cli.journal",
    "keys": "agent.cli.keys",
    "config": "agent.cli.config",
    "agent": "agent.cli.agent",
    "upload": "agent.cli.upload",
    "collector": "agent.cli.collector",
    "sim": "drivers.simulator.core.process",
    "demo": "agent.cli.demo",
}

# Commands that send something about money to the agent, or tell what became of it: where they cannot say
# how it went, they leave with 3.
MONEY = frozenset({"pay", "refund", "reverse", "till", "last", "resolve", "release", "close-day"})


class Parser(argparse.ArgumentParser):
    """An argparse parser with our exit code: its own for a bad command line is 2, our "not sent"."""

    def error(self, message: str) -> NoReturn:
        self.print_usage(sys.stderr)
        self.exit(Exit.USAGE, f"{self.prog}: {message}\n")


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; the exit code is one of `Exit` unless the command says otherwise.

    An error of our own never leaves with the code of a verdict, which Python's own 1 would be.
    """
    words = sys.argv[1:] if argv is None else list(argv)
    if argv is None:
        streams.prepare()
    try:
        return _run_to_the_end(words)
    finally:
        if argv is None:
            streams.finish()


def _run_to_the_end(words: list[str]) -> int:
    told, speaks_of_money = Screen(sys.stderr, keep_on=True), words[:1] and words[0] in MONEY
    try:
        return run_one(words)
    except CommandError as error:
        told.say(str(error))
        return error.exit
    except KeyboardInterrupt:
        return Exit.UNCLEAR if speaks_of_money else Exit.INTERRUPTED
    except BrokenPipeError:  # the reader of our output has closed it: `tillgate journal show | head`
        return Exit.UNCLEAR if speaks_of_money else Exit.OK
    except Exception as error:  # noqa: BLE001 - nobody above us could say what it means for the money
        told.say(say("cli.broke_money" if speaks_of_money else "cli.broke", error=_named(error)))
        return Exit.UNCLEAR if speaks_of_money else Exit.BROKEN


def _named(error: Exception) -> str:
    """The kind of an error, and its line in our code. Never its text, which may quote anything."""
    frames = traceback.extract_tb(error.__traceback__)
    where = f", {Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""
    return f"{type(error).__name__}{where}"


def run_one(arguments: list[str]) -> int:
    """Run one command. Raises `CommandError`, and `SystemExit` for what argparse does not understand."""
    if arguments[:1] == ["sim"]:  # its options are its own: drivers never import agent
        return _simulate(arguments[1:])
    args = _parser(arguments[0] if arguments else "").parse_args(arguments)
    return int(args.func(args))


def _simulate(arguments: list[str]) -> int:
    from drivers.driver import PROTOCOLS  # noqa: PLC0415 - not for --help

    protocol = arguments[0] if arguments else ""
    if protocol not in PROTOCOLS:
        raise CommandError(f"tillgate sim {'|'.join(PROTOCOLS)} --help", Exit.USAGE)
    if find_spec("drivers.simulator") is None:
        raise CommandError(say("programs.no_simulator"), Exit.CONFIG)
    return int(import_module("drivers.simulator.core.process").main(arguments[1:], protocol))


def _parser(chosen: str) -> Parser:
    parser = Parser(
        prog="tillgate",
        description=say("cli.about"),
        epilog=say("cli.exit_codes"),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"tillgate {VERSION}")
    subparsers = parser.add_subparsers(metavar="COMMAND", required=True)
    for name, module in COMMANDS.items():
        if name == chosen:
            import_module(module).register(subparsers)
        else:
            subparsers.add_parser(name, help=say(f"cli.command.{name}"))
    return parser
