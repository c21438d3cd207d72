"""What a collector makes of a request: pure decisions over sizes, roots and leaves.

Signatures are checked before. A decision is the same for the same arguments, for
ever; that is what makes a repeated request harmless.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from agent.journal.checkpoint import Checkpoint
from agent.journal.tree import EMPTY_ROOT, Frontier, ProofError, check_consistency


@dataclass(frozen=True, slots=True)
class Head:
    """The size and root of a tree at one moment."""

    size: int
    root: bytes


@dataclass(frozen=True, slots=True)
class Accepted:
    """The request continues what is known.

    `cosign` is False while the stored lines are behind a head that is cosigned
    already: a cosignature says "the largest I have seen".
    """

    cosign: bool = True


@dataclass(frozen=True, slots=True)
class Conflict:
    """The request does not begin where this side stands. `size` is where."""

    size: int


@dataclass(frozen=True, slots=True)
class Inconsistent:
    """A genuine signature stands under a tree that contradicts, or does not follow from, another."""

    finding: str


@dataclass(frozen=True, slots=True)
class Bad:
    """The request contradicts itself."""

    finding: str


Judgement = Accepted | Conflict | Inconsistent | Bad


def judge_lines(
    stored: Frontier,
    cosigned: Head,
    start: int,
    leaves: Sequence[bytes],
    claimed: Checkpoint,
    root_at: Callable[[int], bytes],
) -> Judgement:
    """Whether `leaves` (hashes) from index `start` continue the `stored` tree to the `claimed` one.

    `root_at` gives the root of the first so many stored leaves. `stored` is not changed.
    """
    if claimed.size != start + len(leaves):
        return Bad("the checkpoint does not end with the last line")
    if start != stored.size:
        if claimed.size <= stored.size and claimed.root != root_at(claimed.size):
            return Inconsistent("a shorter history with another root than the stored one")
        return Conflict(stored.size)
    tree = stored.copy()
    for leaf in leaves:
        tree.append(leaf)
        if tree.size == cosigned.size and tree.root() != cosigned.root:
            return Inconsistent("the lines lead to another root than the one that is cosigned")
    if tree.root() != claimed.root:
        return Inconsistent("the lines do not lead from the stored tree to the signed root")
    return Accepted(cosign=tree.size >= cosigned.size)


def judge_checkpoint(cosigned: Head, old: int, proof: Sequence[bytes], claimed: Checkpoint) -> Judgement:
    """The checks of C2SP tlog-witness, add-checkpoint, in the order of that page."""
    if old > claimed.size:
        return Bad("the old size is larger than the checkpoint's")
    if old != cosigned.size:
        return Conflict(cosigned.size)
    if claimed.size == 0 and claimed.root != EMPTY_ROOT:
        return Inconsistent("an empty tree has one root only")
    try:
        check_consistency(old, cosigned.root, claimed.size, claimed.root, proof)
    except ProofError as error:
        return Inconsistent(str(error))
    return Accepted()
