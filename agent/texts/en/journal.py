"""What is found in a journal, and what keeps it from being read or written."""

from __future__ import annotations

from typing import Final

JOURNAL: Final[dict[str, str | tuple[str, str]]] = {
    # Why a journal cannot be opened or written.
    "journal.newer": (
        "The journal was written by a newer version of Tillgate (entry {index} in {file}). It is whole. "
        "This version takes no payment, and has written nothing. Start the newer version again."
    ),
    "journal.line_again": "line {number} again",
    "journal.entry_of_newer_version": "written by a newer version of Tillgate; its line is whole",
    "journal.locked": (
        "The journal in {folder} is in use by process {pid}. No payment was touched. "
        "Stop that process, or use it instead of starting a second one."
    ),
    "journal.broken": (
        "The journal could not be written ({reason}). The last step is not on disk, so nobody was told "
        "of it. The agent stops. Check the disk, then start the agent again: it reads what the disk holds."
    ),
    "journal.snapshot_off_checkpoint": "The snapshot does not stand on a checkpoint ({why}).",
    "journal.snapshot_unknown": "The journal does not know the snapshot.",
    "journal.snapshot_rows": "The stored payments are not those that were stored.",
    "journal.snapshot_root": "The snapshot has another root than the journal.",
    # Where damage is, and what to do now.
    "journal.damaged_in_line": (
        "{damage} in {file} line {line} (entry {index}): {what}. The journal is evidence now. Nothing was "
        "written to it. Take no payment on this host. Copy the folder as it is. Call headquarters: they "
        "hold what was uploaded."
    ),
    "journal.damaged_in_file": (
        "{damage} in {file}: {what}. The journal is evidence now. Nothing was written to it. Take no "
        "payment on this host. Copy the folder as it is. Call headquarters: they hold what was uploaded."
    ),
    # What is wrong with a file.
    "journal.file_name": "no journal file has such a name",
    "journal.file_missing": (
        "entries {first} to {last} should come before it; a file is missing, or the end of the file before "
        "was cut"
    ),
    "journal.file_order": "its name says that it begins with entry {index}, but entry {size} follows",
    "journal.file_gone": "the snapshot of the last run knows this file, and it is gone",
    "journal.file_shortened": ("the snapshot of the last run knows {size} bytes of it, and {found} are left"),
    "journal.file_ends_early": "it ends at entry {index}, and the next file begins elsewhere",
    # What is wrong with a line.
    "journal.entry_spelling": "entry {index} is not written as the agent writes",
    "journal.entry_again": "entry {number} stands here again",
    "journal.entry_before": "entry {number} stands before entry {index}",
    "journal.entries_missing": "entries {first} to {last} are missing",
    "journal.entries_missing_before_checkpoint": (
        "entries {first} to {last} are missing before their checkpoint"
    ),
    "journal.entry_added": "entry {index} was added; its checkpoint signs only the entries before it",
    "journal.entry_changed": "entry {index} is not what the checkpoint signed",
    "journal.one_entry_changed": "one of the entries {first} to {last} is not what the checkpoint signed",
    "journal.entry_unreadable": "entry {index} cannot be read any more",
    "journal.unknown_line": "this line is neither an entry nor a checkpoint",
    "journal.unfinished_commit": "these lines are not the beginning of a commit",
    # What is wrong with a checkpoint.
    "journal.checkpoint_of_other": "the checkpoint is of the journal {found}, not of {expected}",
    "journal.checkpoint_without_entries": "a checkpoint without entries",
    "journal.checkpoint_not_ours": (
        "the checkpoint of {size} entries was changed, or not signed by this journal's key"
    ),
    "journal.checkpoint_spelling": "the checkpoint is not spelled as the agent writes it",
    "journal.checkpoint_not_json": "a checkpoint line must be a JSON string",
    "journal.checkpoint_lines": "a checkpoint must have origin, size and root, each on a line of its own",
    "journal.checkpoint_empty_line": "a checkpoint must have no empty line",
    "journal.checkpoint_size": "a checkpoint's second line must be the tree size as a plain decimal number",
    "journal.checkpoint_root": "a checkpoint's third line must be the root in base64",
    "journal.checkpoint_root_spelling": (
        "a checkpoint's third line must be a root of 32 bytes in canonical base64"
    ),
    "journal.cosigned_other_history": (
        "the collector cosigned another history of {size} entries than this one"
    ),
    "journal.cosigned_more": (
        "the collector cosigned {cosigned} entries and {size} are left: an older state was put back"
    ),
    # What is wrong with a signed note or a key.
    "journal.vkey_form": "a verifier key has the form NAME+KEYID+BASE64",
    "journal.vkey_key_id": "the key id of verifier key {name} does not belong to its name and key",
    "journal.vkey_type": "verifier key {name} is neither Ed25519 (01) nor a cosignature key (04)",
    "journal.key_name": "a key name must not be empty, and must have no space, plus or control character",
    "journal.note_text": "a note's text must end with a newline and have no other control character",
    "journal.note_too_long": "a note has at most {limit} bytes",
    "journal.note_not_utf8": "a note must be UTF-8 text",
    "journal.note_shape": (
        "a note must be a text, an empty line, and signature lines that end with a newline"
    ),
    "journal.note_signatures": "a note has at most {limit} signatures",
    "journal.wrong_signature": "the signature of {name} does not belong to this text",
    "journal.no_known_signer": "no known key has signed this note",
    "journal.signature_prefix": "a signature line must begin with an em dash and a space",
    "journal.signature_content": "a signature line must hold a key id and a signature",
    "journal.not_base64": "a key or signature is not base64",
    "journal.base64_spelling": "a key or signature is not canonical base64",
    # What is wrong with the evolving key.
    "journal.evolving_file": (
        "{path} is not an evolving key. Payments stay as they are. Enrol this agent again with headquarters."
    ),
    "journal.evolving_first_key": "the first evolving key must have {length} bytes",
    "journal.evolving_line": "the checkpoint does not have exactly one evolving-key line",
    "journal.evolving_back": "the evolving key went back from epoch {before} to {epoch}",
    "journal.evolving_ahead": "epoch {epoch} is too far ahead of epoch {before}",
    "journal.evolving_key": (
        "the evolving-key line of epoch {epoch} was not made with the key of that epoch"
    ),
    "journal.evolving_key_old": (
        "The evolving key on this disk is of epoch {stored}, and the journal's newest line is of epoch "
        "{epoch}: an older key was put back, or new keys were made. Headquarters decides by its first key."
    ),
    "journal.tail_missing": (
        "The evolving key went on to epoch {stored}, and the journal ends with epoch {epoch}: the end of "
        "the journal is gone from this disk."
    ),
    # What no honest agent writes.
    "journal.entry_not_canonical": (
        "entry {index} is not spelled as the agent writes: a key stands twice, or in another place"
    ),
    "journal.entry_times": "entry {index} has another time than the entries that were written with it",
    "journal.time_back": "entry {index} was written before the one before it, by the boot clock",
    "journal.time_moved": (
        "at entry {index} the clock is {seconds} seconds off, and no entry tells of the jump"
    ),
    "journal.format_back": "format {format} follows format {before}",
    "journal.epoch_too_long": (
        "epoch {epoch} lasts {minutes} minutes: the key of one epoch signed for others"
    ),
    "journal.epoch_too_short": "epoch {epoch} ended after {seconds} seconds: steps outrun time",
    "journal.epochs_skipped": "epoch {epoch} follows epoch {before}: what lay between is gone",
    "journal.epoch_end_missing": "no entry says that epoch {epoch} ended at {size} entries",
    "journal.epoch_without_step": "an entry says that an epoch ended, and epoch {epoch} goes on",
    "journal.epoch_over_boots": "epoch {epoch} goes on after a restart of the host",
    # What is missing beside a journal.
    "journal.nothing_here": "there is no entry of this journal here",
    "journal.cosignature_damaged": "the cosignature in this file is not what headquarters signed",
    "journal.cosignature_missing": (
        "headquarters should have confirmed this journal, and no cosignature is here"
    ),
    # Why a proof does not hold.
    "journal.no_refusal": "this is no refusal of this journal",
    "journal.two_pasts": "its key has signed two pasts of this journal",
    "journal.proof_sizes": "a tree of size {size} cannot go on from size {old_size}",
    "journal.proof_other_tree": "two trees of one size differ",
    "journal.proof_empty_tree": "an empty tree has another root",
    "journal.proof_too_short": "the consistency proof is too short",
    "journal.proof_too_long": "the consistency proof is too long",
    "journal.proof_other_history": "the new tree does not begin with the old one",
    "journal.proof_hashes": "a proof has at most {limit} hashes of {length} bytes",
    # What is wrong with a request to the collector.
    "journal.request_header": "the first line is not {header}",
    "journal.request_lines": "a request brings at most {limit} lines",
    "journal.request_line_bytes": "a journal line has at most {limit} bytes",
    "journal.request_proof_lines": "a proof has at most {limit} lines",
    "journal.request_checkpoint": "a checkpoint between the lines must have entries before and behind it",
    "journal.request_shape": "a request must be lines, an empty line and a signed checkpoint",
    "journal.request_not_utf8": "a journal line must be UTF-8 text",
    "journal.request_number": "a line '{word} NUMBER' is missing or malformed",
    "journal.request_proof_hash": "a proof line is not {length} bytes in canonical base64",
    # Why something cannot be exported.
    "journal.export_no_entry": "There is no entry {index}; the journal has {size}.",
    "journal.export_no_checkpoint": "No checkpoint has the size {size}; give one that stands in the journal.",
    "journal.export_empty": "The journal has no entry yet.",
    # What a check says.
    "journal.report_whole": "The journal of {origin} is whole.",
    "journal.report_damaged": "The journal of {origin} is DAMAGED.",
    "journal.report_empty": "There is NO JOURNAL of {origin} here.",
    "journal.report_unconfirmed": (
        "The journal of {origin} agrees with itself. Whether it is complete is NOT PROVEN."
    ),
    "journal.report_entries": "{entries}, in {files} whole files; every root was computed again",
    "journal.report_unfinished": (
        "{length} bytes at the end are being written or were torn; a start cuts them"
    ),
    "journal.report_all_signatures": "all {signatures} checked",
    "journal.report_some_signatures": (
        "{signatures} of {checkpoints} checked, among them the last one of each file, which signs all before "
        "it; --every checks all"
    ),
    "journal.report_no_evolving": (
        "epochs fit the time, up to epoch {epoch}; headquarters check their keys with --first-key"
    ),
    "journal.report_evolving": "every line checked, up to epoch {epoch}",
    "journal.report_no_cosignature": (
        "no cosignature was compared; --cosignatures and --collector-vkey do it"
    ),
    "journal.report_cosigned": "cosigned the first {size} entries as they stand here",
}
