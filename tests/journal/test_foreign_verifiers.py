"""What `tillgate journal export` writes, judged by code that is not ours: Go's sumdb, openssl by shell."""

from __future__ import annotations

import os
import shutil
import subprocess
from base64 import b64decode, b64encode
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from agent.cli import main
from agent.journal.disk import FolderDisk
from agent.journal.note import Cosigner
from tests.journal.conftest import ORIGIN, OTHER, SIGNER, World, body

ORACLE = Path(__file__).with_name("oracle") / "main.go"
GO_MODULE = Path("/usr/share/gocode/src/golang.org/x/mod/sumdb/tlog")
ENTRY, OLD_SIZE = 421, 330

# The body, the signature without its key id, and the key in DER: tools of any Debian, nothing of ours.
OPENSSL_CHECK = r"""
set -eu
awk 'f==0{if($0=="")f=1;else print}' checkpoint > body
grep "^— $ORIGIN " checkpoint | head -n 1 | awk '{print $3}' | base64 -d | tail -c +5 > signature
printf '%s' "$VKEY" | cut -d+ -f3- | base64 -d | tail -c 32 > public
(printf '\060\052\060\005\006\003\053\145\160\003\041\000'; cat public) \
  | openssl pkey -pubin -inform DER -out public.pem
identifier=$( (printf '%s\n\001' "$ORIGIN"; cat public) | sha256sum | cut -c1-8)
test "$identifier" = "$(printf '%s' "$VKEY" | cut -d+ -f2)"
openssl pkeyutl -verify -pubin -inkey public.pem -rawin -in body -sigfile signature
"""


def missing(what: str) -> None:
    """On a builder a missing verifier is a failure; elsewhere it is a reason to skip."""
    if os.environ.get("CI"):
        pytest.fail(what)
    pytest.skip(what)


@pytest.fixture(scope="session")
def oracle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    go = shutil.which("go")
    if go is None or not GO_MODULE.is_dir():
        missing("Go's verifier needs the Debian packages golang-go and golang-golang-x-mod-dev")
    place = tmp_path_factory.mktemp("oracle")
    environment = os.environ | {
        "GO111MODULE": "off",
        "GOPATH": "/usr/share/gocode",
        "GOCACHE": str(place / "cache"),
        "GOFLAGS": "",
    }
    command = [str(go), "build", "-o", str(place / "oracle"), str(ORACLE)]
    subprocess.run(command, check=True, env=environment, cwd=place)
    return place / "oracle"


@pytest.fixture(scope="session")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("exported")
    world = World(FolderDisk(place / "journal"))
    journal = world.open()
    for _ in range(100):
        journal.commit(*map(body, range(journal.size, journal.size + 10)))
        world.clock.pass_time(5)
    journal.close()
    arguments = ["--journal", str(place / "journal"), "--vkey", SIGNER.vkey, "--to", str(place / "export")]
    assert main(["journal", "export", *arguments, "--entry", str(ENTRY), "--since", str(OLD_SIZE)]) == 0
    entries = [
        line
        for path in sorted((place / "journal").glob("*.jsonl"))
        for line in path.read_bytes().splitlines()
        if line.startswith(b"{")
    ]
    (place / "export" / "entry").write_bytes(entries[ENTRY])
    return place / "export"


def ask(oracle: Path, *arguments: str | Path, vkey: str = SIGNER.vkey) -> str:
    command, *rest = map(str, arguments)
    done = subprocess.run([oracle, command, vkey, *rest], capture_output=True, text=True, check=False)
    assert (done.returncode == 0) == (done.stdout == "ok\n"), done
    return done.stdout.strip()


def altered(path: Path, target: Path, old: bytes, new: bytes) -> Path:
    content = path.read_bytes()
    assert old in content
    target.write_bytes(content.replace(old, new, 1))
    return target


def other_hash(path: Path, target: Path, line: int) -> Path:
    lines = path.read_bytes().split(b"\n")
    lines[line] = b64encode(bytes([b64decode(lines[line])[0] ^ 1]) + b64decode(lines[line])[1:])
    target.write_bytes(b"\n".join(lines))
    return target


