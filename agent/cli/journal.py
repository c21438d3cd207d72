"""`tillgate journal`: show, follow, verify and export it. Needs no running agent and no secret key."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec

from agent.base.watch import LOOK_ANYWAY_S, FolderWatch
from agent.cli.ui import options
from agent.cli.ui.exits import CommandError, Exit
from agent.cli.ui.journal_lines import print_entry, print_report
from agent.cli.ui.screen import Screen
from agent.journal.damage import JournalError
from agent.journal.lines import Commit
from agent.journal.note import CosignatureVerifier, Ed25519Signer, Ed25519Verifier, NoteError, parse_vkey
from agent.journal.proofs.export import export
from agent.journal.reader import JournalReader
from agent.journal.schema.entry import (
    AlarmAcknowledged,
    AlarmCleared,
    AlarmRaised,
    Entry,
    UnsolicitedResult,
    decode,
)
from agent.journal.verified import VKEY_FILE, Verified, keep_verified
from agent.journal.verify import CosignedHeads, Report, read_cosignatures, verify
from agent.keys.store import KeysError, load_journal_key
from agent.texts import say, tell

# How often the folder is looked at where its changes are not told: a person does not notice less.
FOLLOW_S = 0.5

DEFAULT_LAST = 20


def register(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `journal` and its actions."""
    parser = subparsers.add_parser("journal", help=say("cli.command.journal"))
    actions = parser.add_subparsers(metavar="ACTION", required=True)
    show = _add(actions, "show", _show, say("cli.journal.show"))
    show.add_argument("--last", type=int, default=DEFAULT_LAST, metavar="N", help="how many; default: 20")
    show.add_argument("--from", dest="start", type=int, metavar="N", help=say("cli.journal.show_from"))
    show.add_argument("--payment-id", metavar="X", help=say("cli.journal.show_payment"))
    _add(actions, "follow", _follow, say("cli.journal.follow"))
    _register_verify(actions)
    to = _add(actions, "export", _export, say("cli.journal.export"))
    to.add_argument("--vkey", metavar="VKEY", help=say("cli.journal.vkey"))
    to.add_argument("--to", type=Path, required=True, metavar="FOLDER", help="where to write")
    to.add_argument(
        "--entry", type=int, action="append", default=[], metavar="N", help=say("cli.journal.export_entry")
    )
    to.add_argument(
        "--since", type=int, action="append", default=[], metavar="SIZE", help=say("cli.journal.export_since")
    )


def _register_verify(actions: Any) -> None:
    check = _add(actions, "verify", _verify, say("cli.journal.verify"))
    check.add_argument("--vkey", metavar="VKEY", help=say("cli.journal.vkey"))
    check.add_argument("--every", action="store_true", help=say("cli.journal.every"))
    check.add_argument("--first-key", type=Path, metavar="FILE", help=say("cli.journal.first_key"))
    check.add_argument("--cosignatures", type=Path, metavar="FOLDER", help=say("cli.journal.cosignatures"))
    check.add_argument("--collector-vkey", metavar="VKEY", help=say("cli.journal.collector_vkey"))


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
        raise CommandError(tell(error), Exit.NO) from None
    except NoteError as error:
        raise CommandError(say("cli.journal.key_unusable", error=error), Exit.USAGE) from None
    except BrokenPipeError:  # the reader of our output has enough; the journal is well
        raise
    except OSError as error:
        name, reason = error.filename or "The journal", error.strerror or error
        text = say("cli.journal.unreadable", name=name, reason=reason)
        raise CommandError(text, Exit.UNAVAILABLE) from None


def _show(args: argparse.Namespace) -> int:
    reader, begin = JournalReader(_journal(args)), args.start or 0
    if args.start is None and args.payment_id is None:
        begin = max(reader.size() - args.last, 0)
    _print(args, reader.commits(begin))
    return Exit.OK


def _follow(args: argparse.Namespace) -> int:
    folder = _journal(args)
    reader, watch = JournalReader(folder), FolderWatch(folder)
    index = max(reader.size() - DEFAULT_LAST, 0)
    while True:
        index = max(_print(args, reader.commits(index)), index)
        watch.arm()
        while not reader.changed():
            watch.wait(LOOK_ANYWAY_S if watch.descriptor is not None else FOLLOW_S)
            watch.arm()


def _print(args: argparse.Namespace, commits: Iterator[Commit]) -> int:
    """Print the entries of commits; gives the index of the next one."""
    out, wanted, index = Screen(sys.stdout), getattr(args, "payment_id", None), 0
    for commit in commits:
        for line in commit.lines:
            _print_line(args, out, line, wanted)
        index = commit.size
    sys.stdout.flush()
    return index


def _print_line(args: argparse.Namespace, out: Screen, line: bytes, wanted: str | None) -> None:
    """One line; one that cannot be read hides nothing that stands behind it."""
    try:
        entry = decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError):
        if wanted is None or wanted.encode() in line:
            _print_broken(args, out, line)
        return
    if wanted is None or payment_of(entry) == wanted:
        _print_one(args, out, line, entry)


