"""The acquirer's key is looked for again while the agent runs: the day, the clock and the file change."""

from __future__ import annotations

from datetime import date

from agent.keys.store import KeysError, load_acquirer_key
from agent.settings.types import AcquirerSettings
from agent.texts import tell
from drivers.card.seal import SealError, SealingKey

Stamp = tuple[int, int, int]


class AcquirerWatch:
    """Keeps `sealing` at the key that is valid today, in the name of the journal `origin`."""

    def __init__(self, settings: AcquirerSettings, origin: str, sealing: SealingKey) -> None:
        self._settings = settings
        self._origin = origin
        self._sealing = sealing
        self._seen: tuple[date, Stamp | None] | None = None

    def look(self, today: date) -> None:
        """Choose the key of today. Reads a file, so never on the loop.

        A key that was found stays until its last day, whatever becomes of the file: who replaces
        the file must not stop the shop for a moment.
        """
        seen = today, self._stamp()
        if seen == self._seen:
            return
        self._seen = seen
        try:
            key = load_acquirer_key(self._settings.keys, self._settings.vkey, today)
        except (KeysError, SealError) as error:
            if self._sealing.key is None:
                self._sealing.trouble = tell(error)
        else:
            self._sealing.use(key, self._origin)

    def _stamp(self) -> Stamp | None:
        """Changes with the file; None if it cannot be looked at."""
        try:
            status = self._settings.keys.stat()
        except OSError:
            return None
        return status.st_mtime_ns, status.st_ino, status.st_size
