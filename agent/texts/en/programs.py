"""What a process says when it starts or stops."""

from __future__ import annotations

from typing import Final

PROGRAMS: Final[dict[str, str | tuple[str, str]]] = {
    "programs.agent_has_stopped_waiting": (
        "\nThe agent has stopped; waiting for the collector's cosignature ..."
    ),
    "programs.agent_its_terminal": "the agent and its terminal",
    "programs.collectors_key_not_cosigners": "the collector's key is not a cosigner's",
    "programs.contradicting_history_was_refused": (
        "a contradicting history was refused and kept as evidence"
    ),
    "programs.demo_cannot_go_on": ("\nThe demo cannot go on: {error}"),
    "programs.did_not_stop_see": "{name} did not stop; see {folder}.log",
    "programs.no_simulator": (
        "The simulated terminal is not installed: it is a package of its own, tillgate-training. "
        "Nothing was started and no money moves."
    ),
    "programs.headquarters_has_cosigned_nothing": "headquarters has cosigned nothing",
    "programs.journal_entries_in_commits": (
        "Journal: {entries} entries in {checkpoints} commits, verify: {result}\n"
        "         every signature and every evolving-key line checked\n"
        "Headquarters has {size} of {entries} entries, cosigned at {at}:\n"
        "  {line}…"
    ),
    "programs.left_badly": (
        "The journal is whole, but it could not be closed in good order ({reason}). No payment was "
        "touched. Look at the disk before you start the agent again."
    ),
    "programs.loss_terminal": "the loss of the terminal",
    "programs.no_ed_private_key": (
        "{path} is no Ed25519 private key in PEM. Nothing is collected. Make one with: openssl "
        "genpkey -algorithm ed25519"
    ),
    "programs.sent_again_same_payment": "        {first} sent again: the same payment, not a second one",
    "programs.stored_cosignature_not_used": "the stored cosignature is not used",
    "programs.tillgate_demo_terminal_simulator": (
        "Tillgate demo. The terminal is a simulator; no real money is involved.\n"
    ),
    "programs.unusable": (
        "The journal in {journal}, or its key in {state}, cannot be read and written ({reason}). "
        "No payment was touched. Look at the disk and at the rights of both folders, then start "
        "the agent again."
    ),
    "programs.upload_collector_vkey_copy": (
        "[upload] collector_vkey: {error}. Copy the line from headquarters whole."
    ),
    "programs.upload_collector_vkey_key": (
        "[upload] collector_vkey is the key of a journal. Ask headquarters for the collector's."
    ),
    "programs.upload_url_not_set": (
        "[upload] url is not set, so the journal stays on this host. Payments go on."
    ),
    "programs.waited_in_vain_for": "Waited in vain for {what}.{programs}",
    "programs.what_terminal_can_prove": "what the terminal can prove",
    "programs.dumps_not_forbidden": (
        "This process cannot forbid dumps of its memory, so it must not see a card. No payment can be "
        "taken and no money was moved. Start it with the service unit, or look at what limits this shell."
    ),
    "programs.state_unusable": (
        "The state in {path} cannot be used ({reason}). No payment was touched: all of it is made from "
        "the journal. Free space on the disk or delete this file, then start the agent again."
    ),
}
