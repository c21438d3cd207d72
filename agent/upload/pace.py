"""When the uploader looks at the journal: after a change, after a pause, and once a minute anyway."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from typing import Protocol

from agent.base.notify import notify, watchdog_interval_s
from agent.base.watch import LOOK_ANYWAY_S
from agent.upload.loop import UploadLoop


class Wake(Enum):
    """Why a wait is over."""

    STOP = "stop"
    CHANGE = "change"
    TIME = "time"


# Waits so many seconds for a signal, and for a descriptor that becomes readable if one is given.
Wait = Callable[[float, int | None], Wake]


class Watch(Protocol):
    """What tells that the journal has changed."""

    @property
    def descriptor(self) -> int | None:
        """What is readable after a change."""

    def arm(self) -> bool:
        """Be told of what comes; False where that is not possible."""


def run_loop(upload_loop: UploadLoop, wait: Wait, monotonic: Callable[[], float], watch: Watch) -> None:
    """Step, sleep, and feed the watchdog from here, until a signal comes.

    Between two looks there is the pause that `upload_loop` asks for, so that the commits of one
    payment leave together. At rest a change of the journal ends the sleep behind it; where changes
    are not told, there is no such sleep. A look that nothing asked for and that found nothing needs no pause.
    """
    watchdog_s = watchdog_interval_s()
    paused_until = next_at = monotonic()
    asked = True
    while True:
        if monotonic() >= next_at:
            told = watch.arm()
            pause_s = upload_loop.run_once()
            sleeps = told and upload_loop.resting
            paused_until = monotonic() + (pause_s if asked or not sleeps else 0.0)
            next_at = paused_until + LOOK_ANYWAY_S if sleeps else paused_until
            asked = not sleeps
        if watchdog_s is not None:
            notify("WATCHDOG=1")
        now = monotonic()
        pausing = now < paused_until
        left_s = max((paused_until if pausing else next_at) - now, 0.0)
        listened = None if pausing else watch.descriptor
        woken = wait(left_s if watchdog_s is None else min(left_s, watchdog_s), listened)
        if woken is Wake.STOP:
            return
        if woken is Wake.CHANGE:
            next_at, asked = now, True
