"""Tell the service manager how we are: `sd_notify` is one datagram, not worth a library."""

from __future__ import annotations

import os
import socket


def notify(state: str) -> None:
    """Send `state` ("READY=1", "STATUS=...") to systemd; without systemd nothing happens.

    Source: sd_notify(3). An address that begins with @ is in the abstract namespace.
    """
    address = os.environ.get("NOTIFY_SOCKET", "")
    if not address:
        return
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.sendto(state.encode(), "\0" + address[1:] if address.startswith("@") else address)


def watchdog_interval_s() -> float | None:
    """How often the watchdog wants to be fed: twice as often as it bites; None without one."""
    usec = os.environ.get("WATCHDOG_USEC", "")
    return int(usec) / 2_000_000 if usec.isdigit() and int(usec) else None
