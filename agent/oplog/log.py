"""The operational log: one line per step to stdout, known keys only, a redactor behind it.

The journal is the truth; this log is for the person on the phone. A key that
is not in `KEYS`, or whose value has another type, is dropped and named in
`dropped_keys`. Bytes and cards are never on the list. JSON for a machine,
key=value on a screen. Python's own logging and uncaught exceptions go the same way.
"""

from __future__ import annotations

import logging
import sys
import threading
import traceback
from collections.abc import Mapping, MutableMapping
from datetime import datetime
from pathlib import PurePath
from types import TracebackType
from typing import Any, Final, Literal, Protocol, TextIO

import msgspec
import structlog

from agent.oplog.redact import Joiner, redact
from agent.oplog.sink import Sink

Level = Literal["debug", "info", "warning", "error"]
Fields = MutableMapping[str, Any]

# A line must fit into one journald field and on two lines of a screen.
MAX_VALUE_CHARS: Final = 400
# The innermost frames say where; more would only fill the screen.
MAX_FRAMES: Final = 12
# Twelve digits are the largest amount of a ZVT terminal; thirteen would look like a card.
MAX_INT: Final = 999_999_999_999

# Every key that a line may have, and the type of its value.
KEYS: Final[Mapping[str, type]] = {
    "event": str,
    "level": str,
    "time": str,
    "part": str,
    "exception": str,
    # the payment
    "payment_id": str,
    "till": str,
    "payment": str,
    "phase": str,
    "action": str,
    "rule": str,
    "verdict": str,
    "amount": int,
    "currency": str,
    "code": int,
    "trace": int,
    "receipt_number": int,
    "prompt": str,
    "person": str,
    "role": str,
    # the terminal and its line
    "terminal": str,
    "terminal_id": str,
    "software": str,
    "protocol": str,
    "wire": str,
    "state": str,
    "reason": str,
    "command": str,
    # the journal, the uploader and the collector
    "entry": int,
    "entries": int,
    "first": int,
    "size": int,
    "cosigned": int,
    "origin": str,
    "file": str,
    "offset": int,
    "removed_bytes": int,
    "bytes": int,
    # alarms
    "alarm": str,
    "subject": str,
    "severity": str,
    # programs, people and the host
    "version": str,
    "config": str,
    "key_id": str,
    "until": str,
    "training": bool,
    "signal": str,
    "host": str,
    "port": int,
    "method": str,
    "path": str,
    "status": int,
    "peer": str,
    "uid": int,
    "pid": int,
    "attempt": int,
    "count": int,
    "seconds": float,
    "error": str,
    "text": str,
}


class Logger(Protocol):
    """What the rest of the agent uses. `event` is a short fixed sentence; the facts are fields."""

    def debug(self, event: str, **fields: object) -> None:
        """For the developer."""

    def info(self, event: str, **fields: object) -> None:
        """A step of normal work."""

    def warning(self, event: str, **fields: object) -> None:
        """Somebody should look when there is time."""

    def error(self, event: str, **fields: object) -> None:
        """Somebody should look now."""

    def exception(self, event: str, **fields: object) -> None:
        """An error with the exception that is being handled."""


def logger(part: str) -> Logger:
    """The log of one part of the agent, such as `payments`. May be made before `configure`."""
    log: Logger = structlog.get_logger(part=part)
    return log


def configure(level: Level = "info", stream: TextIO | None = None) -> Sink:
    """Send everything that this process logs to `stream` (stdout) and nowhere else. Called once at start.

    The sink writes in a thread of its own; at the end of the process it is drained.
    """
    sink = Sink(stream or sys.stdout)
    numeric = logging.getLevelNamesMapping()[level.upper()]
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            _exception_field,
            _stamp,
            _allowed_only,
            _renderer(sink.is_screen),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(numeric),
        logger_factory=lambda *_: sink,
        cache_logger_on_first_use=False,
    )
    _take_over_stdlib(max(numeric, logging.INFO))
    sys.excepthook = _uncaught
    threading.excepthook = lambda args: _uncaught(args.exc_type, args.exc_value, args.exc_traceback)
    _sinks[:] = [sink]
    return sink


def drain() -> None:
    """Let what was logged be shown before something else is said."""
    for sink in _sinks:
        sink.drain()


