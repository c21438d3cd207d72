"""The bounds of a till's requests; a request beyond one is refused."""

from __future__ import annotations

from typing import Final

# The longest honest body is a resolution: its names and 328 free characters. JSON needs at most
# 12 bytes for each, when it escapes it as a surrogate pair.
MAX_BODY_BYTES: Final = 8_192
# Half of the server's connections: a cancel must get through even if many wait.
MAX_WAITING: Final = 32
# For how long a request for a payment is valid from its arrival, where the till does not say it.
VALID_FOR_S: Final = 30
# A long poll; below the server's keep-alive, so the connection outlives it.
MAX_WAIT_S: Final = 60
# About a screen and a half; the journal has more history.
MAX_LAST: Final = 100
