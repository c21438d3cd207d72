"""`tillgate resolve`: two persons' word on what became of an unclear payment."""

from __future__ import annotations

import argparse
from typing import Literal, get_args

import msgspec

from agent.api.v1.bodies import Credential, PaymentView, Resolution
from agent.cli.ui import follow, verdict
from agent.cli.ui.ask import call_agent
from agent.cli.ui.exits import CommandError, Exit, exit_of
from agent.cli.ui.keyboard import Keyboard
from agent.cli.ui.options import add_api, api, payment_id, screen
from agent.cli.ui.prompt import ask_secret
from agent.cli.ui.screen import INDENT, Screen
from agent.texts import say

Word = Literal["approved", "declined", "not_sent"]


def register(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command. What is not given is asked for."""
    parser = subparsers.add_parser("resolve", help=say("cli.command.resolve"))
    parser.add_argument("payment_id", type=payment_id, metavar="X", help="its payment id")
    parser.add_argument("--verdict", choices=get_args(Word), help=say("cli.resolve.verdict"))
    parser.add_argument("--reason", help=say("cli.resolve.reason"))
    parser.add_argument("--person", metavar="NAME", help="who says so")
    parser.add_argument("--witness", metavar="NAME", help=say("cli.resolve.witness"))
    add_api(parser)
    parser.set_defaults(func=_resolve)


def _resolve(args: argparse.Namespace) -> int:
    client, out, path = api(args), screen(args), f"/v1/payments/{args.payment_id}"
    try:
        if None in {args.verdict, args.reason, args.person, args.witness}:
            _guide(args, out, call_agent(client, "GET", path, PaymentView, payment_id=args.payment_id))
        resolution = Resolution(
            verdict=args.verdict,
            reason=args.reason,
            credential=Credential(args.person, ask_secret(args.person)),
            witness=Credential(args.witness, ask_secret(args.witness)),
        )
        msgspec.convert(msgspec.to_builtins(resolution), Resolution)
    except (EOFError, msgspec.ValidationError):
        raise CommandError(say("cli.needs", payment_id=args.payment_id), Exit.USAGE) from None
    view = call_agent(client, "POST", f"{path}/resolution", PaymentView, resolution)
    return follow.show_and_finish(args, view)


def _guide(args: argparse.Namespace, out: Screen, view: PaymentView) -> None:
    """Show the payment and ask for what is missing. Raises `EOFError` if nobody answers."""
    follow.safely(out, view, lambda: out.say(verdict.headline(view)))
    follow.safely(out, view, lambda: verdict.print_verdict(out, view))
    if view.verdict != "unclear":
        raise CommandError(say("cli.resolve.not_unclear", payment_id=view.payment_id), exit_of(view))
    keyboard = Keyboard()
    keyboard.forget()
    while args.verdict not in get_args(Word):
        args.verdict = _line(keyboard, out, "cli.resolve.ask_verdict") or args.verdict
    for name in ("reason", "person", "witness"):
        while not getattr(args, name):
            setattr(args, name, _line(keyboard, out, f"cli.resolve.ask_{name}"))


def _line(keyboard: Keyboard, out: Screen, question: str) -> str:
    out.ask(INDENT + say(question))
    return keyboard.line()
