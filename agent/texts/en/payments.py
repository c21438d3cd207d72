"""Why a payment has its verdict, by the code of the fact."""

from __future__ import annotations

from typing import Final

PAYMENTS: Final[dict[str, str | tuple[str, str]]] = {
    "payment.answered_with_no": "The question was answered with no.",
    "payment.nobody_answered": "Nobody answered the question in time.",
    "payment.cancelled_by_till": "The till cancelled the payment before the terminal heard of it.",
    "payment.terminal_not_ready": "The terminal is not ready: {text}",
    "payment.nobody_waits": "The till went away before the terminal heard of the payment.",
    "payment.restarted_before": "The agent stopped before the terminal heard of the payment.",
    "payment.restarted_during": "The agent stopped while the terminal had the payment.",
    "payment.restarted_without_proof": (
        "The terminal approved it, but the line broke before it had shown that it keeps the payment."
    ),
    "payment.ended_without_result": "The terminal ended the dialogue without a result.",
    "payment.release_signed": "A second person has looked at it and lets the goods go.",
    "payment.release_said_no": "A person said no when asked whether the goods may go.",
    "payment.rejected_taken_back": "The shop's rules blocked the approval, and the terminal took it back.",
    "payment.rejected_stands": (
        "The terminal was asked to take its approval back, and it ended as if the approval stood."
    ),
    "payment.two_results": "The terminal told two results that cannot both be true.",
    "payment.answer_may_be_anothers": "The terminal's answer may be the answer to payment {other}.",
    "payment.answer_may_be_this_ones": (
        "The terminal told an answer during payment {other} that may be this one's."
    ),
    "payment.contradicted": (
        "In doubt again: it was {verdict}, and the terminal now says {said}, {amount:money}, "
        "receipt {receipt}, trace {trace}."
    ),
    "payment.result_of_another": (
        "What the terminal stored last is, or may be, payment {other}: it proves nothing about this one."
    ),
    "payment.not_fresh": (
        "The terminal told the result of an earlier payment again: receipt {receipt}, trace {trace}."
    ),
    "payment.undone": "The terminal approved the payment and then reported that it gave it up.",
}
