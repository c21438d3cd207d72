"""The operational log has one line for each step of a payment, and none of its texts."""

from __future__ import annotations

import io
import json
from datetime import UTC, datetime

from agent.journal.schema.entry import (
    AnyBody,
    BecameUnclear,
    Completed,
    Entry,
    Fact,
    NotSent,
    Requested,
    Resolved,
    TerminalResult,
)
from agent.oplog import log
from agent.programs.payment_log import told_and_logged

AT = datetime(2026, 11, 27, 12, tzinfo=UTC)


def lines(*bodies: AnyBody) -> list[dict[str, object]]:
    out = io.StringIO()
    sink = log.configure("info", out)
    told: list[Entry] = []
    tell = told_and_logged(told.append, log.logger("agent"))
    for index, body in enumerate(bodies):
        tell(Entry(index=index, at=AT, boot_ms=index, body=body))
    assert len(told) == len(bodies)
    assert sink.drain()
    assert "Karte" not in out.getvalue()
    return [json.loads(line) for line in out.getvalue().splitlines()]


def test_each_step_is_one_line_with_codes_and_figures() -> None:
    told = lines(
        Requested(payment_id="A-1", payment="sale", terminal="front", till="1", amount=1250, currency="EUR"),
        TerminalResult(
            payment_id="A-1", verdict="approved", text="Karte 4111111111111111", amount=1250, trace=7
        ),
        Completed(payment_id="A-1"),
        BecameUnclear(payment_id="A-2", why=Fact("payment.undone")),
        NotSent(payment_id="A-3", why=Fact("drivers.terminal_busy")),
        Resolved(payment_id="A-2", verdict="declined", words="Karte", person="anna", witness="boss"),
    )
    assert [(line["event"], line["payment_id"], line.get("verdict")) for line in told] == [
        ("requested", "A-1", None),
        ("result", "A-1", "approved"),
        ("completed", "A-1", None),
        ("became_unclear", "A-2", None),
        ("not_sent", "A-3", "not_sent"),
        ("resolved", "A-2", "declined"),
    ]
    assert [line["level"] for line in told].count("warning") == 1
    assert (told[1]["amount"], told[1]["trace"], told[4]["reason"]) == (1250, 7, "drivers.terminal_busy")
    assert not any("dropped_keys" in line for line in told)
