"""What the uploader concludes without a network: answers, waits, cosignatures and the order of calls."""

from __future__ import annotations

import json
from collections.abc import Container, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from agent.base.watch import LOOK_ANYWAY_S
from agent.journal.checkpoint import checkpoint_text
from agent.journal.note import Cosigner
from agent.journal.reader import JournalReader
from agent.journal.refusal_note import RefusalNote, sign_refusal
from agent.journal.schema.base import Fact
from agent.programs import upload as program
from agent.upload import backoff, pace
from agent.upload.backoff import Backoff
from agent.upload.cosignatures import Alarm, Cosignature, CosignatureError, read_cosignature
from agent.upload.source import CommitLike, JournalSource
from agent.upload.uploader import (
    Batch,
    FailedReply,
    ForkedReply,
    MovedReply,
    RefusedReply,
    Reply,
    StoredReply,
    Uploader,
)

if TYPE_CHECKING:
    from tests.upload.conftest import JournalFolder, Shop

ORIGIN = "shop.example/till-1"
POLL_S = 5.0


COLLECTOR = Cosigner("collector.example", Ed25519PrivateKey.generate())
VERIFIER = program.collector_verifier(COLLECTOR.vkey)


@pytest.fixture
def uploader() -> Uploader:
    """One that has a cosignature for 20 entries."""
    return Uploader(ORIGIN, program.collector_verifier(COLLECTOR.vkey), Cosignature(20, b"", 0, ""))


def batch(start: int = 20, size: int = 30) -> Batch:
    return Batch(start, size, (b"{}",) * (size - start), b"")


def head(size: int, cosigner: Cosigner = COLLECTOR, origin: str = ORIGIN) -> bytes:
    """A head of headquarters, under its signature."""
    text = checkpoint_text(origin, size, bytes(32))
    return f"{text}\n{cosigner.cosign(text, 1_790_000_000).line()}".encode()


OTHER = Cosigner("collector.example", Ed25519PrivateKey.generate())
UNSIGNED = {
    "409 far away": (409, b"900\n"),
    "409 with another's head": (409, b"900\n" + head(900, OTHER)),
    "409 with an old head": (409, b"900\n" + head(19)),
    "409 with another journal's head": (409, b"900\n" + head(900, origin="other.example")),
    "422 you lie": (422, b"you lie"),
    "422 no text": (422, b"\xff"),
    "422 nothing": (422, b""),
    "422 another's head": (422, head(25, OTHER)),
    "202 without a head": (202, b"30\n"),
    "202 with an old head": (202, b"30\n" + head(20)),
    "403 no": (403, b"no"),
    "422 another's refusal": (
        422,
        sign_refusal(RefusalNote(ORIGIN, "30 00", Fact("journal.two_pasts")), OTHER, 1),
    ),
    "422 another journal's refusal": (
        422,
        sign_refusal(RefusalNote("other.example", "30 00", Fact("journal.two_pasts")), COLLECTOR, 1),
    ),
}


@pytest.mark.parametrize("name", UNSIGNED)
def test_what_headquarters_has_not_signed_accuses_nobody(uploader: Uploader, name: str) -> None:
    status, body = UNSIGNED[name]
    assert isinstance(uploader.interpret(batch(), status, body), FailedReply)
    assert not uploader.rolled_back(20)
    assert (uploader.has, uploader.cosigned) == (20, 20)


def test_a_refusal_that_headquarters_signed_is_told_with_its_reason(uploader: Uploader) -> None:
    what = Fact("journal.epochs_skipped", {"before": 3, "epoch": 34})
    note = sign_refusal(RefusalNote(ORIGIN, "30 00", what), COLLECTOR, 1_790_000_000)
    reply = uploader.interpret(batch(), 422, note)
    assert isinstance(reply, RefusedReply)
    assert (reply.refusal.what, reply.refusal.at_s) == (what, 1_790_000_000)


@pytest.mark.parametrize(
    ("status", "body", "reply"),
    [
        (202, b"30\n" + head(40), StoredReply(30)),
        (409, b"25\n", MovedReply(25)),
        (409, b"0\n", MovedReply(0)),
        (409, b"900\n" + head(900), MovedReply(900)),
        (422, head(25), ForkedReply(read_cosignature(head(25), ORIGIN, VERIFIER))),
        (503, b"full\r\n\x1b[31m", FailedReply("the collector answered 503: full   [31m")),
        (403, b"no", FailedReply("the collector answered 403: no (not signed)")),
        (413, b"", FailedReply("the collector answered 413: ")),
        (302, b"", FailedReply("the collector answered 302: ")),
    ],
)
def test_each_answer_has_one_meaning(uploader: Uploader, status: int, body: bytes, reply: Reply) -> None:
    assert uploader.interpret(batch(), status, body) == reply


