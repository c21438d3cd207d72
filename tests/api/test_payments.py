"""What a till asks in an ordinary day, over the real socket."""

from __future__ import annotations

import json
import threading
from typing import TYPE_CHECKING

import pytest

from agent.api import events, limits
from agent.api import server as httpd
from agent.texts import say

if TYPE_CHECKING:
    from tests.conftest import ServedApi


def test_a_payment_is_created_once_and_told_again(api: ServedApi) -> None:
    first, again = api.pay("A-1"), api.pay("A-1")
    assert (first.status, again.status) == (201, 200)
    assert again.json["payment_id"] == "A-1"
    assert again.json["verdict"] == "approved"
    assert again.headers["cache-control"] == "no-store"


def test_other_content_under_the_same_number_is_a_conflict(api: ServedApi) -> None:
    api.pay("A-1", 1250)
    reply = api.pay("A-1", 1260)
    assert reply.status == 409
    assert reply.json["error"] == "already_used"
    assert reply.json["payment"] == api.ask("GET", "/v1/payments/A-1").json


def test_a_payment_is_found_by_its_number(api: ServedApi) -> None:
    api.pay("A-1")
    assert api.ask("GET", "/v1/payments/A-1").json["amount"] == 1250


def test_an_unknown_number_says_how_to_look(api: ServedApi) -> None:
    reply = api.ask("GET", "/v1/payments/NEVER")
    assert reply.status == 404
    assert "payment id" in reply.json["message"]


def test_waiting_ends_with_the_verdict(api: ServedApi) -> None:
    api.pay("A-1", 1800)
    timer = threading.Timer(0.05, lambda: api.soon(api.service.cancel, "A-1"))
    timer.start()
    assert api.ask("GET", "/v1/payments/A-1?wait=30").json["verdict"] == "cancelled"
    timer.join()


def test_a_done_payment_is_not_waited_for(api: ServedApi) -> None:
    api.pay("A-1")
    assert api.ask("GET", "/v1/payments/A-1?wait=30").json["phase"] == "done"
    assert "wait 30" not in api.service.heard


def test_an_answer_moves_the_payment_on(api: ServedApi) -> None:
    api.pay("A-1", 1600)
    body = b'{"prompt": "confirm-1", "answer": "yes"}'
    assert api.ask("POST", "/v1/payments/A-1/answers", body).json["verdict"] == "approved"


@pytest.mark.parametrize("body", [None, b"", b"{}"])
def test_a_cancel_needs_no_body(api: ServedApi, body: bytes | None) -> None:
    api.pay("A-1", 1800)
    assert api.ask("POST", "/v1/payments/A-1/cancel", body).json["verdict"] == "cancelled"


def test_an_unclear_payment_is_resolved_by_two_persons(api: ServedApi) -> None:
    api.pay("A-1", 1500)
    word = {
        "verdict": "declined",
        "reason": "receipt 23",
        "credential": {"person": "anna", "secret": "right"},
        "witness": {"person": "boss", "secret": "right"},
    }
    body = json.dumps(word).encode()
    assert api.ask("POST", "/v1/payments/A-1/resolution", body).json["verdict"] == "declined"


def test_two_persons_declare_the_clock_right(api: ServedApi) -> None:
    word = {
        "reason": "flat battery",
        "credential": {"person": "anna", "secret": "right"},
        "witness": {"person": "boss", "secret": "right"},
    }
    assert api.ask("POST", "/v1/clock", json.dumps(word).encode()).status == 200
    assert api.service.heard == ["clock flat battery"]
    assert api.ask("POST", "/v1/clock", b'{"reason": "x"}').status == 422


def test_two_persons_accept_a_terminal(api: ServedApi) -> None:
    credential = {"person": "anna", "secret": "right"}
    word = {"terminal": "front", "reason": "repaired", "credential": credential, "witness": credential}
    assert api.ask("POST", "/v1/terminals/acceptance", json.dumps(word).encode()).status == 200
    assert api.service.heard == ["accept front"]
    assert api.ask("POST", "/v1/terminals/acceptance", b'{"terminal": "front"}').status == 422


def test_receipts_last_status_and_close_day(api: ServedApi) -> None:
    api.pay("A-1")
    assert api.ask("GET", "/v1/payments/A-1/receipts").json[0]["copy"] == "customer"
    assert [view["payment_id"] for view in api.ask("GET", "/v1/payments?last=3").json] == ["A-1"]
    assert api.service.heard[-1] == "last 3"
    assert api.ask("GET", "/v1/status").json["unclear"] == ["K7Q2-M4XW"]
    closed = api.ask("PUT", "/v1/payments/Z-1", b'{"payment": "close_day"}')
    assert (closed.status, closed.json["payment"]) == (201, "close_day")


