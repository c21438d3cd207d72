"""The attacks: what somebody with root and today's keys does to a closed shop."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from agent.journal.checkpoint import checkpoint_text
from agent.journal.evolving import EvolvingKey, KeyFile
from agent.journal.lines import checkpoint_line
from agent.journal.note import Ed25519Signer, signature_line
from agent.journal.tree import Frontier, leaf_hash
from agent.keys.store import load_journal_key
from tests.attacks.shop import Shop


@dataclass(frozen=True)
class Row:
    """`first` is the first honest party that can know (DECISIONS 26): host, verify, headquarters."""

    number: str
    attack: str
    power: str
    first: str
    do: Callable[[Shop], object]


def _file(shop: Shop) -> Path:
    return max(shop.environment.journal.glob("*.jsonl"))


def _lines(shop: Shop) -> list[bytes]:
    return _file(shop).read_bytes().splitlines(keepends=True)


def _write(shop: Shop, lines: list[bytes]) -> None:
    _file(shop).write_bytes(b"".join(lines))


def _no_state(shop: Shop) -> None:
    (shop.environment.state / "state.sqlite").unlink(missing_ok=True)


def _cosigned(shop: Shop) -> int:
    """The place of the last line that headquarters has confirmed."""
    size = int((shop.environment.cosignatures / "cosigned").read_text().split("\n")[1])
    lines = _lines(shop)
    place = next(at for at, line in enumerate(lines) if line.startswith(b'{"index":%d,' % (size - 1)))
    return place + 1


def _change(shop: Shop, place: int) -> None:
    lines = _lines(shop)
    while not lines[place].startswith(b"{"):
        place += 1
    at = lines[place].index(b'"kind":"') + 9
    lines[place] = lines[place][:at] + b"X" + lines[place][at + 1 :]
    _write(shop, lines)


def _cut(shop: Shop, place: int) -> None:
    """Keep whole commits up to a line."""
    lines = _lines(shop)[: place + 1]
    while not lines[-1].startswith(b'"'):
        lines.pop()
    _write(shop, lines)
    _no_state(shop)


def _old_image(shop: Shop, *, cosignatures: bool) -> None:
    """Journal, state and key as they were at an hour that headquarters has seen past."""
    _cut(shop, _cosigned(shop) // 2)
    first = shop.environment.first_key
    KeyFile(shop.environment.state / "evolving.key").replace(0, bytearray(first))
    if cosignatures:
        shutil.rmtree(shop.environment.cosignatures)
        shop.environment.cosignatures.mkdir()
    shutil.rmtree(shop.environment.folder / "verified", ignore_errors=True)


def _forge(shop: Shop, begin: int, edit: Callable[[bytes], bytes], line: str = "today") -> None:
    """Sign everything from a line on again: with today's evolving key, with junk, or without a line."""
    environment = shop.environment
    signer = Ed25519Signer(environment.origin, load_journal_key(environment.folder / "credentials"))
    evolving = EvolvingKey(environment.origin, _Still(environment.state / "evolving.key"))
    evolving.start(None)
    tree, lines = Frontier(), []
    for place, raw in enumerate(_lines(shop)):
        if raw.startswith(b"{"):
            kept = raw if place < begin else edit(raw)
            tree.append(leaf_hash(kept[:-1]))
            lines.append(kept)
        elif place < begin:
            lines.append(raw)
        else:
            text = checkpoint_text(environment.origin, tree.size, tree.root())
            signed = signature_line(environment.origin, signer.key_id, signer.sign(text.encode()))
            own = {"today": evolving.line(text.encode()), "junk": evolving.line(b"junk"), "none": ""}[line]
            lines.append(checkpoint_line(f"{text}\n{signed}{own}") + b"\n")
    _write(shop, lines)
    _no_state(shop)
    shutil.rmtree(environment.folder / "verified", ignore_errors=True)


class _Still(KeyFile):
    """The thief leaves the key as it is."""

    def replace(self, epoch: int, key: bytearray) -> None:
        """Nothing is kept."""


def _cheaper(line: bytes) -> bytes:
    return line.replace(b'"amount":1250', b'"amount":1150')


