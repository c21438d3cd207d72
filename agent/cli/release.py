"""`tillgate release`: a second person says whether the goods of a held payment may go."""

from __future__ import annotations

import argparse

from agent.api.v1.bodies import Credential, PaymentView, ReleaseRequest
from agent.cli.ui import follow
from agent.cli.ui.ask import call_agent
from agent.cli.ui.client import payment_path
from agent.cli.ui.exits import CommandError, Exit
from agent.cli.ui.options import add_api, api, payment_id
from agent.cli.ui.prompt import ask_secret
from agent.texts import say


def register(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command."""
    parser = subparsers.add_parser("release", help=say("cli.command.release"))
    parser.add_argument("payment_id", type=payment_id, metavar="X", help="its payment id")
    parser.add_argument("--person", required=True, metavar="NAME", help=say("cli.release.person"))
    parser.add_argument("--operator", metavar="NAME", help=say("cli.release.operator"))
    parser.add_argument("--withhold", action="store_true", help=say("cli.release.withhold"))
    add_api(parser)
    parser.set_defaults(func=_release)


def _release(args: argparse.Namespace) -> int:
    try:
        operator = Credential(args.operator, ask_secret(args.operator)) if args.operator else None
        request = ReleaseRequest(
            state="withheld" if args.withhold else "released",
            credential=Credential(args.person, ask_secret(args.person)),
            operator_credential=operator,
        )
    except EOFError:
        raise CommandError(say("cli.release.no_secret"), Exit.USAGE) from None
    view = call_agent(api(args), "POST", payment_path(args.payment_id, "/release"), PaymentView, request)
    return follow.show_and_finish(args, view)
