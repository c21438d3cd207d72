"""A shop and its headquarters on loopback: a journal folder, certificates, a collector in a thread."""

from __future__ import annotations

import asyncio
import ipaddress
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ec import (
    SECP256R1,
    EllipticCurvePrivateKey,
    generate_private_key,
)
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from agent.collector.settings import CollectorSettings, JournalSettings
from agent.journal.checkpoint import checkpoint_text
from agent.journal.disk import file_name
from agent.journal.evolving import EvolvingKey
from agent.journal.lines import checkpoint_line
from agent.journal.note import CosignatureVerifier, Cosigner, Ed25519Signer, parse_vkey, sign_note
from agent.journal.tree import Frontier, leaf_hash
from agent.programs.collector import serve
from agent.upload.backoff import Backoff
from agent.upload.client import CollectorClient, client_tls
from agent.upload.cosignatures import Cosignature, Cosignatures
from agent.upload.loop import Post, UploadDeps, UploadLoop
from agent.upload.source import JournalSource
from agent.upload.uploader import Uploader
from tests.collector.conftest import line_of
from tests.journal.conftest import MemoryKeys

ORIGIN = "shop.example/till-1"
CLIENT = "till-1.shop.example"
POLL_S = 5.0
NOW_S = 1_790_000_000


def signing_key(seed: str) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(sha256(seed.encode()).digest())


SIGNER = Ed25519Signer(ORIGIN, signing_key("journal"))
COSIGNER = Cosigner("collector.example", signing_key("collector"))


FIRST_KEY = bytes(32)


def evolving_line(text: str, first_key: bytes) -> str:
    """All within the first ten minutes: epoch 1."""
    key = EvolvingKey(ORIGIN, MemoryKeys(key=bytearray(first_key)))
    key.start(None)
    return key.line(text.encode())


def collector_key() -> CosignatureVerifier:
    verifier = parse_vkey(COSIGNER.vkey)
    assert isinstance(verifier, CosignatureVerifier)
    return verifier


@dataclass
class JournalFolder:
    """A journal's files, without the agent: commits of two lines each."""

    folder: Path
    name: str = "honest"
    day: str = "2026-03-28"
    frontier: Frontier = field(default_factory=Frontier)
    file: Path | None = None
    heads: dict[int, bytes] = field(default_factory=dict)
    first_key: bytes = bytes(32)

    def commit(self, count: int = 1, lines: int = 2) -> JournalFolder:
        self.folder.mkdir(exist_ok=True)
        for _ in range(count):
            if self.file is None or self.day not in self.file.name:
                self.file = self.folder / file_name(self.frontier.size, date.fromisoformat(self.day))
            with self.file.open("ab") as file:
                file.write(self._commit(lines))
        return self

    def _commit(self, count: int) -> bytes:
        lines = []
        for _ in range(count):
            line = line_of(self.frontier.size, self.name)
            self.frontier.append(leaf_hash(line))
            lines.append(line)
        text = checkpoint_text(ORIGIN, self.frontier.size, self.frontier.root())
        note = sign_note(text, SIGNER) + evolving_line(text, self.first_key)
        self.heads[self.frontier.size] = note.encode()
        return b"\n".join([*lines, checkpoint_line(note), b""])

    def image(self, folder: Path, name: str) -> JournalFolder:
        """A copy of the disk as it is now, in another folder."""
        folder.mkdir()
        for file in self.folder.iterdir():
            (folder / file.name).write_bytes(file.read_bytes())
        newest = folder / self.file.name if self.file else None
        return JournalFolder(folder, name, self.day, self.frontier.copy(), newest, dict(self.heads))


@pytest.fixture
def journal(tmp_path: Path) -> JournalFolder:
    return JournalFolder(tmp_path / "journal")


class Authority:
    """A certificate authority that exists for one test run."""

    def __init__(self, folder: Path, name: str) -> None:
        self.folder = folder
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        self._key = generate_private_key(SECP256R1())
        certificate = self._build(self._name, self._key, x509.BasicConstraints(ca=True, path_length=0), [])
        self.certificate = folder / f"{name}.pem"
        self.certificate.write_bytes(certificate.public_bytes(Encoding.PEM))

    def issue(self, name: str, names: list[x509.GeneralName]) -> tuple[Path, Path]:
        """Certificate and key files."""
        key = generate_private_key(SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        certificate = self._build(subject, key, x509.BasicConstraints(ca=False, path_length=None), names)
        files = self.folder / f"{name}.pem", self.folder / f"{name}.key"
        files[0].write_bytes(certificate.public_bytes(Encoding.PEM))
        files[1].write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        return files

    def _build(
        self,
        subject: x509.Name,
        key: EllipticCurvePrivateKey,
        basic: x509.BasicConstraints,
        names: list[x509.GeneralName],
    ) -> x509.Certificate:
        now = datetime.now(UTC)
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(hours=1))
            .not_valid_after(now + timedelta(days=1))
            .add_extension(basic, critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        )
        if names:
            builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
        return builder.sign(self._key, hashes.SHA256())


