"""What an alarm says: what it is, what it means for payments, what to do next (`agent/alarms/registry.py`).

`{subject}` is what the alarm is about: a terminal, a payment, the name of another alarm.
"""

from __future__ import annotations

from typing import Final

_TAKEN: Final = "Payments are taken."
_EVIDENCE: Final = (
    "Payments are taken and written down, but headquarters cannot vouch for this journal until it is cleared."
)
_CALL: Final = (
    "Change nothing in the journal, copy its folder as it is, and call headquarters. "
    "A supervisor acknowledges this alarm when they have answered."
)

ALARMS: Final[dict[str, str | tuple[str, str]]] = {
    "alarms.rollback.what": (
        "Headquarters has signed for {headquarters_size} entries of this journal, and this disk holds "
        "{journal_size}: an old image was restored, or files were removed."
    ),
    "alarms.rollback.money": _EVIDENCE,
    "alarms.rollback.next": _CALL,
    "alarms.rollback_told.what": (
        "The uploader says that headquarters knows {headquarters_size} entries of this journal, and that "
        "this disk held {journal_size}. No signature here shows it."
    ),
    "alarms.rollback_told.money": _EVIDENCE,
    "alarms.rollback_told.next": _CALL,
    "alarms.fork.what": (
        "Headquarters has signed another past of this journal than this disk holds: a copy of this host "
        "took payments, or entries were changed."
    ),
    "alarms.fork.money": _EVIDENCE,
    "alarms.fork.next": _CALL,
    "alarms.fork_told.what": (
        "The uploader says that headquarters holds another past of this journal. No signature here shows it."
    ),
    "alarms.fork_told.money": _EVIDENCE,
    "alarms.fork_told.next": _CALL,
    "alarms.refused.what": (
        "Headquarters takes no more of this journal, and has signed why: its newest entries cannot have been "
        "written by an honest agent. It holds {headquarters_size} entries, this disk {journal_size}."
    ),
    "alarms.refused.money": _EVIDENCE,
    "alarms.refused.next": _CALL,
    "alarms.refused_told.what": (
        "The uploader says that headquarters takes no more of this journal. No signature here shows it."
    ),
    "alarms.refused_told.money": _EVIDENCE,
    "alarms.refused_told.next": _CALL,
    "alarms.tail_missing.what": (
        "The journal's key went on to epoch {stored}, and the journal on this disk ends with epoch {epoch}: "
        "its end is gone. Entries that were never uploaded may be lost."
    ),
    "alarms.tail_missing.money": _EVIDENCE,
    "alarms.tail_missing.next": _CALL,
    "alarms.evolving_key_old.what": (
        "The journal's key on this disk is of epoch {stored}, and the journal has reached epoch {epoch}: "
        "an old key was put back, keys were made anew, or the disk was full."
    ),
    "alarms.evolving_key_old.money": _EVIDENCE,
    "alarms.evolving_key_old.next": _CALL,
    "alarms.journal_key_exchanged.what": (
        "Headquarters has signed for {headquarters_size} entries under another key of this journal than the "
        "one in use: the key was exchanged."
    ),
    "alarms.journal_key_exchanged.money": _EVIDENCE,
    "alarms.journal_key_exchanged.next": _CALL,
    "alarms.verified_more.what": (
        "The verifier of this host has seen {verified_size} entries of this journal, and this disk holds "
        "{journal_size}: an old image was restored, or files were removed."
    ),
    "alarms.verified_more.money": _EVIDENCE,
    "alarms.verified_more.next": _CALL,
    "alarms.terminal_ahead.what": (
        "Terminal {subject} says that its last payment has trace {told}; the journal's last one has {known}. "
        "A payment was made without this agent, or entries are gone from the journal."
    ),
    "alarms.terminal_ahead.money": "Payments are taken. A payment that no till knows may have been made.",
    "alarms.terminal_ahead.next": (
        "Compare the terminal's receipts with the till's. A supervisor acknowledges this alarm when each "
        "payment is explained."
    ),
    "alarms.first_key_here.what": "The first key of this journal still lies in the folder of the enrolment.",
    "alarms.first_key_here.money": (
        "Payments are taken. Whoever reads that key can forge any entry that headquarters does not hold."
    ),
    "alarms.first_key_here.next": (
        "Give the folder to headquarters, then remove it: tillgate keys show names it."
    ),
    "alarms.clock_behind_headquarters.what": (
        "The clock of this computer is {minutes} minutes behind the time at which headquarters signed."
    ),
    "alarms.clock_behind_headquarters.money": "Payments are taken. Their times in the journal are wrong.",
    "alarms.clock_behind_headquarters.next": "Set the clock of this computer.",
    "alarms.cosignature_unreadable.what": (
        "The file with the newest cosignature of headquarters is not what headquarters signed."
    ),
    "alarms.cosignature_unreadable.money": _TAKEN,
    "alarms.cosignature_unreadable.next": (
        "Check upload.collector_vkey in the settings. If it is right, call headquarters."
    ),
    "alarms.journal_damaged.what": "The journal was verified on {on}, and it is damaged: {found}.",
    "alarms.journal_damaged.money": "Take no payment on this host until headquarters has looked at it.",
    "alarms.journal_damaged.next": _CALL,
    "alarms.never_verified.what": "This journal was never verified.",
    "alarms.never_verified.money": _TAKEN,
    "alarms.never_verified.next": "Run: tillgate journal verify",
    "alarms.backlog.what": "Entries since {since} have not reached headquarters.",
    "alarms.backlog.money": "Payments are taken and kept on this host only.",
    "alarms.backlog.next": "Check the network, then: systemctl status tillgate-upload",
    "alarms.never_cosigned.what": (
        "Headquarters has never confirmed anything; the journal began to wait on {since}."
    ),
    "alarms.never_cosigned.money": "Payments are taken and kept on this host only.",
    "alarms.never_cosigned.next": (
        "Check [upload] in the settings and the network, then: systemctl status tillgate-upload"
    ),
    "alarms.certificate_ends.what": "The certificate for the upload ends on {until}.",
    "alarms.certificate_ends.money": _TAKEN,
    "alarms.certificate_ends.next": "Ask headquarters for a new one before that day.",
    "alarms.certificate_ended.what": "The certificate for the upload ended on {until}.",
    "alarms.certificate_ended.money": "Payments are taken and kept on this host only.",
    "alarms.certificate_ended.next": "Ask headquarters for a new one.",
    "alarms.disk_low.what": "The disk of the journal has {free_mib} MiB left.",
    "alarms.disk_low.money": "Payments are taken until the disk is full.",
    "alarms.disk_low.next": "Free space on the disk. Never remove files of the journal.",
    "alarms.disk_full.what": "The disk of the journal is full.",
    "alarms.disk_full.money": "No payment is begun. What runs is finished and written down.",
    "alarms.disk_full.next": "Free space on the disk. Never remove files of the journal.",
    "alarms.acquirer_key_ends.what": "The acquirer's key {key_id} ends on {until}.",
    "alarms.acquirer_key_ends.money": "Payments are taken until that day.",
    "alarms.acquirer_key_ends.next": "Ask headquarters for the new key file before that day.",
    "alarms.acquirer_key_ended.what": "The acquirer's key {key_id} ended on {until}.",
    "alarms.acquirer_key_ended.money": "No payments are taken.",
    "alarms.acquirer_key_ended.next": (
        "Ask headquarters for the new key file. The agent takes it up by itself."
    ),
    "alarms.terminal_away.what": "Terminal {subject} does not answer.",
    "alarms.terminal_away.money": "No payment can be taken on it.",
    "alarms.terminal_away.next": "Look at its power and its cable.",
    "alarms.terminal_exchanged.what": (
        "Another terminal than before stands behind the name {subject}. It may belong to somebody else."
    ),
    "alarms.terminal_exchanged.money": "No payment can be taken on it until two persons accept it.",
    "alarms.terminal_exchanged.next": (
        "Look at the terminal and its numbers: tillgate status. If it was exchanged on purpose: "
        "tillgate accept-terminal {subject}"
    ),
    "alarms.terminal_trouble.what": "Terminal {subject} answers, but it cannot take payments.",
    "alarms.terminal_trouble.money": "No payment can be taken on it.",
    "alarms.terminal_trouble.next": "Read its display, then: tillgate status",
    "alarms.terminal_held.what": "Payment {subject} on terminal {terminal} is unclear.",
    "alarms.terminal_held.money": (
        "The customer may have paid it. Do not charge it again; the terminal takes no other payment."
    ),
    "alarms.terminal_held.next": "Look at the terminal and its receipt, then: tillgate resolve {subject}",
    "alarms.driver_fault.what": (
        "The driver of terminal {subject} failed on what the terminal sent ({error}). It is a fault of ours."
    ),
    "alarms.driver_fault.money": (
        "Its line was begun anew. A payment that ran on it is unclear until the terminal is asked."
    ),
    "alarms.driver_fault.next": (
        "Send support the operational log (driver_failed). A supervisor acknowledges this alarm then."
    ),
    "alarms.prints_not_kept.what": (
        "Terminal {subject} prints more than {kib} KiB an hour outside of payments. The rest is only counted."
    ),
    "alarms.prints_not_kept.money": _TAKEN,
    "alarms.prints_not_kept.next": "Look at what the terminal prints: a menu that repeats, or a fault.",
    "alarms.clock_ahead.what": (
        "The clock of terminal {subject} is {minutes} minutes ahead of this computer's."
    ),
    "alarms.clock_ahead.money": "Payments are taken. Receipts and journal show different times.",
    "alarms.clock_ahead.next": "Set the clock that is wrong.",
    "alarms.clock_behind.what": (
        "The clock of terminal {subject} is {minutes} minutes behind this computer's."
    ),
    "alarms.clock_behind.money": "Payments are taken. Receipts and journal show different times.",
    "alarms.clock_behind.next": "Set the clock that is wrong.",
    "alarms.amount_differs.what": (
        "Payment {subject} was approved for {told:money}, and the till had asked for {asked:money}."
    ),
    "alarms.amount_differs.money": "The money has moved, with the amount that the terminal says.",
    "alarms.amount_differs.next": (
        "Compare the receipt. A supervisor acknowledges this alarm when the difference is explained."
    ),
    "alarms.merchant_new.what": (
        "Payment {subject} on terminal {terminal} names a merchant number that is new here: {told}."
    ),
    "alarms.merchant_new.money": "The money of payment {subject} goes to that merchant number.",
    "alarms.merchant_new.next": (
        "Compare it with the contract. A supervisor acknowledges this alarm when the number is the shop's."
    ),
    "alarms.approval_differs.what": (
        "The approval of payment {subject} does not say what the till had asked for: {fields}."
    ),
    "alarms.approval_differs.money": "The money has moved, as the terminal says.",
    "alarms.approval_differs.next": (
        "Compare the receipt. A supervisor acknowledges this alarm when the difference is explained."
    ),
    "alarms.payment_held.what": "The goods of payment {subject} are held until a second person signs.",
    "alarms.payment_held.money": "The money of payment {subject} has moved.",
    "alarms.payment_held.next": "A second person looks at it, then: tillgate release {subject} --person NAME",
    "alarms.payment_withheld.what": "The goods of payment {subject} are withheld: a person said no.",
    "alarms.payment_withheld.money": "The money of payment {subject} has moved, and was not given back.",
    "alarms.payment_withheld.next": "Give the money back: tillgate reverse --original {subject}",
    "alarms.verdict_contradicted.what": (
        "Payment {subject} was {verdict}, and the terminal now says: {said}, {amount:money}, "
        "receipt {receipt}, trace {trace}."
    ),
    "alarms.verdict_contradicted.money": (
        "Payment {subject} is in doubt again. Do not charge it again, and hand over nothing for it."
    ),
    "alarms.verdict_contradicted.next": (
        "Look at the terminal and its receipts, then: tillgate resolve {subject}. A supervisor acknowledges "
        "this alarm when the truth is known."
    ),
    "alarms.answer_without_name.what": (
        "The terminal's answer during payment {subject} may be the answer to payment {other}."
    ),
    "alarms.answer_without_name.money": (
        "Payments {subject} and {other} are in doubt. Do not charge them again, and hand over nothing for "
        "them."
    ),
    "alarms.answer_without_name.next": (
        "Look at the terminal and its receipts, then resolve both: tillgate resolve {subject}, and {other}."
    ),
    "alarms.unclaimed_approval.what": (
        "Terminal {terminal} told an approval that no payment of a till accounts for: {amount:money}, "
        "receipt {receipt}, trace {trace}."
    ),
    "alarms.unclaimed_approval.money": (
        "A customer may have paid it. No payment here shows it; it was kept, and not confirmed where the "
        "terminal takes back what nobody confirms."
    ),
    "alarms.unclaimed_approval.next": (
        "Look at the terminal's journal and its receipts. A supervisor acknowledges this alarm when it is "
        "known what it was."
    ),
    "alarms.rejection_ignored.what": (
        "The terminal was asked to take the approval of payment {subject} back, and it ended as if it stood."
    ),
    "alarms.rejection_ignored.money": (
        "Payment {subject} is in doubt, and the terminal is asked. Hand over nothing for it."
    ),
    "alarms.rejection_ignored.next": (
        "Look at the terminal's receipt. Set rejects = false for this terminal: it does not take approvals "
        "back."
    ),
    "alarms.resolution_corrected.what": (
        "Payment {subject} was resolved as {before}. {person} and {witness} have corrected it to {verdict}."
    ),
    "alarms.resolution_corrected.money": "Payment {subject} now counts as {verdict}. Both words are kept.",
    "alarms.resolution_corrected.next": (
        "Compare with the terminal's receipts and the till's own figures. A supervisor acknowledges this "
        "alarm when they agree."
    ),
    "alarms.many.what": "There are too many alarms of the kind {subject}: the later ones are not shown.",
    "alarms.many.money": "See the alarms of that kind.",
    "alarms.many.next": "Deal with the alarms of that kind, then acknowledge this one.",
    "alarms.unknown.what": "A newer version of the agent raised the alarm {alarm}, about: {subject}.",
    "alarms.unknown.money": "This version does not know what it means for payments.",
    "alarms.unknown.next": "Install the newer version again, or ask support.",
}
