"""The till's end against a terminal of which every frame is written here."""

from __future__ import annotations

import pytest

from drivers.ecrhub.codec import Variant
from drivers.ecrhub.config import ANSWER_S, PAYMENT_S
from drivers.ecrhub.frame import CONFIRM, HEARTBEAT, Kind, encode_frame
from drivers.ecrhub.inbox import MOST_WAITING
from drivers.ecrhub.line import ALIVE_S, LINK_DOWN, LINK_SILENCE_S, NOT_ACKNOWLEDGED
from drivers.ecrhub.orders import order_number
from drivers.ecrhub.packet import Answer, Device, Topic
from drivers.ecrhub.session import (
    NO_APP,
    NO_PAYMENT_ANSWER,
    NO_QUERY_ANSWER,
    NOT_PROVEN,
    OPEN_S,
    QUERY_AGAIN_S,
)
from drivers.terminal import (
    Command,
    Ended,
    Heard,
    How,
    Lost,
    Operation,
    Outcome,
    Said,
    SessionError,
)
from tests.drivers.ecrhub.stage import ASK, FORMS, REGISTER, SALE, ByHand

REFUND = Command(
    Operation.REFUND, "A-18", 500, 978, sequence=50, original_reference="A-17", original_sequence=41
)
REVERSAL = Command(Operation.REVERSAL, "A-19", sequence=60, original_reference="A-17", original_sequence=41)


@pytest.fixture(params=FORMS)
def by_hand(request: pytest.FixtureRequest) -> ByHand:
    """Registered, in each form."""
    return ByHand(request.param).registered()


@pytest.fixture
def paying() -> ByHand:
    """A sale that the terminal has acknowledged, in the usual form."""
    made = ByHand().registered().start(SALE)
    made.say(made.ack())
    return made


def only(by_hand: ByHand) -> object:
    (event,) = by_hand.events()
    return event


# ---- before any payment ----


@pytest.mark.parametrize(
    ("variant", "topic"),
    [(Variant.SDK_1_1, Topic.QUERY), (Variant.SDK_1_0, Topic.PAIR), (Variant.JSON, Topic.QUERY)],
)
def test_registering_shakes_hands_and_proves_the_form_without_money(variant: Variant, topic: Topic) -> None:
    by_hand = ByHand(variant)
    by_hand.start(REGISTER)
    assert by_hand.asked == []
    by_hand.say(CONFIRM)
    assert [request.topic for _, request in by_hand.asked] == [topic]
    assert by_hand.request.order != order_number(SALE.reference, SALE.sequence)


def test_who_answered_is_told_at_every_status() -> None:
    by_hand = ByHand().start(REGISTER)
    by_hand.say(CONFIRM)
    device = Device("TILLGATE-SIM", "2", "P5-77")
    by_hand.say(by_hand.answer(by_hand.failed(device=device)))
    expected = Ended(How.COMPLETED, simulator=True, terminal_id="P5-77", software="TILLGATE-SIM 2")
    assert only(by_hand) == expected
    by_hand.start(Command(Operation.STATUS))
    assert only(by_hand) == expected


def test_a_real_terminal_is_no_simulator(by_hand: ByHand) -> None:
    by_hand.start(Command(Operation.STATUS))
    assert only(by_hand) == Ended(How.COMPLETED)


@pytest.mark.parametrize("variant", FORMS)
@pytest.mark.parametrize("other", FORMS)
def test_no_order_leaves_when_the_terminal_answers_in_another_form(variant: Variant, other: Variant) -> None:
    if variant is other:
        return
    by_hand = ByHand(variant).start(SALE)
    by_hand.say(CONFIRM, by_hand.answer(Answer("", "", handled=True, code="000")))
    by_hand.say(by_hand.answer(by_hand.failed(), variant=other))
    event = only(by_hand)
    assert isinstance(event, Ended)
    assert event.how is How.REFUSED
    assert other.value in event.text
    assert "nothing was paid" in event.text
    by_hand.wait(20.0)
    assert Topic.ORDER not in {request.topic for _, request in by_hand.asked}


def test_a_terminal_that_only_acknowledges_the_trial_message_may_not_be_paid_at() -> None:
    by_hand = ByHand().start(SALE)
    by_hand.say(CONFIRM)
    by_hand.say(by_hand.ack())
    by_hand.wait(ANSWER_S + 1)
    assert only(by_hand) == Ended(How.REFUSED, text=NOT_PROVEN)
    assert {request.topic for _, request in by_hand.asked} == {Topic.QUERY}


