"""`tillgate reverse`: undoes a whole earlier payment before the day is closed."""

from __future__ import annotations

import argparse

from agent.cli import pay
from agent.cli.ui.options import add_api, add_original, add_who
from agent.texts import say


def register(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command."""
    parser = subparsers.add_parser(
        "reverse",
        help=say("cli.command.reverse"),
        epilog=say("cli.exit_codes"),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add_original(parser)
    add_who(parser)
    add_api(parser)
    parser.set_defaults(func=_reverse)


def _reverse(args: argparse.Namespace) -> int:
    return pay.send_and_follow(args, pay.request(args, "reversal", args.original))
