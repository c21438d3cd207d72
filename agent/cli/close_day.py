"""`tillgate close-day`: the terminal's end of day."""

from __future__ import annotations

import argparse

from agent.api.v1.bodies import PaymentRequest
from agent.cli.pay import send_and_follow
from agent.cli.ui.options import add_api, add_payment_id
from agent.texts import say


def register(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command."""
    parser = subparsers.add_parser(
        "close-day",
        help=say("cli.command.close-day"),
        epilog=say("cli.exit_codes"),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--terminal", metavar="NAME", help=say("cli.option.terminal"))
    parser.add_argument("--operator", metavar="NAME", help="who closes")
    add_payment_id(parser)
    add_api(parser)
    parser.set_defaults(func=_close)


def _close(args: argparse.Namespace) -> int:
    wanted = PaymentRequest(payment="close_day", terminal=args.terminal, operator=args.operator)
    return send_and_follow(args, wanted)
