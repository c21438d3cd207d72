"""What the command line says."""

from __future__ import annotations

from typing import Final

CLI: Final[dict[str, str | tuple[str, str]]] = {
    "cli.about": "Between a shop's till and its card terminal.",
    "cli.asking": "Asking the terminal about payment {payment_id}, {seconds} s. Ctrl-C leaves it unclear.",
    "cli.broke": "This command failed by an error of its own ({error}).",
    "cli.broke_money": (
        "This command failed by an error of its own ({error}). A payment that it had sent goes on.\n"
        "Do not charge again before you have looked: tillgate last"
    ),
    "cli.bad_payment_id": "a payment id is 1 to 64 printable characters, and never a card number",
    "cli.cancel_asked": "Asked to cancel. Waiting for the terminal, whose answer decides.",
    "cli.cancel_lost": "The request to cancel did not get through. Still asking for the verdict.",
    "cli.cancel_refused": "The payment cannot be cancelled now: {message} Still waiting for its verdict.",
    "cli.clocks": "The terminal's clock and this computer's differ by {apart}: correct the wrong one.",
    "cli.collector.shops": "list the shops: when each was heard of, and what is wrong",
    "cli.collector.heard": "heard of at {heard}, {entries} entries",
    "cli.collector.silent": "SILENT for more than two days: call the shop",
    "cli.collector.doubted": "REFUSED at {on}: {why}",
    "cli.collector.clock_off": (
        "its newest entry is {minutes} minutes off our time: its clock is wrong, or it catches up"
    ),
    "cli.collector.stopped": "The collector cannot run: {error}. Nothing is collected.",
    "cli.collector.vkey": "print the key that uploaders pin, and end",
    "cli.command.agent": "run the agent",
    "cli.alarms.acknowledge": "say that you know of an alarm",
    "cli.alarms.acknowledged": "acknowledged by {person}",
    "cli.alarms.id": "its id, as 'tillgate alarms' shows it",
    "cli.alarms.none": "No alarm stands.",
    "cli.alarms.not_written": "The disk is full, so the journal does not have it yet.",
    "cli.alarms.person": "who knows of it",
    "cli.alarms.prompt": (
        "{count} alarm stands: {what} See: status",
        "{count} alarms stand, the gravest: {what} See: status",
    ),
    "cli.alarms.no_secret": "Nobody is here to give a PIN. Nothing was changed.",
    "cli.command.alarms": "show the alarms that stand, or acknowledge one",
    "cli.command.close-day": "close the terminal's day",
    "cli.command.collector": "run the collector at headquarters",
    "cli.command.config": "check the settings",
    "cli.command.demo": "run a few payments; everything is real but the hardware",
    "cli.command.doctor": "look for anything that stops payments",
    "cli.command.journal": "show, follow, verify and export the journal",
    "cli.command.keys": "create and show keys",
    "cli.command.last": "show the newest payments, or one and its receipt",
    "cli.command.pay": "take a payment",
    "cli.command.refund": "refund money of an earlier payment",
    "cli.command.release": "let the goods of a held payment go, or withhold them",
    "cli.command.resolve": "say what became of an unclear payment",
    "cli.command.reverse": "reverse an earlier payment as a whole",
    "cli.command.sim": "run a simulated terminal",
    "cli.command.status": "show whether payments are taken, or why not",
    "cli.command.terminals": "list what is plugged in, with the settings that fit",
    "cli.command.till": "a standing prompt for a day at the counter",
    "cli.command.upload": "run the uploader",
    "cli.config.bad_name": (
        "A name has 1 to 32 letters, digits and . _ - and begins with a letter or digit."
    ),
    "cli.config.check": "say what is wrong in a settings file",
    "cli.config.live": "The agent may take payments with these settings.",
    "cli.config.warning": "Attention: {why}.",
    "cli.config.not_live": "The agent does not start with these settings, so no money moves.",
    "cli.config.person": "ask for a PIN and print the lines for [people]",
    "cli.config.secret": "PIN or password of {name}: ",
    "cli.config.secret_too_short": "a PIN or password needs at least {least} characters",
    "cli.config.secrets_differ": "The two entries differ. Nothing was written. Try again.",
    "cli.config.sound": "can be read, and every key is known",
    "cli.danger": (
        "asks each free port with harmless bytes which protocol it speaks; not while a payment is unclear"
    ),
    "cli.demo.about": "run a few payments; everything is real but the hardware",
    "cli.demo.stay": "open the shop and leave it to your own hands, in another window",
    "cli.demo.json": "print one JSON object as the last line",
    "cli.demo.payments": "take N payments; default: each kind once",
    "cli.doctor.api_silent": "nobody answers at {path}: {error}. Is the agent running?",
    "cli.doctor.api_takes": "the agent answers at {path} and takes payments",
    "cli.doctor.api_takes_none": "the agent takes no payments: {refusal_reason}",
    "cli.doctor.device_missing": "{device} is not there. Look at the cable and the terminal's power.",
    "cli.doctor.device_there": "{device} is there. 'tillgate status' says if the terminal answers.",
    "cli.doctor.disk_free": "{folder}, {free} MiB free. 'tillgate journal verify' checks it.",
    "cli.doctor.disk_low": "only {free} MiB are free at {folder}. Make room.",
    "cli.doctor.json": "print the findings as one JSON list",
    "cli.doctor.no_journal_yet": "{folder}: {strerror}. The agent makes it at its first start.",
    "cli.doctor.no_alarms_told": "the agent does not tell its alarms",
    "cli.doctor.no_port": (
        "{device} is no serial port, so no terminal is behind it. 'tillgate terminals' lists the ports."
    ),
    "cli.doctor.port_shared": (
        "{device} is used by {programs} too: it takes bytes that are meant for the agent. End that program."
    ),
    "cli.doctor.no_systemd": "this host does not run systemd",
    "cli.doctor.only_agent_connects": "at {where}: only the agent may connect, ask 'tillgate status'",
    "cli.doctor.only_installer": "not looked at: only root and the agent's user may read it",
    "cli.doctor.secret_there": "there, and for its owner alone",
    "cli.doctor.systemd_silent": "systemd does not answer",
    "cli.exit_codes": (
        "exit codes of a payment:\n"
        "   0  approved: the amount that was asked for, and the goods may go\n"
        "   1  declined, cancelled or refused: no money has moved\n"
        "   2  not sent: the terminal never heard of it, it is safe to try again\n"
        "   3  unclear: nobody knows yet, do not charge again\n"
        "  10  approved, for another amount than was asked for, or given back since\n"
        "  11  approved, and the goods are held or withheld: hand over nothing\n"
        "  12  approved earlier: this is an old payment, nothing was charged now\n"
        "  64  the request was wrong, nothing was done\n"
        "  69  the agent cannot be reached, nothing was sent\n"
        "  70  this command failed before it had sent anything\n"
        "  77  not allowed\n"
        "  78  the settings are wrong\n"
        ""
    ),
    "cli.found": "Something may stop payments: see above. This check moved no money.",
    "cli.held": "not asked: in use by {who}",
    "cli.help": (
        "12.50                         take a payment\n"
        "refund 12.50 --original X     give money back\n"
        "reverse --original X          reverse a payment as a whole\n"
        "last                          the newest payments\n"
        "status                        are payments taken?\n"
        "alarms                        what somebody has to know\n"
        "close-day                     close the terminal's day\n"
        "quit                          leave"
    ),
    "cli.holds_result": (
        "The terminal offered a result that nobody has taken. It was left alone. Resolve the "
        "payment before you change anything: tillgate last."
    ),
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
    "cli.journal.no_vkey_here": (
        "The journal was not looked at: its public key is not beside it, and this user may not read the "
        "agent's own. Payments are not affected. Give the key that headquarters has, with --vkey. ({why})"
    ),
    "cli.journal.no_vkey": (
        "Give the journal's verifier key with --vkey. `tillgate keys show` prints it on the "
        "agent's host; headquarters keep it from the enrolment."
    ),
    "cli.journal.not_kept": (
        "The result could not be kept in {folder} ({reason}), so the agent does not know of it."
    ),
    "cli.journal.show": "print the newest entries, or those of one payment",
    "cli.journal.show_from": "from this entry on, to the end",
    "cli.journal.show_payment": "only entries of this payment, from the beginning",
    "cli.journal.broken_line": "cannot be read: no version writes such an entry",
    "cli.journal.unreadable": "{name} cannot be read or written: {reason}.",
    "cli.journal.verify": "check every line, every root and the signatures",
    "cli.journal.vkey": "the journal's verifier key, or a file that holds it",
    "cli.keys.acquirer": "make keys of a simulated acquirer, for training only",
    "cli.keys.carry_enrolment": (
        "\n"
        "Bring the folder {folder} safely to headquarters, then remove it here:\n"
        "rm -r {folder}\n"
        "While it is here, a thief of this computer can forge past entries of its journal."
    ),
    "cli.keys.create": "make the missing keys; no key is ever replaced",
    "cli.keys.days": "how long the key is valid; default: 365",
    "cli.keys.not_replaced": "{folder}: {strerror}. Nothing was replaced; name an empty folder.",
    "cli.keys.show": "show what is public of the keys, and what is wrong with them",
    "cli.keys.training_only": "For training only: anyone who has this folder can open the sealed cards.",
    "cli.last.how_many": "how many, 1 to 100; default: 5",
    "cli.last.one": "this one, with its receipt",
    "cli.lost": (
        "The line to the agent broke. Payment {payment_id} MAY STILL BE RUNNING on the terminal.\n"
        "Do not charge again. Look at the terminal, then ask:\n"
        "tillgate last --payment-id {payment_id}\n"
        "The same command with the same id is safe too: it never charges twice."
    ),
    "cli.needs": (
        "A resolution needs a reason of 3 to 200 characters, a person, and a witness\n"
        "with a secret.\n"
        "Nothing was changed about payment {payment_id}."
    ),
    "cli.no_answer": (
        "The agent cannot be asked at {path}: {why}.\n"
        "This command has changed nothing. A payment that runs on the terminal goes on.\n"
        "Ask the installer to look at 'tillgate doctor' and 'systemctl status tillgate-agent'."
    ),
    "cli.no_port": "not asked: Linux made no serial port of it",
    "cli.nobody": "Nobody is here to answer, so the answer is no.",
    "cli.not_known": 'Unknown command. "help" lists the commands.',
    "cli.not_reached": (
        "The agent cannot be reached at {path}: {why}.\n"
        "This command has sent nothing and begun no payment.\n"
        "If {payment_id} was sent before, look at it first:\n"
        "tillgate last --payment-id {payment_id}\n"
        "Ask the installer to look at 'tillgate doctor' and 'systemctl status tillgate-agent'."
    ),
    "cli.not_taking": "NO PAYMENTS ARE TAKEN: {why}",
    "cli.not_the_agent": "the answer is not the agent's",
    "cli.nothing_done": "{why}.\nThis command has sent nothing and begun no payment.",
    "cli.option.boot_id": "where the kernel's own is hidden: %%b",
    "cli.option.collector_settings": "default: /etc/tillgate-collector/collector.toml",
    "cli.option.currency": "such as EUR; default: the shop's",
    "cli.option.json": "print the result as one JSON object",
    "cli.option.operator": "the operator at the till",
    "cli.option.original": "payment id of the original payment",
    "cli.option.payment_id": "the till's own id; else one is made",
    "cli.option.person": "as the till names this person",
    "cli.option.settings": "default: /etc/tillgate/tillgate.toml",
    "cli.option.socket": "the agent's API socket; default: from the settings",
    "cli.option.terminal": "needed when the shop has several",
    "cli.option.till": "this till's name; default: 1",
    "cli.perhaps": (
        "The line to the agent at {path} broke after this was sent: {why}.\n"
        "Nobody knows whether it was carried out. Look at the payment before you go on: tillgate last"
    ),
    "cli.purpose": "What is the payment for? ",
    "cli.question_over": "The question of payment {payment_id} is over. No answer was sent.",
    "cli.resolved_now": "Payment {payment_id} is clear now:",
    "cli.view_failed": (
        "Payment {payment_id}: {known}. It cannot be shown in full, by an error of this command ({error})."
    ),
    "cli.waiting": "Waiting for the terminal, {seconds} s.",
    "cli.whole_word": "Type the whole word, yes or no.",
    "cli.command.accept_terminal": "two persons accept a terminal that was exchanged",
    "cli.accept_terminal.name": "the terminal's name in the settings",
    "cli.accept_terminal.reason": "why it was exchanged, and by whom",
    "cli.accept_terminal.person": "who says so; not needed before two people are in the settings",
    "cli.accept_terminal.witness": "the second person, a supervisor, who has looked at the terminal too",
    "cli.accept_terminal.nobody": "Nobody signed. The terminal takes no payments, as before.",
    "cli.accept_terminal.accepted": (
        "The terminal behind {terminal} is accepted. It takes payments within half a minute."
    ),
    "cli.command.clock": "two persons say that this computer's clock is right now",
    "cli.clock.declare": "end what a wrong clock has left behind",
    "cli.clock.declared": "It is written down that the clock is right now: {time}.",
    "cli.clock.nobody": "Nobody signed. Nothing was written down about the clock.",
    "cli.clock.person": "who says so",
    "cli.clock.reason": "what was wrong, such as a flat battery",
    "cli.clock.witness": "the second person, a supervisor, who has looked at the clock too",
    "cli.release": "A second person looks at it, then: tillgate release {payment_id} --person NAME",
    "cli.release.no_secret": "Nobody signed. The goods of the payment stay held; its money has moved.",
    "cli.reads_nothing": "it reads nothing",
    "cli.release.operator": "who asks for it, if nobody had signed in for the payment",
    "cli.release.person": "the second person, who has looked at it and signs",
    "cli.release.withhold": "the goods may not go; the payment can then be reversed",
    "cli.resolve": "Look at the terminal and its receipt, then: tillgate resolve {payment_id}",
    "cli.resolve.ask_person": "Who says so? Name: ",
    "cli.resolve.ask_reason": "What proves it, such as a line of the terminal's receipt: ",
    "cli.resolve.ask_verdict": "What does the terminal show? approved, declined or not_sent: ",
    "cli.resolve.ask_witness": "Who has seen it, too, and signs? Name: ",
    "cli.resolve.not_unclear": "Payment {payment_id} is not unclear: there is nothing to resolve.",
    "cli.resolve.verdict": "what became of it",
    "cli.resolve.reason": "the proof, such as a line of the receipt",
    "cli.resolve.witness": "the second person, who has seen it and signs",
    "cli.secret": "PIN or password of {person}: ",
    "cli.silent": "no answer: it is off, in a menu, or its till interface is not switched on",
    "cli.sound": "Nothing was found that stops payments.",
    "cli.status.more_cosigned": (
        "has confirmed {cosigned} entries: {missing} more than this disk holds. Call headquarters."
    ),
    "cli.status.serves": "Payment {payment_id} is on it.",
    "cli.status.since": "Since {time}.",
    "cli.status.nothing_cosigned": "has confirmed nothing yet",
    "cli.terminals.json": "print the devices as one JSON list",
    "cli.terminals.no_port": "none, at USB socket {port_path}",
    "cli.terminals.nobody_seen": "no process that this user can see",
    "cli.terminals.nothing": (
        "Nothing is plugged in that could be a terminal. A terminal on the network is not seen "
        'here: give it a fixed address and set wire = "tcp".'
    ),
    "cli.terminals.one": "only this port, by any of its names",
    "cli.terminals.put_into_settings": (
        "Put one of these into /etc/tillgate/tillgate.toml, then: tillgate config check"
    ),
    "cli.terminals.root": "look there instead of /",
    "cli.till.operator": "stands for every payment of this session",
    "cli.training": "Training: only simulators, no money.",
    "cli.welcome": 'An amount takes a payment. "help" shows the rest, "quit" ends.',
    "cli.who_asks": "Nobody has signed in. Who asks for it? Name (empty: no): ",
    "cli.who": "A second person must agree. Name (empty: no): ",
}
