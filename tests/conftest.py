"""A till's API over a real Unix socket, for the tests of the API and of the command line.

The server, the routes and the bodies are ours; behind them stands a service that
plays one of a few scenes by the amount asked for, and remembers all it heard.
"""

from __future__ import annotations

import asyncio
import http.client
import json
import os
import shutil
import socket
import tempfile
import threading
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import hypothesis
import msgspec
import pytest

from agent.api.access import AccessList
from agent.api.app import serve
from agent.api.sockets import bind
from agent.payments.active import NEEDS
from agent.payments.commands import (
    ClockWord,
    GivenCredential,
    PaymentCommand,
    PersonsWord,
    PromptReply,
    ReleaseWord,
    TerminalWord,
    kind_asked,
)
from agent.payments.feed import AgentChange
from agent.payments.refusal import Refusal
from agent.payments.state import (
    AgentStatus,
    AlarmNews,
    CardState,
    Fact,
    OpenPrompt,
    PaymentChange,
    PaymentState,
    Printout,
    Reason,
    StandingAlarm,
    TerminalStatus,
)

# No clock judges a test: a deadline or "too slow" fails on a busy machine. What failed can be replayed.
hypothesis.settings.register_profile(
    "tillgate",
    deadline=None,
    print_blob=True,
    suppress_health_check=[hypothesis.HealthCheck.too_slow],
)
hypothesis.settings.load_profile("tillgate")

DECLINE, NOT_SENT, UNCLEAR, CONFIRM, SUPERVISE, LONG, BROKEN = 1300, 1400, 1500, 1600, 1700, 1800, 1900
# Unclear until somebody ends it in another way.
RESOLVED_LATER = 1501
VERDICTS = {DECLINE: "declined", NOT_SENT: "not_sent", UNCLEAR: "unclear", RESOLVED_LATER: "unclear"}
SECRET = "right"  # noqa: S105 - of a person who exists in this file alone
RAISED_AT = datetime(2026, 11, 27, 12, tzinfo=UTC)
TOKEN = "a-token-for-tests-of-forty-characters-00"  # noqa: S105 - opens nothing


@dataclass
class Scene:
    """One payment of the service below."""

    request: PaymentCommand
    view: PaymentState
    events: list[PaymentChange] = field(default_factory=list)
    changed: asyncio.Event = field(default_factory=asyncio.Event)

    def show(self, kind: Any, **changes: Any) -> None:
        self.view = msgspec.structs.replace(self.view, **changes)
        self.events.append(PaymentChange(id=len(self.events) + 1, kind=kind, payment=self.view))
        self.changed.set()
        self.changed = asyncio.Event()

    def end(self, verdict: Any) -> None:
        self.show(
            "verdict",
            phase="done",
            prompt=None,
            verdict=verdict,
            release="released" if verdict == "approved" else None,
            next_step=Fact(f"next.payment.{verdict}"),
            terminal_amount=self.view.amount if verdict == "approved" else None,
            card=CardState(masked="411111******1111", name="Visa") if verdict == "approved" else None,
            receipt_number=23,
            trace=42,
            entry=7,
        )