@dataclass(frozen=True)
class Papers:
    """Who can show what. Each pair is certificate and key."""

    ca: Path
    server: tuple[Path, Path]
    client: tuple[Path, Path]
    neighbour: tuple[Path, Path]
    stranger: tuple[Path, Path]
    cosigner: Path


@pytest.fixture(scope="session")
def papers(tmp_path_factory: pytest.TempPathFactory) -> Papers:
    folder = tmp_path_factory.mktemp("papers")
    ours, theirs = Authority(folder, "ours"), Authority(folder, "theirs")
    loopback = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    cosigner = folder / "cosigner.pem"
    cosigner.write_bytes(
        signing_key("collector").private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    )
    return Papers(
        ca=ours.certificate,
        server=ours.issue("server", list(loopback)),
        client=ours.issue("client", [x509.DNSName(CLIENT)]),
        neighbour=ours.issue("neighbour", [x509.DNSName("till-2.shop.example")]),
        stranger=theirs.issue("stranger", [x509.DNSName(CLIENT)]),
        cosigner=cosigner,
    )


class Headquarters:
    """The real collector in a thread; it can be stopped and started on the same folder and port."""

    def __init__(self, settings: CollectorSettings) -> None:
        self.settings = settings
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop: asyncio.Event | None = None

    @property
    def url(self) -> str:
        return f"https://127.0.0.1:{self.settings.port}"

    @property
    def log(self) -> Path:
        return self.settings.folder / "logs" / ORIGIN

    @property
    def evidence(self) -> Path:
        return self.settings.folder / "evidence" / ORIGIN

    def start(self) -> Headquarters:
        ready = threading.Event()

        def started(port: int) -> None:
            self.settings = replace(self.settings, port=port)
            ready.set()

        async def main() -> None:
            self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
            await serve(self.settings, self._stop, started)

        self._thread = threading.Thread(target=lambda: asyncio.run(main()))
        self._thread.start()
        assert ready.wait(10)
        return self

    def stop(self) -> None:
        if self._thread and self._loop and self._stop:
            self._loop.call_soon_threadsafe(self._stop.set)
            self._thread.join()
            self._thread = None


@pytest.fixture
def headquarters(papers: Papers, tmp_path: Path) -> Iterator[Headquarters]:
    first_key = tmp_path / "first.key"
    first_key.write_bytes(FIRST_KEY)
    settings = CollectorSettings(
        name=COSIGNER.name,
        folder=tmp_path / "collector",
        signing_key=papers.cosigner,
        certificate=papers.server[0],
        key=papers.server[1],
        client_ca=papers.ca,
        host="127.0.0.1",
        port=0,
        logs={"till-1": JournalSettings(vkey=SIGNER.vkey, client=CLIENT, first_key=first_key)},
    )
    collector = Headquarters(settings).start()
    yield collector
    collector.stop()


class Shop:
    """Uploaders over one cosignatures folder: each call of `uploader` is a new process, so to say."""

    def __init__(self, folder: Path, papers: Papers) -> None:
        self.cosignatures = Cosignatures(folder)
        self.cosignatures.make()
        self.folder = folder
        self.lines: list[str] = []
        self.cosigner = COSIGNER
        self._papers = papers
        self._clients: list[CollectorClient] = []

    def uploader(
        self, journal: Path, url: str, paper: tuple[Path, Path] | None = None, post: Post | None = None
    ) -> UploadLoop:
        return self.upload_loop(JournalSource.of(journal), post or self.client(url, paper))

    def upload_loop(self, source: JournalSource, post: Post) -> UploadLoop:
        return UploadLoop(
            UploadDeps(
                source=source,
                uploader=Uploader(ORIGIN, collector_key(), self.cosignature()),
                collector=post,
                cosignatures=self.cosignatures,
                backoff=Backoff(lambda: 0.5),
                now=lambda: NOW_S,
                log=self._log,
            ),
            POLL_S,
        )

    def client(self, url: str, paper: tuple[Path, Path] | None = None) -> CollectorClient:
        tls = client_tls(self._papers.ca, *(paper or self._papers.client))
        self._clients.append(CollectorClient(url, ORIGIN, tls))
        return self._clients[-1]

    def cosignature(self) -> Cosignature | None:
        return self.cosignatures.cosigned(ORIGIN, collector_key())

    @property
    def cosigned(self) -> int:
        cosignature = self.cosignature()
        return cosignature.size if cosignature else 0

    def close(self) -> None:
        for client in self._clients:
            client.close()

    def _log(self, level: str, event: str, **fields: str | int) -> None:
        self.lines.append(f"{level}: {event} {fields}")


@pytest.fixture
def shop(papers: Papers, tmp_path: Path) -> Iterator[Shop]:
    made = Shop(tmp_path / "cosignatures", papers)
    yield made
    made.close()
