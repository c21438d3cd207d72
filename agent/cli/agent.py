"""`tillgate agent`: the daemon."""

from __future__ import annotations

import argparse
from importlib import import_module

from agent.cli.ui.options import add_settings
from agent.settings.load import DEFAULT_FILE
from agent.texts import say


def register(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command."""
    parser = subparsers.add_parser("agent", help="run the agent")
    add_settings(parser)
    parser.add_argument("--boot-id", default="", metavar="UUID", help=say("cli.option.boot_id"))
    parser.set_defaults(func=_run)


def _run(args: argparse.Namespace) -> int:
    program = import_module("agent.programs.agent")  # here, so that --help does not wait for all of the agent
    return int(program.main(str(args.settings or DEFAULT_FILE), args.boot_id))
