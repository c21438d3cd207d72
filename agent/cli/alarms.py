"""`tillgate alarms`: what stands, and a person's word that they know of it."""

from __future__ import annotations

import argparse
from urllib.parse import quote

from agent.api.v1.bodies import Acknowledgement, AlarmView, Credential, StatusView
from agent.cli.ui.alarm_lines import print_alarms
from agent.cli.ui.ask import call_agent
from agent.cli.ui.exits import CommandError, Exit
from agent.cli.ui.json_line import write_json
from agent.cli.ui.options import add_api, api, screen
from agent.cli.ui.prompt import ask_secret
from agent.texts import say


def register(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command."""
    parser = subparsers.add_parser("alarms", help=say("cli.command.alarms"))
    add_api(parser)
    parser.set_defaults(func=_show)
    actions = parser.add_subparsers(metavar="ACTION")
    acknowledge = actions.add_parser("acknowledge", help=say("cli.alarms.acknowledge"))
    acknowledge.add_argument("alarm", metavar="ID", help=say("cli.alarms.id"))
    acknowledge.add_argument("--person", required=True, metavar="NAME", help=say("cli.alarms.person"))
    add_api(acknowledge)
    acknowledge.set_defaults(func=_acknowledge)


def _show(args: argparse.Namespace) -> int:
    alarms = call_agent(api(args), "GET", "/v1/status", StatusView).alarms
    if not alarms:
        screen(args).say(say("cli.alarms.none"))
    _print(args, alarms)
    if args.json:
        write_json(alarms)
    return Exit.OK


def _acknowledge(args: argparse.Namespace) -> int:
    try:
        body = Acknowledgement(credential=Credential(args.person, ask_secret(args.person)))
    except EOFError:
        raise CommandError(say("cli.alarms.no_secret"), Exit.USAGE) from None
    path = f"/v1/alarms/{quote(args.alarm, safe='')}/acknowledgement"
    alarm = call_agent(api(args), "POST", path, AlarmView, body)
    _print(args, [alarm])
    if args.json:
        write_json(alarm)
    return Exit.OK


def _print(args: argparse.Namespace, alarms: list[AlarmView]) -> None:
    print_alarms(screen(args), alarms)