def _print_broken(args: argparse.Namespace, out: Screen, line: bytes) -> None:
    """A line that is no entry: said, and never shown. Nobody has looked at what stands in it."""
    text = say("cli.journal.broken_line")
    if args.json:
        print(msgspec.json.encode({"broken": text, "bytes": len(line)}).decode())
    else:
        out.say(f"       ?  {text}")


def _print_one(args: argparse.Namespace, out: Screen, line: bytes, entry: Entry) -> None:
    if args.json:
        print(line.decode())
    else:
        print_entry(out, entry)


def payment_of(entry: Entry) -> str | None:
    """The payment that an entry is about; a late result names it inside."""
    if isinstance(entry.body, UnsolicitedResult):
        return entry.body.result.payment_id
    if isinstance(entry.body, AlarmRaised | AlarmCleared | AlarmAcknowledged):
        return entry.body.subject
    return getattr(entry.body, "payment_id", None)


def _verify(args: argparse.Namespace) -> int:
    k0 = args.first_key.read_bytes() if args.first_key else None
    every = True if args.every else None
    report = verify(_journal(args), _journal_key(args), every=every, k0=k0, cosignatures=_cosignatures(args))
    if args.json:
        print(msgspec.json.encode(_with_sentence(report)).decode())
    else:
        print_report(Screen(sys.stdout), report)
    _keep(args, report)
    return Exit.OK if report.result == "ok" else Exit.NO


def _keep(args: argparse.Namespace, report: Report) -> None:
    """Leave the result for the agent of this host. A journal from elsewhere is not its affair."""
    settings = options.readable_settings(args) if args.journal is None else None
    if settings is None:
        return
    verified = Verified(
        origin=report.origin,
        at=datetime.now().astimezone(),
        entries=report.entries,
        root=report.root,
        result=report.result,
        cosigned=report.cosigned,
    )
    folder = settings.agent.verified
    try:
        keep_verified(folder, verified)
    except OSError as error:
        text = say("cli.journal.not_kept", folder=folder, reason=error.strerror or type(error).__name__)
        Screen(sys.stderr).say(text)


def _with_sentence(report: Report) -> dict[str, Any]:
    """The report for machines, with the finding's sentence for people."""
    told: dict[str, Any] = msgspec.to_builtins(report)
    if report.finding is not None:
        told["finding"] |= {"text": tell(report.finding)}
    return told


def _cosignatures(args: argparse.Namespace) -> CosignedHeads | None:
    """The collector's cosignatures, if the options or the settings name them."""
    folder, vkey = args.cosignatures, args.collector_vkey
    if args.journal is None and (folder is None or vkey is None):
        settings = options.settings(args)
        folder, vkey = folder or settings.agent.cosignatures, vkey or settings.upload.collector_vkey
    if folder is None or vkey is None:
        return None
    collector = _key(vkey)
    if not isinstance(collector, CosignatureVerifier):
        raise NoteError("cli.journal.collector_key_type")
    return read_cosignatures(folder, _journal_key(args), collector)


def _export(args: argparse.Namespace) -> int:
    made = export(_journal(args), _journal_key(args), args.to, args.entry, args.since)
    if args.json:
        print(msgspec.json.encode({"size": made.size, "folder": str(args.to)}).decode())
    else:
        Screen(sys.stdout).say(say("cli.journal.exported", size=made.size, folder=args.to))
    return Exit.OK


def _journal(args: argparse.Namespace) -> Path:
    if args.journal is not None:
        return Path(args.journal)
    settings = options.readable_settings(args)
    if settings is None:
        raise CommandError(say("cli.journal.no_journal"), Exit.USAGE)
    return settings.agent.journal


def _journal_key(args: argparse.Namespace) -> Ed25519Verifier:
    verifier = _key(args.vkey) if args.vkey is not None else _own_key(args)
    if not isinstance(verifier, Ed25519Verifier):
        raise NoteError("cli.journal.journal_key_type")
    return verifier


def _own_key(args: argparse.Namespace) -> Ed25519Verifier | CosignatureVerifier:
    """On the agent's own host: the public key that the agent left beside the journal, or its own key's."""
    settings = options.readable_settings(args)
    if settings is None:
        raise CommandError(say("cli.journal.no_vkey"), Exit.USAGE)
    left = settings.agent.journal / VKEY_FILE
    if left.exists():
        verifier = _key(str(left))
        if verifier.name == settings.origin:
            return verifier
    try:
        key = load_journal_key(settings.agent.credentials)
    except KeysError as error:
        raise CommandError(say("cli.journal.no_vkey_here", why=error), Exit.NO_PERMISSION) from None
    return parse_vkey(Ed25519Signer(settings.origin, key).vkey)


def _key(vkey: str) -> Ed25519Verifier | CosignatureVerifier:
    """A key from its text, or from a file that holds it. A file's name has no two pluses."""
    return parse_vkey(vkey if vkey.count("+") > 1 else Path(vkey).read_text("utf-8").strip())
