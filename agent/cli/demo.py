"""`tillgate demo`: a handful of payments with everything real but the terminal's hardware."""

from __future__ import annotations

import argparse
from importlib import import_module


def register(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command."""
    parser = subparsers.add_parser("demo", help="take a handful of payments, all but the hardware real")
    parser.add_argument("--payments", type=int, metavar="N", help="take N payments; default: each kind once")
    parser.add_argument("--json", action="store_true", help="print one JSON object as the last line")
    parser.set_defaults(func=_run)


def _run(args: argparse.Namespace) -> int:
    return int(import_module("agent.programs.demo").run(args))
