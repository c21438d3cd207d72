"""`tillgate clock declare`: two persons say that the clock of the host is right now."""

from __future__ import annotations

import argparse
from datetime import datetime

import msgspec

from agent.api.v1.bodies import ClockDeclaration, Credential, StatusView
from agent.cli.ui.ask import call_agent
from agent.cli.ui.exits import CommandError, Exit
from agent.cli.ui.options import add_api, api, screen
from agent.cli.ui.prompt import ask_secret
from agent.texts import say


def register(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command."""
    parser = subparsers.add_parser("clock", help=say("cli.command.clock"))
    actions = parser.add_subparsers(metavar="ACTION", required=True)
    declare = actions.add_parser("declare", help=say("cli.clock.declare"))
    declare.add_argument("--reason", required=True, help=say("cli.clock.reason"))
    declare.add_argument("--person", required=True, metavar="NAME", help=say("cli.clock.person"))
    declare.add_argument("--witness", required=True, metavar="NAME", help=say("cli.clock.witness"))
    add_api(declare)
    declare.set_defaults(func=_declare)


def _declare(args: argparse.Namespace) -> int:
    try:
        declaration = ClockDeclaration(
            reason=args.reason,
            credential=Credential(args.person, ask_secret(args.person)),
            witness=Credential(args.witness, ask_secret(args.witness)),
        )
        msgspec.convert(msgspec.to_builtins(declaration), ClockDeclaration)
    except (EOFError, msgspec.ValidationError):
        raise CommandError(say("cli.clock.nobody"), Exit.USAGE) from None
    call_agent(api(args), "POST", "/v1/clock", StatusView, declaration)
    now = datetime.now().astimezone()
    screen(args).say(say("cli.clock.declared", time=f"{now:%Y-%m-%d %H:%M}"))
    return Exit.OK
