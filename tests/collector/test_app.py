"""The collector's answers by status code, as C2SP tlog-witness and our own page have them."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

import pytest

from agent.api.peers import Peer, TcpPeer, TlsPeer
from agent.api.server import AsgiMessage
from agent.collector import evidence
from agent.collector.app import ServedLedger, collector_app
from agent.collector.ledger import CollectorReply
from agent.journal.checkpoint import checkpoint_text
from agent.journal.note import Cosigner, open_note, parse_vkey, sign_note

if TYPE_CHECKING:
    from tests.collector.conftest import Place, Shop

CLIENT = TlsPeer("till-1", ("till-1.shop.example",))
LINES = "/logs/shop.example/till-1/lines"
WITNESS = "/add-checkpoint"


class Front:
    """The application without a socket: a request in, an answer out."""

    def __init__(self, shop: Shop, place: Place, cosigner: Cosigner) -> None:
        ledger = place.ledger(shop, cosigner)
        self.seen: list[tuple[str, int]] = []
        self.trouble: list[str] = []
        self.app = collector_app(
            {shop.origin: ServedLedger(ledger, frozenset(CLIENT.names))},
            lambda origin, answer: self.seen.append((origin, answer.status)),
            lambda _origin, error: self.trouble.append(str(error)),
        )

    def post(self, path: str, body: bytes, peer: Peer = CLIENT, method: str = "POST") -> CollectorReply:
        sent: list[AsgiMessage] = []
        scope: dict[str, Any] = {
            "type": "http",
            "method": method,
            "path": path,
            "raw_path": path.encode(),
            "query_string": b"",
            "headers": [],
            "state": {"peer": peer},
        }

        async def receive() -> AsgiMessage:
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message: AsgiMessage) -> None:
            sent.append(message)

        asyncio.run(self.app(scope, receive, send))
        headers = dict(sent[0]["headers"])
        return CollectorReply(sent[0]["status"], headers[b"content-type"].decode(), sent[1]["body"])


@pytest.fixture
def front(shop: Shop, place: Place, cosigner: Cosigner) -> Front:
    return Front(shop, place, cosigner)


def test_lines_are_stored_and_cosigned(front: Front, shop: Shop, place: Place, cosigner: Cosigner) -> None:
    answer = front.post(LINES, shop.body(0, 10))
    assert answer.status == 200
    verifier = parse_vkey(cosigner.vkey)
    note = open_note(shop.checkpoint(10) + answer.body, [verifier])
    assert note.of(verifier) is not None
    assert place.tiles.durable["checkpoint"] == shop.checkpoint(10) + answer.body


def test_a_repeated_request_is_harmless(front: Front, shop: Shop, place: Place) -> None:
    front.post(LINES, shop.body(0, 10))
    before = dict(place.tiles.live)
    answer = front.post(LINES, shop.body(0, 10))
    assert (answer.status, answer.body) == (409, b"10\n" + place.tiles.live["checkpoint"])
    assert place.tiles.live == before


def test_a_rollback_is_told_the_size_under_a_signature(front: Front, shop: Shop, place: Place) -> None:
    front.post(LINES, shop.body(0, 10))
    assert front.post(LINES, shop.body(4, 6)).body == b"10\n" + place.tiles.live["checkpoint"]


def test_a_fork_is_refused_with_our_head_and_kept_once(front: Front, shop: Shop, place: Place) -> None:
    front.post(LINES, shop.body(0, 10))
    ours = place.tiles.live["checkpoint"]
    fork = shop.branch(5, "fork").grow(20)
    for _ in range(3):
        answer = front.post(LINES, fork.body(10, 20))
        assert (answer.status, answer.body) == (422, ours)
    assert place.tiles.live["checkpoint"] == ours
    assert list(place.findings.durable) == ["0001.json"]
    kept = json.loads(place.findings.durable["0001.json"])
    assert (kept["known_head"].encode(), kept["offered_head"].encode()) == (ours, fork.checkpoint(20))
    assert kept["lines"] == [line.decode() for line in fork.lines[10:20]]


def test_evidence_is_bounded_in_files_and_lines(
    front: Front, shop: Shop, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(evidence, "MAX_FILES", 2)
    monkeypatch.setattr(evidence, "MAX_LINES_BYTES", 100)
    front.post(LINES, shop.body(0, 10))
    for number in range(4):
        fork = shop.branch(5, f"fork-{number}").grow(20)
        assert front.post(LINES, fork.body(10, 20)).status == 422
    assert sorted(place.findings.durable) == ["0001.json", "0002.json"]
    kept = json.loads(place.findings.durable["0001.json"])
    assert len(kept["lines"]) + kept["lines_left_out"] == 10
    assert sum(map(len, kept["lines"])) <= 100


def test_a_signature_of_another_key_is_403(front: Front, shop: Shop) -> None:
    thief = shop.branch(40, "thief")
    thief.seed = "stolen from nobody"
    assert front.post(LINES, thief.body(0, 10)).status == 403
    assert front.post(WITNESS, thief.witness_body(0, 10)).status == 403


def test_a_damaged_signature_is_403(front: Front, shop: Shop) -> None:
    body = shop.witness_body(0, 10)
    at = (
        body.rindex(b"\n", 0, -1) - 10
    )  # in the line of the journal's own key; the last one is not for witnesses
    damaged = body[:at] + (b"A" if body[at : at + 1] != b"A" else b"B") + body[at + 1 :]
    assert front.post(WITNESS, damaged).status == 403


@pytest.mark.parametrize(
    "peer", [TlsPeer("till-1.shop.example", ()), TlsPeer("x", ("till-2.shop.example",)), TcpPeer("127.0.0.1")]
)
def test_lines_come_only_from_the_named_client(front: Front, shop: Shop, peer: Peer) -> None:
    assert front.post(LINES, shop.body(0, 10), peer).status == 403


def test_an_unknown_origin_is_404(front: Front, shop: Shop) -> None:
    assert front.post("/logs/other.example/lines", shop.body(0, 10)).status == 404
    other = shop.branch(40, "other")
    other.origin = "other.example"
    assert front.post(WITNESS, other.witness_body(0, 10)).status == 404


def test_a_checkpoint_of_another_log_than_the_address_is_400(front: Front, shop: Shop) -> None:
    other = shop.branch(40, "other")
    other.origin = "other.example"
    assert front.post(LINES, other.body(0, 10)).status == 400


def test_a_witness_cosigns_409s_and_422s_as_c2sp_says(
    front: Front, shop: Shop, cosigner: Cosigner, place: Place
) -> None:
    answer = front.post(WITNESS, shop.witness_body(0, 10))
    assert answer.status == 200
    verifier = parse_vkey(cosigner.vkey)
    assert open_note(shop.checkpoint(10) + answer.body, [verifier]).of(verifier)
    assert place.heads.durable["checkpoint"] == shop.checkpoint(10) + answer.body

    assert front.post(WITNESS, shop.witness_body(10, 30)).status == 200
    conflict = front.post(WITNESS, shop.witness_body(10, 40))
    assert (conflict.status, conflict.type, conflict.body) == (409, "text/x.tlog.size", b"30\n")
    assert front.post(WITNESS, shop.witness_body(0, 40)).body == b"30\n"
    assert front.post(WITNESS, shop.witness_body(30, 20)).status == 400

    fork = shop.branch(5, "fork").grow(40)
    assert front.post(WITNESS, fork.witness_body(30, 40)).status == 422
    assert front.post(WITNESS, fork.witness_body(30, 30)).status == 422
    assert sorted(place.findings.durable) == ["0001.json", "0002.json"]
    assert front.post(WITNESS, shop.witness_body(30, 40)).status == 200


def test_lines_behind_a_witnessed_head_are_202_until_they_reach_it(
    front: Front, shop: Shop, place: Place
) -> None:
    front.post(WITNESS, shop.witness_body(0, 30))
    behind = front.post(LINES, shop.body(0, 20))
    assert (behind.status, behind.body) == (202, b"20\n" + place.heads.live["checkpoint"])
    assert front.post(LINES, shop.body(20, 30)).status == 200
    assert front.post(WITNESS, shop.witness_body(30, 35)).status == 200


def test_lines_move_the_witnessed_head(front: Front, shop: Shop) -> None:
    front.post(LINES, shop.body(0, 20))
    assert front.post(WITNESS, shop.witness_body(0, 30)).body == b"20\n"
    assert front.post(WITNESS, shop.witness_body(20, 30)).status == 200


def test_lines_that_contradict_a_witnessed_head_are_a_fork(front: Front, shop: Shop) -> None:
    front.post(WITNESS, shop.witness_body(0, 30))
    fork = shop.branch(5, "fork").grow(40)
    assert front.post(LINES, fork.body(0, 40)).status == 422


def test_a_line_in_our_name_that_we_did_not_write_is_dropped(
    front: Front, shop: Shop, cosigner: Cosigner, place: Place
) -> None:
    forged = f"\N{EM DASH} {cosigner.name} ".encode() + cosigner_bytes(cosigner) + b"\n"
    body = shop.body(0, 10) + forged
    assert front.post(LINES, body).status == 200
    verifier = parse_vkey(cosigner.vkey)
    assert open_note(place.tiles.live["checkpoint"], [verifier]).of(verifier)


def cosigner_bytes(cosigner: Cosigner) -> bytes:
    line = cosigner.cosign("another text\n", 1).line()
    return line.split(" ")[2].strip().encode()


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\n",
        b"old 0",
        b"old 00\n\nx\n1\n\n",
        b"old -1\n\n",
        b"tillgate-lines/v2\nstart 0\n\n",
        b"tillgate-lines/v2\nstart +1\n{}\n\n",
        b"tillgate-lines/v2\nstart 0\n\xff\n\n",
        b"tillgate-lines/v2\nstart 0\n{}\n\nno note",
        b"tillgate-lines/v2\r\nstart 0\r\n\r\n",
        b"old 1\nnot base64\n\n",
        b"old 1\nAAAA\n\n",
    ],
)
@pytest.mark.parametrize("path", [LINES, WITNESS])
def test_a_malformed_body_is_400(front: Front, path: str, body: bytes) -> None:
    assert front.post(path, body).status == 400


def test_too_many_of_anything_is_400(front: Front, shop: Shop) -> None:
    too_many_lines = b"tillgate-lines/v2\nstart 0\n" + b"{}\n" * 8193 + b"\n" + shop.checkpoint(1)
    too_long_line = b"tillgate-lines/v2\nstart 0\n" + b"x" * 65_536 + b"\n\n" + shop.checkpoint(1)
    too_long_proof = (
        b"old 0\n" + b"A" * 43 + b"=\n" * 1 + (b"A" * 43 + b"=\n") * 63 + b"\n" + shop.checkpoint(1)
    )
    signature = shop.checkpoint(1).split(b"\n\n")[1]
    too_many_signatures = shop.body(0, 1) + signature * 32
    assert front.post(LINES, too_many_lines).status == 400
    assert front.post(LINES, too_long_line).status == 400
    assert front.post(WITNESS, too_long_proof).status == 400
    assert front.post(LINES, too_many_signatures).status == 400


def test_a_checkpoint_that_does_not_end_with_the_last_line_is_400(front: Front, shop: Shop) -> None:
    body = b"tillgate-lines/v2\nstart 0\n" + shop.lines[0] + b"\n\n" + shop.checkpoint(2)
    assert front.post(LINES, body).status == 400


def test_an_empty_tree_has_one_root(front: Front, shop: Shop) -> None:
    wrong = sign_note(checkpoint_text(shop.origin, 0, b"\0" * 32), shop.signer).encode()
    assert front.post(WITNESS, b"old 0\n\n" + wrong).status == 422


def test_a_disk_that_fails_is_503_and_nothing_was_accepted(front: Front, shop: Shop, place: Place) -> None:
    front.post(LINES, shop.body(0, 10))
    place.tiles.calls_left = 3
    answer = front.post(LINES, shop.body(10, 20))
    assert answer.status == 503
    assert b"Nothing was accepted" in answer.body
    assert front.trouble == ["[Errno 5] power is gone"]
    place.tiles.calls_left = -1
    assert front.post(LINES, shop.body(10, 20)).status == 200


def test_a_damaged_store_is_503_and_not_built_upon(front: Front, shop: Shop, place: Place) -> None:
    front.post(LINES, shop.body(0, 10))
    place.tiles.live["tile/0/000.p/10"] = bytes(320)
    assert front.post(LINES, shop.body(10, 20)).status == 503
    assert "lacks the tree that its checkpoint signs" in front.trouble[0]


@pytest.mark.parametrize(
    ("method", "path", "status"), [("GET", LINES, 405), ("POST", "/x", 404), ("GET", "/healthz", 200)]
)
def test_other_addresses(front: Front, method: str, path: str, status: int) -> None:
    assert front.post(path, b"", method=method).status == status


def test_every_answer_is_observed(front: Front, shop: Shop) -> None:
    front.post(LINES, shop.body(0, 10))
    front.post(WITNESS, shop.witness_body(3, 10))
    assert front.seen == [("shop.example/till-1", 200), ("", 409)]
