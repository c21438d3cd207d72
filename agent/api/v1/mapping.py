"""From the bodies of version 1 to the service's commands, and from its states back to bodies.

Sentences for people are made here; the service has only codes and figures.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import get_args

from agent.api.v1.bodies import (
    ActionName,
    AgentEvent,
    AlarmView,
    CardView,
    ClockDeclaration,
    Credential,
    PaymentEvent,
    PaymentRequest,
    PaymentView,
    Prompt,
    PromptAnswer,
    ReasonView,
    ReceiptView,
    ReleaseRequest,
    Resolution,
    StatusView,
    TerminalAcceptance,
    TerminalView,
)
from agent.base.typed import as_name
from agent.payments.commands import (
    ClockWord,
    GivenCredential,
    PaymentCommand,
    PersonsWord,
    PromptReply,
    ReleaseWord,
    TerminalWord,
    always,
)
from agent.payments.feed import AgentChange
from agent.payments.state import (
    AgentStatus,
    AlarmChange,
    AlarmNews,
    CardState,
    Fact,
    OpenPrompt,
    PaymentChange,
    PaymentState,
    Printout,
    Reason,
    StandingAlarm,
    TerminalStatus,
)
from agent.texts import say


def command_of(
    payment_id: str,
    body: PaymentRequest,
    till: str,
    signed_in: str = "",
    awaited: Callable[[], bool] = always,
) -> PaymentCommand:
    """The request for one payment of a till that is known.

    `signed_in` is the person whose secret came with it and was right.

    `awaited` tells whether its till still waits.
    """
    return PaymentCommand(
        payment_id=payment_id,
        payment=body.payment,
        amount=body.amount,
        currency=body.currency,
        original=body.original or "",
        terminal=body.terminal,
        till=till,
        operator=signed_in or as_name(body.operator or ""),
        operator_signed_in=bool(signed_in),
        first_sent_at=body.first_sent_at or "",
        awaited=awaited,
    )


def reply_of(body: PromptAnswer, place: str) -> PromptReply:
    """A person's answer, from a place that the agent knows."""
    return PromptReply(
        prompt=body.prompt,
        answer=body.answer,
        credential=given(body.credential, place) if body.credential else None,
        operator=given(body.operator_credential, place) if body.operator_credential else None,
        identity=body.identity,
        purpose=body.purpose,
    )


def word_of(body: Resolution, place: str) -> PersonsWord:
    """Two persons' word."""
    return PersonsWord(
        verdict=body.verdict,
        reason=body.reason,
        credential=given(body.credential, place),
        witness=given(body.witness, place) if body.witness else None,
    )


def clock_word_of(body: ClockDeclaration, place: str) -> ClockWord:
    """Two persons' word on the clock."""
    return ClockWord(
        reason=body.reason,
        credential=given(body.credential, place),
        witness=given(body.witness, place) if body.witness else None,
    )


def terminal_word_of(body: TerminalAcceptance, place: str) -> TerminalWord:
    """Two persons' word on a terminal."""
    return TerminalWord(
        terminal=body.terminal,
        reason=body.reason,
        credential=given(body.credential, place) if body.credential else None,
        witness=given(body.witness, place) if body.witness else None,
    )


def release_of(body: ReleaseRequest, place: str) -> ReleaseWord:
    """Persons' word on a held payment."""
    return ReleaseWord(
        state=body.state,
        credential=given(body.credential, place),
        operator=given(body.operator_credential, place) if body.operator_credential else None,
    )


def given(body: Credential, place: str) -> GivenCredential:
    """A name and a secret, with the place they came from."""
    return GivenCredential(as_name(body.person), body.secret, place)


def payment_view(state: PaymentState) -> PaymentView:
    """The payment with a sentence for each reason, for its question and for a refusal of the rules."""
    return PaymentView(
        payment_id=state.payment_id,
        payment=state.payment,
        terminal=state.terminal,
        till=state.till,
        phase=state.phase,
        amount=state.amount,
        currency=state.currency,
        original=state.original,
        operator=state.operator,
        operator_signed_in=state.operator_signed_in,
        display=state.display,
        prompt=_prompt(state.prompt) if state.prompt else None,
        verdict=state.verdict,
        text=_why(state),
        release=state.release,
        repeated=state.repeated,
        refunded=state.refunded,
        reversed_by=state.reversed_by,
        left=state.left,
        training=state.training,
        held_because=_told(state.held_because),
        next_step=_next_step(state),
        reasons=[_reason(reason) for reason in state.reasons],
        terminal_amount=state.terminal_amount,
        terminal_currency=state.terminal_currency,
        differs=state.differs,
        tip=state.tip,
        remaining=state.remaining,
        card=_card(state.card) if state.card else None,
        trace=state.trace,
        receipt_number=state.receipt_number,
        terminal_id=state.terminal_id,
        approval_code=state.approval_code,
        requested_at=state.requested_at,
        entry=state.entry,
    )


def event_view(change: PaymentChange) -> PaymentEvent:
    """One step of a payment's life."""
    return PaymentEvent(
        id=change.id,
        event=change.kind,
        payment=payment_view(change.payment),
        receipt=receipt_view(change.receipt) if change.receipt else None,
    )


