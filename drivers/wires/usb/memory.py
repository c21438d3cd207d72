"""The block that USB transfers land in.

pyusb wants an `array` to read into and asks it for nothing but its address and
length; so this one answers with the address of a `SecretBuffer`. libusb hands the
same address to the kernel, whose usbfs copies there when the transfer is done: of
what a terminal sent, this process holds no other copy. The kernel's own transfer
buffer is out of our reach, as the tty layer's is for a serial port.
"""

from __future__ import annotations

import ctypes
from array import array
from typing import Self

from drivers.card.secret import SecretBuffer


class TransferBuffer(array):  # type: ignore[type-arg] # Python 3.11's array takes no argument
    """An empty array whose address and length are those of a secret block of `size` bytes."""

    def __new__(cls, size: int) -> Self:  # noqa: ARG004 - it sizes the block, not the array
        return super().__new__(cls, "B")  # type: ignore[return-value] # typeshed forgets the subclass

    def __init__(self, size: int) -> None:
        self.secret = SecretBuffer(size)

    def buffer_info(self) -> tuple[int, int]:
        """Where a transfer lands and how many bytes there are room for."""
        view = self.secret.view
        return ctypes.addressof(ctypes.c_char.from_buffer(view)), len(view)
