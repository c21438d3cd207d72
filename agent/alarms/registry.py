"""All alarms that there are: one row each.

A new alarm is a row here, its sentences in `agent/texts/en/alarms.py`, and the place that
raises it: `agent/alarms/conditions.py` for a condition of the world, a watcher of approvals
for something that a payment shows.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

Severity = Literal["info", "warning", "critical"]
# Who may say that they know of it: the lowest role; None: nobody has to, it goes when its cause goes.
Acknowledger = Literal["cashier", "supervisor", "manager"]
# What ends it: its cause is gone, a person has acknowledged it, or both.
ClearedBy = Literal["cause", "person", "both"]

MINUTE_S: Final = 60.0


@dataclass(frozen=True, slots=True)
class AlarmKind:
    """One alarm. Its cause must last for `after_s` to raise it and be gone for `calm_s` to clear it.

    So an alarm does not flicker. `figures` are the names that its sentences may use.
    """

    id: str
    severity: Severity
    cleared_by: ClearedBy = "cause"
    acknowledged_by: Acknowledger = "supervisor"
    after_s: float = 0.0
    calm_s: float = 5 * MINUTE_S
    figures: tuple[str, ...] = ()

    @property
    def known(self) -> bool:
        """Whether this version has a row for it."""
        return self.id in ALARMS

    def text_key(self, part: Literal["what", "money", "next"]) -> str:
        """The key of one of its three sentences."""
        return f"alarms.{self.id if self.known else UNKNOWN}.{part}"


# The sentences for an alarm of a newer version.
UNKNOWN: Final = "unknown"

_EVIDENCE = ("journal_size", "headquarters_size")

_ROWS: Final = (
    # Evidence: headquarters and this disk tell different stories.
    AlarmKind("rollback", "critical", "both", figures=_EVIDENCE),
    AlarmKind("rollback_told", "critical", "both", figures=_EVIDENCE),
    AlarmKind("fork", "critical", "both", figures=_EVIDENCE),
    AlarmKind("fork_told", "critical", "both", figures=_EVIDENCE),
    AlarmKind("refused", "critical", "both", figures=_EVIDENCE),
    AlarmKind("refused_told", "critical", "both", figures=_EVIDENCE),
    AlarmKind("tail_missing", "critical", "person", figures=("stored", "epoch")),
    AlarmKind("evolving_key_old", "critical", "person", figures=("stored", "epoch")),
    AlarmKind("journal_key_exchanged", "critical", "person", figures=("headquarters_size",)),
    AlarmKind("verified_more", "critical", "person", figures=("journal_size", "verified_size")),
    AlarmKind("terminal_ahead", "critical", "person", figures=("told", "known")),
    AlarmKind("first_key_here", "warning"),
    AlarmKind("clock_behind_headquarters", "warning", figures=("minutes",)),
    AlarmKind("cosignature_unreadable", "warning", after_s=5 * MINUTE_S),
    AlarmKind("journal_damaged", "critical", "both", figures=("found", "on")),
    AlarmKind("never_verified", "info"),
    # The way to headquarters.
    AlarmKind("backlog", "warning", after_s=15 * MINUTE_S, figures=("since",)),
    AlarmKind("never_cosigned", "warning", after_s=15 * MINUTE_S, figures=("since",)),
    AlarmKind("certificate_ends", "warning", figures=("until",)),
    AlarmKind("certificate_ended", "warning", figures=("until",)),
    # The host.
    AlarmKind("disk_low", "warning", acknowledged_by="cashier", figures=("free_mib",)),
    AlarmKind("disk_full", "critical", acknowledged_by="cashier"),
    AlarmKind("acquirer_key_ends", "warning", figures=("key_id", "until")),
    AlarmKind("acquirer_key_ended", "critical", figures=("key_id", "until")),
    # The terminals.
    AlarmKind("terminal_away", "warning", acknowledged_by="cashier", after_s=2 * MINUTE_S),
    AlarmKind("terminal_exchanged", "critical", acknowledged_by="supervisor"),
    AlarmKind("terminal_trouble", "warning", acknowledged_by="cashier", after_s=MINUTE_S),
    AlarmKind(
        "terminal_held",
        "critical",
        acknowledged_by="cashier",
        after_s=2 * MINUTE_S,
        calm_s=0.0,  # resolved is resolved: it does not flicker
        figures=("terminal",),
    ),
    AlarmKind("driver_fault", "warning", "person", figures=("error",)),
    AlarmKind("prints_not_kept", "warning", "person", acknowledged_by="cashier", figures=("kib",)),
    AlarmKind("clock_ahead", "warning", figures=("minutes",)),
    AlarmKind("clock_behind", "warning", figures=("minutes",)),
    # A payment.
    AlarmKind("amount_differs", "warning", "person", figures=("asked", "told", "currency")),
    AlarmKind("payment_held", "warning", calm_s=0.0),
    AlarmKind("payment_withheld", "warning", calm_s=0.0),
    AlarmKind("merchant_new", "warning", "person", figures=("terminal", "told")),
    AlarmKind("approval_differs", "warning", "person", figures=("fields",)),
    AlarmKind(
        "verdict_contradicted",
        "critical",
        "person",
        figures=("verdict", "said", "amount", "currency", "receipt", "trace"),
    ),
    AlarmKind("answer_without_name", "critical", "person", figures=("other",)),
    AlarmKind(
        "unclaimed_approval",
        "critical",
        "person",
        figures=("terminal", "amount", "currency", "receipt", "trace"),
    ),
    AlarmKind("rejection_ignored", "critical", "person"),
    AlarmKind(
        "resolution_corrected", "critical", "person", figures=("before", "verdict", "person", "witness")
    ),
    # Too many of one kind.
    AlarmKind("many", "warning", "person"),
)

# What says that this disk does not hold the journal that was promised.
CONTRADICTIONS: Final = frozenset(
    {
        "rollback",
        "fork",
        "refused",
        "tail_missing",
        "evolving_key_old",
        "journal_key_exchanged",
        "verified_more",
        "journal_damaged",
    }
)

ALARMS: Final[dict[str, AlarmKind]] = {kind.id: kind for kind in _ROWS}

SEVERITIES: Final[tuple[Severity, ...]] = ("critical", "warning", "info")


def kind_of(alarm: str, severity: str = "critical") -> AlarmKind:
    """The row of an alarm; one that a newer version raised stands until that version clears it."""
    known = ALARMS.get(alarm)
    if known is not None:
        return known
    # A severity that nobody knows is not taken lightly.
    told: Severity = next((one for one in SEVERITIES if one == severity), "critical")
    return AlarmKind(alarm, told, "person")