def test_a_refused_pairing_ends_the_greeting_with_the_terminals_words() -> None:
    by_hand = ByHand(Variant.SDK_1_0).start(REGISTER)
    by_hand.say(CONFIRM)
    by_hand.say(by_hand.answer(by_hand.failed(message="not allowed")))
    event = only(by_hand)
    assert isinstance(event, Ended)
    assert (event.how, "not allowed" in event.text) == (How.REFUSED, True)


def test_the_form_is_proven_anew_on_every_line(by_hand: ByHand) -> None:
    by_hand.session.connected(by_hand.now)
    asked = len(by_hand.asked)
    by_hand.start(SALE)
    by_hand.say(CONFIRM)
    assert Topic.ORDER not in {request.topic for _, request in by_hand.asked[asked:]}


def test_without_a_confirm_nothing_left_and_the_cashier_is_told_what_to_look_at() -> None:
    by_hand = ByHand().start(SALE)
    by_hand.wait(OPEN_S + 1)
    assert only(by_hand) == Lost(NO_APP, Heard.NEVER)
    assert set(by_hand.kinds) == {Kind.HANDSHAKE}


def test_no_order_leaves_while_the_app_shows_no_sign_of_life(by_hand: ByHand) -> None:
    """It may have been closed since; nobody could prove later that it never heard of the order."""
    by_hand.wait(ALIVE_S + 1, beats=False)
    by_hand.start(SALE)
    assert by_hand.topic != Topic.ORDER
    by_hand.say(HEARTBEAT)
    assert by_hand.topic == Topic.ORDER


def test_an_app_that_is_gone_before_the_order_costs_no_money(by_hand: ByHand) -> None:
    by_hand.wait(ALIVE_S + 1, beats=False)
    by_hand.start(SALE)
    by_hand.wait(OPEN_S + 1, beats=False)
    assert only(by_hand) == Lost(NO_APP, Heard.NEVER)


@pytest.mark.parametrize(
    "operation", [Operation.DIAGNOSE, Operation.INITIALISE, Operation.LOG_OFF, Operation.REPEAT_RECEIPT]
)
def test_what_the_protocol_has_no_message_for_ends_at_once(operation: Operation, by_hand: ByHand) -> None:
    by_hand.start(Command(operation))
    assert only(by_hand) == Ended(How.COMPLETED)


@pytest.mark.parametrize(
    "command",
    [
        Command(Operation.CLOSE_DAY, "Z"),
        Command(Operation.SALE, "A", 0, 978, sequence=1),
        Command(Operation.SALE, "A", 100, 999, sequence=1),
        Command(Operation.REFUND, "A", 100, 978, sequence=1),
        Command(Operation.REVERSAL, "A", sequence=1),
    ],
    ids=lambda command: command.operation.value,
)
def test_what_cannot_be_said_is_refused_before_anything_is_written(command: Command, by_hand: ByHand) -> None:
    asked = len(by_hand.asked)
    with pytest.raises(SessionError):
        by_hand.start(command)
    assert (by_hand.session.busy, len(by_hand.asked)) == (False, asked)


# ---- a payment ----


def test_a_sale_names_order_amount_currency_and_type(by_hand: ByHand) -> None:
    request = by_hand.start(SALE).request
    assert (request.topic, request.amount, request.currency) == (Topic.ORDER, "10.10", "EUR")
    assert (request.trans_type, request.method, request.original) == ("1", "BANKCARD", "")
    assert request.order == order_number("A-17", 41)


def test_a_refund_and_a_reversal_name_the_order_that_they_are_for(by_hand: ByHand) -> None:
    for command, trans_type, amount in ((REFUND, "3", "5.00"), (REVERSAL, "2", "")):
        request = by_hand.start(command).request
        assert (request.trans_type, request.amount) == (trans_type, amount)
        assert request.original == order_number("A-17", 41)
        by_hand.say(by_hand.answer(by_hand.paid(trans_type=trans_type)))
        by_hand.session.accept(by_hand.now)
        by_hand.events()


def test_a_terminal_with_its_own_currency_is_told_none() -> None:
    by_hand = ByHand(quirks=frozenset({"own_currency"})).registered()
    assert by_hand.start(SALE).request.currency == ""
    by_hand.say(by_hand.answer(by_hand.paid(currency="")))
    event = only(by_hand)
    assert isinstance(event, Outcome)
    assert (event.result.amount, event.result.currency) == (1010, None)


