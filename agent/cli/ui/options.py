"""Options that several commands share."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

import msgspec

from agent.api.v1.bodies import PaymentId
from agent.cli.ui.client import ApiClient
from agent.cli.ui.exits import CommandError, Exit
from agent.cli.ui.screen import Screen
from agent.settings.load import DEFAULT_FILE, AgentSettings, Drivers, Settings, SettingsError, load
from agent.texts import say

NO_SETTINGS_CURRENCY = "EUR"


def add_settings(parser: argparse.ArgumentParser) -> None:
    """`--settings`, with the installed file as its default."""
    parser.add_argument("--settings", type=Path, metavar="FILE", help=say("cli.option.settings"))


def add_api(parser: argparse.ArgumentParser) -> None:
    """The options of every client of the API."""
    add_settings(parser)
    parser.add_argument("--socket", type=Path, metavar="PATH", help=say("cli.option.socket"))
    parser.add_argument("--json", action="store_true", help=say("cli.option.json"))


def add_who(parser: argparse.ArgumentParser) -> None:
    """The till, the terminal and the operator of a payment."""
    parser.add_argument("--terminal", metavar="NAME", help=say("cli.option.terminal"))
    parser.add_argument("--till", metavar="NAME", help=say("cli.option.till"))
    parser.add_argument("--operator", metavar="NAME", help=say("cli.option.operator"))
    add_payment_id(parser)


def add_payment_id(parser: argparse.ArgumentParser) -> None:
    """`--payment-id`."""
    parser.add_argument("--payment-id", type=payment_id, metavar="X", help=say("cli.option.payment_id"))


def add_original(parser: argparse.ArgumentParser) -> None:
    """`--original`, which a refund and a reversal need."""
    help_text = say("cli.option.original")
    parser.add_argument("--original", type=payment_id, required=True, metavar="X", help=help_text)


def payment_id(text: str) -> str:
    """A payment id as an option's value: it becomes part of an address."""
    try:
        return msgspec.convert(text, PaymentId)
    except msgspec.ValidationError:
        raise argparse.ArgumentTypeError(say("cli.bad_payment_id")) from None


def api(args: argparse.Namespace) -> ApiClient:
    """A client of the API that the options name. Raises `CommandError`."""
    return ApiClient(args.socket or default_socket(args))


def screen(args: argparse.Namespace) -> Screen:
    """The screen for people: standard error when JSON goes to standard output. It stops no payment."""
    return Screen(sys.stderr if args.json else sys.stdout, keep_on=True)


def default_socket(args: argparse.Namespace) -> Path:
    """The socket of the settings, or the installed one if this user may not read them."""
    settings = readable_settings(args)
    if settings is not None:
        return settings.agent.socket
    return AgentSettings(name="any").socket


def default_currency(args: argparse.Namespace) -> str:
    """The shop's currency, if this user may read the settings."""
    settings = readable_settings(args)
    return str(settings.rules.currency) if settings is not None else NO_SETTINGS_CURRENCY


def readable_settings(args: argparse.Namespace) -> Settings | None:
    """The settings; None if none are named and this user may not read the installed file."""
    if args.settings is None and not os.access(DEFAULT_FILE, os.R_OK):
        return None
    return settings(args)


def settings(args: argparse.Namespace, drivers: Drivers | None = None) -> Settings:
    """The settings of the named or the installed file, whole only with `drivers`. Raises `CommandError`."""
    try:
        return load(args.settings or DEFAULT_FILE, drivers)
    except SettingsError as error:
        raise CommandError(str(error), Exit.CONFIG) from None
