"""What the agent tells people about a payment: one sentence of fact, one next step."""

from __future__ import annotations

from agent.journal.schema.entry import Verdict
from agent.payments.record import Record

NEXT_STEP: dict[Verdict, str] = {
    "approved": "Hand over the goods.",
    "declined": "Ask for another card or another way to pay. Nothing was charged.",
    "cancelled": "Start again if the customer still wants to pay. Nothing was charged.",
    "not_sent": "The terminal never heard of it. It is safe to try again with a new payment id.",
    "refused": "Nothing was sent to the terminal. Ask the person in charge if it should be allowed.",
    "unclear": "Do not charge again. The agent asks the terminal; if it cannot tell, look at its receipt "
    "and resolve this payment.",
}

MONEY_BACK = "The money goes back to the customer's card. Give them the receipt."

DIFFERS = "The terminal's {fields} differ from what was asked: compare the receipt before you go on."


def next_step(record: Record) -> str:
    """What the cashier should do now."""
    if record.verdict is None:
        return ""
    if record.verdict == "approved" and record.result and record.result.differs:
        return DIFFERS.format(fields=" and ".join(record.result.differs))
    if record.payment == "close_day":
        return CLOSE_DAY_STEP[record.verdict]
    if record.verdict == "approved" and record.payment != "sale":
        return MONEY_BACK
    return NEXT_STEP[record.verdict]


CLOSE_DAY_STEP: dict[Verdict, str] = {
    "approved": "Compare the totals with the till's own.",
    "declined": "Read the terminal's text, mend the cause and close the day again.",
    "cancelled": "Close the day again when it suits.",
    "not_sent": "The terminal never heard of it. Close the day again with a new payment id.",
    "refused": "Ask the person in charge.",
    "unclear": "Look at the terminal whether the day is closed, then resolve this entry.",
}

RESTARTED_BEFORE = "The agent stopped before the terminal heard of the payment."
RESTARTED_DURING = "The agent stopped while the terminal had the payment."
NO_PROOF = "The terminal approved it, but the line broke before it had shown that it keeps the payment."
NO_RESULT = "The terminal ended the dialogue without a result."
CANCELLED_AT_PROMPT = "The question was answered with no."
CANCELLED_BY_TILL = "The till cancelled the payment before the terminal heard of it."
PROMPT_TIMED_OUT = "Nobody answered the question in time."
TERMINAL_AWAY = "The terminal is not ready: {text}"
AGENT_STOPPING = "The agent is stopping."
KEY_EXPIRED = "The acquirer's key ended on {until}. Ask headquarters for the new key file."
DISK_FULL = "The disk is full: a payment could not be written down. Free space, then restart the agent."
