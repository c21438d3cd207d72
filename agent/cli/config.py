"""`tillgate config`: check the settings, and make the hash of a person's PIN."""

from __future__ import annotations

import argparse
import json
import re
import sys
from dataclasses import asdict
from getpass import getpass
from pathlib import Path
from typing import Final, get_args

from agent.base.typed import holds_card_number
from agent.cli.ui.exits import CommandError, Exit
from agent.cli.ui.screen import Screen
from agent.payments.people import ShortSecretError, hash_secret
from agent.settings.load import (
    DEFAULT_FILE,
    Settings,
    SettingsError,
    live_refusal_reason,
    load,
    nobody_can_sign,
)
from agent.settings.types import Role
from agent.settings.values import PERSONS_NAME
from agent.terminals.options import DRIVERS
from agent.texts import say, tell

_BARE_TOML_KEY: Final = re.compile(r"[A-Za-z0-9_-]+")


def register(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command."""
    parser = subparsers.add_parser("config", help="check the settings")
    actions = parser.add_subparsers(metavar="ACTION", required=True)
    check = actions.add_parser("check", help=say("cli.config.check"))
    check.add_argument("file", nargs="?", type=Path, default=DEFAULT_FILE, help=f"default: {DEFAULT_FILE}")
    check.add_argument("--json", action="store_true", help=say("cli.option.json"))
    check.set_defaults(func=_check)
    person = actions.add_parser("person", help=say("cli.config.person"))
    person.add_argument("name", help=say("cli.option.person"))
    person.add_argument("--role", choices=get_args(Role), default="supervisor", help="default: supervisor")
    person.add_argument("--json", action="store_true", help=say("cli.option.json"))
    person.set_defaults(func=_person)


def _check(args: argparse.Namespace) -> int:
    try:
        settings = load(args.file, DRIVERS)
    except SettingsError as error:
        return _wrong(args, error)
    why = live_refusal_reason(settings)
    if args.json:
        told = {"ok": not why, "digest": settings.digest, "live_refusal_reason": why, "findings": []}
        print(json.dumps(told | {"nobody_can_sign": nobody_can_sign(settings)}))
    else:
        _show(Screen(sys.stdout), settings, why)
    return Exit.CONFIG if why else Exit.OK


def _wrong(args: argparse.Namespace, error: SettingsError) -> int:
    findings = [asdict(finding) for finding in error.findings]
    if args.json:
        print(json.dumps({"ok": False, "digest": "", "live_refusal_reason": "", "findings": findings}))
        return Exit.CONFIG
    screen = Screen(sys.stdout)
    for finding in error.findings:
        screen.say(f"{finding.file}, line {finding.line}: {finding.key}")
        screen.detail(f"Found {finding.found}; expected {finding.expected}.")
        screen.detail(finding.next_step)
    screen.say(say("cli.config.not_live"))
    return Exit.CONFIG


def _show(screen: Screen, settings: Settings, why: str) -> None:
    rules = settings.rules
    screen.row("settings", say("cli.config.sound"))
    screen.row("name", settings.agent.name + (" (training)" if settings.agent.training else ""))
    screen.row("currency", f"{rules.currency}, {rules.currency.exponent} decimals")
    screen.row("terminals", ", ".join(settings.terminals) or "none")
    screen.row("people", ", ".join(settings.people) or "none")
    screen.row("config hash", settings.digest)
    if alone := nobody_can_sign(settings):
        screen.say(say("cli.config.warning", why=alone))
    screen.say(why or say("cli.config.live"))


def _person(args: argparse.Namespace) -> int:
    if PERSONS_NAME.fullmatch(args.name) is None or holds_card_number(args.name):
        raise CommandError(say("cli.config.bad_name"), Exit.USAGE)
    secret = getpass(say("cli.config.secret", name=args.name))
    if getpass("Once more: ") != secret:
        raise CommandError(say("cli.config.secrets_differ"), Exit.USAGE)
    try:
        line = hash_secret(secret)
    except ShortSecretError as error:
        raise CommandError(f"Nothing was written: {tell(error)}.", Exit.USAGE) from None
    if args.json:
        print(json.dumps({"person": args.name, "role": args.role, "scrypt": line}))
        return Exit.OK
    key = args.name if _BARE_TOML_KEY.fullmatch(args.name) else json.dumps(args.name, ensure_ascii=False)
    # Longer than a screen is wide on purpose: a settings file cannot hold a broken line.
    print(f'[people.{key}]\nrole = "{args.role}"\nscrypt = "{line}"')
    return Exit.OK
