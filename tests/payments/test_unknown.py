"""Unknown means no: each layer refuses a kind, a currency, an action or an operation that it does not know.

Each test feeds one layer something from a later version, or from nowhere, and wants a clear no.
"""

from __future__ import annotations

import collections
from enum import Enum
from typing import TYPE_CHECKING, Any, cast

import pytest

from agent.journal.schema.entry import (
    SCHEMA,
    AnyBody,
    Completed,
    Decided,
    Entry,
    Reason,
    Requested,
    Submitted,
    TerminalResult,
    UnknownEntry,
)
from agent.payments.index import PaymentIndex
from agent.payments.kinds import KINDS, OPERATIONS, UnknownKindError, kind_of, operation_of
from agent.payments.record import begin
from agent.payments.refusal import Refusal
from agent.payments.store import PaymentStore
from agent.payments.wording import next_step
from agent.rules import RULES, Original, RuleRequest, decide
from agent.rules.action import Action
from agent.rules.context import RuleContext, RuleResult
from agent.texts import say
from tests.rules.shop import NOON, Till, can_be_told, day_totals, entry, judged, policy

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conftest import ServedApi
    from tests.payments.conftest import Make

PREAUTH: Any = "preauth"
FUTURE: Any = Enum("Future", {"PREAUTH": "preauth"}).PREAUTH  # type: ignore[attr-defined]  # made on the spot
SOLD = Original(approved=True, reversed=False, left=10**12, currency="EUR", kind="sale")


def requested(**more: Any) -> Requested:
    facts: dict[str, Any] = {"payment_id": "A-1", "terminal": "front", "till": "1"}
    return Requested(**(facts | {"payment": "sale", "amount": 1000, "currency": "EUR"} | more))


# ---- rules ----


@pytest.mark.parametrize("amount", [10**12, 1, 0, None])
@pytest.mark.parametrize("currency", ["EUR", "USD", None])
@pytest.mark.parametrize("original", [SOLD, None])
def test_rules_block_an_unknown_kind(
    amount: int | None, currency: str | None, original: Original | None
) -> None:
    asked = RuleRequest(PREAUTH, amount, currency, "1", original)
    decision = judged(asked, policy(hard=100))
    assert (decision.action, [reason.code for reason in decision.reasons]) == ("block", ["kind_unknown"])


@pytest.mark.parametrize("rule", [rule for name, rule in RULES if name not in {"clock", "leap", "training"}])
def test_no_single_rule_passes_an_unknown_kind_either(rule: Callable[[RuleContext], object]) -> None:
    """Whoever takes the question out of `decide` finds each limit closed."""
    asked = RuleRequest(PREAUTH, 1, "EUR", "1", SOLD)
    with pytest.raises(UnknownKindError):
        rule(RuleContext(asked, day_totals(), policy(), NOON))


@pytest.mark.parametrize(
    "kind", [kind for kind in KINDS.values() if kind.has_amount], ids=lambda kind: kind.name
)
@pytest.mark.parametrize("currency", ["XXX", "978", "eur", "", None])
def test_rules_block_an_unknown_currency(kind: Any, currency: str | None) -> None:
    decision = judged(RuleRequest(kind.name, 1, currency, "1", SOLD), policy(hard=None))
    assert decision.action == "block"
    assert {"currency", "currency_missing"} & {reason.code for reason in decision.reasons}


@pytest.mark.parametrize(
    "kind", [kind for kind in KINDS.values() if not kind.has_amount], ids=lambda kind: kind.name
)
@pytest.mark.parametrize(("amount", "currency"), [(10**12, "USD"), (1, None), (None, "EUR")])
def test_rules_block_an_amount_that_no_limit_looks_at(
    kind: Any, amount: int | None, currency: str | None
) -> None:
    assert judged(RuleRequest(kind.name, amount, currency, "1", SOLD), policy()).action == "block"


@pytest.mark.parametrize("action", [99, "escalate", None])
def test_an_unknown_action_of_a_rule_blocks(action: Any) -> None:
    def newer(_: object) -> RuleResult:
        return RuleResult(action, "newer", {})

    decision = decide(
        RuleRequest("sale", 1000, "EUR", "1"), day_totals(), policy(), NOON, (("newer", newer),)
    )
    assert (decision.action, [reason.code for reason in decision.reasons]) == ("block", ["failed"])
    can_be_told(decision.reasons[0])


def test_an_unknown_action_of_the_settings_blocks() -> None:
    asked = RuleRequest("sale", 1000, "EUR", "1")
    assert judged(asked, policy(soft=1, soft_action="escalate")).action == "block"
    with pytest.raises(ValueError, match="not in tuple"):
        Action.of(cast("Any", "escalate"))