def agent_event_view(change: AgentChange) -> AgentEvent:
    """Something that happened in the agent."""
    fact = change.fact
    return AgentEvent(
        id=change.id,
        event=change.kind,
        payment=event_view(fact) if isinstance(fact, PaymentChange) else None,
        terminal=terminal_view(fact) if isinstance(fact, TerminalStatus) else None,
        alarm=alarm_view(fact.alarm, fact.change) if isinstance(fact, AlarmNews) else None,
    )


def alarm_view(alarm: StandingAlarm, change: AlarmChange | None = None) -> AlarmView:
    """One alarm with its three sentences; without a change, as it stands."""
    kind = alarm.kind
    figures = alarm.figures | {"alarm": alarm.alarm, "subject": alarm.subject}
    return AlarmView(
        id=alarm.id,
        alarm=alarm.alarm,
        state=change or ("acknowledged" if alarm.acknowledged_by else "raised"),
        severity=kind.severity,
        what=say(kind.text_key("what"), **figures),
        money=say(kind.text_key("money"), **figures),
        next_step=say(kind.text_key("next"), **figures),
        raised_at=alarm.raised_at.isoformat(),
        acknowledged_by_role=kind.acknowledged_by,
        subject=alarm.subject,
        figures=alarm.figures,
        acknowledged_by=alarm.acknowledged_by,
        acknowledged_at=alarm.acknowledged_at.isoformat() if alarm.acknowledged_at else "",
        written=alarm.written,
    )


def receipt_view(printout: Printout) -> ReceiptView:
    """What the terminal printed."""
    return ReceiptView(copy=printout.copy, lines=printout.lines, last=printout.last)


def status_view(status: AgentStatus) -> StatusView:
    """The agent as a whole."""
    return StatusView(
        version=status.version,
        name=status.name,
        training=status.training,
        taking_payments=status.taking_payments,
        refusal_reason=_not_taking(status),
        terminals=[terminal_view(terminal) for terminal in status.terminals],
        entries=status.entries,
        root=status.root,
        cosigned=status.cosigned,
        unclear=status.unclear,
        held=status.held,
        acquirer_key=status.acquirer_key,
        acquirer_key_until=status.acquirer_key_until,
        alarms=[alarm_view(alarm) for alarm in status.alarms],
        currency=status.currency,
        limits=status.limits,
    )


def _not_taking(status: AgentStatus) -> str:
    """Why no payment is taken: what stops the agent, or what each terminal waits for."""
    if status.refusal:
        return say(f"errors.{status.refusal.code}", **status.refusal.figures)
    if status.taking_payments:
        return ""
    terminals = ", ".join(f"{one.name} ({one.state})" for one in status.terminals)
    return say("terminals.none_takes", terminals=terminals)


def terminal_view(terminal: TerminalStatus) -> TerminalView:
    """One terminal."""
    return TerminalView(
        name=terminal.name,
        state=terminal.state,
        text=" ".join(part for part in (_told(terminal.why), terminal.text) if part),
        terminal_id=terminal.terminal_id,
        software=terminal.software,
        unclear=terminal.unclear,
        serves=terminal.serves,
        since=terminal.since,
        next_step=_told(terminal.next_step),
        clock_ahead_s=terminal.clock_ahead_s,
    )


def _next_step(state: PaymentState) -> str:
    """The next step. In training nothing goes; after a repeat, the goods may have gone already."""
    step = state.next_step
    if state.verdict == "approved" and state.training:
        step = Fact("next.training")
    elif state.verdict == "approved" and state.repeated and state.release == "released":
        time = minutes(state.requested_at)
        step = Fact("next.repeated", {"payment_id": state.payment_id, "time": time})
    names: dict[str, int | str] = {"payment_id": state.payment_id, "terminal": state.terminal}
    return _told(Fact(step.code, names | step.figures)) if step else ""


def minutes(time: str) -> str:
    """A time of the agent without seconds and zone: 2026-03-28 09:00."""
    return time[: len("2026-03-28T09:00")].replace("T", " ")


def _told(fact: Fact | None) -> str:
    return say(fact.code, **fact.figures) if fact else ""


def _card(card: CardState) -> CardView:
    return CardView(
        masked=card.masked, name=card.name, entry_mode=card.entry_mode, verification=card.verification
    )


def _prompt(prompt: OpenPrompt) -> Prompt:
    reasons = [_reason(reason) for reason in prompt.reasons]
    return Prompt(
        id=prompt.id,
        action=prompt.action,
        needs=list(prompt.needs),
        reasons=reasons,
        text=_told(prompt.about) or " ".join(reason.text for reason in reasons),
    )


def _reason(reason: Reason) -> ReasonView:
    return ReasonView(
        rule=reason.rule,
        action=reason.action,
        code=reason.code,
        figures=reason.figures,
        text=say(reason.text_key, **reason.figures),
    )


def _why(state: PaymentState) -> str:
    """Why it has its verdict: the terminal's or the persons' own words, or the sentence of a fact."""
    refused = _refused(state.reasons) if state.verdict == "refused" else ""
    return state.words or _told(state.why) or refused


def _refused(reasons: Sequence[Reason]) -> str:
    """The sentences of the strictest reasons."""
    severity = get_args(ActionName).index
    strictest = max((severity(reason.action) for reason in reasons), default=0)
    return " ".join(_reason(reason).text for reason in reasons if severity(reason.action) == strictest)


def _sentence(fact: Fact) -> str:
    return say(f"errors.{fact.code}", **fact.figures)
