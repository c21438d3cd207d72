"""What the agent tells of one payment, read beside the person's keyboard."""

from __future__ import annotations

import os
import select
import threading
from collections import deque
from contextlib import suppress
from typing import Final

from agent.api.v1.bodies import PaymentEvent
from agent.cli.ui.client import AgentUnreachableError, ApiClient, BrokenError, RefusedError

# A reader never waits here: the newest events of a payment are the whole payment.
MAX_EVENTS: Final = 1000


class EndOfEvents:
    """The stream has ended; `error` says how, None if the agent ended it."""

    def __init__(self, error: Exception | None) -> None:
        self.error = error


Delivered = PaymentEvent | EndOfEvents


class PaymentInbox:
    """The events of one stream, as they come. `descriptor` is readable when there are some."""

    def __init__(self, client: ApiClient, payment_id: str, after: int) -> None:
        self._news: deque[Delivered] = deque(maxlen=MAX_EVENTS)
        self.descriptor, self._bell = os.pipe()
        os.set_blocking(self._bell, False)
        self._open = True
        self._lock = threading.Lock()
        # A daemon: it waits for the agent, and nothing waits for it.
        threading.Thread(target=self._read, args=(client, payment_id, after), daemon=True).start()

    def next(self, seconds: float) -> Delivered | None:
        """The next news; None if there is none within `seconds`."""
        if not self._news:
            select.select([self.descriptor], [], [], seconds)
            self._quiet()
        return self._news.popleft() if self._news else None

    def peek(self) -> list[Delivered]:
        """All that came and was not taken yet."""
        self._quiet()
        return list(self._news)

    def close(self) -> None:
        """Nobody reads it any more."""
        with self._lock:
            self._open = False
            os.close(self._bell)
        os.close(self.descriptor)

    def _read(self, client: ApiClient, payment_id: str, after: int) -> None:
        error: Exception | None = None
        try:
            for event in client.events(payment_id, after):
                if not self._put(event):
                    return
        except (AgentUnreachableError, BrokenError, RefusedError) as broken:
            error = broken
        except Exception as unexpected:  # noqa: BLE001 - a thread that dies in silence would be waited for
            error = BrokenError(type(unexpected).__name__)
        self._put(EndOfEvents(error))

    def _put(self, news: Delivered) -> bool:
        """Keep it; False if nobody reads any more."""
        with self._lock:
            if not self._open:
                return False
            self._news.append(news)
            with suppress(BlockingIOError):  # it rings already
                os.write(self._bell, b"!")
            return True

    def _quiet(self) -> None:
        while select.select([self.descriptor], [], [], 0)[0]:
            os.read(self.descriptor, MAX_EVENTS)
