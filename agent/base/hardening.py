"""What a process does to itself at its start so that its memory stays its own.

The service unit does most of this from outside; a start by hand must not be weaker.
"""

from __future__ import annotations

import ctypes
import os
import resource
from dataclasses import dataclass
from typing import Final

from agent.base.coded import CodedError

# linux/prctl.h
_PR_GET_DUMPABLE: Final = 3
_PR_SET_DUMPABLE: Final = 4
# One page for the buffer of each terminal's line, and two for each card sealer; a host has a handful.
MIN_MEMLOCK_BYTES: Final = 1024 * 1024


class HardeningError(CodedError):
    """The kernel refused. The text says what it means and what to do."""


@dataclass(frozen=True, slots=True)
class Hardened:
    """What holds now. `memlock_bytes` is None when there is no limit."""

    dumpable: bool
    core_bytes: int
    memlock_bytes: int | None


def harden() -> Hardened:
    """No core dump, no debugger of the same user, room for locked memory. Raises `HardeningError`.

    Every step is checked by asking the kernel afterwards; a limit that is
    already right is left alone, because a sandbox may forbid to touch it.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
    _no_core()
    _raise_memlock()
    state = hardened()
    if state.dumpable or state.core_bytes:
        raise HardeningError("programs.dumps_not_forbidden")
    return state


def hardened() -> Hardened:
    """What the kernel says about this process."""
    libc = ctypes.CDLL(None, use_errno=True)
    memlock, _hard = resource.getrlimit(resource.RLIMIT_MEMLOCK)
    return Hardened(
        dumpable=libc.prctl(_PR_GET_DUMPABLE, 0, 0, 0, 0) != 0,
        core_bytes=resource.getrlimit(resource.RLIMIT_CORE)[0],
        memlock_bytes=None if memlock == resource.RLIM_INFINITY else memlock,
    )


def _no_core() -> None:
    if resource.getrlimit(resource.RLIMIT_CORE) != (0, 0):
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _raise_memlock() -> None:
    """Up to what the hard limit allows; the secret buffers say in words when it is not enough."""
    soft, hard = resource.getrlimit(resource.RLIMIT_MEMLOCK)
    unlimited = resource.RLIM_INFINITY
    if soft == unlimited or soft >= MIN_MEMLOCK_BYTES or os.geteuid() == 0:
        return
    wanted = MIN_MEMLOCK_BYTES if hard == unlimited else min(MIN_MEMLOCK_BYTES, hard)
    if wanted > soft:
        resource.setrlimit(resource.RLIMIT_MEMLOCK, (wanted, hard))