def _at_2019(line: bytes) -> bytes:
    return line.replace(b'"at":"20', b'"at":"19', 1) if b'"kind":"submitted"' in line else line


def _wipe(shop: Shop, *, cosignatures: bool = False, key: bool = False) -> None:
    for file in shop.environment.journal.glob("*.jsonl"):
        file.unlink()
    _no_state(shop)
    if cosignatures:
        shutil.rmtree(shop.environment.cosignatures)
        shop.environment.cosignatures.mkdir()
        shutil.rmtree(shop.environment.folder / "verified", ignore_errors=True)
    if key:
        first = shop.environment.first_key
        KeyFile(shop.environment.state / "evolving.key").replace(0, bytearray(first))


def _new_key(shop: Shop) -> None:
    made = Ed25519PrivateKey.generate()
    path = shop.environment.folder / "credentials" / "journal.key"
    path.write_bytes(made.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    (shop.environment.journal / "journal.vkey").unlink(missing_ok=True)
    _forge(shop, 0, lambda line: line)


def _other_evolving_key(shop: Shop) -> None:
    KeyFile(shop.environment.state / "evolving.key").replace(0, bytearray(b"x" * 32))


def _cosignature(shop: Shop, *, gone: bool) -> None:
    path = shop.environment.cosignatures / "cosigned"
    if gone:
        path.unlink()
    else:
        content = path.read_bytes()
        path.write_bytes(content[:-20] + bytes([content[-20] ^ 1]) + content[-19:])


def _backlog(edit: Callable[[bytes], bytes], line: str = "today") -> Callable[[Shop], None]:
    return lambda shop: _forge(shop, _cosigned(shop) + 1, edit, line)


def _old_evolving_key(shop: Shop) -> None:
    first = bytearray(shop.environment.first_key)
    KeyFile(shop.environment.state / "evolving.key").replace(0, first)


def _one_entry_less(shop: Shop) -> None:
    _write(shop, [*_lines(shop)[:3], *_lines(shop)[4:]])


ROWS = (
    Row("0", "nothing", "-", "nobody", lambda _: None),
    Row("1a", "one byte in an old line, snapshot there", "R0", "verify", lambda s: _change(s, 2)),
    Row("1c", "one byte in a line not uploaded", "R0", "verify", lambda s: _change(s, _cosigned(s) + 4)),
    Row("2a", "one entry deleted", "R0", "host", _one_entry_less),
    Row("3a", "tail cut inside the uploaded part", "R0", "host", lambda s: _cut(s, _cosigned(s) // 2)),
    Row("3b", "tail cut behind the uploaded part", "R0", "host", lambda s: _cut(s, _cosigned(s) + 8)),
    Row("3d", "all journal files and the state deleted", "R0", "host", _wipe),
    Row("3e", "and the cosignatures", "R0", "host", lambda s: _wipe(s, cosignatures=True)),
    Row("3f", "and the first key", "R1", "headquarters", lambda s: _wipe(s, cosignatures=True, key=True)),
    Row("4a", "whole old image", "R0", "headquarters", lambda s: _old_image(s, cosignatures=True)),
    Row("4c", "old image, newest cosignature", "R0", "host", lambda s: _old_image(s, cosignatures=False)),
    Row("7b", "everything signed again, today's keys", "R1", "verify", lambda s: _forge(s, 0, _cheaper)),
    Row("7c", "backlog signed again, amounts lowered", "R1", "verify", _backlog(_cheaper)),
    Row("7d", "as 7c without an evolving line", "R1", "verify", _backlog(_cheaper, "none")),
    Row("7e", "as 7c with a junk line", "R1", "verify", _backlog(_cheaper, "junk")),
    Row("8e", "backlog of another century", "R1", "verify", _backlog(_at_2019)),
    Row("12a", "cosignature deleted", "R0", "verify", lambda s: _cosignature(s, gone=True)),
    Row("12c", "cosignature: one byte damaged", "R0", "verify", lambda s: _cosignature(s, gone=False)),
    Row("17", "evolving key made anew", "R1", "host", _other_evolving_key),
    Row("18", "evolving key of an older day", "R1", "host", _old_evolving_key),
    Row("20", "new journal key, everything signed again", "R1", "host", _new_key),
)
