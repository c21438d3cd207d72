"""A plan and what came of it, in sentences."""

from __future__ import annotations

import textwrap

from tests.simulation.checker import Violation, told
from tests.simulation.plan import Fault, Payment, Plan, Till
from tests.simulation.simulation import Account

WIDTH = 80

WHERE = {"to_terminal": "on its way to the terminal", "to_till": "on its way to the till", "": ""}
SENTENCES = {
    "kill": "the agent is killed when it touches the outside for the {at}th time",
    "power": "the power fails when the agent touches the outside for the {at}th time",
    "disk_error": "the {at}th call to the disk fails",
    "sync_lies": "the {at}th call to the disk fails, and a sync has then dropped what it should keep",
    "short_write": "the {at}th call to the disk, if it is a write, takes {size} bytes only",
    "disk_full": "from the {at}th call to it the disk is full for {seconds} s",
    "read_error": "the {at}th read of the disk fails",
    "lose": "piece {at} {where} is lost",
    "cut_short": "piece {at} {where} loses its end",
    "damage": "one bit of piece {at} {where} turns over",
    "repeat": "piece {at} {where} arrives again {seconds} s later",
    "delay": "piece {at} {where} comes {seconds} s late, and all behind it",
    "split": "piece {at} {where} comes in two parts, {seconds} s apart",
    "noise": "{size} bytes of noise come before piece {at} {where}",
    "unplug": "at piece {at} {where} the plug is pulled, for {seconds} s",
    "silence": "at piece {at} {where} the cable goes dead, for {seconds} s",
    "reboot": "at piece {at} {where} the terminal restarts and is gone for {seconds} s",
    "freeze": "at piece {at} {where} the terminal freezes for {seconds} s",
    "clock": "{at} s after it began the clock jumps by {size} s",
    "network": "the network drops the {at}th exchange with the collector, for {seconds} s",
}


def story(plan: Plan, account: Account, violations: list[Violation]) -> list[str]:
    """What a person reads to understand one run."""
    reading = "takes back what is not answered" if plan.auto_reversal else "keeps what is not answered"
    terminal = f"A terminal on {plan.wire} that {reading}."
    if plan.protocol != "zvt":
        terminal = f"A terminal on {plan.wire} that speaks {plan.protocol} {plan.variant}".rstrip() + "."
    lines = [terminal, f"The {plan.receipts} prints receipts."]
    if plan.clock_ahead_s:
        lines.append(f"The terminal's clock is {plan.clock_ahead_s} s ahead of the shop's.")
    if plan.why:
        lines = [*textwrap.wrap(plan.why, WIDTH), "", *lines]
    for payment in plan.payments:
        lines += [*_payment(payment), *_end(payment.payment_id, account)]
    lines.append(f"Trace {account.digest}.")
    lines += [f"BROKEN {violation.rule}: {violation.text}" for violation in violations]
    return lines if violations else [*lines, "No promise was broken."]


def _payment(payment: Payment) -> list[str]:
    amount = f" of {payment.amount / 100:.2f}" if payment.amount else ""
    against = f" against {payment.original}" if payment.original else ""
    kind = payment.kind.replace("_", " ")
    mood = {name: value for name, value in payment.mood.items() if name != "display"}
    told = [f"the terminal: {name} {value}" for name, value in mood.items()]
    told += [*_till(payment.till), *(sentence(fault) for fault in payment.faults)]
    if payment.by_hand:
        told.append(f"then somebody takes {payment.by_hand / 100:.2f} on the terminal itself")
    head = f"{payment.payment_id}: a {kind}{amount}{against}, then {payment.rest} s of rest."
    return [head, *(line for text in told for line in _points("-", text))]


def _end(payment_id: str, account: Account) -> list[str]:
    record = account.records.get(payment_id)
    heard = [view.verdict or view.phase for view in account.told if view.payment_id == payment_id]
    booked = [one.state.value for one in account.bookings if account.owner[one.number] == payment_id]
    verdict = told(record) if record else "not in the journal"
    bank, till = ", ".join(booked) or "nothing", ", ".join(dict.fromkeys(heard)) or "nothing"
    return [*_points("=", verdict), *_points("=", f"the bank: {bank}; the till heard: {till}")]


def _points(mark: str, text: str) -> list[str]:
    return textwrap.wrap(f"{mark} {text}", WIDTH, initial_indent="    ", subsequent_indent="      ")


def _till(till: Till) -> list[str]:
    told = []
    if till.answers != "yes":
        told.append(f"the cashier answers questions with {till.answers or 'silence'}")
    if till.cancels:
        told.append(f"the till cancels after {till.cancels} s")
    if till.repeats:
        told.append(f"the till asks again after {till.repeats} s")
    if till.crashes:
        told.append(f"the till crashes after {till.crashes} s and is back {till.back} s later")
    return told


def sentence(fault: Fault) -> str:
    """What goes wrong, in one sentence."""
    return SENTENCES[fault.what].format(
        at=fault.at, where=WHERE[fault.way], seconds=fault.seconds, size=fault.size
    )
