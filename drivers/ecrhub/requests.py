"""What the till has asked and what is not answered yet (reference 3: answers are matched by request id)."""

from __future__ import annotations

from dataclasses import dataclass

from drivers.ecrhub import commands
from drivers.ecrhub.config import EcrHubSettings
from drivers.ecrhub.line import EcrHubLine
from drivers.ecrhub.packet import EcrHubAnswer, EcrHubRequest, Topic, encode_request
from drivers.terminal import Command


@dataclass(frozen=True, slots=True)
class _Asked:
    """A message of ours: its request id, and the id of its frame."""

    request_id: str
    number: int


class OpenRequests:
    """Writes the messages about one order at a time. `order` is its number."""

    def __init__(self, line: EcrHubLine, settings: EcrHubSettings) -> None:
        self.order = ""
        self._line = line
        self._settings = settings
        self._open: dict[Topic, _Asked] = {}
        self._count = 0

    def begin(self, command: Command) -> None:
        """From here on it is about this command's order."""
        self.order = commands.order_number(command.payment_id, command.sequence)
        self._open.clear()

    def probe(self, now: float) -> None:
        """The trial message; its answer counts as that of a query."""
        self._send(Topic.QUERY, commands.probe(self._new_id(Topic.QUERY, now), self._settings), now)

    def payment(self, command: Command, currency: int, now: float) -> None:
        """The order itself, in minor units of `currency` (ISO 4217 number)."""
        asked = self._new_id(Topic.ORDER, now)
        self._send(Topic.ORDER, commands.payment(command, currency, asked, self._settings), now)

    def about(self, topic: Topic, now: float) -> None:
        """A query or a close of the order."""
        self._send(topic, commands.about(topic, self.order, self._new_id(topic, now), self._settings), now)

    def waits_for(self, topic: Topic) -> bool:
        """Whether such a message is out and not answered."""
        return topic in self._open

    def topic_of(self, answer: EcrHubAnswer) -> Topic | None:
        """Which of our messages it answers; None if none of them."""
        asked = self._open.items()
        return next((topic for topic, ours in asked if ours.request_id == answer.request_id), None)

    def answered(self, topic: Topic, now: float) -> None:
        """Its answer has come; so the message arrived, even if its ACK was lost."""
        self._line.arrived(self._open.pop(topic).number, now)

    def _new_id(self, topic: Topic, now: float) -> str:
        self._count += 1
        return commands.request_id(topic, self.order, self._count, now)

    def _send(self, topic: Topic, request: EcrHubRequest, now: float) -> None:
        number = self._line.send(encode_request(request, self._settings.variant), now)
        self._open[topic] = _Asked(request.request_id, number)
