"""C2SP signed notes, cosignatures and checkpoints: the good ones, and each bad form refused."""

from __future__ import annotations

from base64 import b64encode

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from agent.journal.checkpoint import Checkpoint, open_checkpoint, parse_checkpoint
from agent.journal.note import (
    MAX_NOTE_BYTES,
    Cosigner,
    Ed25519Signer,
    NoteError,
    cosigned_at,
    open_note,
    parse_note,
    parse_vkey,
    sign_note,
    signature_line,
)

ORIGIN = "journal.example/store-0042/pos-07"
TEXT = Checkpoint(ORIGIN, 7, bytes(range(32))).text()


def signer(name: str = ORIGIN, seed: int = 1) -> Ed25519Signer:
    return Ed25519Signer(name, Ed25519PrivateKey.from_private_bytes(bytes([seed]) * 32))


def cosigner(seed: int = 9) -> Cosigner:
    return Cosigner("collector.example", Ed25519PrivateKey.from_private_bytes(bytes([seed]) * 32))


def test_a_signed_note_opens_with_its_vkey() -> None:
    made = sign_note(TEXT, signer())
    note = open_note(made.encode(), [parse_vkey(signer().vkey)])
    assert note.text == TEXT
    assert made == note.text + "\n" + note.signatures[0].line()


def test_lines_of_unknown_keys_are_ignored() -> None:
    others = [signer(f"other{i}.example", 2) for i in range(20)]
    note = open_note(sign_note(TEXT, *others, signer()).encode(), [parse_vkey(signer().vkey)])
    assert [s.name for s in note.verified] == [ORIGIN]
    assert len(note.signatures) == 21


def test_an_unknown_type_of_any_length_is_ignored() -> None:
    made = sign_note(TEXT, signer()) + signature_line("big.example", b"abcd", bytes(2428))
    assert open_note(made.encode(), [parse_vkey(signer().vkey)]).text == TEXT


def test_a_known_key_with_a_wrong_signature_makes_it_a_forgery() -> None:
    good, other = signer(), signer("other.example", 2)
    made = sign_note(TEXT, good) + signature_line(other.name, other.key_id, good.sign(b"other text\n"))
    with pytest.raises(NoteError, match=r"other\.example"):
        open_note(made.encode(), [parse_vkey(good.vkey), parse_vkey(other.vkey)])


def test_a_note_without_a_known_key_is_refused() -> None:
    with pytest.raises(NoteError, match=r"journal\.no_known_signer"):
        open_note(sign_note(TEXT, signer()).encode(), [parse_vkey(signer("x.example").vkey)])


def test_a_cosignature_tells_its_time() -> None:
    line = cosigner().cosign(TEXT, 1_700_000_000).line()
    verifier = parse_vkey(cosigner().vkey)
    note = open_note((sign_note(TEXT, signer()) + line).encode(), [parse_vkey(signer().vkey), verifier])
    found = note.of(verifier)
    assert found is not None
    assert cosigned_at(found) == 1_700_000_000


def test_a_cosignature_moved_in_time_is_refused() -> None:
    signature = cosigner().cosign(TEXT, 1_700_000_000)
    later = signature_line(
        signature.name, signature.key_id, (1_700_000_001).to_bytes(8, "big") + signature.value[8:]
    )
    with pytest.raises(NoteError, match=r"journal\.wrong_signature"):
        open_note((TEXT + "\n" + later).encode(), [parse_vkey(cosigner().vkey)])


def test_a_short_signature_of_a_known_key_is_refused() -> None:
    for length in (1, 7, 8, 63, 65):
        for key in (signer(), cosigner()):
            made = TEXT + "\n" + signature_line(key.name, key.key_id, bytes(length))
            with pytest.raises(NoteError):
                open_note(made.encode(), [parse_vkey(key.vkey)])


