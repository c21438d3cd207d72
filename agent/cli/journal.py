"""`tillgate journal`: show, follow, verify and export it. Needs no running agent and no secret key."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from agent.cli.ui import options
from agent.cli.ui.exits import CommandError, Exit
from agent.cli.ui.journal_lines import print_entry, print_report
from agent.cli.ui.screen import Screen
from agent.journal.damage import JournalError
from agent.journal.lines import Commit
from agent.journal.note import CosignatureVerifier, Ed25519Signer, Ed25519Verifier, NoteError, parse_vkey
from agent.journal.proofs.export import export
from agent.journal.reader import JournalReader
from agent.journal.schema.entry import Entry, decode
from agent.journal.verify import CosignedHead, read_cosignatures, verify
from agent.keys.store import KeysError, load_journal_key
from agent.texts import say

# A person who watches does not notice less; a stat of one folder costs nothing.
FOLLOW_S = 0.5

DEFAULT_LAST = 20


def register(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `journal` and what can be done with it."""
    parser = subparsers.add_parser("journal", help=say("cli.show_follow_verify_export"))
    actions = parser.add_subparsers(metavar="ACTION", required=True)
    show = _add(actions, "show", _show, say("cli.print_newest_entries_or"))
    show.add_argument("--last", type=int, default=DEFAULT_LAST, metavar="N", help="how many; default: 20")
    show.add_argument("--from", dest="start", type=int, metavar="N", help=say("cli.from_entry_on_end"))
    show.add_argument("--payment-id", metavar="X", help=say("cli.only_entries_payment_from"))
    _add(actions, "follow", _follow, say("cli.print_new_entries_as"))
    _register_verify(actions)
    to = _add(actions, "export", _export, say("cli.write_c_sp_tiles"))
    to.add_argument("--vkey", metavar="VKEY", help=say("cli.journals_verifier_key_or"))
    to.add_argument("--to", type=Path, required=True, metavar="FOLDER", help="where to write")
    to.add_argument(
        "--entry", type=int, action="append", default=[], metavar="N", help=say("cli.inclusion_proof_too")
    )
    to.add_argument(
        "--since",
        type=int,
        action="append",
        default=[],
        metavar="SIZE",
        help=say("cli.consistency_proof_too"),
    )


def _register_verify(actions: Any) -> None:
    check = _add(actions, "verify", _verify, say("cli.check_every_line_every"))
    check.add_argument("--vkey", metavar="VKEY", help=say("cli.journals_verifier_key_or"))
    check.add_argument("--every", action="store_true", help=say("cli.check_every_signature_however"))
    check.add_argument(
        "--first-key", type=Path, metavar="FILE", help=say("cli.headquarters_first_evolving_key")
    )
    check.add_argument("--cosignatures", type=Path, metavar="FOLDER", help="the collector's cosignatures")
    check.add_argument("--collector-vkey", metavar="VKEY", help=say("cli.collectors_verifier_key_or"))


def _add(actions: Any, name: str, func: Any, summary: str) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = actions.add_parser(name, help=summary, description=summary)
    parser.add_argument("--journal", type=Path, metavar="FOLDER", help="default: the settings'")
    options.add_settings(parser)
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.set_defaults(func=lambda args: _guarded(func, args))
    return parser


def _guarded(func: Any, args: argparse.Namespace) -> int:
    """What a person must know when the journal or a key cannot be read. Nothing is ever written to it."""
    try:
        return int(func(args))
    except JournalError as error:
        raise CommandError(str(error), Exit.NO) from None
    except NoteError as error:
        raise CommandError(say("cli.key_cannot_be_used", error=error), Exit.USAGE) from None
    except OSError as error:
        text = say(
            "cli.cannot_be_read_or", journal=error.filename or "The journal", error=error.strerror or error
        )
        raise CommandError(text, Exit.UNAVAILABLE) from None


def _show(args: argparse.Namespace) -> int:
    reader, begin = JournalReader(_journal(args)), args.start or 0
    if args.start is None and args.payment_id is None:
        begin = max(reader.size() - args.last, 0)
    _print(args, reader.commits(begin))
    return Exit.OK


