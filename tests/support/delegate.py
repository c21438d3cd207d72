"""A session that hands everything on to another: what changes a little of one is a subclass."""

from __future__ import annotations

from collections.abc import Iterator

from drivers.terminal import Command, DriverFact, Event, Session


class Delegate:
    """`drivers.terminal.Session`."""

    def __init__(self, session: Session) -> None:
        self.session = session

    @property
    def busy(self) -> bool:
        return self.session.busy

    def connected(self, now: float) -> None:
        self.session.connected(now)

    def disconnected(self, reason: DriverFact, now: float) -> None:
        self.session.disconnected(reason, now)

    def start(self, command: Command, now: float) -> None:
        self.session.start(command, now)

    def abort(self, now: float) -> None:
        self.session.abort(now)

    def receive(self, now: float) -> None:
        self.session.receive(now)

    @property
    def can_reject(self) -> bool:
        return self.session.can_reject

    def reject(self, now: float) -> None:
        self.session.reject(now)

    def acknowledge(self, now: float) -> None:
        self.session.acknowledge(now)

    def bytes_to_send(self) -> bytes:
        return self.session.bytes_to_send()

    def events(self) -> Iterator[Event]:
        return self.session.events()

    def deadline(self) -> float | None:
        return self.session.deadline()

    def deadline_passed(self, now: float) -> None:
        self.session.deadline_passed(now)
