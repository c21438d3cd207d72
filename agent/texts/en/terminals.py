"""What is said of a terminal and of what is plugged in."""

from __future__ import annotations

from typing import Final

TERMINALS: Final[dict[str, str | tuple[str, str]]] = {
    "terminals.board": "a serial port of this host: any terminal may be behind it",
    "terminals.no_name": (
        "It has no name that stays: write down which socket it is in, and install "
        "config/udev/60-tillgate.rules."
    ),
    "terminals.exchanged": (
        "another terminal than before ({known}) stands behind this name: it tells {told}. If that was done "
        "on purpose: tillgate accept-terminal {terminal}"
    ),
    "terminals.unknown": "an unknown maker: any terminal",
    "terminals.adapter": "a serial adapter: any terminal may be behind it",
    "terminals.unpublished": "no published note says which protocol it speaks",
    "terminals.ambiguous": (
        "Another device here calls itself the same, so only the socket tells them apart: mark cable and "
        "socket."
    ),
    "terminals.no_port": (
        'Linux made no serial port of it. If it has a serial line, wire = "usb" reaches it; if not, '
        "switch on the till interface in the terminal's menu."
    ),
    "terminals.none_takes": "No terminal takes payments now: {terminals}.",
    "terminals.next.away": "Look at the power and the cable of {terminal}, then: tillgate doctor",
    "terminals.next.connecting": "Wait: the agent is about to reach {terminal}.",
    "terminals.next.trouble": "Read what stands beside {terminal}, mend it, then: tillgate doctor",
    "terminals.next.unclear": (
        "The agent asks {terminal} about payment {payment_id}. If it cannot tell: "
        "tillgate resolve {payment_id}"
    ),
}