def test_go_accepts_the_checkpoint_and_refuses_another(oracle: Path, exported: Path, tmp_path: Path) -> None:
    checkpoint = exported / "checkpoint"
    assert ask(oracle, "checkpoint", checkpoint) == "ok"
    assert "signature" in ask(oracle, "checkpoint", checkpoint, vkey=OTHER.vkey)
    longer = altered(checkpoint, tmp_path / "longer", b"\n1000\n", b"\n1001\n")
    assert "invalid signature" in ask(oracle, "checkpoint", longer)


def test_go_accepts_a_checkpoint_with_a_cosignature(oracle: Path, exported: Path, tmp_path: Path) -> None:
    note = (exported / "checkpoint").read_text("utf-8")
    cosigner = Cosigner("collector.example", Ed25519PrivateKey.generate())
    text = note.split("\n\n", maxsplit=1)[0] + "\n"
    (tmp_path / "cosigned").write_text(note + cosigner.cosign(text, 1_700_000_000).line(), "utf-8")
    assert ask(oracle, "checkpoint", tmp_path / "cosigned") == "ok"


def test_go_accepts_the_inclusion_proof_and_refuses_an_altered_one(
    oracle: Path, exported: Path, tmp_path: Path
) -> None:
    proof, entry = exported / f"entry-{ENTRY}.tlog-proof", exported / "entry"
    assert ask(oracle, "inclusion", proof, entry) == "ok"
    changed = altered(entry, tmp_path / "entry", b"till-421", b"till-422")
    assert ask(oracle, "inclusion", proof, changed) != "ok"
    assert ask(oracle, "inclusion", other_hash(proof, tmp_path / "proof", 4), entry) != "ok"
    moved = altered(proof, tmp_path / "moved", b"index 421", b"index 422")
    assert ask(oracle, "inclusion", moved, entry) != "ok"


def test_go_accepts_the_consistency_proof_and_refuses_an_altered_one(
    oracle: Path, exported: Path, tmp_path: Path
) -> None:
    proof, old = exported / f"consistency-{OLD_SIZE}", exported / f"checkpoint-{OLD_SIZE}"
    assert ask(oracle, "consistency", proof, old) == "ok"
    assert ask(oracle, "consistency", other_hash(proof, tmp_path / "proof", 2), old) != "ok"
    assert ask(oracle, "consistency", proof, exported / "checkpoint") != "ok"


@pytest.mark.parametrize("index", [0, 255, 256, 421, 767, 768, 999])
def test_go_makes_its_own_proofs_from_our_tiles(oracle: Path, exported: Path, index: int) -> None:
    assert ask(oracle, "tiles", exported, str(index)) == "ok"


def test_go_refuses_altered_tiles(oracle: Path, exported: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(exported, copy)
    tile = copy / "tile" / "0" / "001"
    tile.write_bytes(tile.read_bytes()[:-1] + b"\0")
    assert ask(oracle, "tiles", copy, "421") != "ok"


def openssl(folder: Path, vkey: str = SIGNER.vkey) -> bool:
    if shutil.which("openssl") is None:
        missing("this check needs the openssl command")
    environment = os.environ | {"ORIGIN": ORIGIN, "VKEY": vkey, "LC_ALL": "C.UTF-8"}
    done = subprocess.run(
        ["bash", "-c", OPENSSL_CHECK], cwd=folder, env=environment, capture_output=True, check=False
    )
    return done.returncode == 0


def test_openssl_accepts_the_checkpoint_and_refuses_another(exported: Path, tmp_path: Path) -> None:
    altered(exported / "checkpoint", tmp_path / "checkpoint", ORIGIN.encode(), ORIGIN.encode())
    assert openssl(tmp_path)
    assert not openssl(tmp_path, vkey=OTHER.vkey)
    altered(exported / "checkpoint", tmp_path / "checkpoint", b"\n1000\n", b"\n1001\n")
    assert not openssl(tmp_path)
