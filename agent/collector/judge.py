"""A collector's decisions about a request: pure functions of sizes, roots and leaves.

Signatures are checked before. The same arguments always give the same decision, so a repeated
request is harmless.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from agent.journal.checkpoint import Checkpoint
from agent.journal.tree import EMPTY_ROOT, Frontier, ProofError, check_consistency
from agent.texts import say, tell


@dataclass(frozen=True, slots=True)
class TreeHead:
    """The size and root of a tree at one moment."""

    size: int
    root: bytes


@dataclass(frozen=True, slots=True)
class Acceptance:
    """The request continues the known log.

    `cosign` is False while the stored lines are behind a head that is already cosigned: a
    cosignature says "the largest I have seen".
    """

    cosign: bool = True


@dataclass(frozen=True, slots=True)
class SizeConflict:
    """The request does not begin at this side's size, which is `size`."""

    size: int


@dataclass(frozen=True, slots=True)
class Inconsistency:
    """A genuine signature is under a tree that contradicts another, or does not follow from it."""

    finding: str


@dataclass(frozen=True, slots=True)
class InvalidRequest:
    """The request contradicts itself."""

    finding: str


Validation = Acceptance | SizeConflict | Inconsistency | InvalidRequest


def validate_lines(
    stored: Frontier,
    cosigned: TreeHead,
    start: int,
    leaves: Sequence[bytes],
    claimed: Checkpoint,
    root_at: Callable[[int], bytes],
) -> Validation:
    """Whether `leaves` (hashes) from index `start` continue the `stored` tree to the `claimed` one.

    `root_at(n)` gives the root of the first n stored leaves. `stored` is not changed.
    """
    if claimed.size != start + len(leaves):
        return InvalidRequest(say("collector.checkpoint_elsewhere"))
    if start != stored.size:
        if claimed.size <= stored.size and claimed.root != root_at(claimed.size):
            return Inconsistency(say("collector.shorter_history"))
        return SizeConflict(stored.size)
    tree = stored.copy()
    for leaf in leaves:
        tree.append(leaf)
        if tree.size == cosigned.size and tree.root() != cosigned.root:
            return Inconsistency(say("collector.other_cosigned_root"))
    if tree.root() != claimed.root:
        return Inconsistency(say("collector.other_root"))
    return Acceptance(cosign=tree.size >= cosigned.size)


def validate_checkpoint(
    cosigned: TreeHead, old: int, proof: Sequence[bytes], claimed: Checkpoint
) -> Validation:
    """The checks of C2SP tlog-witness, add-checkpoint, in the order of that page."""
    if old > claimed.size:
        return InvalidRequest(say("collector.old_size_too_large"))
    if old != cosigned.size:
        return SizeConflict(cosigned.size)
    if claimed.size == 0 and claimed.root != EMPTY_ROOT:
        return Inconsistency(say("collector.empty_tree_root"))
    try:
        check_consistency(old, cosigned.root, claimed.size, claimed.root, proof)
    except ProofError as error:
        return Inconsistency(tell(error))
    return Acceptance()
