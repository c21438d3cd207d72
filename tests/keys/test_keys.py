"""Keys are made once, guarded, shown without their secrets; nobody takes payments with a wrong one."""

from __future__ import annotations

import json
import os
import ssl
from base64 import b64encode
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from agent.base import hardening
from agent.cli import main
from agent.journal.evolving import KeyFile
from agent.journal.note import Ed25519Signer, parse_vkey, sign_note
from agent.keys import store as keys
from agent.keys.create import FIRST_KEY, JOURNAL_VKEY, UPLOAD_REQUEST, Places, client_name, create
from agent.keys.demo import DemoAuthority, create_acquirer, key_file_text
from agent.keys.show import describe
from agent.settings.load import parse
from drivers.card.card import Card, CardOrdinals, CardSealer
from drivers.card.seal import HpkeSealer, KeyExpired
from tests.support.acquirer import load_acquirer_private, open_sealed

TODAY = date(2026, 5, 12)
ORIGIN = "shop.example/till-1"


@pytest.fixture
def places(tmp_path: Path) -> Places:
    return Places(ORIGIN, tmp_path / "credentials", tmp_path / "state", "api-token", "upload-key.pem")


def settings_file(tmp_path: Path, vkey: str, acquirer: Path) -> Path:
    path = tmp_path / "tillgate.toml"
    path.write_text(
        f'[agent]\nname = "{ORIGIN}"\ncredentials = "{tmp_path}/credentials"\nstate = "{tmp_path}/state"\n'
        f'[acquirer]\nvkey = "{vkey}"\nkeys = "{acquirer}"\n'
        '[rules]\ncurrency = "EUR"\nhard = "2000.00"\n',
        "utf-8",
    )
    return path


def test_all_keys_are_made_with_mode_0600_and_can_be_loaded(places: Places) -> None:
    created = create(places)
    assert {0o600} == {path.stat().st_mode & 0o777 for path in (*created.made, *created.enrolment)}
    keys.load_journal_key(places.credentials)
    assert len(keys.load_api_token(places.credentials / "api-token")) >= keys.MIN_TOKEN_CHARS
    epoch, key = KeyFile(places.state / keys.EVOLVING_KEY).load()
    assert (epoch, len(key)) == (0, 32)


def test_a_second_time_replaces_nothing(places: Places) -> None:
    made = create(places).made
    before = [path.read_bytes() for path in made]
    again = create(places)
    assert (again.made, again.enrolment) == ([], [])
    assert before == [path.read_bytes() for path in made]


def test_headquarters_gets_the_first_key_the_verifier_key_and_the_request(places: Places) -> None:
    folder = create(places).enrolment[0].parent
    assert KeyFile(places.state / keys.EVOLVING_KEY).load()[1] == (folder / FIRST_KEY).read_bytes()
    assert parse_vkey((folder / JOURNAL_VKEY).read_text().strip()).name == ORIGIN
    request = x509.load_pem_x509_csr((folder / UPLOAD_REQUEST).read_bytes())
    names = request.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert [client_name(ORIGIN)] == names.get_values_for_type(x509.UniformResourceIdentifier)


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o777])
@pytest.mark.parametrize(
    ("name", "load"),
    [(keys.JOURNAL_KEY, keys.load_journal_key)],
)
def test_a_file_that_others_may_touch_is_refused_with_the_command_that_mends_it(
    places: Places, name: str, load: Callable[[Path], object], mode: int
) -> None:
    create(places)
    path = places.credentials / name
    path.chmod(mode)
    with pytest.raises(keys.KeysError, match=f"Run: chmod 600 {path}"):
        load(places.credentials)


def test_what_systemd_guards_may_look_readable(places: Places, monkeypatch: pytest.MonkeyPatch) -> None:
    create(places)
    (places.credentials / keys.JOURNAL_KEY).chmod(0o440)
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(places.credentials))
    keys.load_journal_key(places.credentials)


def test_a_link_is_not_followed(places: Places, tmp_path: Path) -> None:
    create(places)
    path = places.credentials / keys.JOURNAL_KEY
    path.rename(tmp_path / "elsewhere")
    path.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(keys.KeysError, match="cannot be read"):
        keys.load_journal_key(places.credentials)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file to somebody else")
def test_a_file_of_somebody_else_is_refused(places: Places) -> None:
    create(places)
    os.chown(places.credentials / keys.JOURNAL_KEY, 65534, 65534)
    with pytest.raises(keys.KeysError, match="chown"):
        keys.load_journal_key(places.credentials)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file to somebody else")
