"""`tillgate status`: whether payments are taken, or why not."""

from __future__ import annotations

import argparse

from agent.api.v1.bodies import StatusView, TerminalView
from agent.cli.ui.alarm_lines import print_alarms
from agent.cli.ui.ask import call_agent
from agent.cli.ui.exits import Exit
from agent.cli.ui.json_line import write_json
from agent.cli.ui.options import add_api, api, screen
from agent.cli.ui.screen import Screen
from agent.cli.ui.verdict import money
from agent.texts import say

TAKING = "Payments are taken."


# Receipts and journal must agree on when a card was used. A smaller gap may be a long dialogue.
CLOCKS_APART_S = 300


def register(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command."""
    parser = subparsers.add_parser("status", help=say("cli.command.status"))
    add_api(parser)
    parser.set_defaults(func=_status)


def _status(args: argparse.Namespace) -> int:
    view = call_agent(api(args), "GET", "/v1/status", StatusView)
    _print_view(screen(args), view)
    if args.json:
        write_json(view)
    return Exit.OK if view.taking_payments else Exit.NO


def _print_view(out: Screen, view: StatusView) -> None:
    out.say(f"{view.name}, Tillgate {view.version}")
    out.say(TAKING if view.taking_payments else say("cli.not_taking", why=view.refusal_reason))
    if view.training:
        out.say(say("cli.training"))
    for terminal in view.terminals:
        parts = [terminal.state, terminal.text, terminal.terminal_id, terminal.software]
        out.row(terminal.name, ", ".join(part for part in parts if part))
        for line in _held_by(terminal):
            out.detail(line)
        apart_s = abs(terminal.clock_ahead_s or 0)
        if apart_s >= CLOCKS_APART_S:
            out.detail(say("cli.clocks", apart=_span(apart_s)))
    if view.currency:
        out.row("currency", view.currency)
        out.row("limits", _limits(view))
    out.row("journal", f"{view.entries} entries")
    out.row("headquarters", _confirmed(view))
    out.row("acquirer key", f"{view.acquirer_key}, valid until {view.acquirer_key_until}")
    print_alarms(out, view.alarms)
    for payment_id in view.unclear:
        out.row("UNCLEAR", payment_id)
        out.detail(say("cli.resolve", payment_id=payment_id))
    for payment_id in view.held:
        out.row("HELD", payment_id)
        out.detail(say("cli.release", payment_id=payment_id))


def _held_by(terminal: TerminalView) -> list[str]:
    """What holds a terminal, since when, and the next step."""
    lines = []
    if terminal.serves:
        lines.append(say("cli.status.serves", payment_id=terminal.serves))
    if terminal.since:
        lines.append(say("cli.status.since", time=terminal.since.replace("T", " ")))
    if terminal.next_step:
        lines.append(f"Next: {terminal.next_step}")
    return lines


def _limits(view: StatusView) -> str:
    """The levels of the settings: counts as they are, everything else as money."""
    levels = [
        f"{key} {level if '_count_' in key else money(level, view.currency)}"
        for key, level in view.limits.items()
    ]
    return ", ".join(levels) or "none"


def _span(seconds: int) -> str:
    for unit, length in (("days", 86_400), ("hours", 3600)):
        if seconds >= 2 * length:
            return f"{round(seconds / length)} {unit}"
    return f"{round(seconds / 60)} minutes"


def _confirmed(view: StatusView) -> str:
    if view.cosigned is None:
        return say("cli.status.nothing_cosigned")
    waiting = view.entries - view.cosigned
    if waiting < 0:
        return say("cli.status.more_cosigned", cosigned=view.cosigned, missing=-waiting)
    return f"has confirmed {view.cosigned} entries" + (f", {waiting} to go" if waiting else ", all")
