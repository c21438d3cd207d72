"""The journal in words: an entry in two lines, and what a check has found."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from agent.cli.ui.screen import Screen
from agent.journal.schema.entry import Entry, UnknownEntry
from agent.journal.verify import Report
from agent.texts import say

# A sealed card is for the acquirer; to a person it is only noise.
_NOISE = ("kind", "payment_id", "sealed", "digest")


def print_entry(out: Screen, entry: Entry) -> None:
    """One entry: where, when and what; below it what it says."""
    if isinstance(entry.body, UnknownEntry):
        out.say(f"{entry.index:>8}  {entry.at:%Y-%m-%d %H:%M:%S}  {entry.body.kind}")
        out.detail(say("journal.entry_of_newer_version"))
        return
    body = msgspec.to_builtins(entry.body)
    said = f"{entry.index:>8}  {entry.at:%Y-%m-%d %H:%M:%S}  {body['kind']:<17} {body.get('payment_id', '')}"
    out.say(said.rstrip())
    if details := ", ".join(_details(body)):
        out.detail(details)


def print_report(out: Screen, report: Report) -> None:
    """What was checked, what was not, and the first thing that is wrong."""
    if report.finding is None:
        out.say(f"The journal of {report.origin} is whole.")
    else:
        out.say(f"The journal of {report.origin} is DAMAGED.")
    out.row("entries", f"{report.entries}, in {report.files} whole files; every root was computed again")
    out.row("signatures", _signatures(report))
    out.row("evolving key", _evolving(report))
    out.row("collector", _collector(report))
    if report.unfinished_bytes:
        text = f"{report.unfinished_bytes} bytes at the end are being written or were torn; a start cuts them"
        out.row("unfinished", text)
    if report.finding is not None:
        out.row("damage", str(report.finding))


def _signatures(report: Report) -> str:
    if report.signatures == report.checkpoints:
        return f"all {report.signatures} checked"
    return (
        f"{report.signatures} of {report.checkpoints} checked, the last of each file among them, which signs "
        "all before it; --every checks all"
    )


def _evolving(report: Report) -> str:
    if report.evolving is None:
        return "not checked; headquarters check it with --first-key"
    return f"every line checked, up to epoch {report.evolving}"


def _collector(report: Report) -> str:
    if report.cosigned is None:
        return "no cosignature was compared; --cosignatures and --collector-vkey do it"
    return f"cosigned the first {report.cosigned} entries as they stand here"


def _details(body: dict[str, Any]) -> Iterator[str]:
    for name, value in body.items():
        if name in _NOISE or value in ("", None, [], {}):
            continue
        if isinstance(value, dict):
            yield from _details(value)
        elif isinstance(value, list):
            yield f"{name} {', '.join(_item(item) for item in value)}"
        else:
            yield f"{name} {value}"


def _item(item: Any) -> str:
    return " ".join(_details(item)) if isinstance(item, dict) else str(item)