def test_root_may_look_at_the_keys_of_the_service(places: Places) -> None:
    """`keys show` once told root to take the file away from the service."""
    create(places)
    path = places.state / keys.EVOLVING_KEY
    for owned in (places.state, path):
        os.chown(owned, 65534, 65534)
    keys.check_mode(path)
    os.chown(path, 65533, 65533)
    with pytest.raises(keys.KeysError, match=f"chown --reference={places.state}"):
        keys.check_mode(path)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_who_may_not_read_the_keys_is_not_told_to_make_new_ones(places: Places) -> None:
    create(places)
    child = os.fork()
    if child == 0:
        os.seteuid(65534)
        try:
            keys.load_journal_key(places.credentials)
        except keys.KeysError as error:
            os._exit(0 if "as root" in str(error) and "keys create" not in str(error) else 1)
        os._exit(2)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


@pytest.mark.parametrize("content", [b"", b"x", b"-----BEGIN PRIVATE KEY-----\n", b"x" * 40_000])
def test_damaged_keys_are_refused_in_words(places: Places, content: bytes) -> None:
    create(places)
    for name in (keys.JOURNAL_KEY, "api-token"):
        (places.credentials / name).write_bytes(content)
    for load in (
        lambda: keys.load_journal_key(places.credentials),
        lambda: keys.load_api_token(places.credentials / "api-token"),
    ):
        with pytest.raises(keys.KeysError, match="No payment can be taken and no money was moved"):
            load()


def test_missing_keys_name_the_command_that_makes_them(tmp_path: Path) -> None:
    with pytest.raises(keys.KeysError, match="tillgate keys create"):
        keys.load_journal_key(tmp_path)


class TestAcquirer:
    def test_the_signed_key_of_today_is_loaded_and_opens_again(self, tmp_path: Path) -> None:
        made = create_acquirer(tmp_path, TODAY)
        key = keys.load_acquirer_key(made.keys, made.vkey, TODAY)
        number = memoryview(bytearray.fromhex("4111111111111111"))
        taken = CardSealer(HpkeSealer(key, ORIGIN), CardOrdinals()).seal_card(
            Card.from_bcd(number, None), "payment 1"
        )
        private = load_acquirer_private(made.private)
        opened = open_sealed(taken.sealed, private, key_id=key.key_id, origin=ORIGIN, context="payment 1")
        assert b"4111111111111111" in opened

    def test_a_key_that_is_over_is_refused(self, tmp_path: Path) -> None:
        made = create_acquirer(tmp_path, TODAY, days=30)
        with pytest.raises(KeyExpired, match=r"seal\.ended .*day=2026-06-11"):
            keys.load_acquirer_key(made.keys, made.vkey, TODAY + timedelta(days=31))

    def test_a_changed_key_file_is_refused(self, tmp_path: Path) -> None:
        made = create_acquirer(tmp_path, TODAY)
        made.keys.write_text(made.keys.read_text().replace("2027", "2037"))
        with pytest.raises(keys.KeysError, match="not signed by the payment provider"):
            keys.load_acquirer_key(made.keys, made.vkey, TODAY)

    def test_the_signature_of_somebody_else_is_refused(self, tmp_path: Path) -> None:
        made = create_acquirer(tmp_path, TODAY)
        other = Ed25519Signer("demo-acquirer.example", Ed25519PrivateKey.generate())
        made.keys.write_text(sign_note(key_file_text([made.key]), other))
        with pytest.raises(keys.KeysError, match="not signed by the payment provider"):
            keys.load_acquirer_key(made.keys, made.vkey, TODAY)

    @pytest.mark.parametrize("content", [b"", b"\xff", b"x" * 100_000])
    def test_a_file_that_is_no_note_is_refused(self, tmp_path: Path, content: bytes) -> None:
        made = create_acquirer(tmp_path, TODAY)
        made.keys.write_bytes(content)
        with pytest.raises(keys.KeysError, match="not signed by the payment provider"):
            keys.load_acquirer_key(made.keys, made.vkey, TODAY)

    def test_a_second_demo_acquirer_does_not_replace_the_first(self, tmp_path: Path) -> None:
        create_acquirer(tmp_path, TODAY)
        with pytest.raises(FileExistsError):
            create_acquirer(tmp_path, TODAY)


def forms(secret: bytes) -> list[str]:
    """How a secret could be shown: its bytes in hexadecimal or base64, or the lines of a file of text."""
    lines = secret.decode("ascii").split() if secret.isascii() else []
    return [
        secret.hex(),
        b64encode(secret).decode("ascii").rstrip("="),
        *(line for line in lines if len(line) > 20),
    ]


def test_a_secret_is_known_in_each_form_it_is_shown_in() -> None:
    key = bytes(range(0x80, 0xA0))
    assert any(form in f"key {key.hex()}" for form in forms(key))
    assert any(form in f"key {b64encode(key).decode()}" for form in forms(key))
    assert any(form in "token 0123456789abcdef0123456789" for form in forms(b"0123456789abcdef0123456789\n"))


