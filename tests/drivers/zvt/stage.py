"""What the ZVT tests stand on: a card sealer with a fresh key, a reader of hex, a till facing a terminal.

The terminal's end is our own line class again; what it says is written by hand
in each test. Time is a number that only the test moves.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from functools import cache

from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.hpke import MLKEM768X25519PrivateKey

from drivers.card.card import CardOrdinals, CardSealer, SecretBuffer
from drivers.card.seal import AcquirerKey, HpkeSealer
from drivers.terminal import Command, DriverFact, Event, SealedCard
from drivers.zvt.line import ZvtLine, ZvtSerialLine, ZvtTcpLine
from drivers.zvt.packet import Charset, ZvtCardBinding, ZvtPacket, decode, encode
from drivers.zvt.session import ZvtSession, ZvtSettings
from tests.support.acquirer import open_sealed

ORIGIN = "shop.example/till-1"
KEY_ID = "test-1"
BUFFER_BYTES = 70_000
STARTED = 100.0  # seconds of the tests' clock

LINES: dict[str, Callable[[SecretBuffer], ZvtLine]] = {"serial": ZvtSerialLine, "tcp": ZvtTcpLine}


@cache
def _private_parts() -> tuple[MLKEM768PrivateKey, X25519PrivateKey]:
    return MLKEM768PrivateKey.generate(), X25519PrivateKey.generate()


@cache
def hpke_sealer() -> HpkeSealer:
    mlkem, x25519 = (part.public_key().public_bytes_raw() for part in _private_parts())
    key = AcquirerKey(KEY_ID, date(2020, 1, 1), date(2099, 1, 1), mlkem, x25519)
    return HpkeSealer(key, ORIGIN)


@cache
def card_sealer() -> CardSealer:
    return CardSealer(hpke_sealer(), CardOrdinals())


def opened(card: SealedCard, context: str) -> bytes:
    """What the acquirer finds in the seal."""
    key = MLKEM768X25519PrivateKey(*_private_parts())
    return open_sealed(card.sealed, key, key_id=card.key_id, origin=ORIGIN, context=context)


def secret(data: bytes) -> memoryview:
    """The bytes as a writable view, as a line hands them up."""
    return memoryview(bytearray(data))


def read(apdu: str | bytes, charset: Charset = Charset.CP437, context: str = "payment") -> ZvtPacket:
    data = bytes.fromhex(apdu) if isinstance(apdu, str) else apdu
    return decode(secret(data), ZvtCardBinding(card_sealer(), context), charset)


class Till:
    """A session and, at the other end of its line, a terminal that says what the test tells it to."""

    def __init__(self, kind: str, settings: ZvtSettings | None = None) -> None:
        self.now = STARTED
        self.heard: list[str] = []
        self._near, self._far = SecretBuffer(BUFFER_BYTES), SecretBuffer(BUFFER_BYTES)
        self._line = LINES[kind](self._near)
        self._terminal = LINES[kind](self._far)
        self.session = ZvtSession(self._line, card_sealer(), settings or ZvtSettings(password=123456))
        self.session.connected(self.now)
        self._terminal.reset(self.now)

    def start(self, command: Command) -> list[str]:
        """What the terminal hears when the command begins."""
        self.session.start(command, self.now)
        return self.exchange()

    def says(self, *messages: ZvtPacket | str) -> list[Event]:
        """The terminal sends; gives what the session makes of it."""
        for message in messages:
            apdu = bytes.fromhex(message) if isinstance(message, str) else encode(message)
            self._terminal.send(apdu, self.now)
        self.exchange()
        return list(self.session.events())

    def acknowledge(self) -> list[str]:
        """The till has it on disk; gives what the terminal hears then."""
        self.session.acknowledge(self.now)
        return self.exchange()

    def exchange(self) -> list[str]:
        """Move bytes until both ends are silent; gives the APDUs that the terminal heard, in hex."""
        before = len(self.heard)
        while True:
            to_terminal, to_till = self.session.bytes_to_send(), self._terminal.bytes_to_send()
            if not to_terminal and not to_till:
                return self.heard[before:]
            self._deliver(self._far, to_terminal)
            self.heard.extend(bytes(apdu).hex() for apdu in self._terminal.receive(self.now))
            self._deliver(self._near, to_till)
            self.session.receive(self.now)

    def noise(self, data: bytes) -> list[Event]:
        """Raw bytes on the till's end."""
        self._deliver(self._near, data)
        self.session.receive(self.now)
        return list(self.session.events())

    def wait(self, seconds: float) -> list[Event]:
        """Time passes, with every deadline that lies in it."""
        end = self.now + seconds
        while (deadline := self.session.deadline()) is not None and deadline <= end:
            self.now = max(self.now, deadline)
            self.session.deadline_passed(self.now)
            self.exchange()
        self.now = end
        return list(self.session.events())

    def unplug(self) -> list[Event]:
        self.session.disconnected(DriverFact("wires.unplugged"), self.now)
        return list(self.session.events())

    @staticmethod
    def _deliver(buffer: SecretBuffer, data: bytes) -> None:
        buffer.space()[: len(data)] = data
        buffer.filled(len(data))