def test_a_result_is_acknowledged_once_it_is_accepted_and_not_before(by_hand: ByHand) -> None:
    by_hand.start(SALE)
    by_hand.acks.clear()
    by_hand.say(by_hand.ack(), by_hand.answer(by_hand.paid(), number=99))
    event = only(by_hand)
    assert isinstance(event, Outcome)
    assert not event.late
    assert (event.result.said, event.result.amount, event.result.currency) == (Said.APPROVED, 1010, 978)
    by_hand.wait(20.0)
    assert by_hand.acks == []
    by_hand.session.accept(by_hand.now)
    by_hand.listen()
    assert by_hand.acks == [99]
    assert only(by_hand) == Ended(How.COMPLETED)


def test_copies_are_ignored_while_held_and_acknowledged_again_afterwards(paying: ByHand) -> None:
    """Also under another id: after a restart of the app they begin again."""
    frame, other = (paying.answer(paying.paid(), number=number) for number in (9, 1))
    paying.acks.clear()
    paying.say(frame, frame, other)
    assert (len(paying.events()), paying.acks) == (1, [])
    paying.session.accept(paying.now)
    paying.listen()
    paying.say(frame, other)
    assert paying.acks == [9, 9, 1]
    assert paying.events() == [Ended(How.COMPLETED)]


def test_the_same_id_with_another_message_is_a_new_message(paying: ByHand) -> None:
    paying.say(paying.answer(paying.paid(order="someone"), number=5), paying.answer(paying.paid(), number=5))
    (late,) = paying.events()
    assert isinstance(late, Outcome)
    assert late.late
    paying.session.accept(paying.now)
    (ours,) = paying.events()
    assert isinstance(ours, Outcome)
    assert not ours.late


@pytest.mark.parametrize(
    ("status", "said", "cancelled"), [("1", Said.DECLINED, False), ("3", Said.CANCELLED, True)]
)
def test_a_payment_that_was_not_made_is_told_as_such(
    status: str, said: Said, cancelled: bool, by_hand: ByHand
) -> None:
    by_hand.start(SALE)
    by_hand.say(by_hand.answer(by_hand.paid(status=status, message="no funds", paid="")))
    event = only(by_hand)
    assert isinstance(event, Outcome)
    assert event.result.said is said
    assert "no funds" in event.result.text
    by_hand.session.accept(by_hand.now)
    ended = only(by_hand)
    assert isinstance(ended, Ended)
    assert (ended.how, ended.cancelled) == (How.ABORTED, cancelled)


def test_handled_does_not_mean_paid(by_hand: ByHand) -> None:
    """Response code 000 with every state but 2 is no approval (reference 4)."""
    for status in ("", "0", "9", "4", "02", "completed"):
        by_hand.start(SALE)
        by_hand.say(by_hand.answer(by_hand.paid(status=status)))
        assert not any(isinstance(event, Outcome) for event in by_hand.events())
        by_hand.session.disconnected("", by_hand.now)
        by_hand.session.connected(by_hand.now)
        by_hand.registered()


def test_a_state_beside_an_error_decides_nothing(by_hand: ByHand) -> None:
    by_hand.start(SALE)
    answer = by_hand.failed(order=by_hand.request.order, status="2", amount="10.10")
    by_hand.say(by_hand.answer(answer))
    assert (by_hand.events(), by_hand.topic) == ([], Topic.QUERY)


def test_an_amount_that_differs_is_told(paying: ByHand) -> None:
    paying.say(paying.answer(paying.paid(amount="10.1")))
    paying.session.accept(paying.now)
    first = paying.events()[0]
    assert isinstance(first, Outcome)
    assert first.result.amount == 1010
    paying.start(SALE)
    paying.say(paying.answer(paying.paid(amount="1010")))
    other = only(paying)
    assert isinstance(other, Outcome)
    assert (other.late, other.result.amount) == (False, 101_000)


def test_a_currency_that_differs_is_told(paying: ByHand) -> None:
    paying.say(paying.answer(paying.paid(currency="JPY", amount="1010")))
    event = only(paying)
    assert isinstance(event, Outcome)
    assert (event.late, event.result.amount, event.result.currency) == (False, 1010, 392)


def test_an_answer_that_holds_the_frames_own_tail_is_not_cut(by_hand: ByHand) -> None:
    """SDK 1.0 searches the tail in the text and loses the result of an approved payment."""
    by_hand.start(SALE)
    frame = by_hand.answer(by_hand.paid(message="TAIL")).replace(b"TAIL", b"\xcc\x33\x55\xaa")
    frame = encode_frame(Kind.NORMAL, number=frame[4], data=frame[7:-3])
    by_hand.say(by_hand.ack() + frame)
    event = only(by_hand)
    assert isinstance(event, Outcome)
    assert event.result.said is Said.APPROVED


