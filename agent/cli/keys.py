"""`tillgate keys`: creates and shows keys. A private key is never printed."""

from __future__ import annotations

import argparse
import getpass
import json
import re
import sys
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Final

from agent.cli.ui import options
from agent.cli.ui.exits import CommandError, Exit

_PERSON: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,31}")
_BARE_TOML_KEY: Final = re.compile(r"[A-Za-z0-9_-]+")
# The roles of agent/settings/types.py, without importing the settings for --help.
_ROLES: Final = ("cashier", "supervisor", "manager")


def register(subparsers: argparse._SubParsersAction[Any]) -> None:
    """Add `keys` and what can be done with them."""
    parser = subparsers.add_parser("keys", help="create and show keys")
    actions = parser.add_subparsers(metavar="ACTION", required=True)
    _add(actions, "create", _create, "make the keys that are missing; none is ever replaced")
    _add(actions, "show", _show, "show what is public of the keys, and what is wrong with them")
    person = _add(actions, "person", _person, "print the settings of a person with a PIN", settings=False)
    person.add_argument("name", metavar="NAME")
    person.add_argument("--role", choices=_ROLES, default="supervisor", help="default: supervisor")
    demo = _add(
        actions,
        "acquirer-demo",
        _acquirer_demo,
        "make a pretended acquirer, for training only",
        settings=False,
    )
    demo.add_argument("folder", type=Path, metavar="FOLDER")
    demo.add_argument(
        "--days", type=int, default=365, metavar="N", help="how long the key is valid; default: 365"
    )


def _add(
    actions: Any, name: str, func: Any, summary: str, *, settings: bool = True
) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = actions.add_parser(name, help=summary, description=summary)
    if settings:
        options.add_settings(parser)
    parser.add_argument("--json", action="store_true", help="print the result as one JSON object")
    parser.set_defaults(func=func)
    return parser


def _create(args: argparse.Namespace) -> int:
    from agent.keys.create import create  # noqa: PLC0415 - no other command loads it
    from agent.keys.store import KeysError  # noqa: PLC0415 - not for --help

    try:
        created = create(_places(args))
    except KeysError as error:
        raise CommandError(str(error), Exit.CONFIG) from None
    if args.json:
        groups = {"made": created.made, "kept": created.kept, "enrolment": created.enrolment}
        return _print_json({name: [str(path) for path in paths] for name, paths in groups.items()})
    screen = options.screen(args)
    for path in created.made:
        screen.row("made", str(path))
    for path in created.kept:
        screen.row("kept", str(path))
    if created.enrolment:
        folder = created.enrolment[0].parent
        screen.say(
            f"\nCarry the folder {folder} to headquarters by a safe way, then remove it here:\n"
            f"rm -r {folder}\n"
            "While it is here, a thief of this computer can forge the past of its journal."
        )
    return Exit.OK


def _show(args: argparse.Namespace) -> int:
    from agent.keys.show import describe  # noqa: PLC0415 - not for --help

    settings = options.settings(args)
    facts = describe(settings, _places(args), datetime.now(UTC))
    if args.json:
        _print_json([{"name": fact.name, "text": fact.text, "wrong": fact.wrong} for fact in facts])
    else:
        screen = options.screen(args)
        for fact in facts:
            if fact.whole:  # a line to be copied is never filled, however long
                print(f"{fact.name}\n{fact.text}")
            else:
                screen.row(fact.name, fact.text)
    return Exit.CONFIG if any(fact.wrong for fact in facts) else Exit.OK


def _person(args: argparse.Namespace) -> int:
    from agent.payments.people import hash_secret  # noqa: PLC0415 - not for --help

    if not _PERSON.fullmatch(args.name):
        raise CommandError(
            "A name has 1 to 32 letters, digits and . _ - and begins with a letter or digit.", Exit.USAGE
        )
    secret = getpass.getpass(f"PIN or password of {args.name}: ")
    if getpass.getpass("Once more: ") != secret:
        raise CommandError("The two are not the same. Nothing was written; try again.", Exit.USAGE)
    try:
        line = hash_secret(secret)
    except ValueError as error:
        raise CommandError(f"Nothing was written: {error}.", Exit.USAGE) from None
    if args.json:
        return _print_json({"person": args.name, "role": args.role, "scrypt": line})
    key = args.name if _BARE_TOML_KEY.fullmatch(args.name) else f'"{args.name}"'
    # Longer than a screen is wide on purpose: a settings file cannot hold a broken line.
    print(f'[people.{key}]\nrole = "{args.role}"\nscrypt = "{line}"')
    return Exit.OK


def _acquirer_demo(args: argparse.Namespace) -> int:
    from agent.keys.demo import create_acquirer  # noqa: PLC0415 - not for --help

    try:
        made = create_acquirer(args.folder, _today(), args.days)
    except OSError as error:
        raise CommandError(
            f"{error.filename or args.folder}: {error.strerror}. Nothing was replaced; name an empty folder.",
            Exit.USAGE,
        ) from None
    if args.json:
        files = {"keys": str(made.keys), "private": str(made.private)}
        return _print_json({**files, "vkey": made.vkey, "key_id": made.key.key_id})
    print(f'[acquirer]\nkeys = "{made.keys}"\nvkey = "{made.vkey}"')
    print("For training only: whoever has this folder can open the sealed cards.", file=sys.stderr)
    return Exit.OK


def _places(args: argparse.Namespace) -> Any:
    from agent.keys.create import places_of  # noqa: PLC0415 - not for --help

    return places_of(options.settings(args))


def _print_json(value: object) -> int:
    print(json.dumps(value, ensure_ascii=False))
    return Exit.OK


def _today() -> date:
    return datetime.now().astimezone().date()
