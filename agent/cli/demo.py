"""`tillgate demo`: a few payments with everything real except the terminal's hardware."""

from __future__ import annotations

import argparse
from importlib import import_module
from importlib.util import find_spec

from agent.cli.ui.exits import CommandError, Exit
from agent.texts import say


def register(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command."""
    parser = subparsers.add_parser("demo", help=say("cli.demo.about"))
    parser.add_argument("--payments", type=int, metavar="N", help=say("cli.demo.payments"))
    parser.add_argument("--stay", action="store_true", help=say("cli.demo.stay"))
    parser.add_argument("--json", action="store_true", help=say("cli.demo.json"))
    parser.set_defaults(func=_run)


def _run(args: argparse.Namespace) -> int:
    if find_spec("drivers.simulator") is None:
        raise CommandError(say("programs.no_simulator"), Exit.CONFIG)
    return int(import_module("agent.programs.demo").run(args))