@pytest.mark.parametrize(
    "body",
    [b"", b"x", b"-1\n", b"+5\n", b"1 2", b"20\n", b"9" * 30, "\N{FULLWIDTH DIGIT TWO}".encode(), b"25\n\n"],
)
def test_a_409_that_makes_no_sense_is_not_followed(uploader: Uploader, body: bytes) -> None:
    assert isinstance(uploader.interpret(batch(), 409, body), FailedReply)
    assert uploader.has == 20


def test_a_collector_that_sends_us_in_circles_is_waited_out(uploader: Uploader) -> None:
    assert uploader.interpret(batch(20), 409, b"25\n") == MovedReply(25)
    assert isinstance(uploader.interpret(batch(25), 409, b"20\n"), FailedReply)
    assert uploader.interpret(batch(25), 409, b"20\n") == MovedReply(20)


def test_a_collector_that_moved_while_its_answer_was_lost_is_followed(uploader: Uploader) -> None:
    assert uploader.interpret(batch(20), 409, b"25\n") == MovedReply(25)
    uploader.no_answer()
    assert uploader.interpret(batch(25), 409, b"30\n") == MovedReply(30)


def test_an_old_cosignature_counts_even_when_the_collector_forgot(uploader: Uploader) -> None:
    uploader.interpret(batch(), 409, b"0\n")
    assert uploader.has == 0
    assert uploader.rolled_back(19)
    assert not uploader.rolled_back(20)
    assert uploader.has_work(20)


def test_a_head_that_only_the_collector_knows_is_a_rollback(uploader: Uploader) -> None:
    """202 for all we have: our key signed a longer journal than this one."""
    uploader.interpret(batch(20, 30), 202, b"30\n" + head(31))
    assert uploader.rolled_back(30)
    assert not uploader.rolled_back(31)


@given(st.integers(0, 599), st.binary(max_size=80))
def test_no_answer_breaks_the_uploader(status: int, body: bytes) -> None:
    core = Uploader(ORIGIN, program.collector_verifier(COLLECTOR.vkey), None)
    reply = core.interpret(batch(0, 5), status, body)
    assert not isinstance(reply, FailedReply) or len(reply.reason) < 400
    assert core.cosigned == 0


def test_waits_grow_with_jitter_to_a_cap_and_start_again() -> None:
    numbers = iter([n * 37 % 100 / 100 for n in range(1, 20)])
    waits = Backoff(lambda: next(numbers))
    grown = [waits.next_s() for _ in range(12)]
    steps = [min(backoff.FIRST_SECONDS * 2**n, backoff.CAP_SECONDS) for n in range(12)]
    assert all(step / 2 <= wait <= step for wait, step in zip(grown, steps, strict=True))
    assert len({round(wait, 6) for wait in grown}) == len(grown)
    waits.reset()
    assert waits.next_s() <= backoff.FIRST_SECONDS


class RecordingReader:
    """The journal's reader, with a diary."""

    def __init__(self, folder: Path, diary: list[str]) -> None:
        self._reader = JournalReader(folder)
        self._diary = diary
        self.broken = False

    def commits(self, index: int) -> Iterator[CommitLike]:
        for commit in self._reader.commits(index):
            self._diary.append("read")
            yield commit

    def size(self) -> int:
        return self._reader.size()

    def changed(self) -> bool:
        return self._reader.changed()

    def sync_read(self) -> None:
        self._diary.append("sync")
        if self.broken:
            raise OSError(5, "the disk is broken")
        self._reader.sync_read()


class RecordingPost:
    def __init__(self, diary: list[str]) -> None:
        self._diary = diary

    def post(self, _body: bytes) -> tuple[int, bytes]:
        self._diary.append("send")
        return 503, b""


def test_nothing_is_sent_that_was_not_synced_after_it_was_read(journal: JournalFolder, shop: Shop) -> None:
    diary: list[str] = []
    journal.commit(2)
    reader = RecordingReader(journal.folder, diary)
    upload_loop = shop.upload_loop(JournalSource(JournalReader(journal.folder), reader), RecordingPost(diary))
    for _ in range(3):
        upload_loop.run_once()
        journal.commit()
    assert [word for word in diary if word != "read"] == ["sync", "send"] * 3
    assert all(diary[place - 1] != "read" for place, word in enumerate(diary) if word == "send")


def test_nothing_is_sent_when_the_sync_fails(journal: JournalFolder, shop: Shop) -> None:
    diary: list[str] = []
    reader = RecordingReader(journal.commit().folder, diary)
    reader.broken = True
    upload_loop = shop.upload_loop(JournalSource(JournalReader(journal.folder), reader), RecordingPost(diary))
    with pytest.raises(OSError, match="broken"):
        upload_loop.run_once()
    assert "send" not in diary


