"""`tillgate agent`: the daemon."""

from __future__ import annotations

import argparse
from importlib import import_module

from agent.cli.options import add_settings


def register(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command."""
    parser = subparsers.add_parser("agent", help="run the agent")
    add_settings(parser)
    parser.set_defaults(func=_run)


def _run(args: argparse.Namespace) -> int:
    return int(import_module("agent.program").run(args))
