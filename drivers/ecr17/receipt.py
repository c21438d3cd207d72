"""The receipt that a terminal sends to the till, in pieces that do not end where lines do (reference 6)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from drivers.card.card import SecretBuffer, scrub_text
from drivers.ecr17.frame import MAX_PAYLOAD_BYTES
from drivers.ecr17.texts import blank_controls, decode_text

NEW_LINE: Final = 0x7D
DOUBLE_HEIGHT: Final = 0x7F
END_OF_RECEIPT: Final = 0x1B
# Nexi's document, "send ticket": a line of 24 characters is complete without a new-line character.
COLUMNS: Final = 24


class ReceiptText:
    """Joins the pieces. What has no end yet stays in secret memory: a number may go on in the next piece."""

    def __init__(self) -> None:
        self._rest = SecretBuffer(2 * (COLUMNS + MAX_PAYLOAD_BYTES))  # so `space` always has room for a piece

    def clear(self) -> None:
        """Another receipt begins, or none."""
        self._rest.wipe()

    def add(self, piece: memoryview) -> tuple[tuple[str, ...], bool]:
        """The lines that are complete now, and whether the receipt is."""
        last = self._append(piece)
        text = self._rest.view[self._rest.start : self._rest.end]
        blank_controls(text)
        scrub_text(text, whole=False)
        return tuple(self._lines()) + (self.end() if last else ()), last

    def end(self) -> tuple[str, ...]:
        """No more will come: what is left is a line."""
        rest = self._rest.view[self._rest.start : self._rest.end]
        scrub_text(rest)
        line = decode_text(rest).rstrip()
        self._rest.wipe()
        return (line,) if line else ()

    def _append(self, piece: memoryview) -> bool:
        """Take over all but the marks that are no text; True when the receipt's end was among them."""
        space, count = self._rest.space(), 0
        for byte in piece:
            if byte == END_OF_RECEIPT:
                break
            if byte != DOUBLE_HEIGHT:
                space[count] = byte
                count += 1
        else:
            self._rest.filled(count)
            return False
        self._rest.filled(count)
        return True

    def _lines(self) -> Iterator[str]:
        """Each complete line; it is wiped when it has been read."""
        while self._rest.start < self._rest.end:
            text = self._rest.view[self._rest.start : self._rest.end]
            length = next((at for at, byte in enumerate(text[:COLUMNS]) if byte == NEW_LINE), len(text))
            marked = length < min(len(text), COLUMNS)
            if not marked and len(text) < COLUMNS:
                return
            length = min(length, COLUMNS)
            scrub_text(text[:length])
            yield decode_text(text[:length]).rstrip()
            self._rest.consume(length + marked)