def test_the_watchdog_is_fed_from_the_loop_between_long_waits(
    shop: Shop, journal: JournalFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WATCHDOG_USEC", "8000000")
    said: list[str] = []
    monkeypatch.setattr(pace, "notify", said.append)
    clock = Sleeper(stops_after=4)
    pace.run_loop(
        shop.uploader(journal.folder, "https://nobody.example"), clock.wait, clock.monotonic, NoWatch()
    )
    assert clock.waits == [4.0, 1.0, 4.0, 1.0]
    assert said == ["WATCHDOG=1"] * 4


def test_without_a_watch_it_looks_as_often_as_the_settings_say(shop: Shop, journal: JournalFolder) -> None:
    clock = Sleeper(stops_after=3)
    pace.run_loop(
        shop.uploader(journal.folder, "https://nobody.example"), clock.wait, clock.monotonic, NoWatch()
    )
    assert clock.waits == [POLL_S] * 3
    assert clock.listened == [None] * 3


def test_at_rest_it_sleeps_until_the_journal_changes(shop: Shop, journal: JournalFolder) -> None:
    clock = Sleeper(stops_after=5, changes={2})
    watch = Told()
    pace.run_loop(shop.uploader(journal.folder, "https://nobody.example"), clock.wait, clock.monotonic, watch)
    # A look that was asked for is followed by a pause in which nothing is heard. Behind it the journal's
    # change ends the sleep, and without one there is one look a minute.
    assert clock.waits == [POLL_S, LOOK_ANYWAY_S, LOOK_ANYWAY_S, POLL_S, LOOK_ANYWAY_S]
    assert clock.listened == [None, Told.descriptor, Told.descriptor, None, Told.descriptor]
    assert watch.armed_at == 3


def test_what_waits_for_a_person_is_looked_at_without_a_change(shop: Shop, journal: JournalFolder) -> None:
    shop.cosignatures.raise_alarm(Alarm("fork", 0, "text", "step", 1, 2))
    clock = Sleeper(stops_after=2)
    pace.run_loop(
        shop.uploader(journal.folder, "https://nobody.example"), clock.wait, clock.monotonic, Told()
    )
    assert clock.waits == [POLL_S] * 2


class Sleeper:
    """A clock that only waiting moves; the wait of a number in `changes` ends by a change."""

    def __init__(self, stops_after: int, changes: Container[int] = ()) -> None:
        self._stops_after, self._changes, self._now = stops_after, changes, 0.0
        self.waits: list[float] = []
        self.listened: list[int | None] = []

    def monotonic(self) -> float:
        return self._now

    def wait(self, seconds: float, descriptor: int | None) -> pace.Wake:
        self.waits.append(seconds)
        self.listened.append(descriptor)
        if len(self.waits) == self._stops_after:
            return pace.Wake.STOP
        if len(self.waits) - 1 in self._changes:
            return pace.Wake.CHANGE
        self._now += seconds
        return pace.Wake.TIME


class NoWatch:
    """A host that tells of no change."""

    descriptor: int | None = None

    def arm(self) -> bool:
        return False


class Told:
    """A host that tells of every change."""

    descriptor: int | None = 99

    def __init__(self) -> None:
        self.armed_at = 0

    def arm(self) -> bool:
        self.armed_at += 1
        return True


def test_cosignature_of_another_journal_is_refused(journal: JournalFolder, shop: Shop) -> None:
    note = journal.commit().heads[2].decode()
    line = shop.cosigner.cosign(note.partition("\n\n")[0] + "\n", 1_790_000_000).line()
    (shop.folder / "cosigned").write_text(note + line)
    cosignature = shop.cosignature()
    assert cosignature is not None
    assert (cosignature.size, cosignature.at_s) == (2, 1_790_000_000)
    with pytest.raises(CosignatureError, match="not for"):
        shop.cosignatures.cosigned("other.example", program.collector_verifier(shop.cosigner.vkey))


@pytest.mark.parametrize("damage", [b"", b"\xff", b"x\n1\n\n", b"no note"])
def test_damaged_cosignature_is_refused(shop: Shop, damage: bytes) -> None:
    (shop.folder / "cosigned").write_bytes(damage)
    with pytest.raises(CosignatureError):
        shop.cosignature()


def test_alarm_is_readable_by_people_and_comes_back_whole(shop: Shop) -> None:
    alarm = Alarm("fork", 1_790_000_000, "Two pasts.", "Call headquarters.", 3, 4, "ours", "theirs")
    shop.cosignatures.raise_alarm(alarm)
    assert shop.cosignatures.alarms() == [alarm]
    assert json.loads((shop.folder / "alarm-fork.json").read_text())["text"] == "Two pasts."
    assert (shop.folder / "alarm-fork.json").stat().st_mode & 0o777 == 0o640


def test_an_unreadable_alarm_is_an_alarm(shop: Shop) -> None:
    (shop.folder / "alarm-rollback.json").write_bytes(b"{")
    (alarm,) = shop.cosignatures.alarms()
    assert alarm.kind == "rollback"
