"""`tillgate collector`: the receiving end at headquarters."""

from __future__ import annotations

import argparse
from pathlib import Path

from agent.cli.ui.exits import CommandError, Exit
from agent.texts import say


def register(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command."""
    parser = subparsers.add_parser("collector", help=say("cli.command.collector"))
    parser.add_argument("--settings", type=Path, metavar="FILE", help=say("cli.option.collector_settings"))
    parser.add_argument("--vkey", action="store_true", help=say("cli.collector.vkey"))
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
        log.configure()
        program.run(settings)
    except (SettingsError, program.CollectorError) as error:
        raise CommandError(str(error), Exit.CONFIG) from None
    except (FolderInUseError, OSError) as error:
        raise CommandError(say("cli.collector.stopped", error=error), Exit.UNAVAILABLE) from None
    return Exit.OK
