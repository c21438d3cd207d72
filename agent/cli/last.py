"""`tillgate last`: the newest payments, or one of them with its receipt."""

from __future__ import annotations

import argparse
from contextlib import suppress

from agent.api.v1.bodies import PaymentView, ReceiptView
from agent.cli.ui import follow, verdict
from agent.cli.ui.ask import call_agent
from agent.cli.ui.client import payment_path
from agent.cli.ui.exits import CommandError, Exit
from agent.cli.ui.json_line import write_json
from agent.cli.ui.options import add_api, api, payment_id, screen
from agent.cli.ui.screen import Screen
from agent.texts import say

NONE_YET = "No payment yet."


def register(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command."""
    parser = subparsers.add_parser("last", help=say("cli.command.last"))
    parser.add_argument("count", nargs="?", type=int, default=5, help=say("cli.last.how_many"))
    parser.add_argument("--payment-id", type=payment_id, metavar="X", help=say("cli.last.one"))
    add_api(parser)
    parser.set_defaults(func=_last)


def _last(args: argparse.Namespace) -> int:
    out = screen(args)
    if args.payment_id:
        return _one(args, out)
    views = call_agent(api(args), "GET", f"/v1/payments?last={args.count}", list[PaymentView])
    for view in views:
        _print_view(out, view)
    if not views:
        out.say(NONE_YET)
    if args.json:
        write_json(views)
    return Exit.OK


def _one(args: argparse.Namespace, out: Screen) -> int:
    """The exit code is the payment's: a caller that lost the payment asks here."""
    client, path = api(args), payment_path(args.payment_id)
    view = call_agent(client, "GET", path, PaymentView, payment_id=args.payment_id)
    _print_view(out, view)
    with suppress(CommandError):  # a receipt that cannot be had changes nothing about the payment
        for receipt in call_agent(client, "GET", path + "/receipts", list[ReceiptView]):
            out.say(f"Receipt, {receipt.copy}")
            for line in receipt.lines:
                out.verbatim(line)
    return follow.finish(args, view)


def _print_view(out: Screen, view: PaymentView) -> None:
    follow.safely(out, view, lambda: _print_fields(out, view))


def _print_fields(out: Screen, view: PaymentView) -> None:
    out.say(verdict.headline(view))
    if view.requested_at:
        out.detail(f"Asked for at {view.requested_at}.")
    verdict.print_verdict(out, view)