def test_a_tip_is_part_of_the_amount_and_told_alone(paying: ByHand) -> None:
    paying.say(paying.answer(paying.paid(tip="0.90")))
    event = only(paying)
    assert isinstance(event, Outcome)
    assert (event.result.amount, event.result.tip) == (1100, 90)


def test_sdk_1_0_says_what_was_paid() -> None:
    by_hand = ByHand(Variant.SDK_1_0).registered().start(SALE)
    by_hand.say(by_hand.answer(by_hand.paid(amount="10.10", paid="11.00")))
    event = only(by_hand)
    assert isinstance(event, Outcome)
    assert event.result.amount == 1100


@pytest.mark.parametrize("wrong", [{"order": "Z" * 32}, {"trans_type": "2"}, {"order": ""}])
def test_a_result_of_another_order_or_type_is_not_this_commands(
    paying: ByHand, wrong: dict[str, str]
) -> None:
    paying.say(paying.answer(paying.paid(**wrong)))
    events = paying.events()
    assert all(isinstance(event, Outcome) and event.late for event in events)
    assert paying.session.busy


def test_a_late_result_behind_a_command_does_not_lose_the_commands_own(paying: ByHand) -> None:
    paying.say(paying.answer(paying.paid(order="before")), paying.answer(paying.paid()))
    assert len(paying.events()) == 1
    paying.session.accept(paying.now)
    ours = only(paying)
    assert isinstance(ours, Outcome)
    assert not ours.late
    paying.session.accept(paying.now)
    assert only(paying) == Ended(How.COMPLETED)


def test_more_results_than_can_wait_are_left_for_the_terminal_to_repeat(paying: ByHand) -> None:
    paying.acks.clear()
    flood = [paying.answer(paying.paid(order=f"order{number}")) for number in range(MOST_WAITING + 5)]
    paying.say(*flood)
    for _ in range(MOST_WAITING + 5):
        paying.session.accept(paying.now)
    paying.listen()
    assert len(paying.acks) == MOST_WAITING + 1
    paying.say(*flood)
    paying.session.accept(paying.now)
    paying.listen()
    assert len(paying.acks) == 2 * (MOST_WAITING + 1) + 1


def test_a_result_when_nothing_waits_is_held_too(by_hand: ByHand) -> None:
    by_hand.acks.clear()
    by_hand.say(by_hand.answer(by_hand.paid(topic=Topic.ORDER, order="before"), number=77))
    event = only(by_hand)
    assert isinstance(event, Outcome)
    assert (event.late, event.result.order, by_hand.acks) == (True, "before", [])
    by_hand.session.accept(by_hand.now)
    by_hand.listen()
    assert by_hand.acks == [77]


def test_a_message_without_a_result_is_acknowledged_at_rest(by_hand: ByHand) -> None:
    by_hand.acks.clear()
    by_hand.say(by_hand.answer(by_hand.failed(request_id="of nobody"), number=3))
    assert (by_hand.acks, by_hand.events()) == ([3], [])


# ---- what is not certain ----


def test_an_order_without_any_ack_is_lost_and_may_have_been_heard(by_hand: ByHand) -> None:
    """Reference 6 says that nothing was started; but the ACKs may be what was lost."""
    by_hand.start(SALE)
    by_hand.wait(3.0)
    assert only(by_hand) == Lost(NOT_ACKNOWLEDGED, Heard.PERHAPS)
    assert len({number for number, request in by_hand.asked if request.topic == Topic.ORDER}) == 1


def test_an_order_of_which_no_byte_left_was_never_heard(by_hand: ByHand) -> None:
    by_hand.session.start(SALE, by_hand.now)
    by_hand.session.disconnected("the cable is out", by_hand.now)
    assert only(by_hand) == Lost("the cable is out", Heard.NEVER)


def test_an_order_that_was_never_heard_does_not_leave_afterwards(by_hand: ByHand) -> None:
    by_hand.session.start(SALE, by_hand.now)
    by_hand.session.disconnected("the cable is out", by_hand.now)
    by_hand.listen()
    by_hand.wait(5.0)
    assert by_hand.topic != Topic.ORDER


