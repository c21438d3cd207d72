"""`tillgate upload`: carry the journal to the collector."""

from __future__ import annotations

import argparse
import os
import sys

from agent.cli.ui.exits import CommandError, Exit


def register(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command."""
    from agent.cli.ui.options import add_settings  # noqa: PLC0415 - no other command loads it

    parser = subparsers.add_parser("upload", help="run the uploader")
    add_settings(parser)
    parser.set_defaults(func=_run)


def _run(args: argparse.Namespace) -> int:
    """Read the settings, and become the uploader: it has no room in its 32 MB for what reads them."""
    from agent.cli.ui.options import settings  # noqa: PLC0415 - no other command loads it
    from agent.programs.upload import UploadError, UploadPlan  # noqa: PLC0415 - no other command loads it
    from agent.settings.load import credentials_folder  # noqa: PLC0415 - no other command loads it

    loaded = settings(args)
    try:
        plan = UploadPlan.of(loaded, credentials_folder(loaded, os.environ))
    except UploadError as error:
        raise CommandError(str(error), Exit.CONFIG) from None
    os.execv(sys.executable, plan.command())  # noqa: S606 - our own interpreter, and no shell
