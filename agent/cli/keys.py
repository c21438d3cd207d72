"""`tillgate keys`: creates and shows keys. A private key is never printed."""

from __future__ import annotations

import argparse
import json
import sys
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from agent.cli.ui import options
from agent.cli.ui.exits import CommandError, Exit
from agent.texts import say


def register(subparsers: argparse._SubParsersAction[Any]) -> None:
    """Add `keys` and its actions."""
    parser = subparsers.add_parser("keys", help=say("cli.command.keys"))
    actions = parser.add_subparsers(metavar="ACTION", required=True)
    _add(actions, "create", _create, say("cli.keys.create"))
    _add(actions, "show", _show, say("cli.keys.show"))
    demo = _add(
        actions,
        "acquirer-demo",
        _acquirer_demo,
        say("cli.keys.acquirer"),
        settings=False,
    )
    demo.add_argument("folder", type=Path, metavar="FOLDER")
    demo.add_argument("--days", type=int, default=365, metavar="N", help=say("cli.keys.days"))


def _add(
    actions: Any, name: str, func: Any, summary: str, *, settings: bool = True
) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = actions.add_parser(name, help=summary, description=summary)
    if settings:
        options.add_settings(parser)
    parser.add_argument("--json", action="store_true", help=say("cli.option.json"))
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
        screen.say(say("cli.keys.carry_enrolment", folder=folder))
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


def _acquirer_demo(args: argparse.Namespace) -> int:
    from agent.keys.demo import create_acquirer  # noqa: PLC0415 - not for --help

    try:
        made = create_acquirer(args.folder, _today(), args.days)
    except OSError as error:
        raise CommandError(
            say("cli.keys.not_replaced", folder=error.filename or args.folder, strerror=error.strerror),
            Exit.USAGE,
        ) from None
    if args.json:
        files = {"keys": str(made.keys), "private": str(made.private)}
        return _print_json({**files, "vkey": made.vkey, "key_id": made.key.key_id})
    print(f'[acquirer]\nkeys = "{made.keys}"\nvkey = "{made.vkey}"')
    print(say("cli.keys.training_only"), file=sys.stderr)
    return Exit.OK


def _places(args: argparse.Namespace) -> Any:
    from agent.keys.create import places_of  # noqa: PLC0415 - not for --help

    return places_of(options.settings(args))


def _print_json(value: object) -> int:
    print(json.dumps(value, ensure_ascii=False))
    return Exit.OK


def _today() -> date:
    return datetime.now().astimezone().date()