def test_a_line_in_trouble_takes_no_order(by_hand: ByHand) -> None:
    by_hand.wait(LINK_SILENCE_S + 1, beats=False)
    assert only(by_hand) == Lost(LINK_DOWN, Heard.NEVER)
    by_hand.start(SALE)
    assert only(by_hand) == Lost(LINK_DOWN, Heard.NEVER)
    assert by_hand.topic != Topic.ORDER


def test_a_dead_link_during_a_payment_is_perhaps(paying: ByHand) -> None:
    paying.wait(LINK_SILENCE_S + 1, beats=False)
    assert only(paying) == Lost(LINK_DOWN, Heard.PERHAPS)


def test_a_card_payment_may_take_minutes_while_the_heart_beats(paying: ByHand) -> None:
    paying.wait(PAYMENT_S - 1)
    assert paying.events() == []
    paying.wait(2.0)
    assert only(paying) == Lost(NO_PAYMENT_ANSWER, Heard.PERHAPS)


def test_a_result_that_cannot_be_read_is_not_acknowledged_and_ends_perhaps(paying: ByHand) -> None:
    paying.acks.clear()
    paying.say(encode_frame(Kind.NORMAL, number=8, data=b"\x0a\xff"))
    assert only(paying) == Lost("the terminal sent a message that cannot be read (unreadable)", Heard.PERHAPS)
    paying.listen()
    assert paying.acks == []


@pytest.mark.parametrize("wrong", [{"amount": "ten"}, {"amount": "10.101"}, {"currency": "XXX"}])
def test_values_that_cannot_be_are_as_good_as_unreadable(paying: ByHand, wrong: dict[str, str]) -> None:
    paying.acks.clear()
    paying.say(paying.answer(paying.paid(**wrong)))
    event = only(paying)
    assert isinstance(event, Lost)
    assert (event.heard, paying.acks) == (Heard.PERHAPS, [])


def test_a_message_that_cannot_be_read_does_not_end_a_question(by_hand: ByHand) -> None:
    by_hand.start(ASK)
    by_hand.say(encode_frame(Kind.NORMAL, number=8, data=b"\x0a\xff"))
    by_hand.say(by_hand.answer(by_hand.paid()))
    event = only(by_hand)
    assert isinstance(event, Outcome)
    assert not event.late


def test_an_error_to_an_order_is_followed_by_a_query_and_only_that_decides(by_hand: ByHand) -> None:
    by_hand.start(SALE)
    by_hand.say(by_hand.ack(), by_hand.answer(by_hand.failed(message="card removed")))
    assert (by_hand.topic, by_hand.events()) == (Topic.QUERY, [])
    by_hand.say(by_hand.ack(), by_hand.answer(by_hand.paid()))
    event = only(by_hand)
    assert isinstance(event, Outcome)
    assert (event.late, event.result.said) == (False, Said.APPROVED)


def test_an_error_to_an_order_that_nobody_knows_is_perhaps_with_the_terminals_words(by_hand: ByHand) -> None:
    by_hand.start(SALE)
    by_hand.say(by_hand.ack(), by_hand.answer(by_hand.failed(message="card removed")))
    by_hand.say(by_hand.ack(), by_hand.answer(by_hand.failed(message="order not found")))
    event = only(by_hand)
    assert isinstance(event, Lost)
    assert (event.heard, "card removed" in event.reason) == (Heard.PERHAPS, True)


def test_an_order_that_is_not_finished_is_asked_for_again_and_never_ordered_again(paying: ByHand) -> None:
    paying.say(paying.answer(paying.paid(status="0")))
    for count in range(1, 4):
        paying.wait(QUERY_AGAIN_S + 0.1)
        queries = [request for _, request in paying.asked if request.topic == Topic.QUERY]
        assert len(queries) == count + 1  # one was the trial message
        paying.say(paying.ack(), paying.answer(paying.paid(status="9" if count % 2 else "0")))
    paying.wait(QUERY_AGAIN_S + 0.1)
    paying.say(paying.ack(), paying.answer(paying.paid()))
    assert isinstance(only(paying), Outcome)
    assert [request.topic for _, request in paying.asked].count(Topic.ORDER) == 1


def test_a_query_without_an_answer_leaves_the_payment_unclear(paying: ByHand) -> None:
    paying.say(paying.answer(paying.failed()))
    paying.say(paying.ack())
    paying.wait(ANSWER_S + 1)
    assert only(paying) == Lost(NO_QUERY_ANSWER, Heard.PERHAPS)


# ---- stopping ----


