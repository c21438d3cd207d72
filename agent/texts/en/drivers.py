"""What the drivers found, by the code of the fact (`drivers.terminal.DriverFact`)."""

from __future__ import annotations

from typing import Final

_NAMELESS: Final = "the terminal told how a payment ended, and not which one: it may be an earlier payment's"

DRIVERS: Final[dict[str, str | tuple[str, str]]] = {
    # zvt
    "drivers.zvt.not_written": (
        "The command {operation} cannot be written for this terminal: {why}. Nothing was sent."
    ),
    "drivers.zvt.needs_amount": "The command {operation} needs an amount above zero. Nothing was sent.",
    "drivers.zvt.needs_receipt": (
        "The command {operation} needs the receipt number of the original payment. Nothing was sent."
    ),
    "drivers.zvt.no_answer": "the terminal did not answer the command in time",
    "drivers.zvt.no_completion": "the terminal did not finish after its result was stored",
    "drivers.zvt.no_result_code": "the terminal sent a result without a result code",
    "drivers.zvt.not_acknowledged": "the terminal did not acknowledge a message in three attempts",
    "drivers.zvt.stopped_halfway": "the terminal stopped in the middle of a message",
    "drivers.zvt.too_long": "the terminal sent a longer message than can be received",
    "drivers.zvt.speaks_ecr17": "the device on this port speaks ECR17, not ZVT; set its protocol to ZVT",
    "drivers.zvt.serial_frames": (
        "the device on this port sends ZVT's serial frames over the network: set its box to ZVT over TCP, or "
        "connect it as a serial port"
    ),
    "drivers.zvt.speaks_enq": (
        "the terminal asks with ENQ before it speaks, as Printec's ECR and Concert do, and not ZVT; have it "
        "set to ZVT, or use the protocol telium for Concert"
    ),
    "drivers.zvt.speaks_text": "the device here answers with text, not ZVT; check the port and the cable",
    "drivers.zvt.no_receipt_number": (
        "The terminal gave no receipt number for the original: reverse it on the terminal itself."
    ),
    "drivers.zvt.may_work_on": (
        "The terminal has not stored it so far. It may be at it for {minutes} minute after the break.",
        "The terminal has not stored it so far. It may be at it for {minutes} minutes after the break.",
    ),
    "drivers.zvt.silent": "The terminal does not tell its last payment.",
    "drivers.zvt.nothing_before": "Nothing is known of the terminal's last payment before this one.",
    "drivers.zvt.closed": (
        "The terminal's totals are empty, and {count} payment stood in them: its day is closed.",
        "The terminal's totals are empty, and {count} payments stood in them: its day is closed.",
    ),
    "drivers.zvt.not_closed": (
        "The terminal's totals still hold the {count} payment of the day: it is not closed.",
        "The terminal's totals still hold all {count} payments of the day: it is not closed.",
    ),
    "drivers.zvt.day_close": "The terminal's totals do not tell whether its day is closed.",
    "drivers.zvt.same": (
        "The terminal's last stored payment is still receipt {receipt}, trace {trace}: this one was not "
        "stored."
    ),
    "drivers.zvt.stored": (
        "The terminal has stored it as receipt {receipt}, trace {trace}, with the amount that was asked."
    ),
    "drivers.zvt.as_said": (
        "The terminal has stored it as receipt {receipt}, trace {trace}, as it had said when it approved it."
    ),
    "drivers.zvt.other_amount": (
        "The terminal's last stored payment is receipt {receipt}, trace {trace}, and it is not this one: the "
        "amount differs."
    ),
    "drivers.zvt.other_currency": (
        "The terminal's last stored payment is receipt {receipt}, trace {trace}, and it is not this one: the "
        "currency differs."
    ),
    "drivers.zvt.other_time": (
        "The terminal's last stored payment is receipt {receipt}, trace {trace}, and it is not this one: its "
        "time differs."
    ),
    "drivers.zvt.is_reversal": (
        "The terminal's last stored payment is receipt {receipt}, trace {trace}, and it is not this one: it "
        "is a reversal."
    ),
    "drivers.zvt.other_original": (
        "The terminal's last stored payment is receipt {receipt}, trace {trace}, and it is not this one: it "
        "takes back another payment."
    ),
    "drivers.zvt.is_no_reversal": (
        "The terminal's last stored payment is receipt {receipt}, trace {trace}, and it is not this one: it "
        "is no reversal."
    ),
    "drivers.zvt.contradiction": "the terminal told two results that contradict each other",
    # what all protocols share
    "drivers.terminal_busy": "the terminal is busy with something else",
    "drivers.not_registered": "the terminal did not know this till any more; it is registered again",
    "drivers.close_due": "the terminal wants its day closed first",
    "drivers.terminal_blocked": "the terminal is blocked or out of order",
    "drivers.left_open": (
        "the terminal was still at it after {minutes} minutes; its result is taken when it comes"
    ),
    "drivers.unsupported_operation": "This terminal's protocol cannot do that. Nothing was sent.",
    "drivers.no_end": "the terminal did not say in time how the command ended",
    "drivers.refused_again": (
        "the terminal refused the command when it came again; it may have begun the first one"
    ),
    "drivers.out_of_turn": "the terminal sent a result or a receipt before it had answered the command",
    "drivers.flood": "the terminal went on sending without waiting for an answer",
    "drivers.unreadable": "the terminal sent a message that cannot be read ({reason})",
    "drivers.reconnected": "the line was opened anew",
    "drivers.damaged": "three messages in a row arrived damaged from the terminal ({fault})",
    # ecr17
    "drivers.ecr17.nameless": _NAMELESS,
    "drivers.ecr17.no_ack": "the terminal did not acknowledge the request",
    "drivers.ecr17.unknown_result": "the terminal sent a result that its protocol does not explain",
    "drivers.ecr17.refused": (
        "The terminal refused the request: it is busy, does not know it, or has another terminal_id."
    ),
    "drivers.ecr17.other_scope": 'The terminal uses another checksum: set its variant to "{scope}".',
    "drivers.ecr17.no_refund": "The terminal takes no refund from the till: make it on the terminal itself.",
    "drivers.ecr17.no_trace": (
        "The terminal gave no STAN for the original: reverse it on the terminal itself."
    ),
    "drivers.ecr17.no_amount": "The terminal takes amounts from 0.01 to 999999.99 only.",
    "drivers.ecr17.other_currency": (
        "The terminal cannot be told a currency: it takes every amount in its own."
    ),
    "drivers.ecr17.closed": "The terminal's total is zero, and the day had one: it is closed.",
    "drivers.ecr17.not_closed": "The terminal's total is still that of the day: it is not closed.",
    "drivers.ecr17.day_close": (
        "The terminal's total does not tell whether its day is closed: look at its receipts."
    ),
    "drivers.ecr17.silent": (
        "The terminal does not tell its last result: look at its receipts or its display."
    ),
    "drivers.ecr17.nothing_before": (
        "The terminal's last result is STAN {stan}, and none is known from before: compare it with the "
        "receipt."
    ),
    "drivers.ecr17.as_said": (
        "The terminal's last result is STAN {stan}, as it had said when it approved this one."
    ),
    "drivers.ecr17.booked": (
        "The terminal's last result is new (STAN {stan}) and of the right time. It tells no amount: compare "
        "the receipt."
    ),
    "drivers.ecr17.booked_with_amount": (
        "The terminal's last result is new (STAN {stan}), of the right time and amount."
    ),
    "drivers.ecr17.last_refused": (
        "The terminal's last result is a refusal (STAN {stan}): this one was not booked."
    ),
    "drivers.ecr17.same": (
        "The terminal's last result is still STAN {stan}, long after this one: it was not booked."
    ),
    "drivers.ecr17.wait": (
        "The terminal's last result is STAN {stan}; this one may still be running there. It is asked again "
        "until {minutes} minutes have passed."
    ),
    "drivers.ecr17.damaged": "three messages in a row arrived damaged from the terminal",
    "drivers.ecr17.other_amount": (
        "The terminal's last result is STAN {stan}, and it need not be this one: its amount differs. Compare "
        "the receipt."
    ),
    "drivers.ecr17.no_time": (
        "The terminal's last result is STAN {stan}, and it need not be this one: it tells no time. Compare "
        "the receipt."
    ),
    "drivers.ecr17.other_time": (
        "The terminal's last result is STAN {stan}, and it need not be this one: its time differs. Compare "
        "the receipt."
    ),
    # ecrhub
    "drivers.ecrhub.no_app": (
        "the terminal shows no sign of life: is its cashier app in front? Nothing was paid"
    ),
    "drivers.ecrhub.not_proven": (
        "the terminal did not answer the trial message: check its setting `variant`; nothing was paid"
    ),
    "drivers.ecrhub.other_variant": (
        "the terminal answers {form}: correct its setting `variant`; nothing was paid"
    ),
    "drivers.ecrhub.not_paired": "the terminal refused to be paired",
    "drivers.ecrhub.no_payment_answer": "the terminal gave no result of the payment in time",
    "drivers.ecrhub.no_query_answer": "the terminal did not answer the question for the payment in time",
    "drivers.ecrhub.no_result": (
        "the terminal answered the payment without a result, and does not tell its end; it said: "
        "{terminal_said}"
    ),
    "drivers.ecrhub.stopped_before": "The payment was stopped before the terminal heard of it.",
    "drivers.ecrhub.not_acknowledged": "the terminal did not acknowledge a message in four attempts",
    "drivers.ecrhub.link_down": "the terminal sent no sign of life for 30 seconds",
    "drivers.ecrhub.no_day_close": (
        "This terminal's day is closed on the terminal itself: its till interface cannot do it."
    ),
    "drivers.ecrhub.no_totals": (
        "This terminal's totals are shown on the terminal itself: its till interface has none."
    ),
    "drivers.ecrhub.no_texts": "This terminal shows no texts of the till.",
    "drivers.ecrhub.no_original": (
        "Only a payment that this till made can be refunded or reversed from here: do it on the terminal "
        "itself."
    ),
    "drivers.ecrhub.no_amount": "The payment needs an amount above zero.",
    "drivers.ecrhub.no_currency": (
        "The payment's currency has no code in ISO 4217, so the terminal cannot be told it."
    ),
    "drivers.ecrhub.not_told": (
        "The terminal does not tell the end of this payment: it is not finished, or it does not know it yet, "
        "which is no proof after a restart. It is asked again every minute. To prove it yourself, look it up "
        "in the list of payments on the terminal or at the acquirer."
    ),
    "drivers.ecrhub.nameless": _NAMELESS,
    "drivers.ecrhub.other_order": "The terminal told the state of another order.",
    "drivers.ecrhub.booked": "The terminal has this order as completed.",
    "drivers.ecrhub.order_closed": "The terminal has this order as closed or failed: nothing was paid.",
    "drivers.ecrhub.order_cancelled": "The terminal has this order as cancelled: nothing was paid.",
    # telium
    "drivers.telium.busy": (
        "The terminal is busy. Nothing was sent: bring it to its idle screen and try again."
    ),
    "drivers.telium.silent": (
        "the terminal does not answer; it must show its idle screen, have paper, and be set to serve a till"
    ),
    "drivers.telium.refused": (
        "the terminal refused each copy of the request (NAK); it has not begun the payment"
    ),
    "drivers.telium.damaged": "its messages arrived damaged several times in a row; check the cable",
    "drivers.telium.no_result": "the terminal did not say in time how the payment ended",
    "drivers.telium.nameless": _NAMELESS,
    "drivers.telium.v3_no_close_day": (
        "This terminal closes its day by itself or from its own menu, not for the till."
    ),
    "drivers.telium.v3_no_amount": (
        "A payment needs an amount above zero, of 12 digits at most. Nothing was sent."
    ),
    "drivers.telium.no_refund": (
        "This terminal's refunds are not tried out: make the refund on the terminal itself, or have the "
        "quirk refunds_by_type_2 set."
    ),
    "drivers.telium.no_reversal": (
        "An E+ terminal cannot cancel for the till: cancel the payment on the terminal itself."
    ),
    "drivers.telium.no_close_day": (
        "An E+ terminal closes its day by itself or from its own menu, not for the till."
    ),
    "drivers.telium.no_amount": (
        "A payment needs an amount above zero, of 8 digits at most. Nothing was sent."
    ),
    "drivers.telium.booked": "The terminal gave its answer under this payment's own mark: approved.",
    "drivers.telium.not_booked": "The terminal gave its answer under this payment's own mark: not paid.",
    "drivers.telium.no_question": (
        "An E+ terminal cannot be asked about a payment. Look at the terminal: its journal or the duplicate "
        "of its last receipt shows whether this payment was made."
    ),
    "drivers.telium.no_duplicate": (
        "The terminal gave no duplicate of its last receipt. Look at the terminal: its journal or the "
        "duplicate of its last receipt shows whether this payment was made."
    ),
    "drivers.telium.no_mark": (
        "The terminal's duplicate does not say which payment it belongs to. Look at the terminal: its "
        "journal or the duplicate of its last receipt shows whether this payment was made."
    ),
    "drivers.telium.other_mark": (
        "The terminal's duplicate belongs to another payment, which proves nothing for this one. Look at the "
        "terminal: its journal or the duplicate of its last receipt shows whether this payment was made."
    ),
    # transbank
    "drivers.transbank.nameless": _NAMELESS,
    "drivers.transbank.not_accepted": "the terminal's result could not be stored in time",
    "drivers.transbank.silent": "the terminal does not answer",
    "drivers.transbank.refused": "the terminal refused a message as damaged three times",
    "drivers.transbank.no_refund": (
        "This terminal cannot refund: no money was moved. Void the payment while its day is open, or refund "
        "it in Transbank's portal."
    ),
    "drivers.transbank.only_pesos": "This terminal takes Chilean pesos only: no money was moved.",
    "drivers.transbank.out_of_range": (
        "This terminal takes {least} to {most} pesos: no money was moved. Change the amount."
    ),
    "drivers.transbank.no_operation_number": (
        "The terminal gave no operation number for the original: void it on the terminal itself."
    ),
    "drivers.transbank.no_last_sale_told": "The terminal does not tell its last sale.",
    "drivers.transbank.stored": "The terminal's last sale has the ticket of this one: operation {number}.",
    "drivers.transbank.same": (
        "The terminal's last sale is still operation {number}: this one was not stored."
    ),
    "drivers.transbank.time": (
        "The terminal's last sale has the ticket of this one but another time. Compare it with the "
        "terminal's list of sales."
    ),
    "drivers.transbank.no_last_sale": (
        "The terminal has no sale since its day was closed. If nobody closed the day since this one was "
        "asked, it was not booked; else look for it in Transbank's portal."
    ),
    "drivers.transbank.other": (
        "The terminal's last sale is another one, and it may be newer. Look for ticket {ticket} in the "
        "terminal's list of sales: a sale in it is booked."
    ),
    "drivers.transbank.void": (
        "The terminal does not tell what it voided. Look for operation {number} with a minus sign in the "
        "terminal's list of sales: it is voided if it is there."
    ),
    "drivers.transbank.not_closed": "The terminal still tells a sale of before: its day was not closed.",
    "drivers.transbank.day_close": (
        "The terminal's answer does not show whether its day is closed: see its report."
    ),
    # the wires
    "drivers.wires.not_connected": "the terminal is not connected",
    "drivers.wires.not_reading": "the terminal takes no more bytes",
    "drivers.wires.closed_by_us": "the agent closed the line to the terminal",
    "drivers.wires.driver_fault": (
        "the driver failed on what the terminal sent; this is a fault of ours, please report it"
    ),
    "drivers.wires.unplugged": "the terminal's cable or power was cut",
    "drivers.wires.closed": "the terminal closed the connection",
    "drivers.wires.broken": "the connection to the terminal broke",
    "drivers.wires.babble": "the terminal sent more than a USB packet holds, so bytes were lost",
    "drivers.wires.stalled": "the terminal's USB line stays halted",
    "drivers.wires.no_port": (
        "There is no port {device}. Nothing was sent to the terminal. Plug the terminal in, or name another "
        "port. If it is plugged in, another program has taken its adapter: on Ubuntu often brltty, which "
        "config/udev/99-tillgate-brltty.rules keeps off."
    ),
    "drivers.wires.hangs": (
        "The port {device} does not react: the device behind it hangs. Nothing was sent to the terminal. "
        "Switch the terminal off and on again, or unplug it."
    ),
    "drivers.wires.forbidden": (
        "The port {device} may not be opened by this user. Nothing was sent to the terminal. Add the "
        "service's user to the port's group (often dialout)."
    ),
    "drivers.wires.in_use": (
        "The port {device} is in use by {user}. Nothing was sent to the terminal. Stop that program."
    ),
    "drivers.wires.no_serial_port": (
        "{device} could not be opened as a serial port. Nothing was sent to the terminal. Check the device's "
        "name."
    ),
    "drivers.wires.silent": (
        "The terminal at {host} port {port} did not answer. Nothing was sent to the terminal. Check that it "
        "is on, on this network, and that its till interface is enabled."
    ),
    "drivers.wires.unreachable": (
        "The terminal at {host} port {port} could not be reached. Nothing was sent to the terminal. Check "
        "that it is on, on this network, and that its till interface is enabled."
    ),
    "drivers.wires.no_address": (
        "{host} is no IP address. Nothing was sent to the terminal. Give the terminal a fixed address and "
        "write that into the settings."
    ),
    "drivers.wires.not_one_terminal": (
        "{host} is not the address of one terminal. Nothing was sent to the terminal."
    ),
    "drivers.wires.usb_own_fault": "the USB driver failed; this is a fault of ours, please report it",
    "drivers.wires.usb_forbidden": (
        "The USB device {device} may not be opened by this user. Nothing was sent to the terminal. Install "
        "config/udev/60-tillgate.rules, plug the terminal out and in again, and add the service's user to "
        "the group dialout."
    ),
    "drivers.wires.usb_in_use": (
        "The USB device {device} is in use by {user}. Nothing was sent to the terminal. Stop that program."
    ),
    "drivers.wires.usb_went_away": (
        "The USB device {device} went away while it was opened. Nothing was sent to the terminal. Check "
        "cable and power."
    ),
    "drivers.wires.usb_not_opened": (
        "The USB device {device} could not be opened. Nothing was sent to the terminal. Plug the terminal "
        "out and in again."
    ),
    "drivers.wires.usb_no_netlink": (
        "libusb may not use AF_NETLINK, without which it finds no device. Nothing was sent to the terminal. "
        "Install systemd/agent/tillgate-agent.service.d/usb-terminal.conf."
    ),
    "drivers.wires.usb_no_libusb": (
        "There is no libusb on this host. Nothing was sent to the terminal. Install it: apt install "
        "libusb-1.0-0."
    ),
    "drivers.wires.usb_no_device": (
        "There is no USB device {device}. Nothing was sent to the terminal. Plug the terminal in and switch "
        "it on; 'tillgate terminals' lists what is plugged in."
    ),
    "drivers.wires.usb_several_devices": (
        "{count} USB devices are {device}: {found}. Nothing was sent to the terminal. Write the serial "
        "number or the port of the right one into the settings."
    ),
    "drivers.wires.usb_no_line": (
        "The USB device {device} has no serial line of the kind {profile}. Nothing was sent to the terminal. "
        "Check usb_profile and usb_interface, and that the terminal's till interface is switched on."
    ),
    "drivers.wires.usb_several_lines": (
        "The USB device {device} has {count} serial lines: interfaces {interfaces}. Nothing was sent to the "
        "terminal. Write the right one into the settings as usb_interface."
    ),
    "drivers.wires.usb_no_such_rate": (
        "An FTDI chip cannot be set to {baud_rate} bits a second. Nothing was sent to the terminal. Check "
        "baud_rate."
    ),
}
