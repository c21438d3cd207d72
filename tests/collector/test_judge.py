"""The collector's decisions, as a table."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from agent.collector.judge import (
    Acceptance,
    Inconsistency,
    InvalidRequest,
    SizeConflict,
    TreeHead,
    Validation,
    validate_checkpoint,
    validate_lines,
)
from agent.journal.checkpoint import Checkpoint
from agent.journal.tree import EMPTY_ROOT, Frontier, consistency_proof, leaf_hash

if TYPE_CHECKING:
    from tests.collector.conftest import Shop


def stored(shop: Shop, size: int) -> Frontier:
    frontier = Frontier()
    for line in shop.lines[:size]:
        frontier.append(leaf_hash(line))
    return frontier


def lines(
    shop: Shop, have: int, start: int, offered: Shop, size: int, cosigned: int | None = None
) -> Validation:
    """The collector has `have` lines of `shop`; `offered` brings its lines from `start` to `size`."""
    head = TreeHead(have if cosigned is None else cosigned, shop.root(have if cosigned is None else cosigned))
    leaves = [leaf_hash(line) for line in offered.lines[start:size]]
    claimed = Checkpoint(offered.origin, size, offered.root(size))
    return validate_lines(stored(shop, have), head, start, leaves, claimed, shop.root)


@pytest.mark.parametrize(
    ("have", "start", "size", "expected"),
    [
        pytest.param(0, 0, 1, Acceptance(), id="the first line"),
        pytest.param(0, 0, 40, Acceptance(), id="everything at once"),
        pytest.param(7, 7, 20, Acceptance(), id="the next lines"),
        pytest.param(7, 7, 7, Acceptance(), id="no line, the head again"),
        pytest.param(7, 8, 20, SizeConflict(7), id="a gap"),
        pytest.param(7, 0, 20, SizeConflict(7), id="lines that are there already, and more"),
        pytest.param(7, 0, 7, SizeConflict(7), id="the same request again"),
        pytest.param(20, 5, 9, SizeConflict(20), id="an older journal, unchanged"),
    ],
)
def test_an_honest_journal(shop: Shop, have: int, start: int, size: int, expected: Validation) -> None:
    assert lines(shop, have, start, shop, size) == expected


@pytest.mark.parametrize(
    ("have", "start", "size"),
    [
        pytest.param(10, 10, 20, id="longer, with another past"),
        pytest.param(10, 10, 10, id="of the same size"),
        pytest.param(10, 5, 9, id="shorter, after a restored image went on"),
        pytest.param(10, 0, 10, id="sent from the beginning"),
    ],
)
def test_another_history_under_the_same_key(shop: Shop, have: int, start: int, size: int) -> None:
    fork = shop.branch(5, "fork").grow(40)
    assert isinstance(lines(shop, have, start, fork, size), Inconsistency)


def test_lines_that_do_not_lead_to_the_signed_root(shop: Shop) -> None:
    claimed = Checkpoint(shop.origin, 20, shop.root(20))
    leaves = [leaf_hash(b"{}") for _ in range(10)]
    head = TreeHead(10, shop.root(10))
    assert isinstance(validate_lines(stored(shop, 10), head, 10, leaves, claimed, shop.root), Inconsistency)


def test_checkpoint_that_ends_elsewhere_than_the_lines(shop: Shop) -> None:
    claimed = Checkpoint(shop.origin, 21, shop.root(21))
    leaves = [leaf_hash(line) for line in shop.lines[10:20]]
    assert isinstance(
        validate_lines(stored(shop, 10), TreeHead(10, shop.root(10)), 10, leaves, claimed, shop.root),
        InvalidRequest,
    )


@pytest.mark.parametrize(("size", "cosign"), [(20, False), (30, True), (35, True)])
def test_lines_behind_a_cosigned_head_are_stored_and_not_cosigned(
    shop: Shop, size: int, cosign: bool
) -> None:
    assert lines(shop, 10, 10, shop, size, cosigned=30) == Acceptance(cosign=cosign)


def test_lines_that_pass_a_cosigned_head_must_pass_through_its_root(shop: Shop) -> None:
    fork = shop.branch(10, "fork").grow(40)
    leaves = [leaf_hash(line) for line in fork.lines[10:40]]
    claimed = Checkpoint(fork.origin, 40, fork.root(40))
    judged = validate_lines(stored(shop, 10), TreeHead(30, shop.root(30)), 10, leaves, claimed, shop.root)
    assert isinstance(judged, Inconsistency)


def witnessed(shop: Shop, cosigned: int, old: int, offered: Shop, size: int) -> Validation:
    claimed = Checkpoint(offered.origin, size, offered.root(size))
    proof = consistency_proof(old, size, offered.tree.node) if old <= size else []
    return validate_checkpoint(TreeHead(cosigned, shop.root(cosigned)), old, proof, claimed)


@pytest.mark.parametrize(
    ("cosigned", "old", "size", "expected"),
    [
        pytest.param(0, 0, 5, Acceptance(), id="the first head"),
        pytest.param(0, 0, 0, Acceptance(), id="an empty log"),
        pytest.param(5, 5, 40, Acceptance(), id="a later head"),
        pytest.param(5, 5, 5, Acceptance(), id="the same head"),
        pytest.param(5, 4, 40, SizeConflict(5), id="an old size that is too small"),
        pytest.param(5, 6, 40, SizeConflict(5), id="an old size that is too large"),
        pytest.param(5, 0, 40, SizeConflict(5), id="somebody who asks where we are"),
        pytest.param(9, 4, 5, SizeConflict(9), id="a rollback"),
    ],
)
def test_a_witness_sees_an_honest_log(
    shop: Shop, cosigned: int, old: int, size: int, expected: Validation
) -> None:
    assert witnessed(shop, cosigned, old, shop, size) == expected


def test_a_witness_asked_to_go_back(shop: Shop) -> None:
    assert isinstance(witnessed(shop, 9, 9, shop, 5), InvalidRequest)


@pytest.mark.parametrize("size", [10, 11, 40])
def test_a_witness_sees_a_fork(shop: Shop, size: int) -> None:
    fork = shop.branch(3, "fork").grow(40)
    assert isinstance(witnessed(shop, 10, 10, fork, size), Inconsistency)


def test_a_proof_from_nothing_must_be_empty(shop: Shop) -> None:
    claimed = Checkpoint(shop.origin, 4, shop.root(4))
    assert isinstance(validate_checkpoint(TreeHead(0, EMPTY_ROOT), 0, [shop.root(1)], claimed), Inconsistency)


def test_an_empty_tree_has_one_root(shop: Shop) -> None:
    claimed = Checkpoint(shop.origin, 0, shop.root(4))
    assert isinstance(validate_checkpoint(TreeHead(0, EMPTY_ROOT), 0, [], claimed), Inconsistency)
