"""`make powercut`: power cuts under the real journal on a real ext4.

    python -m tests.system.powercut [--cuts N] [--seed S]

Root, /dev/fuse, loop devices, mkfs.ext4, libfuse and mfusepy are needed. Half of the
cuts keep or lose whole unflushed writes, half single sectors of them. Last comes a
writer that never syncs: it must lose entries, or the recorder sees nothing.
"""

from __future__ import annotations

import argparse
import random
import secrets
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.system.powercut.bed import BedError, Life

# The disk is young again after so many: the first entries, files and folders are cut, too.
CUTS_A_LIFE = 10
# A commit is two to twelve writes of the file system.
MAX_WRITES_BEFORE_CUT = 60
CONTROL_CUTS = 10
# ext4 writes by itself every five seconds; these come in less than one.
ENTRIES_BETWEEN_CONTROL_CUTS = 200
MODES = {"whole writes": False, "torn sectors": True}


@dataclass
class Tally:
    """What all cuts of one kind came to."""

    cuts: int = 0
    lossy: int = 0
    lost: int = 0
    most_lost: int = 0
    acknowledged: int = 0
    unflushed: int = 0
    lost_bytes: int = 0

    def count(self, lost: int) -> None:
        self.cuts += 1
        self.lossy += lost > 0
        self.lost += lost
        self.most_lost = max(self.most_lost, lost)


def main() -> int:
    """0 if nothing acknowledged was lost, and the control lost something."""
    parser = argparse.ArgumentParser(prog="python -m tests.system.powercut", description=__doc__)
    parser.add_argument("--cuts", type=int, default=200, metavar="N", help="in both modes together")
    parser.add_argument("--seed", default=secrets.token_hex(4), metavar="S", help="decides every choice here")
    args = parser.parse_args()
    say(f"Power cuts on ext4, seed {args.seed} (the kernel's own timing is not in it).")
    began = time.monotonic()
    try:
        with tempfile.TemporaryDirectory(prefix="tillgate-powercut-") as folder:
            good = cut_all(Path(folder), args.seed, args.cuts)
    except BedError as error:
        say(f"\nNo power can be cut here: {error}.")
        return 2
    say(f"That took {time.monotonic() - began:.0f} s.")
    return 0 if good else 1


def cut_all(folder: Path, seed: str, cuts: int) -> bool:
    """Both modes and the control, told as they go."""
    good = True
    for name, torn in MODES.items():
        tally = Tally()
        for failure in cut_journal(folder / name.replace(" ", "-"), seed, (cuts + 1) // 2, torn, tally):
            good = False
            say(f"\n{failure}")
        say(
            f"\r{name}: {tally.cuts} cuts, {tally.unflushed} unflushed writes ({tally.lost_bytes} bytes "
            f"lost), {tally.acknowledged} acknowledged entries, {tally.lossy} cuts with losses."
        )
    control = Tally()
    cut_control(folder / "control", seed, control)
    say(
        f"\rcontrol, never synced: {control.cuts} cuts, {control.lossy} with losses, "
        f"up to {control.most_lost} entries."
    )
    if not control.lossy:
        say("The control lost nothing: this bed does not see losses, so the figures above prove nothing.")
    return good and control.lossy > 0


def cut_journal(folder: Path, seed: str, cuts: int, torn: bool, tally: Tally) -> Iterator[str]:
    """Cut the real journal; each failure in one sentence."""
    chance = random.Random(f"{seed} {torn}")  # noqa: S311 - a seed must replay
    folder.mkdir()
    while tally.cuts < cuts:
        life = Life(folder / f"life-{tally.cuts}", f"{seed}-{tally.cuts}-{torn}")
        with life.lived():
            for _ in range(min(CUTS_A_LIFE, cuts - tally.cuts)):
                cut = life.cut(chance.randint(1, MAX_WRITES_BEFORE_CUT), torn=torn)
                tally.unflushed += cut.unflushed
                tally.lost_bytes += cut.lost_bytes
                told = life.told(cut)
                tally.acknowledged += told[-1].size if told else 0
                try:
                    life.check(cut)
                except BedError:
                    raise
                except Exception as error:  # noqa: BLE001 - whatever a start says: a person would be needed
                    tally.count(1)
                    yield f"Cut {tally.cuts} of {life.seed}: {type(error).__name__}: {error}"
                else:
                    tally.count(0)
                progress(tally)


def cut_control(folder: Path, seed: str, tally: Tally) -> None:
    """Cut a writer that never syncs, and count what was acknowledged and is gone."""
    life = Life(folder, f"{seed}-control", never_sync=True)
    with life.lived():
        for number in range(CONTROL_CUTS):
            life.until_told((number + 1) * ENTRIES_BETWEEN_CONTROL_CUTS)
            cut = life.cut(0, torn=bool(number % 2))
            tally.count(max(0, life.told(cut)[-1].size - life.entries_after_restart()))
            progress(tally)


def progress(tally: Tally) -> None:
    if sys.stdout.isatty():
        sys.stdout.write(f"\r{tally.cuts} cuts, {tally.lossy} with losses ")
        sys.stdout.flush()


def say(text: str) -> None:
    print(text, flush=True)  # noqa: T201 - a program


if __name__ == "__main__":
    sys.exit(main())
