"""How the API says no, by code: what happened, and the next step (`.next`).

`errors.money.*` says what a refusal means for the money, with `.of` where the payment is known.
`field.*` says what a field of a request must hold. What came is never quoted: it may be a card number.
"""

from __future__ import annotations

from typing import Final

_SEE_DOCUMENT: Final = "Compare the request with GET /v1/openapi.json and send it again."
_ASK: Final = "Ask for the payment by its id and go by its verdict."
_OTHER_WAY: Final = "Use another payment method until this is fixed."

_SEEN: Final = "printable characters of any script, and never a card number"
_TEXT: Final = "without control characters and without a card number"

ERRORS: Final[dict[str, str | tuple[str, str]]] = {
    "errors.not_http": "The bytes on this connection are not an HTTP/1.1 request.",
    "errors.not_http.next": _SEE_DOCUMENT,
    "errors.not_json": (
        "The body is not JSON. Numbers in JSON are plain ASCII digits; NaN, 1_000 and 007 are not JSON."
    ),
    "errors.not_json.next": _SEE_DOCUMENT,
    "errors.not_utf8": "The body is not UTF-8 text.",
    "errors.not_utf8.next": _SEE_DOCUMENT,
    "errors.repeated_key": "The body names a field twice, so it is not clear which one counts.",
    "errors.repeated_key.next": _SEE_DOCUMENT,
    "errors.no_such_path": "Nothing is served at this path.",
    "errors.no_such_path.next": _SEE_DOCUMENT,
    "errors.wrong_method": "This path answers {allowed} only.",
    "errors.wrong_method.next": _SEE_DOCUMENT,
    "errors.too_long": "The body is longer than {limit} bytes.",
    "errors.too_long.next": _SEE_DOCUMENT,
    "errors.not_declared_json": 'The body must come with one header "Content-Type: application/json".',
    "errors.not_declared_json.next": _SEE_DOCUMENT,
    "errors.no_token": "The bearer token is missing or wrong.",
    "errors.no_token.next": "Send the token of [api] in the settings.",
    "errors.not_allowed": "The user who asked may not use this API.",
    "errors.not_allowed.next": "Have the installer add the till's user or group to [api] in the settings.",
    "errors.tcp_closed": "This API does not answer over TCP.",
    "errors.tcp_closed.next": "Use the Unix socket, or have the installer open TCP in [api] of the settings.",
    "errors.from_a_browser": "Requests from web pages are not served.",
    "errors.from_a_browser.next": "Talk to the agent from the till's program, not from a web page.",
    "errors.wrong_host": "The request names another host.",
    "errors.wrong_host.next": "Address the agent as 127.0.0.1 or localhost.",
    "errors.body_not_expected": "This request takes no body.",
    "errors.body_not_expected.next": _SEE_DOCUMENT,
    "errors.wrong_body": "The body must be one JSON object.",
    "errors.wrong_body.next": _SEE_DOCUMENT,
    "errors.wrong_field": '"{field}" must be {expected}.',
    "errors.wrong_field.next": _SEE_DOCUMENT,
    "errors.missing_field": '"{field}" is missing; it must be {expected}.',
    "errors.missing_field.next": _SEE_DOCUMENT,
    "errors.unknown_field": "The body has a field that is not known here. Known: {known}.",
    "errors.unknown_field.next": _SEE_DOCUMENT,
    "errors.no_till": "The settings name the tills of this shop, and this client is none of them.",
    "errors.no_till.next": "Send it from a till, or name this client's user in [tills.NAME] users.",
    "errors.other_till": "This client may speak for these tills only: {tills}.",
    "errors.other_till.next": 'Name one of them as "till", or leave "till" out if it is only one.',
    "errors.card_number": '"{field}" looks like a card number, which is kept nowhere.',
    "errors.card_number.next": "Name it in another way. Digits of a card belong into the terminal alone.",
    "errors.wrong_payment_id": "The payment id in the path must be {expected}.",
    "errors.wrong_payment_id.next": _SEE_DOCUMENT,
    "errors.wrong_alarm_id": "The id of the alarm in the path must be {expected}.",
    "errors.wrong_alarm_id.next": _SEE_DOCUMENT,
    "errors.wrong_query": '"{name}" must be given once, as a whole number from {lowest} to {highest}.',
    "errors.wrong_query.next": _SEE_DOCUMENT,
    "errors.unknown_query": "The address has a query parameter that is not known here.",
    "errors.unknown_query.next": _SEE_DOCUMENT,
    "errors.wrong_event_id": '"Last-Event-ID" must be the id of an event of this stream.',
    "errors.wrong_event_id.next": "Send the last id that this stream has told, or none.",
    "errors.unknown_kind": (
        'This agent does not know this kind of payment. "payment" must be one of: {kinds}.'
    ),
    "errors.unknown_kind.next": _SEE_DOCUMENT,
    "errors.missing_for_kind": 'A payment of kind {kind} must name "{field}".',
    "errors.missing_for_kind.next": _SEE_DOCUMENT,
    "errors.not_for_kind": 'A payment of kind {kind} must not name "{field}".',
    "errors.not_for_kind.next": _SEE_DOCUMENT,
    "errors.unknown_currency": "This agent does not know the currency {currency}.",
    "errors.unknown_currency.next": "Ask for the amount in the currency of the shop.",
    "errors.terminal_not_named": "This shop has several terminals, and the request names none.",
    "errors.terminal_not_named.next": "Name one of: {terminals}.",
    "errors.unknown_terminal": "This shop has no terminal of this name.",
    "errors.unknown_terminal.next": "Name one of: {terminals}.",
    "errors.unknown_payment": "No payment has the payment id {payment_id}.",
    "errors.unknown_payment.next": "Compare the payment id; GET /v1/payments lists the newest payments.",
    "errors.already_used": "Its payment id is used already, and this request is no repeat of it.",
    "errors.already_used.next": (
        "Compare payment {payment_id} with the sale in front of you before you charge again: "
        "the customer may have paid already."
    ),
    "errors.nobody_waits": "The request came too late: its till waits no longer.",
    "errors.nobody_waits.next": "Send the request again while you wait for its answer.",
    "errors.terminal_busy": "Terminal {terminal} serves it, and nothing else meanwhile.",
    "errors.terminal_busy.next": "Wait until payment {holder} is done, then send this request again.",
    "errors.terminal_unclear": "It holds terminal {terminal}: nothing new is sent there.",
    "errors.terminal_unclear.next": (
        "Do not charge {holder} again. The agent asks the terminal about it. If it cannot tell: "
        "tillgate resolve {holder}"
    ),
    "errors.question_over": "Payment {payment_id} does not ask {prompt} now.",
    "errors.question_over.next": "Look at the state of payment {payment_id}.",
    "errors.not_held": "The goods of payment {payment_id} are not held.",
    "errors.not_held.next": "Go by the verdict of payment {payment_id}.",
    "errors.not_unclear": "It is not unclear: there is nothing to resolve.",
    "errors.not_unclear.next": "Go by the verdict of payment {payment_id}.",
    "errors.unknown_alarm": "No alarm {alarm} stands.",
    "errors.unknown_alarm.next": "Look at the alarms that stand: tillgate status",
    "errors.identity_missing": "A yes needs the customer's identity checked and the purpose of the payment.",
    "errors.identity_missing.next": (
        "Check the identity, ask for the purpose, and answer again; or answer no."
    ),
    "errors.credential_missing": "A second person has to sign.",
    "errors.credential_missing.next": "Ask again with that person's name and PIN as well.",
    "errors.operator_missing": (
        "Nobody has signed in for payment {payment_id}, and one person does not sign alone."
    ),
    "errors.operator_missing.next": "Answer again with the name and the PIN of who asks for it, too; or no.",
    "errors.same_person": "The person who asks for it cannot sign it as well.",
    "errors.same_person.next": "Ask somebody else to sign.",
    "errors.wrong_credential": "The name or the PIN is wrong, or this person may not sign.",
    "errors.wrong_credential.next": "Try again. Attempts left here for this name: {left}.",
    "errors.locked_out": "After too many wrong PINs this name is locked here for {minutes} minutes.",
    "errors.locked_out.next": "Ask somebody else to sign, sign at another till, or wait {minutes} minutes.",
    "errors.too_many_guesses": "Too many names that nobody has were tried here in the last minute.",
    "errors.too_many_guesses.next": "Type a name of [people] in the settings.",
    "errors.stopping": "The agent is stopping.",
    "errors.stopping.next": _OTHER_WAY,
    "errors.not_started": "{text}",
    "errors.not_started.meaning": "The agent could not go live; the message says why.",
    "errors.not_started.next": _OTHER_WAY,
    "errors.no_acquirer_key": "{text}",
    "errors.no_acquirer_key.meaning": "No card can be sealed; the message says why.",
    "errors.no_acquirer_key.next": _OTHER_WAY,
    "errors.key_expired": "The acquirer's key ended on {until}. Ask headquarters for the new key file.",
    "errors.key_expired.next": _OTHER_WAY,
    "errors.disk_full": (
        "The disk is full: a payment could not be written down. Free space, then restart the agent."
    ),
    "errors.disk_full.next": _OTHER_WAY,
    "errors.journal_contradicted": (
        "The journal on this disk contradicts what was promised of it (alarm {alarm}), and the settings "
        "say that no payment is taken then."
    ),
    "errors.journal_contradicted.next": (
        "Call headquarters. When they have answered, a supervisor runs: tillgate alarms acknowledge {alarm}"
    ),
    "errors.journal_full": "The disk is full: this could not be written down.",
    "errors.journal_full.next": "Free space on the disk, then try again.",
    "errors.too_many_waiting": "Already {limit} requests wait for events.",
    "errors.too_many_waiting.next": "Close streams that nobody reads, or ask without waiting.",
    "errors.internal": "The agent met an error of its own; its operational log has the details.",
    "errors.internal.next": _ASK,
    # What it means for the money.
    "errors.money.unheard": "This request moved no money and changed no payment.",
    "errors.money.unheard.of": "This request moved no money and changed nothing about payment {payment_id}.",
    "errors.money.not_begun": "The payment was not begun: no money has moved for it.",
    "errors.money.not_begun.of": "Payment {payment_id} was not begun: no money has moved for it.",
    "errors.money.unknown": "This agent has not sent such a payment to a terminal.",
    "errors.money.unknown.of": (
        "This agent's journal has no payment {payment_id}: it sent none to a terminal."
    ),
    "errors.money.told": "This request was not carried out.",
    "errors.money.told.of": (
        "This request was not carried out; payment {payment_id} stands as it is told here."
    ),
    "errors.money.perhaps": "If this was about a payment, it may be running: do not charge again.",
    "errors.money.perhaps.of": "Payment {payment_id} may be running: do not charge again.",
    # What is known of a payment that a refusal tells in full: with its amount, and for a kind that has none.
    "errors.known.approved": "{kind} {payment_id} is approved: {amount:money}, asked for at {time}.",
    "errors.known.declined": "{kind} {payment_id} is declined: {amount:money}, asked for at {time}.",
    "errors.known.cancelled": "{kind} {payment_id} is cancelled: {amount:money}, asked for at {time}.",
    "errors.known.not_sent": (
        "{kind} {payment_id} was not sent to the terminal: {amount:money}, asked for at {time}."
    ),
    "errors.known.refused": (
        "{kind} {payment_id} was refused by the shop's rules: {amount:money}, asked for at {time}."
    ),
    "errors.known.unclear": "{kind} {payment_id} is UNCLEAR: {amount:money}, asked for at {time}.",
    "errors.known.running": "{kind} {payment_id} is under way: {amount:money}, asked for at {time}.",
    "errors.goods.held": "Its goods are held until a second person has looked.",
    "errors.goods.withheld": "Its goods may not go.",
    "errors.known.refunded": "Refunds have given {amount:money} of it back, or may have.",
    "errors.known.approved.plain": "{kind} {payment_id} is approved; it was asked for at {time}.",
    "errors.known.declined.plain": "{kind} {payment_id} is declined; it was asked for at {time}.",
    "errors.known.cancelled.plain": "{kind} {payment_id} is cancelled; it was asked for at {time}.",
    "errors.known.not_sent.plain": (
        "{kind} {payment_id} was not sent to the terminal; it was asked for at {time}."
    ),
    "errors.known.refused.plain": (
        "{kind} {payment_id} was refused by the shop's rules; it was asked for at {time}."
    ),
    "errors.known.unclear.plain": "{kind} {payment_id} is UNCLEAR; it was asked for at {time}.",
    "errors.known.running.plain": "{kind} {payment_id} is under way; it was asked for at {time}.",
    # What a field must hold; also its description in the OpenAPI document.
    "field.amount": (
        "a whole number of minor units from 1 to 999999999999 in plain digits, without sign, point, "
        "exponent or quotes: 1250 is 12.50 EUR"
    ),
    "field.alarm_id": "the id of an alarm, such as disk_low or terminal_away:front",
    "field.answer": '"yes" or "no"',
    "field.credential": 'an object with "person" and "secret"',
    "field.currency": "three capital letters of ISO 4217, such as EUR",
    "field.first_sent_at": (
        "the till's own word for when it sent this request first, the same in each repeat: "
        f"1 to 40 characters {_TEXT}"
    ),
    "field.identity": "true when somebody looked at an identity document, else false",
    "field.operator": f"the operator's short name: 1 to 32 {_SEEN}",
    "field.operator_credential": 'an object with "person" and "secret"',
    "field.original": "the payment id of the payment that is given back",
    "field.payment": "the kind of payment, such as sale",
    "field.payment_id": f"1 to 64 {_SEEN}",
    "field.person": "a name from [people] in the settings",
    "field.prompt": "the id of the prompt that is answered",
    "field.purpose": f"a text of at most 40 characters {_TEXT}",
    "field.reason": f"a sentence of 3 to 200 characters {_TEXT}",
    "field.secret": "1 to 128 characters",
    "field.terminal": f"a terminal of the settings: 1 to 32 {_SEEN}",
    "field.till": f"the till's short name: 1 to 32 {_SEEN}",
    "field.state": '"released" or "withheld"',
    "field.witness": 'an object with "person" and "secret"',
    "field.valid_for_s": (
        "for how many seconds the till waits, from 1 to 600: a request that is read later "
        "begins no payment; 30 if it is left out"
    ),
    "field.verdict": '"approved", "declined" or "not_sent"',
}
