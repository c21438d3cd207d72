"""`tillgate resolve`: two persons' word on what became of an unclear payment."""

from __future__ import annotations

import argparse

import msgspec

from agent.api.v1.bodies import Credential, PaymentView, Resolution
from agent.cli.ui import follow
from agent.cli.ui.ask import call_agent
from agent.cli.ui.client import payment_path
from agent.cli.ui.exits import CommandError, Exit
from agent.cli.ui.options import add_api, api, payment_id
from agent.cli.ui.prompt import ask_secret
from agent.texts import say


def register(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command."""
    parser = subparsers.add_parser("resolve", help=say("cli.command.resolve"))
    parser.add_argument("payment_id", type=payment_id, metavar="X", help="its payment id")
    parser.add_argument("--verdict", required=True, choices=["approved", "declined", "not_sent"])
    parser.add_argument("--reason", required=True, help=say("cli.resolve.reason"))
    parser.add_argument("--person", required=True, metavar="NAME", help="who says so")
    parser.add_argument("--witness", required=True, metavar="NAME", help=say("cli.resolve.witness"))
    add_api(parser)
    parser.set_defaults(func=_resolve)


def _resolve(args: argparse.Namespace) -> int:
    try:
        resolution = Resolution(
            verdict=args.verdict,
            reason=args.reason,
            credential=Credential(args.person, ask_secret(args.person)),
            witness=Credential(args.witness, ask_secret(args.witness)),
        )
        msgspec.convert(msgspec.to_builtins(resolution), Resolution)
    except (EOFError, msgspec.ValidationError):
        raise CommandError(say("cli.needs"), Exit.USAGE) from None
    view = call_agent(
        api(args), "POST", payment_path(args.payment_id, "/resolution"), PaymentView, resolution
    )
    return follow.show_and_finish(args, view)
