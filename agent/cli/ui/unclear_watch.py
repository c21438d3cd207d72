"""Tells the person at the prompt when an older payment became clear."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from agent.api.v1.bodies import PaymentEvent, PaymentView
from agent.cli.ui import verdict
from agent.cli.ui.client import ApiClient
from agent.cli.ui.inbox import EndOfEvents, PaymentInbox
from agent.cli.ui.screen import Screen
from agent.texts import say

# Each is a stream that the agent keeps open. A shop has one unclear payment a terminal at most.
MAX_WATCHED: Final = 4


class UnclearWatch:
    """The unclear payments that this session knows of, until the agent tells what became of them."""

    def __init__(self, path: Path, out: Screen) -> None:
        self._client = ApiClient(path)
        self._out = out
        self._watched: dict[str, PaymentInbox] = {}

    @property
    def descriptors(self) -> list[int]:
        """Readable when there is news."""
        return [inbox.descriptor for inbox in self._watched.values()]

    def watch(self, unclear: Sequence[str]) -> None:
        """Watch these payments, too."""
        for payment_id in unclear:
            if payment_id not in self._watched and len(self._watched) < MAX_WATCHED:
                self._watched[payment_id] = PaymentInbox(self._client, payment_id, 0)

    def tell(self) -> bool:
        """Say what became clear; True if something did."""
        told = False
        for payment_id, inbox in list(self._watched.items()):
            while (news := inbox.next(0)) is not None:
                clear = isinstance(news, PaymentEvent) and _is_clear(news.payment)
                if clear and isinstance(news, PaymentEvent):
                    self._say(news.payment)
                    told = True
                if clear or isinstance(news, EndOfEvents):
                    self._watched.pop(payment_id).close()
                    break
        return told

    def close(self) -> None:
        """Watch nothing any more."""
        for inbox in self._watched.values():
            inbox.close()
        self._watched.clear()

    def _say(self, view: PaymentView) -> None:
        self._out.say("")
        self._out.bell()
        self._out.say(say("cli.resolved_now", payment_id=view.payment_id))
        self._out.say(verdict.headline(view))
        verdict.print_verdict(self._out, view)


def _is_clear(view: PaymentView) -> bool:
    return view.phase == "done" and view.verdict != "unclear"
