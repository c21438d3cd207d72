"""`tillgate refund`: gives money of an earlier payment back."""

from __future__ import annotations

import argparse

from agent.cli import pay
from agent.cli.ui.options import add_api, add_original, add_who
from agent.texts import say


def register(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command."""
    parser = subparsers.add_parser(
        "refund",
        help=say("cli.command.refund"),
        epilog=say("cli.exit_codes"),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    pay.add_amount(parser)
    add_original(parser)
    add_who(parser)
    add_api(parser)
    parser.set_defaults(func=_refund)


def _refund(args: argparse.Namespace) -> int:
    amount, currency = pay.amount(args)
    return pay.send_and_follow(args, pay.request(args, "refund", args.original, amount, currency))