class SceneService:
    """Plays a scene by amount; anything else is approved after two texts."""

    def __init__(self) -> None:
        self.heard: list[str] = []
        self.scenes: dict[str, Scene] = {}
        self.clock_ahead_s: int | None = None
        self.display = "Present card"
        self.alarms: list[StandingAlarm] = []

    def put(self, command: PaymentCommand) -> tuple[PaymentState, bool]:
        kind = kind_asked(command)
        self.heard.append("put")
        payment_id, amount = command.payment_id, command.amount or 0
        known = self.scenes.get(payment_id)
        if known is not None:
            if known.request != command:
                raise Refusal("already_used", known.view, payment_id=payment_id)
            return known.view, False
        if amount == BROKEN:
            raise RuntimeError("4111111111111111 must not be quoted")
        view = PaymentState(
            payment_id=payment_id,
            payment=kind,
            terminal="front",
            till=command.till,
            phase="running",
            amount=amount or None,
            currency="EUR" if amount else None,
            original=command.original,
        )
        self.first = view
        scene = self.scenes[payment_id] = Scene(command, view)
        self._play(scene, amount)
        return view, True

    def _play(self, scene: Scene, amount: int) -> None:
        scene.show("state")
        scene.show("display", display=self.display)
        scene.show(
            "display", display="Please\x1b[2J wait, this text of the terminal is longer than most " * 2
        )
        if amount in {CONFIRM, SUPERVISE}:
            action: Any = "confirm" if amount == CONFIRM else "supervisor"
            figures: dict[str, int | str] = {"amount": amount, "limit": 1500, "currency": "EUR"}
            reason = Reason(rule="soft", action=action, code="soft", figures=figures)
            prompt = OpenPrompt(id=f"{action}-1", action=action, needs=NEEDS[action], reasons=[reason])
            scene.show("prompt", phase="asking", prompt=prompt)
        elif amount != LONG:
            scene.end(VERDICTS.get(amount, "approved"))

    def full_id(self, payment_id: str, till: str) -> str:
        return payment_id if till else ""

    async def begun(self, payment_id: str) -> PaymentState:
        assert self.first.payment_id == payment_id
        return self.first

    async def sign_in(self, payment_id: str, credential: GivenCredential) -> str:
        self.heard.append(f"sign in {credential.person}")
        if credential.secret != SECRET:
            raise Refusal("wrong_credential", payment_id=payment_id, left=4)
        return credential.person

    def get(self, payment_id: str) -> PaymentState | None:
        scene = self.scenes.get(payment_id)
        return scene.view if scene else None

    async def wait(self, payment_id: str, seconds: float) -> PaymentState:
        self.heard.append(f"wait {seconds}")
        scene = self._scene(payment_id)
        while scene.view.phase == "running":
            await scene.changed.wait()
        return scene.view

    async def answer(self, payment_id: str, reply: PromptReply) -> PaymentState:
        self.heard.append(f"answer {reply.answer}")
        scene = self._scene(payment_id)
        prompt = scene.view.prompt
        if prompt is None or prompt.id != reply.prompt:
            raise Refusal("question_over", payment_id=payment_id, prompt=reply.prompt)
        given = reply.credential.secret if reply.credential else ""
        if reply.answer == "yes" and prompt.needs and given != SECRET:
            raise Refusal("wrong_credential", payment_id=payment_id, left=4)
        scene.end("approved" if reply.answer == "yes" else "cancelled")
        return scene.view

    def cancel(self, payment_id: str) -> PaymentState:
        self.heard.append("cancel")
        scene = self._scene(payment_id)
        if scene.view.phase != "done":
            scene.end("cancelled")
        return scene.view

    async def resolve(self, payment_id: str, word: PersonsWord) -> PaymentState:
        self.heard.append(f"resolve {word.verdict}")
        scene = self._scene(payment_id)
        scene.end(word.verdict)
        return scene.view

    async def release(self, payment_id: str, word: ReleaseWord) -> PaymentState:
        self.heard.append(f"release {word.state}")
        scene = self._scene(payment_id)
        if word.credential.secret != SECRET:
            raise Refusal("wrong_credential", payment_id=payment_id)
        return msgspec.structs.replace(scene.view, verdict="approved", release=word.state, phase="done")

    async def declare_clock(self, word: ClockWord) -> AgentStatus:
        self.heard.append(f"clock {word.reason}")
        return self.status()

    async def accept_terminal(self, word: TerminalWord) -> AgentStatus:
        self.heard.append(f"accept {word.terminal}")
        return self.status()

    async def acknowledge(self, alarm: str, credential: GivenCredential) -> StandingAlarm:
        self.heard.append(f"acknowledge {alarm}")
        standing = next((one for one in self.alarms if one.id == alarm), None)
        if standing is None:
            raise Refusal("unknown_alarm", alarm=alarm)
        if credential.secret != SECRET:
            raise Refusal("wrong_credential", left=4)
        return standing.acknowledged(credential.person, RAISED_AT)

    def receipts(self, payment_id: str) -> list[Printout]:
        self._scene(payment_id)
        return [Printout(copy="customer", lines=["Shop of Tests", "EUR 12.50".rjust(90)])]

    async def events(self, payment_id: str, after: int = 0) -> AsyncIterator[PaymentChange]:
        self.heard.append("events")
        scene = self._scene(payment_id)
        while True:
            for event in scene.events[after:]:
                after = event.id
                yield event
            waits = scene.view.amount == RESOLVED_LATER and scene.view.verdict == "unclear"
            if after < len(scene.events):
                continue
            if scene.view.phase == "done" and not waits:
                return
            await scene.changed.wait()

    async def agent_events(self, after: str = "") -> AsyncIterator[AgentChange]:
        self.heard.append(f"agent events {after}")
        for number, scene in enumerate(self.scenes.values(), 1):
            yield AgentChange(f"7.{number}", "payment", scene.events[-1])
        for number, alarm in enumerate(self.alarms, 20):
            yield AgentChange(f"6.{number}", "alarm", AlarmNews(change="raised", alarm=alarm))
        yield AgentChange("7.9", "lost")

    def last(self, count: int) -> list[PaymentState]:
        self.heard.append(f"last {count}")
        return [scene.view for scene in self.scenes.values()][-count:][::-1]

    def status(self) -> AgentStatus:
        return AgentStatus(
            version="0.1.0",
            name="shop.example/till-1",
            training=False,
            taking_payments=False,
            refusal=Fact("not_started", {"text": "Terminal front is away: the cable was pulled."}),
            terminals=[
                TerminalStatus(
                    name="front", state="away", text="the cable was pulled", clock_ahead_s=self.clock_ahead_s
                )
            ],
            entries=1234,
            root="",
            cosigned=1200,
            unclear=["K7Q2-M4XW"],
            held=["K7Q2-H3LD"],
            acquirer_key="acq-1",
            acquirer_key_until="2027-12-31",
            alarms=self.alarms,
        )

    def _scene(self, payment_id: str) -> Scene:
        scene = self.scenes.get(payment_id)
        if scene is None:
            raise Refusal("unknown_payment", payment_id=payment_id)
        return scene