def test_events_come_in_order_with_their_ids(api: ServedApi) -> None:
    api.pay("A-1")
    reply = api.ask("GET", "/v1/payments/A-1/events")
    assert reply.headers["content-type"].startswith("text/event-stream")
    lines = reply.content.decode().splitlines()
    assert [line for line in lines if line.startswith("id: ")] == ["id: 1", "id: 2", "id: 3", "id: 4"]
    assert "event: verdict" in lines
    last = json.loads([line for line in lines if line.startswith("data: ")][-1][6:])
    assert last["payment"]["verdict"] == "approved"


def test_events_resume_after_the_last_id_that_was_seen(api: ServedApi) -> None:
    api.pay("A-1")
    content = api.ask("GET", "/v1/payments/A-1/events", last_event_id="3").content
    assert content.count(b"id: ") == 1
    assert b"id: 4\nevent: verdict\n" in content


def test_the_agents_events_have_ids_of_their_own(api: ServedApi) -> None:
    api.pay("A-1")
    reply = api.ask("GET", "/v1/events", last_event_id="7.0")
    assert "agent events 7.0" in api.service.heard
    assert b"id: 7.1\nevent: payment\n" in reply.content
    assert b"id: 7.9\nevent: lost\n" in reply.content
    told = [json.loads(line[6:]) for line in reply.content.splitlines() if line.startswith(b"data: ")]
    assert told[0]["payment"]["payment"]["verdict"] == "approved"


@pytest.mark.parametrize("given", ["7", "7.", ".7", "a.7", "7.7.7", "9" * 16 + ".1"])
def test_an_id_that_is_none_of_the_agents_is_refused(api: ServedApi, given: str) -> None:
    assert api.ask("GET", "/v1/events", last_event_id=given).json["error"] == "wrong_event_id"


def test_a_quiet_stream_says_that_it_is_alive(api: ServedApi, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "KEEP_ALIVE_SECONDS", 0.01)
    api.pay("A-1", 1800)
    with api.connect() as connection:
        connection.sendall(b"GET /v1/payments/A-1/events HTTP/1.1\r\nhost: localhost\r\n\r\n")
        seen = b""
        while b": the line is alive\n\n" not in seen:
            seen += connection.recv(4096)


def test_a_stream_has_an_end(api: ServedApi, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "MAX_STREAM_SECONDS", 0.05)
    api.pay("A-1", 1800)
    assert b"event: verdict" not in api.ask("GET", "/v1/payments/A-1/events").content


def test_streams_and_waits_end_when_the_agent_stops(api: ServedApi) -> None:
    api.pay("A-1", 1800)
    asked = []
    for target in ("/v1/payments/A-1/events", "/v1/payments/A-1?wait=60"):
        connection = api.connect()
        connection.sendall(f"GET {target} HTTP/1.1\r\nhost: localhost\r\n\r\n".encode())
        asked.append(connection)
    while "wait 60" not in api.service.heard:
        pass
    api.close()
    assert all(connection.recv(65_536).startswith(b"HTTP/1.1 200") for connection in asked)
    for connection in asked:
        connection.close()


def test_those_who_wait_leave_room_for_a_cancel(api: ServedApi, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MAX_WAITING", 0)
    api.pay("A-1", 1800)
    for target in ("/v1/payments/A-1/events", "/v1/payments/A-1?wait=60"):
        reply = api.ask("GET", target)
        assert (reply.status, reply.json["error"]) == (503, "too_many_waiting")
    assert api.ask("POST", "/v1/payments/A-1/cancel").status == 200


def test_two_requests_at_once_are_one_payment(api: ServedApi) -> None:
    replies: list[int] = []
    threads = [threading.Thread(target=lambda: replies.append(api.pay("A-1", 1800).status)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(replies) == [200] * 7 + [201]


def test_a_slow_body_is_cut_off_and_never_heard(api: ServedApi, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(httpd, "REQUEST_SECONDS", 0.05)
    with api.connect() as connection:
        head = "PUT /v1/payments/A-1 HTTP/1.1\r\nhost: localhost\r\ncontent-length: 99\r\n\r\n{"
        connection.sendall(head.encode())
        try:
            rest = connection.recv(100)
        except ConnectionResetError:
            rest = b""
    assert rest == b""
    assert api.service.heard == []


def test_an_error_of_our_own_says_that_the_payment_may_run(api: ServedApi) -> None:
    reply = api.pay("A-1", 1900)
    assert (reply.status, reply.json["error"]) == (500, "internal")
    assert reply.json["money"] == say("errors.money.perhaps.of", payment_id="A-1")
    assert "4111" not in reply.content.decode()
    assert [type(error) for error in api.failures] == [RuntimeError]