def _follow(args: argparse.Namespace) -> int:
    reader = JournalReader(_journal(args))
    index = max(reader.size() - DEFAULT_LAST, 0)
    while True:
        index = max(_print(args, reader.commits(index)), index)
        while not reader.changed():
            time.sleep(FOLLOW_S)


def _print(args: argparse.Namespace, commits: Iterator[Commit]) -> int:
    """Print the entries of commits; gives the index of the next one."""
    out, wanted, index = Screen(sys.stdout), getattr(args, "payment_id", None), 0
    for commit in commits:
        for line in commit.lines:
            entry = decode(line)
            if wanted is None or _payment_id(entry) == wanted:
                _print_one(args, out, line, entry)
        index = commit.size
    sys.stdout.flush()
    return index


def _print_one(args: argparse.Namespace, out: Screen, line: bytes, entry: Entry) -> None:
    if args.json:
        print(line.decode())
    else:
        print_entry(out, entry)


def _payment_id(entry: Entry) -> str | None:
    return getattr(entry.body, "payment_id", None)


def _verify(args: argparse.Namespace) -> int:
    k0 = args.first_key.read_bytes() if args.first_key else None
    every = True if args.every else None
    report = verify(_journal(args), _journal_key(args), every=every, k0=k0, cosignatures=_cosignatures(args))
    if args.json:
        print(msgspec.json.encode(report).decode())
    else:
        print_report(Screen(sys.stdout), report)
    return Exit.OK if report.result == "ok" else Exit.NO


def _cosignatures(args: argparse.Namespace) -> list[CosignedHead] | None:
    """The collector's word, where it is known: from the options, or from the settings."""
    folder, vkey = args.cosignatures, args.collector_vkey
    if args.journal is None and (folder is None or vkey is None):
        settings = options.settings(args)
        folder, vkey = folder or settings.agent.cosignatures, vkey or settings.upload.collector_vkey
    if folder is None or vkey is None or not folder.is_dir():
        return None
    collector = _key(vkey)
    if not isinstance(collector, CosignatureVerifier):
        raise NoteError(say("cli.collectors_key_not_cosignature"))
    return read_cosignatures(folder, _journal_key(args).name, collector)


def _export(args: argparse.Namespace) -> int:
    made = export(_journal(args), _journal_key(args), args.to, args.entry, args.since)
    if args.json:
        print(msgspec.json.encode({"size": made.size, "folder": str(args.to)}).decode())
    else:
        Screen(sys.stdout).say(say("cli.entries_their_tiles_checkpoint", size=made.size, to=args.to))
    return Exit.OK


def _journal(args: argparse.Namespace) -> Path:
    if args.journal is not None:
        return Path(args.journal)
    settings = options.readable_settings(args)
    if settings is None:
        raise CommandError(say("cli.no_journal"), Exit.USAGE)
    return settings.agent.journal


def _journal_key(args: argparse.Namespace) -> Ed25519Verifier:
    verifier = _key(args.vkey) if args.vkey is not None else _own_key(args)
    if not isinstance(verifier, Ed25519Verifier):
        raise NoteError(say("cli.journals_key_not_ed"))
    return verifier


def _own_key(args: argparse.Namespace) -> Ed25519Verifier | CosignatureVerifier:
    """On the agent's own host, for a person who may read its key."""
    settings = options.readable_settings(args)
    if settings is None:
        raise CommandError(say("cli.no_vkey"), Exit.USAGE)
    try:
        key = load_journal_key(settings.agent.credentials)
    except KeysError as error:
        raise CommandError(f"{error} {say('cli.no_vkey')}", Exit.NO_PERMISSION) from None
    return parse_vkey(Ed25519Signer(settings.origin, key).vkey)


def _key(vkey: str) -> Ed25519Verifier | CosignatureVerifier:
    """A key from its text, or from a file that holds it. A file's name has no two pluses."""
    return parse_vkey(vkey if vkey.count("+") > 1 else Path(vkey).read_text("utf-8").strip())
