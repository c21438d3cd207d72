"""The Merkle tree of RFC 6962, section 2.1, with the verifiers of RFC 9162, sections 2.1.3.2 and 2.1.4.2."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from hashlib import sha256

from agent.base.coded import CodedError

HASH_BYTES = 32
EMPTY_ROOT = sha256(b"").digest()

# A tree of 2**63 leaves is 63 levels high. C2SP tlog-witness sets the same bound for its proofs.
MAX_PROOF_HASHES = 63

# Gives the hash of a *perfect* subtree by its level (0 = leaves) and its index in that level.
NodeReader = Callable[[int, int], bytes]


class ProofError(CodedError, ValueError):
    """A proof does not show what it claims. The code says which part fails."""


def leaf_hash(entry: bytes) -> bytes:
    """The hash of one entry."""
    return sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of two neighbours."""
    return sha256(b"\x01" + left + right).digest()


class Frontier:
    """The right edge of a tree: enough to append leaves and to know the root.

    `hashes` are the roots of the perfect subtrees, largest first: one for each
    bit that is set in `size`.
    """

    __slots__ = ("hashes", "size")

    def __init__(self, size: int = 0, hashes: Iterable[bytes] = ()) -> None:
        self.size = size
        self.hashes = list(hashes)
        if len(self.hashes) != size.bit_count() or any(len(h) != HASH_BYTES for h in self.hashes):
            raise ValueError(f"frontier of {size}: {len(self.hashes)} hashes")

    def copy(self) -> Frontier:
        """An independent frontier of the same tree."""
        return Frontier(self.size, self.hashes)

    def append(self, leaf: bytes) -> None:
        """Add one leaf *hash*."""
        self.extend((leaf,))

    def extend(self, leaves: Iterable[bytes]) -> None:
        """Add leaf *hashes* in their order."""
        size, hashes = self.size, self.hashes
        for leaf in leaves:
            node, bits = leaf, size
            while bits & 1:
                node = sha256(b"\x01" + hashes.pop() + node).digest()
                bits >>= 1
            hashes.append(node)
            size += 1
        self.size = size

    def root(self) -> bytes:
        """The root of the tree so far."""
        if not self.hashes:
            return EMPTY_ROOT
        root = self.hashes[-1]
        for left in self.hashes[-2::-1]:
            root = sha256(b"\x01" + left + root).digest()
        return root


class Tree:
    """A whole tree in memory, 64 bytes a leaf. `node` is a `NodeReader`."""

    def __init__(self) -> None:
        self._levels: list[bytearray] = [bytearray()]

    @property
    def size(self) -> int:
        return len(self._levels[0]) // HASH_BYTES

    def append(self, leaf: bytes) -> None:
        """Add one leaf *hash*."""
        for level in self._levels:
            level.extend(leaf)
            if len(level) // HASH_BYTES % 2:
                return
            leaf = sha256(b"\x01" + level[-2 * HASH_BYTES :]).digest()
        self._levels.append(bytearray(leaf))

    def node(self, level: int, index: int) -> bytes:
        """The hash of a perfect subtree. Raises `IndexError` when it is not complete yet."""
        found = bytes(self._levels[level][index * HASH_BYTES : (index + 1) * HASH_BYTES])
        if len(found) != HASH_BYTES:
            raise IndexError(f"node {level}/{index} not complete")
        return found

    def row(self, level: int, start: int, end: int) -> bytes:
        """The hashes `start` to `end` of one level, joined: the content of a tile."""
        return bytes(self._levels[level][start * HASH_BYTES : end * HASH_BYTES])

    def width(self, level: int) -> int:
        """How many complete nodes a level has."""
        return len(self._levels[level]) // HASH_BYTES if level < len(self._levels) else 0


def root_of(size: int, node: NodeReader) -> bytes:
    """The root of the first `size` leaves."""
    return _range_hash(0, size, node) if size else EMPTY_ROOT


def inclusion_proof(index: int, size: int, node: NodeReader) -> list[bytes]:
    """PATH(index, D[size]): the hashes from the leaf's neighbour up to the root."""
    if not 0 <= index < size:
        raise ValueError(f"no index {index} below {size}")
    proof, start, end = [], 0, size
    while end - start > 1:
        middle = start + _split(end - start)
        if index < middle:
            proof.append(_range_hash(middle, end, node))
            end = middle
        else:
            proof.append(_range_hash(start, middle, node))
            start = middle
    return proof[::-1]


def consistency_proof(old_size: int, size: int, node: NodeReader) -> list[bytes]:
    """PROOF(old_size, D[size]). Empty for an old size of 0 or of `size`."""
    if not 0 <= old_size <= size:
        raise ValueError(f"no size {old_size} below {size}")
    if old_size in (0, size):
        return []
    proof, start, end = [], 0, size
    while old_size != end:
        middle = start + _split(end - start)
        if old_size <= middle:
            proof.append(_range_hash(middle, end, node))
            end = middle
        else:
            proof.append(_range_hash(start, middle, node))
            start = middle
    if start:
        proof.append(_range_hash(start, end, node))
    return proof[::-1]


def check_consistency(old_size: int, old_root: bytes, size: int, root: bytes, proof: Sequence[bytes]) -> None:
    """Raise `ProofError` unless the old tree is the beginning of the new one (RFC 9162, 2.1.4.2)."""
    if not 0 <= old_size <= size:
        raise ProofError("journal.proof_sizes", size=size, old_size=old_size)
    _check_hashes(proof)
    if old_size in (0, size):
        expected = EMPTY_ROOT if old_size == 0 else root
        if proof or old_root != expected:
            raise ProofError("journal.proof_other_tree" if old_size else "journal.proof_empty_tree")
        return
    _check_growth(old_size, old_root, size, root, list(proof))


def _check_growth(old_size: int, old_root: bytes, size: int, root: bytes, proof: list[bytes]) -> None:
    if old_size & (old_size - 1) == 0:
        proof.insert(0, old_root)
    if not proof:
        raise ProofError("journal.proof_too_short")
    fn, sn = old_size - 1, size - 1
    while fn & 1:
        fn, sn = fn >> 1, sn >> 1
    old = new = proof[0]
    for sibling in proof[1:]:
        if sn == 0:
            raise ProofError("journal.proof_too_long")
        if fn & 1 or fn == sn:
            old, new = node_hash(sibling, old), node_hash(sibling, new)
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            new = node_hash(new, sibling)
        fn, sn = fn >> 1, sn >> 1
    if sn:
        raise ProofError("journal.proof_too_short")
    if old != old_root or new != root:
        raise ProofError("journal.proof_other_history")


def _check_hashes(proof: Sequence[bytes]) -> None:
    if len(proof) > MAX_PROOF_HASHES or any(len(h) != HASH_BYTES for h in proof):
        raise ProofError("journal.proof_hashes", limit=MAX_PROOF_HASHES, length=HASH_BYTES)


def _split(count: int) -> int:
    """The largest power of two below `count`."""
    return 1 << (count - 1).bit_length() - 1


def _range_hash(start: int, end: int, node: NodeReader) -> bytes:
    """The hash of a range that begins at a multiple of a power of two, one not below its length."""
    count = end - start
    if count & (count - 1) == 0:
        level = count.bit_length() - 1
        return node(level, start >> level)
    middle = start + _split(count)
    return node_hash(_range_hash(start, middle, node), _range_hash(middle, end, node))
