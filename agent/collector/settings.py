"""The collector's TOML file. All keys and types are checked before anything starts."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

from msgspec import Meta

from agent.journal.note import Ed25519Verifier, NoteError, parse_vkey
from agent.settings.reader import SettingsError, SettingsFinding, SettingsReader, SourceLines
from agent.settings.types import AgentName, Host, VerifierKey
from agent.texts import say

DEFAULT_FILE = Path("/etc/tillgate-collector/collector.toml")

# Part of a log's address and folder. The file names of tlog-tiles are reserved.
_ORIGIN = re.compile(
    r"(?!.*(?:^|/)(?:tile|checkpoint)(?:/|$))[A-Za-z0-9][A-Za-z0-9._-]*(?:/[A-Za-z0-9][A-Za-z0-9._-]*)*"
)

ClientName = Annotated[
    str,
    Meta(
        pattern=r"^[A-Za-z0-9.:/_-]{1,253}$",
        description="settings.form.client",
        examples=["till-1.shop.example"],
    ),
]


@dataclass(frozen=True, slots=True)
class JournalSettings:
    """`[logs.NAME]`: one journal. The name in `vkey` is its origin; `client` may bring its lines.

    `first_key` is the file of its first evolving key, as the enrolment gave it.
    """

    vkey: VerifierKey
    client: ClientName
    first_key: Path


@dataclass(frozen=True, slots=True)
class CollectorSettings:
    """The whole file. `signing_key` is an Ed25519 key in PEM (`openssl genpkey -algorithm ed25519`).

    `certificate` and `key` are the server's, `client_ca` signs the clients'.
    """

    name: AgentName
    folder: Path
    signing_key: Path
    certificate: Path
    key: Path
    client_ca: Path
    host: Host = "0.0.0.0"  # noqa: S104 - a collector is for others; it speaks mutual TLS only
    port: Annotated[int, Meta(ge=0, le=65_535, description="a TCP port")] = 8443
    logs: dict[str, JournalSettings] = field(default_factory=dict)


def load(path: Path) -> CollectorSettings:
    """The settings in a file. Raises `SettingsError`."""
    try:
        text = path.read_text("utf-8")
        table = tomllib.loads(text)
    except OSError as error:
        raise _refused(path, f"no readable file ({error.strerror})", "the collector's settings") from None
    except ValueError as error:
        raise _refused(path, f"no TOML ({error})", "key = value") from None
    reader = SettingsReader(str(path), SourceLines(text), None)
    settings = reader.section(CollectorSettings, table, ())
    origins: set[str] = set()
    for name, log in settings.logs.items() if settings else ():
        _check_log(reader, name, log, origins)
    if reader.findings:
        raise SettingsError(tuple(reader.findings))
    return settings  # type: ignore[no-any-return]  # SettingsReader.section gives Any


def _check_log(reader: SettingsReader, name: str, log: JournalSettings, origins: set[str]) -> None:
    path = ("logs", name, "vkey")
    try:
        verifier = parse_vkey(log.vkey)
    except NoteError as error:
        reader.find(
            path,
            say("collector.damaged_key", error=error),
            say("collector.shown_line"),
            "Copy it whole.",
        )
        return
    if not isinstance(verifier, Ed25519Verifier):
        reader.find(
            path,
            say("collector.witness_key"),
            say("collector.journal_key"),
            say("collector.copy_own_line"),
        )
    elif not _ORIGIN.fullmatch(verifier.name):
        step = say("collector.rename_agent")
        reader.find(path, say("collector.bad_journal_name"), "a plain name", step)
    elif verifier.name in origins:
        reader.find(
            path,
            say("collector.journal_twice"),
            "each journal once",
            say("collector.remove_one"),
        )
    origins.add(verifier.name)


def _refused(path: Path, found: str, expected: str) -> SettingsError:
    return SettingsError(
        (SettingsFinding(str(path), 1, "the file", found, expected, say("collector.see_shipped_file")),)
    )
