"""The operational log of payments: one line for each step that the journal has, without any text."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import msgspec

from agent.journal.schema.entry import Entry, Fact, UnknownEntry
from agent.oplog.log import KEYS, Logger

# Steps after which somebody should look.
WARNS: Final = frozenset({"became_unclear", "undone", "credential_failed", "unsolicited_result"})
# What is never repeated here: sentences of terminals and of persons.
_NEVER: Final = frozenset({"text", "exception", "path", "error"})


def told_and_logged(tell: Callable[[Entry], None], logger: Logger) -> Callable[[Entry], None]:
    """Tell of an entry, then log it. The log never keeps a payment from going on."""

    def told(entry: Entry) -> None:
        tell(entry)
        try:
            log_step(logger, entry)
        except Exception:
            logger.exception("step_not_logged", entry=entry.index)

    return told


def log_step(logger: Logger, entry: Entry) -> None:
    """One line, if the entry is a step of a payment."""
    body = entry.body
    if isinstance(body, UnknownEntry):
        return
    told = msgspec.structs.asdict(body)
    if isinstance(result := told.get("result"), msgspec.Struct):
        told = msgspec.structs.asdict(result) | {key: value for key, value in told.items() if value}
    if not told.get("payment_id"):
        return
    fields = {key: value for key, value in told.items() if _is_plain(key, value)}
    for name in ("why", "proof"):
        if isinstance(fact := told.get(name), Fact):
            fields["reason"] = fact.code
    verdict = getattr(body, "verdict", None)  # of some kinds it is no field: the kind says it
    if isinstance(verdict, str):
        fields["verdict"] = verdict
    kind = str(body.__struct_config__.tag)
    write = logger.warning if kind in WARNS else logger.info
    write(kind, **fields, entry=entry.index)


def _is_plain(key: str, value: object) -> bool:
    return key in KEYS and key not in _NEVER and type(value) is KEYS[key] and value != ""
