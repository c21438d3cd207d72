"""What gives money back: one refund or reversal, those of a day, and the payment that is taken back.

A reversal is judged as a refund of the same amount: a limit is on the act, not on its name.
"""

from __future__ import annotations

from typing import Final

from agent.journal.schema.kinds import KINDS
from agent.rules.action import Action
from agent.rules.checks.levels import amount_above, count_above, sum_above
from agent.rules.context import Original, RuleContext, RuleResult
from agent.rules.policy import Scope

_ACTIONS: Final = (Action.BLOCK, Action.SUPERVISOR)


def single(context: RuleContext) -> RuleResult | None:
    """One refund or reversal, by value."""
    policy = context.policy
    levels = ((Action.BLOCK, policy.refund_block), (Action.SUPERVISOR, policy.refund_supervisor))
    return amount_above(context, "refund", levels) if context.kind.total == "refund" else None


def count(context: RuleContext, scope: Scope = "till") -> RuleResult | None:
    """What gave money back on one business day, by number."""
    return count_above(context, "refund", scope, "refund_count", _ACTIONS)


def total(context: RuleContext, scope: Scope = "till") -> RuleResult | None:
    """What gave money back on one business day, by value."""
    return sum_above(context, "refund", scope, "refund_sum", _ACTIONS)


def original(context: RuleContext) -> RuleResult | None:
    """A refund or reversal takes back an approved sale, and never more than is left of it."""
    kind, known = context.kind, context.request.original
    if not kind.needs_original:
        return None if known is None else RuleResult(Action.BLOCK, "original_not_asked", {})
    if known is None:
        return RuleResult(Action.BLOCK, "original_unknown", {})
    if not may_be_taken_back(known) or not known.approved:
        return RuleResult(Action.BLOCK, "original_not_a_sale", {})
    if known.reversed:
        return RuleResult(Action.BLOCK, "original_reversed", {})
    if kind.takes_back == "whole" and known.refunded > 0:
        figures: dict[str, int | str] = {"refunded": known.refunded, "currency": known.currency}
        return RuleResult(Action.BLOCK, "original_refunded", figures)
    return _beyond_original(context, known.left, known.currency) if kind.takes_back == "part" else None


def may_be_taken_back(known: Original) -> bool:
    """An original of a kind that nobody knows is none."""
    kind = KINDS.get(known.kind)
    return kind is not None and kind.may_be_taken_back


def _beyond_original(context: RuleContext, left: int, letters: str) -> RuleResult | None:
    if letters != context.request.currency:
        return RuleResult(Action.BLOCK, "original_currency", {"original": letters})
    if context.amount <= left:
        return None
    figures: dict[str, int | str] = {"amount": context.amount, "left": left, "currency": letters}
    return RuleResult(Action.BLOCK, "original_left", figures)
