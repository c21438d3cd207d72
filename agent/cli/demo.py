"""`tillgate demo`: a handful of payments with everything real but the terminal's hardware."""

from __future__ import annotations

import argparse
from importlib import import_module

from agent.texts import say


def register(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command."""
    parser = subparsers.add_parser("demo", help=say("cli.take_handful_payments_all"))
    parser.add_argument("--payments", type=int, metavar="N", help=say("cli.take_n_payments_default"))
    parser.add_argument("--json", action="store_true", help=say("cli.print_one_json_object"))
    parser.set_defaults(func=_run)


def _run(args: argparse.Namespace) -> int:
    return int(import_module("agent.programs.demo").run(args))
