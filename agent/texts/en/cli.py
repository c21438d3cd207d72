"""What the command line says."""

from __future__ import annotations

from typing import Final

CLI: Final[dict[str, str | tuple[str, str]]] = {
    "cli.agent_answers_at_takes": "the agent answers at {path} and takes payments",
    "cli.agent_does_not_start": "The agent does not start with these settings, so no money moves.",
    "cli.agent_makes_at_its": "{folder}: {strerror}. The agent makes it at its first start.",
    "cli.agent_may_take_payments": "The agent may take payments with these settings.",
    "cli.agent_takes_no_payments": "the agent takes no payments: {refusal_reason}",
    "cli.agents_api_default_settings": "the agent's API; default: the settings'",
    "cli.answer_not_agents": "the answer is not the agent's",
    "cli.as_till_names_person": "as the till names this person",
    "cli.ask_for_pin_print": "ask for a PIN and print the lines for [people]",
    "cli.at_only_agent_may": "at {where}: only the agent may connect, ask 'tillgate status'",
    "cli.between_shops_till_its": "Between a shop's till and its card terminal.",
    "cli.can_be_read_every": "can be read, and every key is known",
    "cli.cancel_asked": "Asked to cancel. Waiting for the terminal, whose answer decides.",
    "cli.cancel_lost": "The wish to cancel did not get through. Still asking for the verdict.",
    "cli.cancel_refused": "It cannot be cancelled now: {message} Still waiting for its verdict.",
    "cli.carry_folder_headquarters_by": (
        "\n"
        "Carry the folder {folder} to headquarters by a safe way, then remove it here:\n"
        "rm -r {folder}\n"
        "While it is here, a thief of this computer can forge the past of its journal."
    ),
    "cli.clocks": "Its clock and this computer's are {apart} apart: set the one that is wrong.",
    "cli.collector_cannot_run_nothing": "The collector cannot run: {error}. Nothing is collected.",
    "cli.command.agent": "run the agent",
    "cli.command.close-day": "close the terminal's day",
    "cli.command.collector": "run the collector at headquarters",
    "cli.command.config": "check the settings",
    "cli.command.demo": "take a handful of payments with everything but the hardware",
    "cli.command.doctor": "look for what keeps payments from being taken",
    "cli.command.journal": "show, follow, verify and export the journal",
    "cli.command.keys": "create and show keys",
    "cli.command.last": "show the newest payments, or one and its receipt",
    "cli.command.pay": "take a payment",
    "cli.command.refund": "give money of an earlier payment back",
    "cli.command.resolve": "say what became of an unclear payment",
    "cli.command.reverse": "take an earlier payment back whole",
    "cli.command.sim": "run a simulated terminal",
    "cli.command.status": "show whether payments are taken, or why not",
    "cli.command.terminals": "list what is plugged in, with the settings that fit",
    "cli.command.till": "a standing prompt for a day at the counter",
    "cli.command.upload": "run the uploader",
    "cli.danger": (
        "asks each free port with harmless bytes which protocol it speaks; not while a payment is unclear"
    ),
    "cli.default_etc_tillgate_collector_collector": "default: /etc/tillgate-collector/collector.toml",
    "cli.default_etc_tillgate_tillgate": "default: /etc/tillgate/tillgate.toml",
    "cli.exit_codes": (
        "exit codes of a payment:\n"
        "   0  approved\n"
        "   1  declined, cancelled or refused: no money has moved\n"
        "   2  not sent: the terminal never heard of it, it is safe to try again\n"
        "   3  unclear: nobody knows yet, do not charge again\n"
        "  64  the request was wrong, nothing was done\n"
        "  69  the agent cannot be reached, nothing was done\n"
        "  77  not allowed\n"
        "  78  the settings are wrong\n"
        ""
    ),
    "cli.for_training_only_whoever": (
        "For training only: whoever has this folder can open the sealed cards."
    ),
    "cli.found": "Payments may be kept from being taken: see above. No money was moved by looking.",
    "cli.has_confirmed_nothing_yet": "has confirmed nothing yet",
    "cli.held": "not asked: in use by {who}",
    "cli.help": (
        "12.50                         take a payment\n"
        "refund 12.50 --original X     give money back\n"
        "reverse --original X          take a payment back whole\n"
        "last                          the newest payments\n"
        "status                        are payments taken?\n"
        "close-day                     close the terminal's day\n"
        "quit                          leave"
    ),
    "cli.holds_result": (
        "The terminal offered a result that nobody has taken. It was left alone. Resolve the "
        "payment before you change anything: tillgate last."
    ),
    "cli.host_does_not_run": "this host does not run systemd",
    "cli.how_long_key_valid": "how long the key is valid; default: 365",
    "cli.how_many_default": "how many, 1 to 100; default: 5",
    "cli.identity": "Was the customer's identity document checked?",
    "cli.journal.collector_key_type": "the collector's key is not a cosignature key (type 04)",
    "cli.journal.collector_vkey": "the collector's verifier key, or its file",
    "cli.journal.cosignatures": "the collector's cosignatures",
    "cli.journal.every": "check every signature, however many",
    "cli.journal.export": "write C2SP tiles and proofs for other verifiers",
    "cli.journal.export_entry": "an inclusion proof too",
    "cli.journal.export_since": "a consistency proof too",
    "cli.journal.exported": "{size} entries, their tiles and checkpoint are in {folder}.",
    "cli.journal.first_key": "headquarters: the first evolving key",
    "cli.journal.follow": "print new entries as they come, until interrupted",
    "cli.journal.journal_key_type": "the journal's key is not an Ed25519 key (type 01)",
    "cli.journal.key_unusable": "This key cannot be used: {error}.",
    "cli.journal.no_journal": (
        "Say where the journal is with --journal FOLDER, or name the settings with --settings FILE."
    ),
    "cli.journal.no_vkey": (
        "Give the journal's verifier key with --vkey. `tillgate keys show` prints it on the agent's host; "
        "headquarters keep it from the enrolment."
    ),
    "cli.journal.show": "print the newest entries, or those of one payment",
    "cli.journal.show_from": "from this entry on, to the end",
    "cli.journal.show_payment": "only entries of this payment, from the beginning",
    "cli.journal.unreadable": "{name} cannot be read or written: {reason}.",
    "cli.journal.verify": "check every line, every root and the signatures",
    "cli.journal.vkey": "the journal's verifier key, or a file that holds it",
    "cli.look_there_instead": "look there instead of /",
    "cli.lost": (
        "The line to the agent broke. Payment {payment_id} MAY STILL BE RUNNING on the terminal.\n"
        "Do not charge again. Look at the terminal, then ask:\n"
        "tillgate last --payment-id {payment_id}\n"
        "The same command with the same id is safe too: it never charges twice."
    ),
    "cli.make_keys_are_missing": "make the keys that are missing; none is ever replaced",
    "cli.make_pretended_acquirer_for": "make a pretended acquirer, for training only",
    "cli.mib_free_tillgate_journal": "{folder}, {free} MiB free. 'tillgate journal verify' checks it.",
    "cli.name_has_letters_digits": (
        "A name has 1 to 32 letters, digits and . _ - and begins with a letter or digit."
    ),
    "cli.needed_when_shop_has": "needed when the shop has several",
    "cli.needs": (
        "A resolution needs a reason of 3 to 200 characters, a person, and a witness\n"
        "with a secret.\n"
        "Nothing was changed."
    ),
    "cli.no_answer": (
        "The agent cannot be asked at {path}: {why}.\n"
        "Nothing was changed. A payment that runs on the terminal goes on.\n"
        "Ask the installer to look at 'tillgate doctor' and 'systemctl status tillgate-agent'."
    ),
    "cli.no_port": "not asked: Linux made no serial port of it",
    "cli.nobody": "Nobody is here to answer: that is a no.",
    "cli.nobody_answers_at_agent": "nobody answers at {path}: {error}. Is the agent running?",
    "cli.nobody_user_can_see": "nobody that this user can see",
    "cli.none_at_usb_socket": "none, at USB socket {port_path}",
    "cli.none_nobody_can_sign": "none: nobody can sign as a second person",
    "cli.not_known": 'This is not known here. "help" shows what is.',
    "cli.not_reached": (
        "The agent cannot be reached at {path}: {why}.\n"
        "Nothing was sent and no money has moved.\n"
        "Ask the installer to look at 'tillgate doctor' and 'systemctl status tillgate-agent'."
    ),
    "cli.not_taking": "NO PAYMENTS ARE TAKEN: {why}",
    "cli.not_there_look_at": "{device} is not there. Look at the cable and the terminal's power.",
    "cli.nothing_done": ("{why}.\nNothing was sent and no money has moved."),
    "cli.nothing_was_replaced_name": "{folder}: {strerror}. Nothing was replaced; name an empty folder.",
    "cli.one_with_its_receipt": "this one, with its receipt",
    "cli.only_installer": "not looked at: only root and the agent's user may read it",
    "cli.only_mib_are_free": "only {free} MiB are free at {folder}. Make room.",
    "cli.only_one_by_any": "only this one, by any of its names",
    "cli.payment_id_letters_digits": (
        "a payment id is 1 to 40 letters, digits and . _ -, never 13 digits in a row"
    ),
    "cli.payment_id_payment_given": "payment id of the payment that is given back",
    "cli.pin_or_password": "PIN or password of {name}: ",
    "cli.print_devices_as_one": "print the devices as one JSON list",
    "cli.print_findings_as_one": "print the findings as one JSON list",
    "cli.print_key_uploaders_pin": "print the key that uploaders pin, and end",
    "cli.print_one_json_object": "print one JSON object as the last line",
    "cli.print_result_as_one": "print the result as one JSON object",
    "cli.purpose": "What is the payment for? ",
    "cli.put_one_these_into": (
        "Put one of these into /etc/tillgate/tillgate.toml, then: tillgate config check"
    ),
    "cli.resolve": "Look at the terminal and its receipt, then: tillgate resolve {payment_id}",
    "cli.say_what_wrong_in": "say what is wrong in a settings file",
    "cli.secret": "PIN or password of {person}: ",
    "cli.show_what_public_keys": "show what is public of the keys, and what is wrong with them",
    "cli.silent": "no answer: it is off, in a menu, or its till interface is not switched on",
    "cli.sound": "Nothing was found that keeps payments from being taken.",
    "cli.stands_for_every_payment": "stands for every payment of this session",
    "cli.such_as_eur_default": "such as EUR; default: the shop's",
    "cli.systemd_does_not_answer": "systemd does not answer",
    "cli.take_handful_payments_all": "take a handful of payments, all but the hardware real",
    "cli.take_n_payments_default": "take N payments; default: each kind once",
    "cli.there_for_its_owner": "there, and for its owner alone",
    "cli.there_tillgate_status_says": ("{device} is there. 'tillgate status' says if the terminal answers."),
    "cli.tills_name_default": "this till's name; default: 1",
    "cli.tills_own_id_else": "the till's own id; else one is made",
    "cli.training": "Training: only simulators, no money.",
    "cli.two_are_not_same": "The two are not the same. Nothing was written; try again.",
    "cli.uploader_stops_payments_are": "The uploader stops: {error}. Payments are not touched.",
    "cli.welcome": 'An amount takes a payment. "help" shows the rest, "quit" ends.',
    "cli.what_proves_such_as": "what proves it, such as a line of the receipt",
    "cli.where_kernels_own_hidden": "where the kernel's own is hidden: %%b",
    "cli.who": "A second person must agree. Name (empty: no): ",
    "cli.who_at_till": "who is at the till",
    "cli.who_has_seen_too": "who has seen it too, and signs",
    "cli.secret_too_short": "a PIN or password needs at least {least} characters",
    "cli.nothing_plugged_in": (
        "Nothing is plugged in that could be a terminal. A terminal on the network is not seen here: "
        'give it a fixed address and set wire = "tcp".'
    ),
}