class TestCommand:
    @pytest.fixture
    def settings(self, tmp_path: Path) -> Path:
        today = datetime.now(UTC).date()
        made = create_acquirer(tmp_path / "acquirer", today)
        return settings_file(tmp_path, made.vkey, made.keys)

    def test_create_then_show_tells_no_secret(
        self, settings: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert main(["keys", "create", "--settings", str(settings)]) == 0
        assert "headquarters" in capsys.readouterr().out
        for path in (tmp_path / "credentials" / "enrolment").iterdir():
            path.unlink()
        (tmp_path / "credentials" / "enrolment").rmdir()
        assert main(["keys", "show", "--settings", str(settings)]) == 0
        shown = capsys.readouterr().out
        assert f"{ORIGIN}+" in shown
        for path in (tmp_path / "credentials").iterdir():
            assert not any(form in shown for form in forms(path.read_bytes())), path.name

    def test_show_fails_while_something_is_wrong(
        self, settings: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert main(["keys", "show", "--settings", str(settings), "--json"]) == 78
        facts = json.loads(capsys.readouterr().out)
        assert {"journal", "evolving"} == {fact["name"] for fact in facts if fact["wrong"]}

    def test_one_command_asks_for_a_pin_and_it_is_another(self) -> None:
        with pytest.raises(SystemExit) as left:
            main(["keys", "person", "ann"])
        assert left.value.code == 64

    def test_the_demo_acquirer_prints_its_settings(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert main(["keys", "acquirer-demo", str(tmp_path / "a"), "--json"]) == 0
        made = json.loads(capsys.readouterr().out)
        assert keys.load_acquirer_key(Path(made["keys"]), made["vkey"], datetime.now().astimezone().date())
        assert main(["keys", "acquirer-demo", str(tmp_path / "a")]) == 64


def test_show_says_what_is_wrong_with_the_certificate(places: Places, tmp_path: Path) -> None:
    create(places)
    made = create_acquirer(tmp_path / "acquirer", TODAY)
    text = settings_file(tmp_path, made.vkey, made.keys).read_text()
    collector = Ed25519Signer("collector.example", Ed25519PrivateKey.generate()).vkey
    text += f'[upload]\nurl = "https://collector.example"\ncertificate = "{tmp_path}/upload.pem"\n'
    settings = parse(text + f'collector_vkey = "{collector}"\n', tmp_path / "tillgate.toml")
    now = datetime(2026, 5, 12, 12, tzinfo=UTC)
    facts = {fact.name: fact for fact in describe(settings, places, now)}
    assert facts["certificate"].wrong
    request = (places.credentials / "enrolment" / UPLOAD_REQUEST).read_bytes()
    (tmp_path / "upload.pem").write_bytes(DemoAuthority(TODAY).issue_client(request))
    facts = {fact.name: fact for fact in describe(settings, places, now)}
    assert facts["certificate"].text == "valid until 2026-05-14"


def test_the_demo_authority_makes_mutual_tls_work(places: Places, tmp_path: Path) -> None:
    create(places)
    today = datetime.now(UTC).date()
    authority = DemoAuthority(today)
    certificate, key = authority.issue_server()
    request = (places.credentials / "enrolment" / UPLOAD_REQUEST).read_bytes()
    for name, pem in (
        ("ca", authority.pem), ("server", certificate + key), ("client", authority.issue_client(request))
    ):  # fmt: skip
        (tmp_path / name).write_bytes(pem)
    server = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=tmp_path / "ca")
    server.verify_mode = ssl.CERT_REQUIRED
    server.load_cert_chain(tmp_path / "server")
    client = ssl.create_default_context(cafile=tmp_path / "ca")
    client.load_cert_chain(tmp_path / "client", places.credentials / "upload-key.pem")
    peer = handshake(server, client)
    assert ("URI", client_name(ORIGIN)) in peer["subjectAltName"]


def handshake(server: ssl.SSLContext, client: ssl.SSLContext) -> dict[str, tuple[tuple[str, str], ...]]:
    """Both ends in memory; what the server knows of the client."""
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    ours = client.wrap_bio(to_client, to_server, server_hostname="localhost")
    theirs = server.wrap_bio(to_server, to_client, server_side=True)
    for _flight in range(4):
        for end in (ours, theirs):
            try:
                end.do_handshake()
            except ssl.SSLWantReadError:
                continue
    return theirs.getpeercert() or {}  # type: ignore[return-value]  # typeshed knows more forms


def test_a_hardened_process_has_no_core_and_is_not_dumpable() -> None:
    pid = os.fork()
    if pid == 0:
        state = hardening.harden()
        os._exit(0 if not state.dumpable and state.core_bytes == 0 else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
