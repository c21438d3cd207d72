"""The till's API: what its OpenAPI document says, and what the installer reads when it cannot be opened.

`api.do.OPERATION`, `api.BODY`, `api.BODY.FIELD`, `api.kind.KIND`. A field of a request that has no
words here has those of its refusal, `field.FIELD`.
"""

from __future__ import annotations

from typing import Final

API: Final[dict[str, str | tuple[str, str]]] = {
    # What the installer reads when the API cannot be opened.
    "api.access.short_token": (
        "The API's token is shorter than {least} characters. Make one with: head -c 24 /dev/urandom | base64"
    ),
    "api.access.no_user": '[api] users: there is no user "{name}" on this host.',
    "api.access.no_group": '[api] groups: there is no group "{name}" on this host.',
    "api.socket.listen_fds": ("LISTEN_FDS is not a small number. Start the agent through its systemd units."),
    "api.socket.no_socket": "Descriptor {fd} from systemd is not a socket. Look at the socket unit.",
    "api.socket.cannot": "The API cannot be served at {path}: {reason}.",
    "api.socket.other_file": "{path} exists and is not a socket. Move it away or set another path.",
    "api.socket.taken": "Another agent answers at {path}. Stop it first: one agent serves one till's API.",
    "api.socket.no_tcp": (
        "[api] tcp = true, but systemd passed no TCP socket. "
        "Enable the socket unit with ListenStream=127.0.0.1:PORT, or set tcp = false."
    ),
    "api.socket.not_listening": (
        "A descriptor from systemd is not a listening stream socket. Look at the socket unit."
    ),
    "api.socket.beyond": "A socket from systemd listens beyond {loopback}. The API is for this host alone.",
    "api.socket.tcp_closed": (
        "systemd passed a TCP socket, but [api] tcp is false. "
        "Set it to true and give a token, or drop the socket."
    ),
    # What the OpenAPI document says.
    "api.title": "Tillgate: the till's API",
    "api.about": (
        "A till takes payments with PUT under ids of its own. The same id with the same meaning (kind, "
        "amount, currency, original, terminal) is the same payment, however often it is sent. Every refusal "
        "has a code, and says what it means for the money of which payment."
    ),
    "api.token": (
        "Over TCP only: the token of [api] in the settings. On the Unix socket the kernel says who asks."
    ),
    "api.created": "A new payment, begun by this request.",
    "api.event": "The stream is made of such server-sent events.",
    "api.last_event_id": "The id of the last event that was read; the stream goes on after it.",
    "api.query.wait": "Seconds to wait for news of the payment.",
    "api.query.last": "How many of the newest payments.",
    "api.do.put_payment": "Take a payment, or be told of it again: the same meaning never runs twice.",
    "api.do.get_payment": (
        "One payment. With `wait`, the answer comes with the first verdict or question; for a payment that "
        "is unclear, when it is resolved."
    ),
    "api.do.list_payments": "The newest payments, newest first.",
    "api.do.answer_prompt": "Answer the open question of a payment.",
    "api.do.cancel_payment": "Ask the terminal to stop. The terminal's result still decides.",
    "api.do.resolve_payment": "Two persons say what became of an unclear payment.",
    "api.do.release_payment": "A second person says whether the goods of a held payment may go.",
    "api.do.get_payment_events": (
        "The payment's life as server-sent events, each with a PaymentEvent as its data. The stream ends "
        "with the verdict. An unclear payment keeps it open until it is resolved."
    ),
    "api.do.get_events": (
        "Everything that happens as server-sent events, each with an AgentEvent as its data: all payments, "
        "terminals and alarms. An event `lost` says that this reader missed some: read the payments and "
        "the status again."
    ),
    "api.do.get_receipts": "What the terminal printed for a payment.",
    "api.do.get_status": "The agent's own state, its terminals, and whether payments are taken.",
    "api.do.acknowledge_alarm": "A person says that they know of an alarm. It stands until it is cleared.",
    "api.do.get_document": "This document.",
    "api.kind.sale": "The customer pays.",
    "api.kind.refund": "Money of an earlier payment is given back, in whole or in part.",
    "api.kind.reversal": "An earlier payment is taken back as a whole.",
    "api.kind.close_day": "The terminal's end of day.",
    "api.PaymentRequest": "What the till asks for: one payment of the kind that `payment` names.",
    "api.Credential": "Who signs, and their PIN or password. It is never stored and never logged.",
    "api.PromptAnswer": "A person's answer to the open question of a payment.",
    "api.PromptAnswer.credential": (
        "Who answers. Where the question needs it, a supervisor other than the operator."
    ),
    "api.PromptAnswer.operator_credential": (
        "Who asks for the payment, where they have not signed in and a second person has to sign."
    ),
    "api.PaymentRequest.credential": (
        "The operator signs in with it: its person is the operator. Without it `operator` is a name that "
        "nobody has proven."
    ),
    "api.Resolution": (
        "Two persons' word on an unclear payment: one says what became of it, the witness has seen it too."
    ),
    "api.Resolution.verdict": "What became of the payment.",
    "api.Resolution.reason": "What proves it: 3 to 200 characters, such as a line of the terminal's receipt.",
    "api.Resolution.credential": "Who says it.",
    "api.Resolution.witness": "The second person: a supervisor who has seen it too.",
    "api.do.accept_terminal": "Two persons accept the terminal that stands behind a name now.",
    "api.TerminalAcceptance": (
        "Two persons' word that another terminal stands behind the name now. Before the settings have two "
        "people, the installer's word is enough."
    ),
    "api.TerminalAcceptance.terminal": "The terminal's name in the settings.",
    "api.TerminalAcceptance.reason": "Why it was exchanged, and by whom: 3 to 200 characters.",
    "api.TerminalAcceptance.credential": "Who says it.",
    "api.TerminalAcceptance.witness": "The second person: a supervisor who has looked at the terminal, too.",
    "api.do.declare_clock": "Two persons say that the clock of the host is right now.",
    "api.ClockDeclaration": (
        "Two persons' word that the host's clock is right now. Payments that were taken with another time "
        "then count on the day that the clock showed."
    ),
    "api.ClockDeclaration.reason": "What was wrong: 3 to 200 characters, such as a flat battery.",
    "api.ClockDeclaration.credential": "Who says it.",
    "api.ClockDeclaration.witness": "The second person: a supervisor who has looked at the clock, too.",
    "api.ReleaseRequest": "A second person's word on a held payment.",
    "api.ReleaseRequest.state": (
        "`released`: the goods may go. `withheld`: they may not, and the payment can be reversed."
    ),
    "api.ReleaseRequest.credential": "The second person, who has looked at it and signs.",
    "api.ReleaseRequest.operator_credential": (
        "Who asks for the release, where nobody has signed in for the payment."
    ),
    "api.ReasonView": "Why a rule gave its action.",
    "api.ReasonView.rule": "The rule, by its key in the settings.",
    "api.ReasonView.action": "What the rule wants; the strictest action of all rules wins.",
    "api.ReasonView.code": "What the rule found, for programs.",
    "api.ReasonView.figures": "The figures of the finding; amounts are in minor units of `currency`.",
    "api.ReasonView.text": "What the rule found, as a sentence for people.",
    "api.Prompt": "A question that holds the payment back until somebody answers it.",
    "api.Prompt.id": "Names the question in the answer.",
    "api.Prompt.action": "How strict the question is.",
    "api.Prompt.needs": "What a yes has to bring.",
    "api.Prompt.reasons": "Why the rules ask; empty when the terminal's result is what is asked about.",
    "api.Prompt.text": "The question, for people.",
    "api.CardView": "What a receipt may show of a card.",
    "api.CardView.masked": "The card number with all but a few digits masked.",
    "api.CardView.name": "The card's scheme, as the terminal names it.",
    "api.CardView.entry_mode": "How the card was read.",
    "api.CardView.verification": "How the cardholder was verified.",
    "api.PaymentView": "A payment as it stands.",
    "api.PaymentView.payment_id": "The till's own id of the payment.",
    "api.PaymentView.payment": "The kind of payment.",
    "api.PaymentView.terminal": "The terminal that takes it.",
    "api.PaymentView.till": "The till that asked for it first.",
    "api.PaymentView.phase": "How far it is. A payment that is done has a verdict.",
    "api.PaymentView.amount": (
        "The amount that was asked for, in minor units; null for a kind without amount."
    ),
    "api.PaymentView.currency": "The currency that was asked for, by ISO 4217. The terminal may say another.",
    "api.PaymentView.original": "The payment that it gives back; empty if none.",
    "api.PaymentView.operator": "Who was at the till, as the till said; empty if it was not said.",
    "api.PaymentView.operator_signed_in": "Whether that person has proven it with a secret.",
    "api.PaymentView.display": "What the terminal shows now; empty when the payment is done.",
    "api.PaymentView.prompt": "The question that is open, if one is.",
    "api.PaymentView.verdict": (
        "What is known of the money; null until the payment is done. `unclear` may change later, when the "
        "payment is resolved."
    ),
    "api.PaymentView.text": "Why this is the verdict, for people.",
    "api.PaymentView.release": (
        "Whether the goods of an approved payment may go; null without an approval. `held`: a second person "
        "has to look first. `withheld`: a person said no, and the payment can be reversed."
    ),
    "api.PaymentView.repeated": (
        "Whether this answers a request that was sent before: the payment was not taken a second time."
    ),
    "api.PaymentView.refunded": (
        "What refunds have given back of it since, or may have, in minor units of its currency."
    ),
    "api.PaymentView.reversed_by": "The reversal that has taken it back, or may have; empty if none.",
    "api.PaymentView.left": "What may still be given back of it, in minor units of its currency.",
    "api.PaymentView.training": "True where the terminal is simulated: no money moves, whatever the verdict.",
    "api.PaymentView.held_because": "Why they may not go, for people.",
    "api.PaymentView.next_step": "What the cashier should do now, for people.",
    "api.PaymentView.reasons": "What the rules found.",
    "api.PaymentView.terminal_amount": (
        "The amount that the terminal says, in minor units of `terminal_currency`."
    ),
    "api.PaymentView.terminal_currency": (
        "The currency that the terminal says; null if it said none, and `currency` counts."
    ),
    "api.PaymentView.differs": "The fields in which the terminal contradicts the request.",
    "api.PaymentView.tip": "The tip that is in the terminal's amount, in minor units.",
    "api.PaymentView.remaining": "What is still to pay, in minor units.",
    "api.PaymentView.card": "The card, if one was read.",
    "api.PaymentView.trace": "The terminal's trace number of the payment.",
    "api.PaymentView.receipt_number": "The number of the terminal's receipt.",
    "api.PaymentView.terminal_id": "The id that the terminal gave with its result.",
    "api.PaymentView.approval_code": "The bank's approval code.",
    "api.PaymentView.requested_at": "When the till asked for it first, by the host's clock, in ISO 8601.",
    "api.PaymentView.entry": "The index of the journal's entry that holds the verdict.",
    "api.ReceiptView": "One receipt, as the terminal printed it, masked.",
    "api.ReceiptView.last": "Whether the receipt ends with these lines: a printer with a cutter cuts here.",
    "api.ReceiptView.copy": "For whom it was printed.",
    "api.ReceiptView.lines": "Its lines, in the order of print.",
    "api.PaymentEvent": "One step of a payment's life.",
    "api.PaymentEvent.id": "Counts from 1 within the payment.",
    "api.PaymentEvent.event": "What happened.",
    "api.PaymentEvent.payment": "The payment as it stood then.",
    "api.PaymentEvent.receipt": "The lines that were printed, with an event `receipt`.",
    "api.Acknowledgement": "A person knows of an alarm that stands.",
    "api.Acknowledgement.credential": "The person, with at least the role that the alarm asks for.",
    "api.AlarmView": "What somebody has to know, until it is over.",
    "api.AlarmView.id": "Names it among those that stand: the alarm, and behind a colon its subject.",
    "api.AlarmView.alarm": "Which alarm it is, for programs.",
    "api.AlarmView.state": "Whether somebody knows of it, or it is over.",
    "api.AlarmView.severity": "How grave it is.",
    "api.AlarmView.what": "What it is, for people.",
    "api.AlarmView.money": "What it means for payments, for people.",
    "api.AlarmView.next_step": "What to do next, for people.",
    "api.AlarmView.raised_at": "Since when it stands, by the host's clock, in ISO 8601.",
    "api.AlarmView.acknowledged_by_role": "The lowest role that may acknowledge it.",
    "api.AlarmView.subject": "What it is about: a terminal, a payment, or empty.",
    "api.AlarmView.figures": "The figures of its sentences.",
    "api.AlarmView.acknowledged_by": "Who said that they know of it; empty if nobody did.",
    "api.AlarmView.acknowledged_at": "When they said so, in ISO 8601; empty if nobody did.",
    "api.AlarmView.written": "False while the journal could not take it, because the disk is full.",
    "api.AgentEvent": "Something that happened in the agent.",
    "api.AgentEvent.id": "Grows from event to event, also over a restart of the agent.",
    "api.AgentEvent.event": "What it is about. `lost` says that this reader missed some events.",
    "api.AgentEvent.payment": "One step of a payment's life, with an event `payment`.",
    "api.AgentEvent.alarm": "The alarm, with an event `alarm`.",
    "api.AgentEvent.terminal": "The terminal as it is now, with an event `terminal`.",
    "api.TerminalView": "One terminal's state.",
    "api.TerminalView.name": "Its name in the settings.",
    "api.TerminalView.state": "Whether it can take a payment now, or why not.",
    "api.TerminalView.text": "What it says of itself, for people.",
    "api.TerminalView.terminal_id": "The id that it registered with.",
    "api.TerminalView.software": "Its software, as it names it.",
    "api.TerminalView.serves": "The payment that it serves now; empty if none.",
    "api.TerminalView.since": "Since when it is so, in ISO 8601; empty if that was before the agent started.",
    "api.TerminalView.next_step": "What to do so that it takes payments again; empty if it does.",
    "api.TerminalView.unclear": "The unclear payment that holds it; empty if none.",
    "api.TerminalView.clock_ahead_s": (
        "How many seconds its clock is ahead of the host's, by its last result; negative if behind."
    ),
    "api.StatusView": "The agent as a whole.",
    "api.StatusView.version": "The version of the agent.",
    "api.StatusView.name": "The name of this host in the settings.",
    "api.StatusView.training": "Whether only simulated terminals are let in, and no money moves.",
    "api.StatusView.taking_payments": "Whether a new payment would be taken.",
    "api.StatusView.refusal_reason": "Why none is taken, for people; empty if payments are taken.",
    "api.StatusView.terminals": "Every terminal of the settings.",
    "api.StatusView.entries": "How many entries the journal has.",
    "api.StatusView.root": "The root of the journal's tree, in base64.",
    "api.StatusView.cosigned": "How many entries headquarters has confirmed; null if none yet.",
    "api.StatusView.unclear": "The payments that are unclear.",
    "api.StatusView.held": "The payments whose goods are held or withheld.",
    "api.StatusView.acquirer_key": "The acquirer's key that card numbers are sealed with.",
    "api.StatusView.currency": "The shop's currency, by ISO 4217.",
    "api.StatusView.limits": (
        "The levels of the settings by their keys; money in minor units of `currency`, counts as they are."
    ),
    "api.StatusView.alarms": "The alarms that stand, the gravest first.",
    "api.StatusView.acquirer_key_until": "The last day of that key.",
    "api.ErrorBody": "Every refusal: a code for programs, and three sentences for people.",
    "api.ErrorBody.error": "The code.",
    "api.ErrorBody.message": "What happened.",
    "api.ErrorBody.money": "What it means for the money, and of which payment.",
    "api.ErrorBody.next_step": "What to do now.",
    "api.ErrorBody.figures": "The figures of the code, for programs.",
    "api.ErrorBody.payment": "The payment that stands against the request, whole.",
    "api.body_too_long": "The body is longer than {limit} bytes.",
}