def test_an_original_of_an_unknown_kind_cannot_be_taken_back() -> None:
    newer = Original(approved=True, reversed=False, left=1000, currency="EUR", kind=PREAUTH)
    for asked in (
        RuleRequest("refund", 1, "EUR", "1", newer),
        RuleRequest("reversal", None, None, "1", newer),
    ):
        assert judged(asked, policy()).action == "block"


# ---- journal and what is folded from it ----


@pytest.mark.parametrize(
    "body",
    [
        requested(payment=PREAUTH),
        Decided(payment_id="A-1", action=cast("Any", "escalate"), reasons=[]),
        Decided(
            payment_id="A-1",
            action="allow",
            reasons=[Reason(rule="r", action=cast("Any", "escalate"), code="c")],
        ),
    ],
)
def test_the_journal_writes_nothing_that_it_does_not_know(body: Any) -> None:
    with pytest.raises(ValueError, match="unreadable entry"):
        SCHEMA.encode(entry(body))


@pytest.mark.parametrize("currency", ["XXX", "eur", "978"])
def test_the_journal_neither_writes_nor_reads_a_request_in_an_unknown_currency(currency: str) -> None:
    with pytest.raises(ValueError, match="unknown currency"):
        requested(currency=currency)
    written = SCHEMA.encode(entry(requested())).replace(b"EUR", currency.encode())
    assert isinstance(SCHEMA.decode(written).body, UnknownEntry)


def test_an_unknown_kind_counts_as_no_sale() -> None:
    till = Till()
    till.pay(5000, kind=PREAUTH)
    assert (till.total(), till.total(kind="refund")) == ((0, 0), (0, 0))


def test_the_index_counts_no_unknown_kind() -> None:
    index = PaymentIndex(PaymentStore(":memory:"))
    story: list[AnyBody] = [
        requested(payment=PREAUTH),
        Submitted(payment_id="A-1", receipts="till"),
        TerminalResult(payment_id="A-1", verdict="approved"),
        Completed(payment_id="A-1"),
    ]
    entries = [Entry(index=number, at=NOON, boot_ms=0, body=body) for number, body in enumerate(story)]
    with pytest.raises(UnknownKindError):
        collections.deque(map(index.apply, entries), maxlen=0)
    assert (index.day("front").count, index.day("front").total) == (0, 0)


# ---- words ----


@pytest.mark.parametrize("verdict", ["approved", "declined", "unclear", "refused", "not_sent", "cancelled"])
def test_no_word_is_said_of_the_money_of_an_unknown_kind(verdict: Any) -> None:
    record = begin(requested(payment=PREAUTH), 0, NOON)
    record.verdict = verdict
    step = next_step(record)
    assert step is not None
    assert step.code == "next.unknown_kind"
    assert "money" not in say(step.code).lower()


def test_the_table_says_no() -> None:
    for ask in (kind_of, operation_of):
        with pytest.raises(UnknownKindError):
            ask("preauth")
    assert set(OPERATIONS) == set(KINDS)


# ---- service and API ----


@pytest.mark.parametrize(
    "more",
    [{"payment": "preauth"}, {"payment": ""}, {"currency": "XXX"}, {"currency": "eur"}, {"currency": ""}],
)
def test_the_service_takes_nothing_that_it_does_not_know(make: Make, more: dict[str, Any]) -> None:
    world = make()
    with pytest.raises(Refusal):
        world.put("A-1", **more)
    assert (world.service.get("A-1"), world.kinds(), world.sent("0601")) == (None, [], 0)


@pytest.mark.parametrize(("kind", "currency"), [("preauth", "EUR"), ("sale", "XXX")])
def test_the_api_answers_422(api: ServedApi, kind: str, currency: str) -> None:
    body = f'{{"payment": "{kind}", "amount": 1, "currency": "{currency}"}}'
    assert api.ask("PUT", "/v1/payments/A-1", body.encode()).status == 422
    assert api.service.heard == []


def test_an_unknown_action_sends_nothing(make: Make) -> None:
    """Whatever writes such a decision: it is no permission."""
    world = make()
    newer = Decided(payment_id="A-1", action=cast("Any", "escalate"), reasons=[])
    assert (newer.allows, newer.asks, newer.covers(newer)) == (False, False, False)
    allowed = Decided(payment_id="A-1", action="allow", reasons=[])
    active = cast("Any", type("Active", (), {"request": requested(), "cancelled": False})())
    assert world.context.refusal_before_send(active, allowed, [newer]) is not None


def test_a_command_that_the_driver_refuses_is_not_sent(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second barrier alone: the question before the submission is taken away."""
    world = make()
    monkeypatch.setattr(type(world.terminal.resolver), "refusal_reason", lambda *_: None)
    monkeypatch.setitem(OPERATIONS, "sale", FUTURE)
    view = world.pay()
    assert (view.verdict, world.sent("0601"), world.errors) == ("not_sent", 0, [])
    monkeypatch.undo()
    assert world.pay("A-2").verdict == "approved"