class _FromStdlib(logging.Handler):
    """Third-party loggers: their words are redacted, their arguments never shown when they do not fit."""

    def emit(self, record: logging.LogRecord) -> None:
        try:
            event = record.getMessage()
        except (TypeError, ValueError, KeyError):
            event = "unfit log arguments"
        level = "error" if record.levelno >= logging.ERROR else record.levelname.lower()
        log = structlog.get_logger(part=record.name)
        getattr(log, level if level in {"debug", "info", "warning"} else "error")(
            event, exc_info=record.exc_info
        )


def _take_over_stdlib(level: int) -> None:
    logging.raiseExceptions = False  # or a broken handler prints the arguments to stderr
    logging.captureWarnings(capture=True)
    for other in logging.root.manager.loggerDict.values():
        if isinstance(other, logging.Logger):  # a library's own handler would print past the net
            other.handlers.clear()
            other.propagate = True
    logging.root.handlers[:] = [_FromStdlib()]
    logging.root.setLevel(level)


def _uncaught(kind: type[BaseException], error: BaseException | None, trace: TracebackType | None) -> None:
    if not issubclass(kind, KeyboardInterrupt | SystemExit):
        logger("process").error("uncaught exception", exc_info=(kind, error, trace))


def _stamp(_logger: object, _method: str, fields: Fields) -> Fields:
    # The log's own time is not a decision about money, so it needs no passed-in clock.
    fields["time"] = datetime.now().astimezone().isoformat(timespec="milliseconds")
    return fields


def _exception_field(_logger: object, _method: str, fields: Fields) -> Fields:
    given = fields.pop("exc_info", None)
    error = given[1] if isinstance(given, tuple) else given if isinstance(given, BaseException) else None
    if given and error is None:
        error = sys.exc_info()[1]
    if error is not None:
        fields["exception"] = exception_text(error)
    return fields


def exception_text(error: BaseException) -> str:
    """Type, message and places, no source lines and no locals; causes behind ` from `."""
    parts, seen = [], set[int]()
    current: BaseException | None = error
    while current is not None and id(current) not in seen:
        seen.add(id(current))
        frames = traceback.extract_tb(current.__traceback__)[-MAX_FRAMES:]
        places = " > ".join(f"{PurePath(f.filename).name}:{f.lineno} {f.name}" for f in frames)
        parts.append(f"{type(current).__name__}: {_message(current)}" + (f" [{places}]" if places else ""))
        current = current.__cause__ or (None if current.__suppress_context__ else current.__context__)
    return " from ".join(parts)


def _message(error: BaseException) -> str:
    try:
        return redact(str(error))[:MAX_VALUE_CHARS]
    except Exception:  # noqa: BLE001 - an exception that cannot be shown must not stop the log
        return "(no text)"


_EVENTS: Final = Joiner()
# The sink in use, once `configure` was called.
_sinks: Final[list[Sink]] = []


def _allowed_only(_logger: object, _method: str, fields: Fields) -> Fields:
    """Known keys of the right type, in the order of `KEYS`; the rest is named and dropped."""
    kept: dict[str, Any] = {}
    for key, kind in KEYS.items():
        if key in fields and _fits(fields[key], kind):
            kept[key] = _value(key, fields[key])
    dropped = sorted(redact(str(key))[:MAX_VALUE_CHARS] for key in fields if key not in kept)
    if dropped:
        kept["dropped_keys"] = " ".join(dropped)
    return kept


def _fits(value: object, kind: type) -> bool:
    kinds = (int, float) if kind is float else (kind,)
    if type(value) not in kinds:  # not isinstance: True is no amount
        return False
    return not isinstance(value, int | float) or abs(value) <= MAX_INT


def _value(key: str, value: Any) -> Any:
    if isinstance(value, float):
        return round(value, 3)  # sixteen digits behind the point would look like a card
    if not isinstance(value, str):
        return value
    text = _EVENTS.feed(value) if key == "event" else value
    limit = MAX_VALUE_CHARS * (MAX_FRAMES if key == "exception" else 1)
    if len(text) > limit:  # the redactor must see a number before it is cut in two
        text = redact(text)[:limit] + "..."
    return " ".join(text.split())


def _renderer(is_screen: bool) -> Any:
    if is_screen:
        return structlog.processors.LogfmtRenderer(key_order=["time", "level", "event"], drop_missing=True)
    return structlog.processors.JSONRenderer(
        serializer=lambda fields, **_: msgspec.json.encode(fields).decode()
    )
