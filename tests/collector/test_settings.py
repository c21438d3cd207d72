"""The collector's settings: what is wrong is named with its line and the next step."""

from __future__ import annotations

import re
import tomllib
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from agent.collector.settings import load
from agent.journal.note import Ed25519Signer
from agent.programs.collector import CollectorError, open_collector, signing_key
from agent.settings.reader import SettingsError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    from agent.journal.note import Cosigner
    from tests.collector.conftest import Shop

GOOD = """\
name = "collector.example"
folder = "{folder}"
signing_key = "{folder}/cosigner.pem"
certificate = "/etc/c.pem"
key = "/etc/c.key"
client_ca = "/etc/ca.pem"

[logs.till-1]
vkey = "{vkey}"
client = "till-1.shop.example"
first_key = "{folder}/first.key"
"""


def write(tmp_path: Path, text: str, vkey: str) -> Path:
    path = tmp_path / "collector.toml"
    (tmp_path / "first.key").write_bytes(sha256(b"evolving").digest())
    path.write_text(text.replace("{folder}", str(tmp_path)).replace("{vkey}", vkey))
    return path


def test_a_whole_file_is_read(tmp_path: Path, shop: Shop) -> None:
    settings = load(write(tmp_path, GOOD, shop.signer.vkey))
    assert settings.port == 8443
    assert settings.logs["till-1"].client == "till-1.shop.example"


def test_the_shipped_file_is_whole_and_shows_the_defaults() -> None:
    shipped = Path(__file__).parents[2] / "config" / "collector" / "collector.toml"
    settings = load(shipped)
    commented = re.findall(r"^# (\w+ = \S+)", shipped.read_text(), re.MULTILINE)
    defaults = tomllib.loads("\n".join(commented))
    assert defaults == {"host": settings.host, "port": settings.port}


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("folder =", "folders =", "line 2: [folders]: found a key that nobody reads"),
        ('key = "/etc/c.key"\n', "", "[key]: found nothing"),
        ('"till-1.shop.example"', "7", "line 10: [logs.till-1] client: found the number 7"),
        ("[logs.till-1]", "[logs.till-1", "no TOML"),
        ('vkey = "{vkey}"', 'vkey = "a+00000000+AQ=="', "line 9: [logs.till-1] vkey: found a damaged key"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, shop: Shop, old: str, new: str, said: str) -> None:
    with pytest.raises(SettingsError) as caught:
        load(write(tmp_path, GOOD.replace(old, new), shop.signer.vkey))
    assert said in str(caught.value)


def test_the_key_of_a_witness_is_no_journal(tmp_path: Path, cosigner: Cosigner) -> None:
    with pytest.raises(SettingsError, match="the key of a witness"):
        load(write(tmp_path, GOOD, cosigner.vkey))


def test_a_journal_stands_once(tmp_path: Path, shop: Shop) -> None:
    twice = GOOD + GOOD[GOOD.index("[logs") :].replace("till-1]", "till-2]")
    with pytest.raises(SettingsError, match="stands here twice"):
        load(write(tmp_path, twice, shop.signer.vkey))


@pytest.mark.parametrize(
    "origin", ["../etc", "a/../../b", "a//b", "/a", "a/", "shop/tile", "checkpoint/x", ".hidden"]
)
def test_a_name_that_cannot_be_a_folder_is_refused(
    tmp_path: Path, origin: str, any_key: Ed25519PrivateKey
) -> None:
    with pytest.raises(SettingsError, match=r"cannot be a folder|verifier key"):
        load(write(tmp_path, GOOD, Ed25519Signer(origin, any_key).vkey))


def test_no_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="no readable file"):
        load(tmp_path / "missing.toml")


def test_a_signing_key_of_another_kind_is_told(tmp_path: Path) -> None:
    (tmp_path / "key.pem").write_text("not a key")
    with pytest.raises(CollectorError, match="openssl genpkey -algorithm ed25519"):
        signing_key(tmp_path / "key.pem")


def test_a_folder_that_was_damaged_is_not_opened(tmp_path: Path, shop: Shop, pem: bytes) -> None:
    (tmp_path / "cosigner.pem").write_bytes(pem)
    settings = load(write(tmp_path, GOOD, shop.signer.vkey))
    collector = open_collector(settings, lambda: 1)
    assert collector.logs[shop.origin].ledger.add_lines(shop.request(0, 10)).status == 200
    collector.close()
    (tmp_path / "logs" / shop.origin / "tile/0/000.p/10").unlink()
    with pytest.raises(OSError, match=r"lacks tile/0/000\.p/10"):
        open_collector(settings, lambda: 1)