@dataclass
class Reply:
    """What came back."""

    status: int
    headers: http.client.HTTPMessage
    content: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.content)


class ServedApi:
    """A served API. `stop` and the service's scenes may be touched from the test's thread by `soon`."""

    def __init__(self, path: Path, access: AccessList, listeners: list[socket.socket]) -> None:
        self.path = path
        self.service = SceneService()
        self.failures: list[Exception] = []
        self._access, self._listeners = access, listeners
        self._ready = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()))
        self._thread.start()
        assert self._ready.wait(10)

    async def _serve(self) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        failed = self.failures.append
        await serve(self.service, self._access, self._listeners, self._stop, failed, self._ready.set)

    def close(self) -> None:
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(20)
        assert not self._thread.is_alive()

    def soon(self, act: Any, *args: Any) -> None:
        self._loop.call_soon_threadsafe(act, *args)

    def connect(self) -> socket.socket:
        connection = socket.socket(socket.AF_UNIX)
        connection.settimeout(20)
        connection.connect(str(self.path))
        return connection

    def raw(self, request: bytes) -> Reply:
        """These very bytes, and what is answered to them."""
        with self.connect() as connection:
            connection.sendall(request)
            return read_reply(connection, request.split(b" ")[0].decode("latin-1"))

    def ask(self, method: str, target: str, body: bytes | None = None, **headers: str) -> Reply:
        """A request as a careful client writes it; headers' underscores become dashes."""
        lines = [f"{method} {target} HTTP/1.1", "host: localhost", "connection: close"]
        if body is not None:
            lines += [f"content-length: {len(body)}"]
            headers.setdefault("content_type", "application/json")
        lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
        return self.raw("\r\n".join([*lines, "", ""]).encode() + (body or b""))

    def pay(self, payment_id: str, amount: int = 1250) -> Reply:
        body = json.dumps({"payment": "sale", "amount": amount, "currency": "EUR"}).encode()
        return self.ask("PUT", f"/v1/payments/{payment_id}", body)


def read_reply(connection: socket.socket, method: str) -> Reply:
    response = http.client.HTTPResponse(connection, method=method)
    response.begin()
    content = response.read()
    return Reply(response.status, response.headers, content)


@pytest.fixture
def api(tmp_path: Path) -> Iterator[ServedApi]:
    path = tmp_path / "till.sock"
    opened = ServedApi(path, AccessList(frozenset({os.getuid()}), frozenset()), [bind(path, None)])
    yield opened
    opened.close()


@pytest.fixture
def tcp_door(tmp_path: Path) -> Iterator[tuple[ServedApi, int]]:
    """The same API, and a TCP port of it that asks for `TOKEN`."""
    path, listener = tmp_path / "till.sock", socket.create_server(("127.0.0.1", 0))
    access = AccessList(frozenset({os.getuid()}), frozenset(), TOKEN.encode())
    opened = ServedApi(path, access, [bind(path, None), listener])
    yield opened, listener.getsockname()[1]
    opened.close()


@pytest.fixture
def open_to_all() -> Iterator[ServedApi]:
    """A socket that the file system lets everybody reach, so that only the access list guards it."""
    folder = Path(tempfile.mkdtemp())  # tmp_path is closed to other users
    folder.chmod(0o755)
    path = folder / "till.sock"
    opened = ServedApi(path, AccessList(frozenset({os.getuid()}), frozenset()), [bind(path, None)])
    path.chmod(0o666)
    yield opened
    opened.close()
    shutil.rmtree(folder)
