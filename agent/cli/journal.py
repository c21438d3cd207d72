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

# A person who watches does not notice less; a stat of one folder costs nothing.
FOLLOW_S = 0.5

DEFAULT_LAST = 20
_NO_JOURNAL = "Say where the journal is with --journal FOLDER, or name the settings with --settings FILE."
_NO_VKEY = (
    "Give the journal's verifier key with --vkey. `tillgate keys show` prints it on the agent's host; "
    "headquarters keep it from the enrolment."
)


def register(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `journal` and what can be done with it."""
    parser = subparsers.add_parser("journal", help="show, follow, verify and export the journal")
    actions = parser.add_subparsers(metavar="ACTION", required=True)
    show = _add(actions, "show", _show, "print the newest entries, or those of one payment")
    show.add_argument("--last", type=int, default=DEFAULT_LAST, metavar="N", help="how many; default: 20")
    show.add_argument("--from", dest="start", type=int, metavar="N", help="from this entry on, to the end")
    show.add_argument("--payment-id", metavar="X", help="only entries of this payment, from the beginning")
    _add(actions, "follow", _follow, "print new entries as they come, until interrupted")
    _register_verify(actions)
    to = _add(actions, "export", _export, "write C2SP tiles and proofs for other verifiers")
    to.add_argument("--vkey", metavar="VKEY", help="the journal's verifier key, or a file that holds it")
    to.add_argument("--to", type=Path, required=True, metavar="FOLDER", help="where to write")
    to.add_argument(
        "--entry", type=int, action="append", default=[], metavar="N", help="an inclusion proof too"
    )
    to.add_argument(
        "--since", type=int, action="append", default=[], metavar="SIZE", help="a consistency proof too"
    )


def _register_verify(actions: Any) -> None:
    check = _add(actions, "verify", _verify, "check every line, every root and the signatures")
    check.add_argument("--vkey", metavar="VKEY", help="the journal's verifier key, or a file that holds it")
    check.add_argument("--every", action="store_true", help="check every signature, however many")
    check.add_argument("--first-key", type=Path, metavar="FILE", help="headquarters: the first evolving key")
    check.add_argument("--cosignatures", type=Path, metavar="FOLDER", help="the collector's cosignatures")
    check.add_argument("--collector-vkey", metavar="VKEY", help="the collector's verifier key, or its file")


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
        raise CommandError(f"This key cannot be used: {error}.", Exit.USAGE) from None
    except OSError as error:
        text = f"{error.filename or 'The journal'} cannot be read or written: {error.strerror or error}."
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
        raise NoteError("the collector's key is not a cosignature key (type 04)")
    return read_cosignatures(folder, _journal_key(args).name, collector)


def _export(args: argparse.Namespace) -> int:
    made = export(_journal(args), _journal_key(args), args.to, args.entry, args.since)
    if args.json:
        print(msgspec.json.encode({"size": made.size, "folder": str(args.to)}).decode())
    else:
        Screen(sys.stdout).say(f"{made.size} entries, their tiles and checkpoint are in {args.to}.")
    return Exit.OK


def _journal(args: argparse.Namespace) -> Path:
    if args.journal is not None:
        return Path(args.journal)
    settings = options.readable_settings(args)
    if settings is None:
        raise CommandError(_NO_JOURNAL, Exit.USAGE)
    return settings.agent.journal


def _journal_key(args: argparse.Namespace) -> Ed25519Verifier:
    verifier = _key(args.vkey) if args.vkey is not None else _own_key(args)
    if not isinstance(verifier, Ed25519Verifier):
        raise NoteError("the journal's key is not an Ed25519 key (type 01)")
    return verifier


def _own_key(args: argparse.Namespace) -> Ed25519Verifier | CosignatureVerifier:
    """On the agent's own host, for a person who may read its key."""
    settings = options.readable_settings(args)
    if settings is None:
        raise CommandError(_NO_VKEY, Exit.USAGE)
    try:
        key = load_journal_key(settings.agent.credentials)
    except KeysError as error:
        raise CommandError(f"{error} {_NO_VKEY}", Exit.NO_PERMISSION) from None
    return parse_vkey(Ed25519Signer(settings.origin, key).vkey)


def _key(vkey: str) -> Ed25519Verifier | CosignatureVerifier:
    """A key from its text, or from a file that holds it. A file's name has no two pluses."""
    return parse_vkey(vkey if vkey.count("+") > 1 else Path(vkey).read_text("utf-8").strip())
