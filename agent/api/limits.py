"""The bounds of what a till may ask; nothing grows into them, what exceeds one is refused."""

from __future__ import annotations

from typing import Final

# The longest honest body is a resolution: 328 free characters, each 12 bytes at most
# when JSON escapes it as a surrogate pair, and its names.
MAX_BODY_BYTES: Final = 8_192
# Half of the server's connections: a cancel must come through however many wait.
MAX_WAITING: Final = 32
# A long poll; below the server's keep-alive, so the connection outlives it.
MAX_WAIT_S: Final = 60
# What fits on a screen and a half; more history is in the journal.
MAX_LAST: Final = 100
