"""`tillgate pay`: takes a payment and waits for its verdict."""

from __future__ import annotations

import argparse

from agent.api.v1.bodies import PaymentRequest, PaymentView
from agent.base.money import AmountError, UnknownCurrencyError, currency_of, parse_amount
from agent.cli.ui import follow
from agent.cli.ui.client import VALID_FOR_S, payment_path
from agent.cli.ui.exits import CommandError, Exit
from agent.cli.ui.options import add_api, add_who, default_currency
from agent.cli.ui.payment_ids import new_payment_id
from agent.journal.schema.kinds import PaymentKind
from agent.texts import say


def register(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command."""
    parser = subparsers.add_parser(
        "pay",
        help="take a payment",
        epilog=say("cli.exit_codes"),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add_amount(parser)
    add_who(parser)
    add_api(parser)
    parser.set_defaults(func=_pay)


def add_amount(parser: argparse.ArgumentParser) -> None:
    """The amount and its currency."""
    parser.add_argument("amount", help="such as 12.50")
    parser.add_argument("--currency", metavar="CODE", help=say("cli.option.currency"))


def request(
    args: argparse.Namespace,
    kind: PaymentKind,
    original: str | None = None,
    minor: int | None = None,
    currency: str | None = None,
) -> PaymentRequest:
    """The options as the API's request."""
    return PaymentRequest(
        payment=kind,
        amount=minor,
        currency=currency,
        original=original,
        terminal=args.terminal,
        till=args.till,
        operator=args.operator,
        valid_for_s=VALID_FOR_S,
    )


def send_and_follow(args: argparse.Namespace, wanted: PaymentRequest) -> int:
    """Send a request under the given payment id, or under a new one, and follow it."""
    payment_id = args.payment_id or new_payment_id()
    return follow.run(
        args, payment_id, lambda client: client.call("PUT", payment_path(payment_id), PaymentView, wanted)
    )


def amount(args: argparse.Namespace) -> tuple[int, str]:
    """Minor units and currency of the options. Raises `CommandError`."""
    try:
        currency = currency_of(args.currency or default_currency(args))
        return parse_amount(args.amount, currency), currency.letters
    except (AmountError, UnknownCurrencyError) as error:
        raise CommandError(say("cli.nothing_done", why=error), Exit.USAGE) from None


def _pay(args: argparse.Namespace) -> int:
    minor, currency = amount(args)
    return send_and_follow(args, request(args, "sale", None, minor, currency))
