"""What the uploader found reaches the agent: what is signed is believed, the rest is told as told."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from agent.alarms.conditions import AgentFacts, UploaderAlarm, conditions
from agent.alarms.look import Outlook
from agent.journal.verified import Verified, keep_verified
from agent.upload.cosignatures import Alarm
from tests.upload.conftest import (
    ORIGIN,
    Headquarters,
    JournalFolder,
    Papers,
    Shop,
    collector_key,
)
from tests.upload.test_loop import until_rest

NOW = datetime(2026, 11, 27, 12, tzinfo=UTC)
RESULT = Verified(origin=ORIGIN, at=NOW, entries=6, root="00")


@pytest.fixture
def outlook(journal: JournalFolder, shop: Shop, papers: Papers, tmp_path: Path) -> Outlook:
    return Outlook(
        origin=ORIGIN,
        journal=journal.folder,
        cosignatures=shop.folder,
        verified=tmp_path / "verified",
        certificate=papers.client[0],
        collector=collector_key(),
    )


def raised(outlook: Outlook, entries: int) -> set[str]:
    """The evidence alarms of an agent whose journal has so many entries."""
    facts = AgentFacts(now=NOW, entries=entries, began=NOW)
    found = conditions(facts, outlook.look(), lambda _: False)
    # Certificates and cosignatures of these tests are of today, and the agent's time is not.
    return {one.id for one in found if not one.id.startswith(("certificate", "clock"))}


def test_an_honest_shop_has_no_alarm(
    journal: JournalFolder, shop: Shop, headquarters: Headquarters, outlook: Outlook
) -> None:
    until_rest(shop.uploader(journal.commit(3).folder, headquarters.url))
    facts = outlook.look()
    assert (facts.confirmed, facts.cosignature_readable, facts.uploader) == (6, True, ())
    assert (facts.free_bytes or 0) > 0
    assert facts.certificate_until is not None
    assert raised(outlook, 6) == set()


def test_an_old_image_is_seen_by_the_cosignature_alone(
    journal: JournalFolder, shop: Shop, headquarters: Headquarters, outlook: Outlook
) -> None:
    """The uploader need not run: what headquarters signed lies here."""
    until_rest(shop.uploader(journal.commit(3).folder, headquarters.url))
    assert raised(outlook, 4) == {"rollback"}


def test_a_rollback_that_headquarters_has_signed_is_proven(
    journal: JournalFolder, shop: Shop, headquarters: Headquarters, outlook: Outlook, tmp_path: Path
) -> None:
    image = journal.commit(3).image(tmp_path / "image", "honest")
    until_rest(shop.uploader(journal.commit(3).folder, headquarters.url))
    (shop.folder / "cosigned").unlink()
    until_rest(shop.uploader(image.folder, headquarters.url))
    assert outlook.look().uploader == (UploaderAlarm("rollback", 6, 12, checked=False),)
    assert raised(outlook, 6) == {"rollback_told"}  # this journal holds all of it
    outlook = replace(outlook, journal=image.folder)
    assert outlook.look().uploader == (UploaderAlarm("rollback", 6, 12, checked=True),)
    assert raised(outlook, 6) == {"rollback"}


def test_a_fork_is_checked_against_what_headquarters_signed(
    journal: JournalFolder, shop: Shop, headquarters: Headquarters, outlook: Outlook, tmp_path: Path
) -> None:
    image = journal.commit(3).image(tmp_path / "image", "fork")
    until_rest(shop.uploader(journal.commit(3).folder, headquarters.url))
    (shop.folder / "cosigned").unlink()
    until_rest(shop.uploader(image.commit(4).folder, headquarters.url))
    assert raised(replace(outlook, journal=image.folder), 14) == {"fork"}
    # The honest journal has the very past that headquarters signed: there the file proves nothing.
    assert raised(replace(outlook, journal=journal.folder), 12) == {"fork_told"}


def test_a_fork_that_nobody_signed_is_told_as_that(
    journal: JournalFolder, shop: Shop, outlook: Outlook
) -> None:
    """Whoever can write into that folder can make us look, and cannot make us believe."""
    journal.commit(3)
    invented = Alarm("fork", 0, "", "", 6, 6, "", journal.heads[6].decode())
    shop.cosignatures.raise_alarm(invented)
    assert raised(outlook, 6) == {"fork_told"}


def test_an_alarm_file_that_cannot_be_read_is_an_alarm(shop: Shop, outlook: Outlook) -> None:
    (shop.folder / "alarm-rollback.json").write_bytes(b"\0")
    assert raised(outlook, 0) == {"rollback_told"}


def test_a_cosignature_that_headquarters_did_not_make(shop: Shop, outlook: Outlook) -> None:
    (shop.folder / "cosigned").write_bytes(b"six entries, trust me\n")
    assert raised(outlook, 6) == {"cosignature_unreadable"}


def test_without_headquarters_their_folder_is_nobodys(shop: Shop, outlook: Outlook) -> None:
    (shop.folder / "cosigned").write_bytes(b"six entries, trust me\n")
    facts = replace(outlook, collector=None).look()
    assert (facts.headquarters, facts.confirmed, facts.uploader) == (False, None, ())


def test_what_is_not_there_is_not_known(outlook: Outlook, tmp_path: Path) -> None:
    nowhere = tmp_path / "nowhere"
    facts = replace(outlook, journal=nowhere, certificate=nowhere).look()
    assert (facts.free_bytes, facts.certificate_until) == (None, None)


@pytest.mark.parametrize("content", [b"", b"\xff", b"[]", b'{"origin":1}'])
def test_a_certificate_or_a_result_that_is_none_is_not_known(
    content: bytes, outlook: Outlook, tmp_path: Path
) -> None:
    file = tmp_path / "file"
    file.write_bytes(content)
    outlook.verified.mkdir()
    (outlook.verified / "verified.json").write_bytes(content)
    facts = replace(outlook, certificate=file).look()
    assert (facts.certificate_until, facts.verified, facts.damage) == (None, False, "")


def test_the_verifiers_result_is_seen(outlook: Outlook) -> None:
    assert outlook.look().verified is False
    keep_verified(outlook.verified, RESULT)
    facts = outlook.look()
    assert (facts.verified, facts.damage) == (True, "")


def test_the_verifiers_finding_is_an_alarm(outlook: Outlook) -> None:
    keep_verified(outlook.verified, Verified(origin=ORIGIN, at=NOW, entries=6, root="", result="fork"))
    assert raised(outlook, 6) == {"journal_damaged"}
    keep_verified(outlook.verified, RESULT)
    assert raised(outlook, 6) == set()


@pytest.mark.parametrize(("origin", "entries"), [("shop.example/till-9", 6), (ORIGIN, 0)])
def test_a_result_for_another_journal_or_for_an_empty_one_is_none(
    origin: str, entries: int, outlook: Outlook
) -> None:
    keep_verified(outlook.verified, Verified(origin=origin, at=NOW, entries=entries, root="", result="fork"))
    assert (outlook.look().verified, outlook.look().damage) == (False, "")
