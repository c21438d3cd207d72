"""Memory for clear card data: one fixed block that is never swapped, dumped, copied or grown.

`memfd_secret` if the kernel has it: nobody else can read those pages, not even root or a
debugger. Else a locked private mapping: core dumps leave it out, and a forked child sees
zeros.
"""

from __future__ import annotations

import contextlib
import ctypes
import mmap
import os
import resource
from typing import Final, Literal

from drivers.terminal import DriverFact, FactError

# memfd_secret(2): the same number on x86-64, aarch64 and riscv64; Python 3.11 has no wrapper.
SYS_MEMFD_SECRET: Final = 447
# memfd_secret takes the file's close-on-exec bit and nothing else.
_NO_LOCKED_MEMORY: Final = DriverFact("card.no_locked_memory")

_O_CLOEXEC: Final = os.O_CLOEXEC
# linux/mman-common.h; Python 3.11 does not name it.
_MADV_WIPEONFORK: Final = 18

SecretKind = Literal["memfd_secret", "locked"]


class SecretMemoryError(FactError):
    """The kernel gives no memory that stays out of swap. No byte was read and no card was touched."""


class SecretBuffer:
    """One block of secret memory with two cursors: `view[start:end]` is received and not yet consumed.

    `size` is in bytes. The block is never resized, because growing would leave the old one behind.
    Raises `SecretMemoryError` if there is no locked memory. There is no fallback to memory that may
    be swapped.
    """

    def __init__(self, size: int) -> None:
        if size <= 0:
            raise ValueError(f"size {size}")
        self._map, self.kind = _allocate(size)
        self.view = memoryview(self._map)
        self.start = 0
        self.end = 0

    def __repr__(self) -> str:
        return f"SecretBuffer({self.kind})"

    def space(self) -> memoryview:
        """The writable part behind `end`; empty when the buffer is full.

        Earlier slices of `view` are no longer valid: the remaining bytes may move to the front.
        """
        size = len(self.view)
        if self.start and size - self.end < size // 2:
            left = self.end - self.start
            self.view[:left] = self.view[self.start : self.end]
            self._zero(left, self.end)
            self.start, self.end = 0, left
        return self.view[self.end :]

    def filled(self, count: int) -> None:
        """`count` bytes were put into `space()`."""
        if not 0 <= count <= len(self.view) - self.end:
            raise ValueError("beyond the space")
        self.end += count

    def consume(self, count: int) -> None:
        """Wipe the next `count` bytes and go past them."""
        if not 0 <= count <= self.end - self.start:
            raise ValueError("beyond the bytes")
        self._zero(self.start, self.start + count)
        self.start += count
        if self.start == self.end:
            self.start = self.end = 0

    def wipe(self) -> None:
        """Zero the whole block."""
        self._zero(0, len(self.view))
        self.start = self.end = 0

    def close(self) -> None:
        """Wipe and give the memory back. The buffer cannot be used afterwards; closing twice is fine."""
        if self._map.closed:
            return
        with contextlib.suppress(ValueError):  # the view was released by an earlier close
            self.wipe()
            self.view.release()
        with contextlib.suppress(BufferError):  # a slice is still held: the zeroed block goes with it
            self._map.close()

    def _zero(self, start: int, end: int) -> None:
        self.view[start:end] = bytes(end - start)


def _allocate(size: int) -> tuple[mmap.mmap, SecretKind]:
    block = _memfd_secret(size)
    if block is not None:
        return block, "memfd_secret"
    return _locked(size), "locked"


def _memfd_secret(size: int) -> mmap.mmap | None:
    """The block, or None if the kernel, its settings or a sandbox do not allow it."""
    file = _libc().syscall(SYS_MEMFD_SECRET, _O_CLOEXEC)
    if file < 0:
        return None
    try:
        os.ftruncate(file, size)
        block = mmap.mmap(file, size, mmap.MAP_SHARED)
    except OSError:
        return None  # over RLIMIT_MEMLOCK; the locked mapping below will say so in words
    finally:
        os.close(file)
    # The mapping is always shared, so a child must not have it at all.
    block.madvise(mmap.MADV_DONTFORK)
    return block


def _locked(size: int) -> mmap.mmap:
    # Python's mmap(-1) is MAP_SHARED, for which the kernel refuses MADV_WIPEONFORK.
    block = mmap.mmap(-1, size, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    block.madvise(mmap.MADV_DONTDUMP)
    block.madvise(_MADV_WIPEONFORK)
    address = ctypes.addressof(ctypes.c_char.from_buffer(block))
    if _libc().mlock(ctypes.c_void_p(address), ctypes.c_size_t(size)) != 0:
        why = os.strerror(ctypes.get_errno())
        block.close()
        raise SecretMemoryError(_NO_LOCKED_MEMORY.about(why=why, limit=_limit_text()))
    return block


def _limit_text() -> str:
    soft, _hard = resource.getrlimit(resource.RLIMIT_MEMLOCK)
    return "unlimited" if soft == resource.RLIM_INFINITY else f"{soft} bytes"


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)
