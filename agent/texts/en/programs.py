"""What a process says when it starts or stops."""

from __future__ import annotations

from typing import Final

PROGRAMS: Final[dict[str, str | tuple[str, str]]] = {
    "programs.bad_collector_vkey": (
        "[upload] collector_vkey: {error}. Copy the line from headquarters whole."
    ),
    "programs.cosignature_unused": "the stored cosignature is not used",
    "programs.demo.about": ("Tillgate demo. The terminal is a simulator; no real money is involved.\n"),
    "programs.demo.agent_ended": "the agent ended",
    "programs.demo.closed": "\nThe shop is closed, and its folder is removed.",
    "programs.demo.open": (
        "The shop is open. In another window:\n\n"
        "  tillgate pay 12.50 --socket {socket}\n"
        "  tillgate status --socket {socket}\n"
        "  tillgate till --socket {socket}\n"
        "  tillgate journal show --settings {settings}\n\n"
        "Ctrl-C closes it."
    ),
    "programs.demo.did_not_stop": "{name} did not stop; see {folder}.log",
    "programs.demo.no_cosigner": "the collector's key is not a cosigner's",
    "programs.demo.nothing_cosigned": "headquarters has cosigned nothing",
    "programs.demo.proof": (
        "Journal: {entries} entries in {checkpoints} commits, verify: {result}\n"
        "         every signature and every evolving-key line checked\n"
        "Headquarters has {size} of {entries} entries, cosigned at {at}:\n"
        "  {line}…"
    ),
    "programs.demo.sent_again": "        {first} sent again: the same payment, not a second one",
    "programs.demo.stopped": ("\nThe demo cannot go on: {error}"),
    "programs.demo.wait_for_agent": "the agent and its terminal",
    "programs.demo.wait_for_loss": "the loss of the terminal",
    "programs.demo.wait_for_proof": "what the terminal can prove",
    "programs.demo.waited": "Gave up waiting for {what}.{programs}",
    "programs.demo.waiting": ("\nThe agent has stopped; waiting for the collector's cosignature ..."),
    "programs.dumps_not_forbidden": (
        "This process cannot forbid dumps of its memory, so it must not see a card. No payment can "
        "be taken and no money was moved. Start it with the service unit, or look at what limits "
        "this shell."
    ),
    "programs.history_refused": "a contradicting history was refused and kept as evidence",
    "programs.journal_unusable": (
        "The journal in {journal}, or its key in {state}, cannot be read and written ({reason}). "
        "No payment was touched. Look at the disk and at the rights of both folders, then start "
        "the agent again."
    ),
    "programs.left_badly": (
        "The journal is whole, but it could not be closed in good order ({reason}). No payment was "
        "touched. Look at the disk before you start the agent again."
    ),
    "programs.no_first_key": (
        "{path} does not hold a first evolving key of {length} bytes. Nothing is collected. Copy "
        "first-evolving.key from the enrolment of that shop."
    ),
    "programs.no_signing_key": (
        "{path} is no Ed25519 private key in PEM. Nothing is collected. Make one with: openssl "
        "genpkey -algorithm ed25519"
    ),
    "programs.no_simulator": (
        "The simulated terminal is not installed: it is a package of its own, tillgate-training. "
        "Nothing was started and no money moves."
    ),
    "programs.no_upload_url": ("[upload] url is not set, so the journal stays on this host. Payments go on."),
    "programs.state_unusable": (
        "The state in {path} cannot be used ({reason}). No payment was touched: all of it is made "
        "from the journal. Free space on the disk or delete this file, then start the agent again."
    ),
    "programs.upload_stopped": "The uploader stops: {error}. Payments are not touched.",
    "programs.wrong_collector_vkey": (
        "[upload] collector_vkey is the key of a journal. Ask headquarters for the collector's."
    ),
}
