"""`tillgate collector`: the receiving end at headquarters."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from agent.cli.ui.exits import CommandError, Exit
from agent.cli.ui.screen import Screen
from agent.texts import say

if TYPE_CHECKING:
    from agent.collector.contacts import Contact
    from agent.collector.settings import CollectorSettings


def register(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command."""
    parser = subparsers.add_parser("collector", help=say("cli.command.collector"))
    parser.add_argument("--settings", type=Path, metavar="FILE", help=say("cli.option.collector_settings"))
    parser.add_argument("--vkey", action="store_true", help=say("cli.collector.vkey"))
    parser.add_argument("--shops", action="store_true", help=say("cli.collector.shops"))
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.set_defaults(func=_run)


def _run(args: argparse.Namespace) -> int:
    from agent.collector.settings import DEFAULT_FILE, load  # noqa: PLC0415 - no other command loads it
    from agent.collector.storage.folder import FolderInUseError  # noqa: PLC0415 - no other command loads it
    from agent.journal.note import Cosigner  # noqa: PLC0415 - no other command loads it
    from agent.oplog import log  # noqa: PLC0415 - not for --help
    from agent.programs import collector as program  # noqa: PLC0415 - no other command loads it
    from agent.settings.reader import SettingsError  # noqa: PLC0415 - no other command loads it

    try:
        settings = load(args.settings or DEFAULT_FILE)
        if args.vkey:
            print(Cosigner(settings.name, program.signing_key(settings.signing_key)).vkey)
            return Exit.OK
        if args.shops:
            return _shops(settings, as_json=args.json)
        log.configure()
        program.run(settings)
    except (SettingsError, program.CollectorError) as error:
        raise CommandError(str(error), Exit.CONFIG) from None
    except (FolderInUseError, OSError) as error:
        raise CommandError(say("cli.collector.stopped", error=error), Exit.UNAVAILABLE) from None
    return Exit.OK


def _shops(settings: CollectorSettings, *, as_json: bool) -> int:
    """All shops, when each was heard of, and what is wrong: 1 if something is."""
    from agent.collector.contacts import read_contact  # noqa: PLC0415 - no other command loads it
    from agent.journal.note import parse_vkey  # noqa: PLC0415 - no other command loads it

    now, out, wrong, told = datetime.now(UTC), Screen(sys.stdout), False, []
    for log in settings.logs.values():
        origin = parse_vkey(log.vkey).name
        contact = read_contact(settings.folder, origin)
        words = list(_words(contact, now))
        wrong = wrong or bool(words)
        told.append({"origin": origin, **msgspec.to_builtins(contact), "wrong": words})
        if not as_json:
            heard = f"{contact.heard_at:%Y-%m-%d %H:%M} UTC" if contact.heard_at else "never"
            out.row(origin, say("cli.collector.heard", heard=heard, entries=contact.entries))
            for word in words:
                out.detail(word)
    if as_json:
        print(msgspec.json.encode(told).decode())
    return Exit.NO if wrong else Exit.OK


def _words(contact: Contact, now: datetime) -> Iterator[str]:
    """What is wrong with one shop, in words."""
    if contact.silent(now):
        yield say("cli.collector.silent")
    if contact.doubted and contact.doubt is not None:
        why = say(contact.doubt.code, **contact.doubt.figures)
        yield say("cli.collector.doubted", on=f"{contact.doubted_at:%Y-%m-%d %H:%M} UTC", why=why)
    off = contact.clock_off()
    if off:
        minutes = round(off.total_seconds() / 60)
        yield say("cli.collector.clock_off", minutes=minutes)