def test_stopping_sends_one_close_and_the_result_still_decides(by_hand: ByHand) -> None:
    by_hand.start(SALE)
    order = by_hand.paid()
    by_hand.say(by_hand.ack())
    by_hand.session.abort(by_hand.now)
    by_hand.session.abort(by_hand.now)
    by_hand.listen()
    assert [request.topic for _, request in by_hand.asked].count(Topic.CLOSE) == 1
    assert by_hand.request.order == order.order
    by_hand.say(by_hand.ack(), by_hand.answer(by_hand.failed(message="too late")), by_hand.answer(order))
    event = only(by_hand)
    assert isinstance(event, Outcome)
    assert event.result.said is Said.APPROVED


def test_a_close_whose_order_stays_silent_is_followed_by_a_query(paying: ByHand) -> None:
    paying.session.abort(paying.now)
    paying.listen()
    paying.say(paying.ack(), paying.answer(paying.failed(handled=True, code="000")))
    paying.wait(QUERY_AGAIN_S + 0.1)
    assert paying.topic == Topic.QUERY
    paying.say(paying.ack(), paying.answer(paying.paid(status="3")))
    event = only(paying)
    assert isinstance(event, Outcome)
    assert event.result.said is Said.CANCELLED


def test_a_payment_that_was_stopped_before_its_order_left_is_cancelled() -> None:
    by_hand = ByHand().start(SALE)
    by_hand.session.abort(0.0)
    event = only(by_hand)
    assert isinstance(event, Ended)
    assert event.cancelled
    by_hand.say(CONFIRM)
    by_hand.wait(5.0)
    assert by_hand.asked == []


def test_a_terminal_without_close_is_not_sent_one() -> None:
    by_hand = ByHand(quirks=frozenset({"no_close"})).registered().start(SALE)
    by_hand.session.abort(by_hand.now)
    by_hand.listen()
    assert by_hand.topic == Topic.ORDER


# ---- the question for a payment ----


def test_a_question_gives_the_state_of_exactly_this_order(by_hand: ByHand) -> None:
    assert by_hand.start(ASK).request.order == order_number("A-17", 41)
    assert by_hand.topic == Topic.QUERY
    by_hand.say(by_hand.ack(), by_hand.answer(by_hand.paid()))
    event = only(by_hand)
    assert isinstance(event, Outcome)
    assert (event.late, event.result.order) == (False, order_number("A-17", 41))
    by_hand.session.accept(by_hand.now)
    assert only(by_hand) == Ended(How.COMPLETED)


@pytest.mark.parametrize("status", ["0", "9", ""])
def test_a_question_without_an_end_gives_no_result(by_hand: ByHand, status: str) -> None:
    by_hand.start(ASK)
    by_hand.say(by_hand.ack(), by_hand.answer(by_hand.paid(status=status)))
    event = only(by_hand)
    assert isinstance(event, Ended)


def test_a_question_that_is_not_answered_ends_and_leaves_the_line(by_hand: ByHand) -> None:
    by_hand.start(ASK)
    by_hand.say(by_hand.ack())
    by_hand.wait(ANSWER_S + 1)
    assert only(by_hand) == Ended(How.ABORTED, text=NO_QUERY_ANSWER)


def test_the_settings_overrule_the_times() -> None:
    by_hand = ByHand(answer_s=3.0, silence_s=40.0).registered().start(SALE)
    by_hand.say(by_hand.ack())
    by_hand.wait(41.0)
    assert only(by_hand) == Lost(NO_PAYMENT_ANSWER, Heard.PERHAPS)


def test_a_slow_disk_is_not_the_terminals_fault(paying: ByHand) -> None:
    paying.say(paying.answer(paying.paid()))
    paying.events()
    paying.wait(2 * PAYMENT_S)
    paying.session.accept(paying.now)
    assert only(paying) == Ended(How.COMPLETED)


def test_what_was_acknowledged_on_an_older_line_is_told_again_on_a_new_one(paying: ByHand) -> None:
    frame = paying.answer(paying.paid())
    paying.say(frame)
    paying.session.accept(paying.now)
    paying.events()
    paying.session.connected(paying.now)
    paying.say(frame)
    event = only(paying)
    assert isinstance(event, Outcome)
    assert event.late


def test_nothing_of_a_message_stays_in_the_buffer(by_hand: ByHand) -> None:
    by_hand.start(SALE)
    by_hand.say(by_hand.answer(by_hand.paid()), HEARTBEAT)
    assert not any(by_hand.buffer.view)
