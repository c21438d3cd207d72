"""The whole way over loopback TLS: journal, uploader, collector, cosignature; and what goes wrong on it."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING

import pytest

from agent.collector.contacts import read_contact
from agent.journal.proofs.tiles import bundle_path
from agent.journal.schema.base import Fact
from agent.upload import source
from agent.upload.loop import UploadLoop
from tests.collector.conftest import line_of

if TYPE_CHECKING:
    from pathlib import Path

    from tests.upload.conftest import Headquarters, JournalFolder, Papers, Shop

ORIGIN = "shop.example/till-1"
POLL_S = 5.0


def until_rest(upload_loop: UploadLoop, limit: int = 50) -> float:
    """Steps until the uploader wants to sleep; the answer is for how long."""
    for _ in range(limit):
        if wait_s := upload_loop.run_once():
            return wait_s
    raise AssertionError("the uploader never rests")


def entries(bundle: bytes) -> list[bytes]:
    """The entries of a C2SP tlog-tiles bundle: each behind its length as uint16."""
    found = []
    while bundle:
        end = 2 + int.from_bytes(bundle[:2], "big")
        found.append(bundle[2:end])
        bundle = bundle[end:]
    return found


def collected(headquarters: Headquarters, size: int) -> list[bytes]:
    return entries((headquarters.log / bundle_path(0, size)).read_bytes())


def test_upload_from_empty(journal: JournalFolder, shop: Shop, headquarters: Headquarters) -> None:
    journal.commit(5)
    assert until_rest(shop.uploader(journal.folder, headquarters.url)) == POLL_S
    assert shop.cosigned == 10
    lines = collected(headquarters, 10)
    assert lines[9] == line_of(9, "honest")
    assert (headquarters.log / "checkpoint").read_bytes().startswith(journal.heads[10])


def test_no_journal_yet_is_nothing_to_do(
    journal: JournalFolder, shop: Shop, headquarters: Headquarters
) -> None:
    assert shop.uploader(journal.folder, headquarters.url).run_once() == POLL_S
    assert shop.cosignatures.alarms() == []


def test_catching_up_takes_several_requests(
    journal: JournalFolder, shop: Shop, headquarters: Headquarters, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(source, "MAX_BATCH_LINES", 9)
    journal.commit(5)
    journal.day = "2026-03-29"
    journal.commit(5)
    uploader = shop.uploader(journal.folder, headquarters.url)
    sizes = []
    while uploader.run_once() == 0:
        sizes.append(shop.cosigned)
    assert sizes == [6, 12, 18, 20]
    assert len(collected(headquarters, 20)) == 20


def test_what_comes_later_is_sent_later(
    journal: JournalFolder, shop: Shop, headquarters: Headquarters
) -> None:
    uploader = shop.uploader(journal.folder, headquarters.url)
    for commits in range(1, 4):
        journal.commit()
        until_rest(uploader)
        assert shop.cosigned == 2 * commits


def test_a_torn_commit_waits_for_its_checkpoint(
    journal: JournalFolder, shop: Shop, headquarters: Headquarters
) -> None:
    journal.commit(2)
    assert journal.file is not None
    whole = journal.file.read_bytes()
    journal.commit()
    torn = journal.file.read_bytes()
    journal.file.write_bytes(torn[:-10])
    uploader = shop.uploader(journal.folder, headquarters.url)
    until_rest(uploader)
    assert shop.cosigned == 4
    assert torn.startswith(whole)
    journal.file.write_bytes(torn)
    until_rest(uploader)
    assert shop.cosigned == 6


def test_resume_in_the_middle_without_a_cosignature(
    journal: JournalFolder, shop: Shop, headquarters: Headquarters
) -> None:
    journal.commit(5)
    until_rest(shop.uploader(journal.folder, headquarters.url))
    (shop.folder / "cosigned").unlink()
    journal.commit(3)
    assert until_rest(shop.uploader(journal.folder, headquarters.url)) == POLL_S
    assert shop.cosigned == 16


def test_a_lost_cosignature_is_asked_for_again(
    journal: JournalFolder, shop: Shop, headquarters: Headquarters
) -> None:
    journal.commit(5)
    until_rest(shop.uploader(journal.folder, headquarters.url))
    (shop.folder / "cosigned").write_bytes(b"damaged")
    (shop.folder / "cosigned").unlink()
    assert until_rest(shop.uploader(journal.folder, headquarters.url)) == POLL_S
    assert shop.cosigned == 10


def test_collector_away_and_back(journal: JournalFolder, shop: Shop, headquarters: Headquarters) -> None:
    journal.commit(5)
    uploader = shop.uploader(journal.folder, headquarters.url)
    until_rest(uploader)
    headquarters.stop()
    journal.commit(5)
    waits = [uploader.run_once() for _ in range(3)]
    assert waits == [1.5, 3.0, 6.0]
    headquarters.start()
    assert until_rest(uploader) == POLL_S
    assert shop.cosigned == 20


def test_collector_restarted_while_the_connection_was_idle(
    journal: JournalFolder, shop: Shop, headquarters: Headquarters
) -> None:
    uploader = shop.uploader(journal.folder, headquarters.url)
    for size in (2, 4):
        journal.commit()
        assert until_rest(uploader) == POLL_S
        assert shop.cosigned == size
        headquarters.stop()
        headquarters.start()


def test_an_old_disk_image_is_an_alarm(
    journal: JournalFolder, shop: Shop, headquarters: Headquarters, tmp_path: Path
) -> None:
    journal.commit(3)
    image = journal.image(tmp_path / "image", "honest")
    journal.commit(3)
    until_rest(shop.uploader(journal.folder, headquarters.url))
    shutil.rmtree(shop.folder)  # the image is older than the cosignatures, too
    shop.cosignatures.make()
    uploader = shop.uploader(image.folder, headquarters.url)
    assert until_rest(uploader) == POLL_S
    (alarm,) = shop.cosignatures.alarms()
    assert (alarm.kind, alarm.journal_size, alarm.collector_size) == ("rollback", 6, 12)
    assert "call headquarters" in alarm.next_step


def test_cosignatures_alone_show_a_rollback_without_a_network(
    journal: JournalFolder, shop: Shop, headquarters: Headquarters, tmp_path: Path
) -> None:
    image = journal.commit(3).image(tmp_path / "image", "honest")
    until_rest(shop.uploader(journal.commit().folder, headquarters.url))
    headquarters.stop()
    assert shop.uploader(image.folder, headquarters.url).run_once() == POLL_S
    assert [alarm.kind for alarm in shop.cosignatures.alarms()] == ["rollback"]


def test_an_image_that_went_on_is_a_fork_and_both_heads_are_kept(
    journal: JournalFolder, shop: Shop, headquarters: Headquarters, tmp_path: Path
) -> None:
    image = journal.commit(3).image(tmp_path / "image", "fork")
    journal.commit(3)
    until_rest(shop.uploader(journal.folder, headquarters.url))
    (shop.folder / "cosigned").unlink()
    image.commit(4)
    assert until_rest(shop.uploader(image.folder, headquarters.url)) == POLL_S

    (alarm,) = shop.cosignatures.alarms()
    assert alarm.kind == "fork"
    assert alarm.journal_head.encode() == image.heads[14]
    assert alarm.collector_head.encode().startswith(journal.heads[12])
    (kept,) = [json.loads(file.read_text()) for file in headquarters.evidence.iterdir()]
    assert kept["offered_head"].encode() == image.heads[14]
    assert kept["known_head"].encode().startswith(journal.heads[12])
    assert len(kept["lines"]) == 2
    assert (headquarters.log / "checkpoint").read_bytes().startswith(journal.heads[12])


def change_a_line(journal: JournalFolder, commit: int) -> bytes:
    """Damage a line of the nth commit from the end; what the file held before it."""
    assert journal.file is not None
    content = journal.file.read_bytes()
    lines = content.splitlines(keepends=True)
    place = len(lines) - 3 * commit  # two lines and a checkpoint each
    lines[place] = lines[place].replace(b"honest", b"hones\0")
    journal.file.write_bytes(b"".join(lines))
    return b"".join(lines[:place])


def test_a_torn_end_waits_for_the_agent_and_is_no_fork(
    journal: JournalFolder, shop: Shop, headquarters: Headquarters
) -> None:
    uploader = shop.uploader(journal.commit(3).folder, headquarters.url)
    until_rest(uploader)
    whole = change_a_line(journal.commit(2), commit=1)
    assert until_rest(uploader) < POLL_S
    assert shop.cosignatures.alarms() == []
    assert journal.file is not None
    journal.file.write_bytes(whole)  # as the agent does at its start
    assert until_rest(uploader) == POLL_S
    assert (shop.cosigned, shop.cosignatures.alarms()) == (8, [])


def test_a_line_that_was_changed_before_it_was_sent_is_an_alarm(
    journal: JournalFolder, shop: Shop, headquarters: Headquarters
) -> None:
    uploader = shop.uploader(journal.commit(3).folder, headquarters.url)
    until_rest(uploader)
    change_a_line(journal.commit(2), commit=2)
    until_rest(uploader)
    assert [alarm.kind for alarm in shop.cosignatures.alarms()] == ["fork"]


def test_a_fork_of_the_same_size_is_found(
    journal: JournalFolder, shop: Shop, headquarters: Headquarters, tmp_path: Path
) -> None:
    image = journal.commit(3).image(tmp_path / "image", "fork")
    until_rest(shop.uploader(journal.commit().folder, headquarters.url))
    (shop.folder / "cosigned").unlink()
    until_rest(shop.uploader(image.commit().folder, headquarters.url))
    assert [alarm.kind for alarm in shop.cosignatures.alarms()] == ["fork"]


def test_an_alarm_holds_the_upload_until_the_contradiction_is_gone(
    journal: JournalFolder, shop: Shop, headquarters: Headquarters, tmp_path: Path
) -> None:
    image = journal.commit(3).image(tmp_path / "image", "honest")
    journal.commit()
    until_rest(shop.uploader(journal.folder, headquarters.url))
    set_back = shop.uploader(image.folder, headquarters.url)
    for _ in range(3):
        until_rest(set_back)
    assert [alarm.kind for alarm in shop.cosignatures.alarms()] == ["rollback"]
    assert len([line for line in shop.lines if line.startswith("error: upload stopped: rollback")]) == 1

    again = shop.uploader(journal.commit().folder, headquarters.url)  # the right disk is back
    assert until_rest(again) == POLL_S
    assert (shop.cosigned, shop.cosignatures.alarms()) == (10, [])


def test_a_shop_that_was_set_back_tells_headquarters(
    journal: JournalFolder, shop: Shop, headquarters: Headquarters, tmp_path: Path
) -> None:
    image = journal.commit(3).image(tmp_path / "image", "honest")
    until_rest(shop.uploader(journal.commit().folder, headquarters.url))
    until_rest(shop.uploader(image.folder, headquarters.url))
    contact = read_contact(headquarters.settings.folder, ORIGIN)
    assert contact.doubt == Fact("journal.cosigned_more", {"cosigned": 8, "size": 6})
    assert contact.doubted


def test_what_no_honest_agent_wrote_is_refused_under_a_signature(
    journal: JournalFolder, shop: Shop, headquarters: Headquarters
) -> None:
    """The thief has the signing key and not the evolving one."""
    until_rest(shop.uploader(journal.commit(2).folder, headquarters.url))
    journal.first_key = bytes(31) + b"x"
    assert until_rest(shop.uploader(journal.commit().folder, headquarters.url)) == POLL_S
    (alarm,) = shop.cosignatures.alarms()
    assert alarm.kind == "refused"
    assert "evolving-key line" in alarm.text
    assert (headquarters.log / "checkpoint").read_bytes().startswith(journal.heads[4])
    assert read_contact(headquarters.settings.folder, ORIGIN).doubted


def test_every_checkpoint_line_reaches_headquarters_and_is_kept(
    journal: JournalFolder, shop: Shop, headquarters: Headquarters
) -> None:
    until_rest(shop.uploader(journal.commit(5).folder, headquarters.url))
    assert journal.file is not None
    ours = [line for line in journal.file.read_bytes().splitlines() if line.startswith(b'"')]
    kept = (headquarters.settings.folder / "epochs" / ORIGIN / "lines-00000000").read_bytes().splitlines()
    assert kept == ours
    assert (headquarters.settings.folder / "epochs").stat().st_mode & 0o777 == 0o700


def test_an_unsigned_refusal_holds_nothing_up_for_good(
    journal: JournalFolder, shop: Shop, headquarters: Headquarters
) -> None:
    class Proxy:
        lies = 3

        def post(self, body: bytes) -> tuple[int, bytes]:
            self.lies -= 1
            return (422, b"you lie") if self.lies >= 0 else client.post(body)

    client = shop.client(headquarters.url)
    uploader = shop.uploader(journal.commit().folder, headquarters.url, post=Proxy())
    assert [uploader.run_once() for _ in range(3)] == [1.5, 3.0, 6.0]
    assert shop.cosignatures.alarms() == []
    assert until_rest(uploader) == POLL_S
    assert shop.cosigned == 2


def test_certificate_of_another_authority_is_refused(
    journal: JournalFolder, shop: Shop, headquarters: Headquarters, papers: Papers
) -> None:
    journal.commit()
    uploader = shop.uploader(journal.folder, headquarters.url, papers.stranger)
    assert uploader.run_once() == 1.5
    assert not (headquarters.log / "checkpoint").exists()


def test_certificate_of_another_till_may_not_bring_these_lines(
    journal: JournalFolder, shop: Shop, headquarters: Headquarters, papers: Papers
) -> None:
    journal.commit()
    assert shop.uploader(journal.folder, headquarters.url, papers.neighbour).run_once() == 1.5
    assert "403: This client certificate may not bring lines of this log." in shop.lines[-1]
    assert not (headquarters.log / "checkpoint").exists()


def test_cosignature_of_another_collector_is_not_kept(
    journal: JournalFolder, shop: Shop, headquarters: Headquarters
) -> None:
    class Liar:
        def post(self, body: bytes) -> tuple[int, bytes]:
            status, answer = client.post(body)
            return status, answer.replace(b"collector.example", b"somebody.example")

    client = shop.client(headquarters.url)
    journal.commit()
    assert shop.uploader(journal.folder, headquarters.url, post=Liar()).run_once() == 1.5
    assert shop.cosignature() is None
    assert "not signed by the key in the settings" in shop.lines[-1]
