"""The process whose memory `test_scanner.py` reads. Started with a mode; says `ready` and waits."""

from __future__ import annotations

import os
import sys
from datetime import date

from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from agent.payments.card_keys import fill_from_kernel
from drivers.card.card import Card, CardOrdinals, CardSealer, SecretBuffer, scrub_text
from drivers.card.seal import AcquirerKey, HpkeSealer
from tests.system.memory.scanner import FORMS

# One record: number and expiry in BCD, then a line of a receipt with the number and the track.
BCD_BYTES = 8
EXPIRY_BYTES = 2
RECORD_BYTES = 80


def ordinals() -> CardOrdinals:
    """Two keys are alive, as in an agent on its second day."""
    made = CardOrdinals()
    for number in (1, 2):
        made.begin(number, fill_from_kernel, keep=True)
    return made


def plant(form: str, given: memoryview) -> object:
    """The control: careless code keeps one copy in one form."""
    text = bytes(given).decode("ascii")
    return (
        text.encode(form) if form.startswith("utf") else int(text) if form == "integer" else FORMS[form](text)
    )


def careful(buffer: SecretBuffer) -> None:
    """What a driver does: everything in place, everything wiped."""
    card_sealer = CardSealer(HpkeSealer(acquirer_key(), "shop"), ordinals())
    while buffer.end - buffer.start >= RECORD_BYTES:
        record = buffer.view[buffer.start : buffer.start + RECORD_BYTES]
        card = Card.from_bcd(record[:BCD_BYTES], record[BCD_BYTES : BCD_BYTES + EXPIRY_BYTES])
        card_sealer.seal_card(card, "payment")
        text = record[BCD_BYTES + EXPIRY_BYTES :]
        if scrub_text(text) != 2:
            raise SystemExit("a number or a track was not found")
        bytes(text).decode("ascii")
        buffer.consume(RECORD_BYTES)


def fill(buffer: SecretBuffer) -> None:
    """Standard input straight into the block, as the wires read."""
    while count := os.readv(0, [buffer.space()]):
        buffer.filled(count)


def acquirer_key() -> AcquirerKey:
    """Made for this process; nobody opens what is sealed."""
    mlkem, x25519 = MLKEM768PrivateKey.generate().public_key(), X25519PrivateKey.generate().public_key()
    raw = (mlkem.public_bytes_raw(), x25519.public_bytes_raw())
    return AcquirerKey("test-1", date(2020, 1, 1), date(2099, 1, 1), *raw)


def main(mode: str) -> None:
    """`secret` leaves the input in the block, `careful` works on it, anything else plants it in that form."""
    buffer = SecretBuffer(16_384)
    fill(buffer)
    kept: object = None
    if mode == "careful":
        careful(buffer)
    elif mode != "secret":
        kept = plant(mode, buffer.view[buffer.start : buffer.end])
        buffer.wipe()
    sys.stdout.write(f"ready {buffer.kind} {type(kept).__name__}\n")
    sys.stdout.flush()
    os.read(3, 1)


if __name__ == "__main__":
    main(sys.argv[1])
