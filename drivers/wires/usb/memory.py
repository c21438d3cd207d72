"""The block that USB transfers land in.

pyusb reads into an `array`, but asks it only for its address and length. So this one gives the
address of a `SecretBuffer`. libusb passes that address to the kernel, and usbfs copies the bytes there
when the transfer is done. This process holds no other copy of them. The kernel's own transfer
buffer is out of our reach, like the tty layer's for a serial port.
"""

from __future__ import annotations

import ctypes
from array import array
from typing import Self

from drivers.card.secret import SecretBuffer


class TransferBuffer(array):  # type: ignore[type-arg] # Python 3.11's array takes no argument
    """An empty array whose address and length are those of a secret block of `size` bytes."""

    def __new__(cls, size: int) -> Self:  # noqa: ARG004 - it is the size of the block, not of the array
        return super().__new__(cls, "B")  # type: ignore[return-value] # typeshed forgets the subclass

    def __init__(self, size: int) -> None:
        self.secret = SecretBuffer(size)

    def buffer_info(self) -> tuple[int, int]:
        """The address of a transfer's bytes, and the room for them in bytes."""
        view = self.secret.view
        return ctypes.addressof(ctypes.c_char.from_buffer(view)), len(view)
