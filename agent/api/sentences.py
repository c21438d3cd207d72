"""The sentences of the API's bodies, made where they leave: from the codes and figures of the service."""

from __future__ import annotations

from msgspec.structs import replace

from agent.payments.views import PaymentView, Prompt, ReasonView
from agent.texts import say


def told(view: PaymentView) -> PaymentView:
    """The payment with a sentence for each reason, for its question and for a refusal of the rules."""
    reasons = [_reason(reason) for reason in view.reasons]
    prompt = _prompt(view.prompt) if view.prompt else None
    text = view.text
    if view.verdict == "refused" and not text:
        strictest = max((reason.severity for reason in reasons), default=0)
        text = " ".join(reason.text for reason in reasons if reason.severity == strictest)
    return replace(view, reasons=reasons, prompt=prompt, text=text)


def _reason(reason: ReasonView) -> ReasonView:
    return replace(reason, text=say(f"rules.{reason.code}", **reason.figures))


def _prompt(prompt: Prompt) -> Prompt:
    reasons = [_reason(reason) for reason in prompt.reasons]
    text = prompt.text or " ".join(reason.text for reason in reasons)
    return replace(prompt, reasons=reasons, text=text)
