"""`tillgate accept-terminal`: two persons say that another terminal stands behind a name now."""

from __future__ import annotations

import argparse

import msgspec

from agent.api.v1.bodies import Credential, StatusView, TerminalAcceptance
from agent.cli.ui.ask import call_agent
from agent.cli.ui.exits import CommandError, Exit
from agent.cli.ui.options import add_api, api, screen
from agent.cli.ui.prompt import ask_secret
from agent.texts import say


def register(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command."""
    parser = subparsers.add_parser("accept-terminal", help=say("cli.command.accept_terminal"))
    parser.add_argument("terminal", metavar="NAME", help=say("cli.accept_terminal.name"))
    parser.add_argument("--reason", required=True, help=say("cli.accept_terminal.reason"))
    parser.add_argument("--person", default="", metavar="NAME", help=say("cli.accept_terminal.person"))
    parser.add_argument("--witness", default="", metavar="NAME", help=say("cli.accept_terminal.witness"))
    add_api(parser)
    parser.set_defaults(func=_accept)


def _accept(args: argparse.Namespace) -> int:
    try:
        acceptance = TerminalAcceptance(
            terminal=args.terminal,
            reason=args.reason,
            credential=_credential(args.person),
            witness=_credential(args.witness),
        )
        msgspec.convert(msgspec.to_builtins(acceptance), TerminalAcceptance)
    except (EOFError, msgspec.ValidationError):
        raise CommandError(say("cli.accept_terminal.nobody"), Exit.USAGE) from None
    call_agent(api(args), "POST", "/v1/terminals/acceptance", StatusView, acceptance)
    screen(args).say(say("cli.accept_terminal.accepted", terminal=args.terminal))
    return Exit.OK


def _credential(person: str) -> Credential | None:
    return Credential(person, ask_secret(person)) if person else None
