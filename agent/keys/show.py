"""What may be told about the keys of an installation, and what is wrong with them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from cryptography import x509

from agent.journal.evolving import EvolvingError, KeyFile
from agent.journal.note import Ed25519Signer
from agent.keys.create import ENROLMENT_FOLDER, Places, client_name, load_upload_key
from agent.keys.store import (
    EVOLVING_KEY,
    KeysError,
    check_mode,
    load_acquirer_key,
    load_api_token,
    load_journal_key,
    wipe,
)
from agent.settings.types import Settings
from agent.texts import say, tell
from drivers.card.seal import SealError


@dataclass(frozen=True, slots=True)
class KeyFact:
    """One key in one line; `wrong` when something has to be done, `whole` when the text is to be copied."""

    name: str
    text: str
    wrong: bool = False
    whole: bool = False


def describe(settings: Settings, places: Places, now: datetime) -> list[KeyFact]:
    """All keys that these settings need."""
    return list(_facts(settings, places, now))


def _facts(settings: Settings, places: Places, now: datetime) -> Iterator[KeyFact]:
    folder = places.credentials
    yield KeyFact("agent", places.origin)
    yield _fact("journal", lambda: _vkey(places), whole=True)
    yield _fact("evolving", lambda: _evolving(places.state / EVOLVING_KEY))
    if settings.api.tcp:
        yield _fact("API token", lambda: _api_token(folder / places.api_token))
    if settings.upload.url is not None:
        yield _fact("upload", lambda: _upload(folder / places.upload_key, places.origin))
        yield _certificate(settings.upload.certificate, now)
    yield _fact("acquirer", lambda: _acquirer(settings, now))
    if _there(folder / ENROLMENT_FOLDER):
        text = say("keys.enrolment_here", enrolment_folder=folder / ENROLMENT_FOLDER)
        yield KeyFact("enrolment", text, wrong=True)


def _fact(name: str, read_value: Callable[[], str], *, whole: bool = False) -> KeyFact:
    try:
        return KeyFact(name, read_value(), whole=whole)
    except (KeysError, SealError, EvolvingError) as error:
        return KeyFact(name, tell(error), wrong=True)
    except OSError as error:
        text = say("keys.not_readable", path=error.filename or name, reason=error.strerror)
        return KeyFact(name, text, wrong=True)


def _there(path: Path) -> bool:
    """Whether this user can see it."""
    try:
        return path.exists()
    except OSError:
        return False


def _vkey(places: Places) -> str:
    return Ed25519Signer(places.origin, load_journal_key(places.credentials)).vkey


def _evolving(path: Path) -> str:
    check_mode(path)
    epoch, key = KeyFile(path).load()
    wipe(key)
    return f"present, epoch {epoch}"


def _api_token(path: Path) -> str:
    load_api_token(path)
    return "present"


def _upload(path: Path, origin: str) -> str:
    load_upload_key(path)
    return say("keys.client_name", origin=client_name(origin))


def _certificate(path: Path, now: datetime) -> KeyFact:
    try:
        certificate = x509.load_pem_x509_certificate(path.read_bytes())
    except OSError as error:
        return KeyFact("certificate", f"{path} cannot be read ({error.strerror})", wrong=True)
    except ValueError:
        return KeyFact("certificate", say("keys.no_certificate", path=path), wrong=True)
    until = certificate.not_valid_after_utc
    over = not certificate.not_valid_before_utc <= now <= until
    text = f"valid until {until:%Y-%m-%d}{', not valid now' if over else ''}"
    return KeyFact("certificate", text, wrong=over)


def _acquirer(settings: Settings, now: datetime) -> str:
    key = load_acquirer_key(settings.acquirer.keys, settings.acquirer.vkey, now.astimezone().date())
    return f"{key.key_id}, valid until {key.not_after}"