def bad_notes() -> dict[str, bytes]:
    good = sign_note(TEXT, signer())
    line = good[len(TEXT) + 1 :]
    return {
        "empty": b"",
        "only newlines": b"\n\n\n",
        "no signature": (TEXT + "\n").encode(),
        "no empty line": (TEXT + line).encode(),
        "no text": ("\n" + line).encode(),
        "newline missing at the end": good[:-1].encode(),
        "stray newline at the end": (good + "\n").encode(),
        "stray newline between the lines": (good + "\n" + line).encode(),
        "carriage return": good.replace("\n", "\r\n").encode(),
        "control character in the text": good.replace("journal", "jour\x07nal", 1).encode(),
        "hyphen for the dash": good.replace("\N{EM DASH}", "-").encode(),
        "two spaces": (TEXT + "\n" + line.replace(" ", "  ", 1)).encode(),
        "name with plus": (TEXT + "\n" + line.replace(ORIGIN, "a+b")).encode(),
        "no name": (TEXT + "\n" + line.replace(ORIGIN, "")).encode(),
        "space after the signature": (TEXT + "\n" + line.replace("\n", " \n")).encode(),
        "not base64": (TEXT + "\n" + f"\N{EM DASH} {ORIGIN} ****\n").encode(),
        "base64 in another spelling": (TEXT + "\n" + f"\N{EM DASH} {ORIGIN} AAAAAAB=\n").encode(),
        "only a key id": (TEXT + "\n" + f"\N{EM DASH} {ORIGIN} AAAAAA==\n").encode(),
        "not UTF-8": good.encode().replace(b"journal", b"jour\xff", 1),
        "too many lines": (TEXT + "\n" + line * 101).encode(),
        "too long": (TEXT + "\n" + line * 20).encode() + b"x" * MAX_NOTE_BYTES,
    }


# A newline between two signatures makes another text, which parses and then fails its signature.
@pytest.mark.parametrize("kind", [k for k in bad_notes() if k != "stray newline between the lines"])
def test_a_malformed_note_is_refused(kind: str) -> None:
    with pytest.raises(NoteError):
        parse_note(bad_notes()[kind])


@pytest.mark.parametrize("kind", [k for k in bad_notes() if k != "too many lines"])
def test_a_malformed_note_does_not_open_either(kind: str) -> None:
    with pytest.raises(NoteError):
        open_note(bad_notes()[kind], [parse_vkey(signer().vkey)])


def test_every_single_bit_of_a_note_matters() -> None:
    good = bytearray(sign_note(TEXT, signer()).encode())
    verifiers = [parse_vkey(signer().vkey)]
    for at in range(len(good)):
        for bit in (1, 32):
            good[at] ^= bit
            with pytest.raises(NoteError):
                open_note(bytes(good), verifiers)
            good[at] ^= bit


@pytest.mark.parametrize(
    "vkey",
    [
        "",
        "name",
        "name+00000000",
        signer().vkey.replace(ORIGIN, "another.example"),
        signer().vkey[:-4],
        signer().vkey.upper(),
        f"{ORIGIN}+12345678+{b64encode(bytes(33)).decode()}",
        " " + signer().vkey,
        signer().vkey + "\n",
    ],
)
def test_a_malformed_vkey_is_refused(vkey: str) -> None:
    with pytest.raises(NoteError):
        parse_vkey(vkey)


def test_a_vkey_whose_base64_holds_a_plus_is_read_whole() -> None:
    key = next(k for k in (signer(seed=s) for s in range(1, 250)) if k.vkey.count("+") > 2)
    assert parse_vkey(key.vkey).key_id == key.key_id


def test_a_checkpoint_is_read_back() -> None:
    checkpoint = Checkpoint(ORIGIN, 7, bytes(range(32)), ("extension 1",))
    assert parse_checkpoint(checkpoint.text()) == checkpoint


@pytest.mark.parametrize(
    "text",
    [
        "",
        f"{ORIGIN}\n7\n",
        TEXT.replace("\n7\n", "\n07\n"),
        TEXT.replace("\n7\n", "\n-7\n"),
        TEXT.replace("\n7\n", "\n+7\n"),
        TEXT.replace("\n7\n", "\n\N{FULLWIDTH DIGIT SEVEN}\n"),
        TEXT.replace("\n7\n", f"\n{2**63}\n"),
        TEXT.replace("\n7\n", "\n7 \n"),
        TEXT.replace("=\n", "\n"),
        TEXT + "\n",
        TEXT.replace(ORIGIN, ""),
        f"{ORIGIN}\n7\n{b64encode(bytes(31)).decode()}\n",
    ],
)
def test_a_malformed_checkpoint_is_refused(text: str) -> None:
    with pytest.raises(NoteError):
        parse_checkpoint(text)


def test_a_checkpoint_of_another_log_is_refused_by_name() -> None:
    with pytest.raises(NoteError, match=r"expected=journal\.example/other"):
        open_checkpoint(
            sign_note(TEXT, signer()).encode(), "journal.example/other", [parse_vkey(signer().vkey)]
        )
