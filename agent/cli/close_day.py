"""`tillgate close-day`: the terminal's end of day."""

from __future__ import annotations

import argparse

from agent.cli.ui import follow
from agent.cli.ui.exits import EXIT_CODES
from agent.cli.ui.options import add_api, add_payment_id
from agent.cli.ui.payment_ids import new_payment_id
from agent.payments.views import CloseDayRequest, PaymentView


def register(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command."""
    parser = subparsers.add_parser(
        "close-day",
        help="close the terminal's day",
        epilog=EXIT_CODES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--terminal", metavar="NAME", help="needed when the shop has several")
    parser.add_argument("--operator", metavar="NAME", help="who closes")
    add_payment_id(parser)
    add_api(parser)
    parser.set_defaults(func=_close)


def _close(args: argparse.Namespace) -> int:
    payment_id = args.payment_id or new_payment_id()
    wanted = CloseDayRequest(payment_id=payment_id, terminal=args.terminal, operator=args.operator)
    return follow.run(args, payment_id, lambda client: client.call("POST", "/close-day", PaymentView, wanted))
