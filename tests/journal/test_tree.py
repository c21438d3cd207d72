"""RFC 6962 hashing against the specification's recursive definitions, written out by hand here."""

from __future__ import annotations

from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.journal.tree import (
    EMPTY_ROOT,
    Frontier,
    ProofError,
    Tree,
    check_consistency,
    consistency_proof,
    inclusion_proof,
    leaf_hash,
    root_of,
)
from tests.support.inclusion import check_inclusion

# Certificate Transparency's well-known test leaves and roots (sizes 1 to 8).
CT_LEAVES = [
    bytes.fromhex(h)
    for h in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]


def split(count: int) -> int:
    k = 1
    while k * 2 < count:
        k *= 2
    return k


def mth(leaves: list[bytes]) -> bytes:
    if not leaves:
        return sha256(b"").digest()
    if len(leaves) == 1:
        return sha256(b"\0" + leaves[0]).digest()
    k = split(len(leaves))
    return sha256(b"\1" + mth(leaves[:k]) + mth(leaves[k:])).digest()


def path(index: int, leaves: list[bytes]) -> list[bytes]:
    if len(leaves) == 1:
        return []
    k = split(len(leaves))
    if index < k:
        return [*path(index, leaves[:k]), mth(leaves[k:])]
    return [*path(index - k, leaves[k:]), mth(leaves[:k])]


def subproof(old: int, leaves: list[bytes], *, whole: bool) -> list[bytes]:
    if old == len(leaves):
        return [] if whole else [mth(leaves)]
    k = split(len(leaves))
    if old <= k:
        return [*subproof(old, leaves[:k], whole=whole), mth(leaves[k:])]
    return [*subproof(old - k, leaves[k:], whole=False), mth(leaves[:k])]


def grown(leaves: list[bytes]) -> tuple[Frontier, Tree]:
    frontier, tree = Frontier(), Tree()
    for leaf in leaves:
        frontier.append(leaf_hash(leaf))
        tree.append(leaf_hash(leaf))
    return frontier, tree


def numbered(count: int) -> list[bytes]:
    return [b"entry %d" % i for i in range(count)]


def test_the_root_of_nothing_is_the_hash_of_nothing() -> None:
    assert Frontier().root() == EMPTY_ROOT == root_of(0, Tree().node)


def test_the_well_known_leaves_have_their_well_known_root() -> None:
    frontier, _ = grown(CT_LEAVES)
    assert frontier.root().hex() == "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"


@pytest.mark.parametrize("size", range(1, 70))
def test_frontier_and_tree_agree_with_the_recursive_definition(size: int) -> None:
    leaves = numbered(size)
    frontier, tree = grown(leaves)
    assert frontier.root() == root_of(size, tree.node) == mth(leaves)
    assert frontier.size == tree.size == size


@pytest.mark.parametrize("size", [1, 2, 3, 5, 8, 13, 21, 33])
def test_proofs_are_those_of_the_specification_and_are_accepted(size: int) -> None:
    leaves = numbered(size)
    _, tree = grown(leaves)
    for index in range(size):
        proof = inclusion_proof(index, size, tree.node)
        assert proof == path(index, leaves)
        check_inclusion(leaf_hash(leaves[index]), index, size, proof, mth(leaves))
    for old in range(1, size + 1):
        proof = consistency_proof(old, size, tree.node)
        assert proof == subproof(old, leaves, whole=True)
        check_consistency(old, mth(leaves[:old]), size, mth(leaves), proof)


@given(st.integers(1, 300), st.data())
def test_an_altered_inclusion_proof_is_refused(size: int, data: st.DataObject) -> None:
    leaves = numbered(size)
    _, tree = grown(leaves)
    index = data.draw(st.integers(0, size - 1))
    root, leaf = root_of(size, tree.node), leaf_hash(leaves[index])
    proof = inclusion_proof(index, size, tree.node)
    other = data.draw(st.integers(0, size - 1).filter(lambda i: i != index)) if size > 1 else None
    with pytest.raises(ProofError):
        check_inclusion(leaf_hash(b"another"), index, size, proof, root)
    with pytest.raises(ProofError):
        check_inclusion(leaf, index, size, [*proof, bytes(32)], root)
    if other is not None:
        with pytest.raises(ProofError):
            check_inclusion(leaf, other, size, proof, root)
        with pytest.raises(ProofError):
            check_inclusion(leaf, index, size, proof[:-1], root)


@given(st.integers(2, 300), st.data())
def test_an_altered_consistency_proof_is_refused(size: int, data: st.DataObject) -> None:
    _, tree = grown(numbered(size))
    old = data.draw(st.integers(1, size - 1))
    old_root, root = root_of(old, tree.node), root_of(size, tree.node)
    proof = consistency_proof(old, size, tree.node)
    check_consistency(old, old_root, size, root, proof)
    at = data.draw(st.integers(0, len(proof) - 1))
    bad = [*proof[:at], sha256(proof[at]).digest(), *proof[at + 1 :]]
    for attempt in (bad, [*proof, bytes(32)], proof[:-1]):
        with pytest.raises(ProofError):
            check_consistency(old, old_root, size, root, attempt)
    with pytest.raises(ProofError):
        check_consistency(old, root, size, root, proof)


def test_sizes_that_cannot_be_are_refused() -> None:
    with pytest.raises(ProofError):
        check_consistency(3, bytes(32), 2, bytes(32), [])
    with pytest.raises(ProofError):
        check_inclusion(bytes(32), 2, 2, [], bytes(32))
    with pytest.raises(ProofError):
        check_consistency(0, bytes(32), 2, bytes(32), [])
    with pytest.raises(ProofError):
        check_inclusion(bytes(32), 0, 2**62, [bytes(32)] * 64, bytes(32))
    with pytest.raises(ValueError, match="frontier"):
        Frontier(3, [bytes(32)])


def test_a_node_that_is_not_complete_is_not_given() -> None:
    _, tree = grown(numbered(3))
    with pytest.raises(IndexError):
        tree.node(1, 1)


@given(st.integers(0, 200), st.integers(0, 200))
def test_a_frontier_goes_on_where_it_was_left(first: int, more: int) -> None:
    leaves = numbered(first + more)
    begun, _ = grown(leaves[:first])
    resumed = Frontier(begun.size, begun.hashes)
    for leaf in leaves[first:]:
        resumed.append(leaf_hash(leaf))
    assert resumed.root() == mth(leaves)
