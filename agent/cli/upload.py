"""`tillgate upload`: carry the journal to the collector."""

from __future__ import annotations

import argparse
import os

from agent.cli.ui.exits import CommandError, Exit
from agent.texts import say


def register(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command."""
    from agent.cli.ui.options import add_settings  # noqa: PLC0415 - this command's budget is 32 MB

    parser = subparsers.add_parser("upload", help="run the uploader")
    add_settings(parser)
    parser.set_defaults(func=_run)


def _run(args: argparse.Namespace) -> int:
    from agent.cli.ui.options import settings  # noqa: PLC0415 - no other command loads it
    from agent.journal.damage import JournalError  # noqa: PLC0415 - no other command loads it
    from agent.journal.note import NoteError  # noqa: PLC0415 - no other command loads it
    from agent.programs.upload import UploadError, run  # noqa: PLC0415 - no other command loads it
    from agent.settings.load import credentials_folder  # noqa: PLC0415 - no other command loads it

    loaded = settings(args)
    try:
        run(loaded, credentials_folder(loaded, os.environ))
    except UploadError as error:
        raise CommandError(str(error), Exit.CONFIG) from None
    except (JournalError, NoteError, OSError) as error:
        raise CommandError(say("cli.upload.stopped", error=error), Exit.UNAVAILABLE) from None
    return Exit.OK
