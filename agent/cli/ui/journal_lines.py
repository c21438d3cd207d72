"""The journal in words: an entry in two lines, and the findings of a check."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from agent.cli.ui.screen import Screen
from agent.journal.schema.entry import Entry, Printed, UnknownEntry
from agent.journal.verify import Report
from agent.texts import TEXTS, say, tell

_TITLES = {
    "ok": "whole",
    "empty": "empty",
    "cosignature_missing": "unconfirmed",
    "cosignature_damaged": "unconfirmed",
}

# A sealed card is for the acquirer; to a person it is only noise.
_NOISE = ("kind", "payment_id", "sealed", "digest")


def print_entry(out: Screen, entry: Entry) -> None:
    """One entry: place, time and kind; below that its content."""
    if isinstance(entry.body, UnknownEntry):
        out.say(f"{entry.index:>8}  {entry.at:%Y-%m-%d %H:%M:%S}  {entry.body.kind}")
        out.detail(say("journal.entry_of_newer_version"))
        return
    body = msgspec.to_builtins(entry.body)
    if isinstance(entry.body, Printed):
        body["lines"] = [_line(line) for line in entry.body.lines]
    said = f"{entry.index:>8}  {entry.at:%Y-%m-%d %H:%M:%S}  {body['kind']:<17} {body.get('payment_id', '')}"
    out.say(said.rstrip())
    if details := ", ".join(_details(body)):
        out.detail(details)


def print_report(out: Screen, report: Report) -> None:
    """What was checked, what was not, and the first thing that is wrong."""
    out.say(say(f"journal.report_{_TITLES.get(report.result, 'damaged')}", origin=report.origin))
    out.row("entries", say("journal.report_entries", entries=report.entries, files=report.files))
    out.row("signatures", _signatures(report))
    out.row("evolving key", _evolving(report))
    out.row("collector", _collector(report))
    if report.unfinished_bytes:
        out.row("unfinished", say("journal.report_unfinished", length=report.unfinished_bytes))
    if report.finding is not None:
        out.row("damage", tell(report.finding))


def _signatures(report: Report) -> str:
    if report.signatures == report.checkpoints:
        return say("journal.report_all_signatures", signatures=report.signatures)
    figures = {"signatures": report.signatures, "checkpoints": report.checkpoints}
    return say("journal.report_some_signatures", **figures)


def _evolving(report: Report) -> str:
    if report.evolving is None:
        return say("journal.report_no_evolving", epoch=report.epoch or 0)
    return say("journal.report_evolving", epoch=report.evolving)


def _collector(report: Report) -> str:
    if report.cosigned is None:
        return say("journal.report_no_cosignature")
    return say("journal.report_cosigned", size=report.cosigned)


def _details(body: dict[str, Any]) -> Iterator[str]:
    for name, value in body.items():
        if name in _NOISE or value in ("", None, [], {}):
            continue
        if isinstance(value, dict):
            sentence = _sentence(value)
            yield from (f"{name} {sentence}",) if sentence else _details(value)
        elif isinstance(value, list):
            yield f"{name} {', '.join(_item(item) for item in value)}"
        else:
            yield f"{name} {value}"


def _sentence(value: dict[str, Any]) -> str:
    """A fact in words; empty for what is none, or has no sentence in this version."""
    code = value.get("code")
    known = isinstance(code, str) and code in TEXTS
    return say(str(code), **value.get("figures", {})) if known else ""


def _line(line: str | int) -> str:
    return line if isinstance(line, str) else say("journal.line_again", number=line + 1)


def _item(item: Any) -> str:
    return " ".join(_details(item)) if isinstance(item, dict) else str(item)
