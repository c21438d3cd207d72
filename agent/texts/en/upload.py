"""What the uploader tells."""

from __future__ import annotations

from typing import Final

UPLOAD: Final[dict[str, str | tuple[str, str]]] = {
    "upload.answer_not_http": "an answer that is not HTTP",
    "upload.answer_without_length_or": "an answer without a length, or a very long one",
    "upload.ask_headquarters_before_removing": "Ask headquarters before you remove the file.",
    "upload.collector_contradicts_itself": "the collector contradicts itself: {body}",
    "upload.collector_stands_elsewhere": "the collector stands elsewhere",
    "upload.collectors_certificate_not_accepted": (
        "the collector's certificate is not accepted: {verify_message}"
    ),
    "upload.collectors_cosignature_not_signed": (
        "the collector's cosignature is not signed by the key in the settings ({error})"
    ),
    "upload.connection_ended_inside_answer": "the connection ended inside the answer",
    "upload.cosignature_for_not_for": "this is a cosignature for {origin}, not for {origin2}",
    "upload.file_in_cosignatures_folder": "The file {name} in the cosignatures folder cannot be read.",
    "upload.fork": (
        "The collector and this disk hold different histories of this journal. Both were signed with "
        "its key: a copy of this host took payments, or entries were changed."
    ),
    "upload.journal_became_shorter_while": "the journal became shorter while it was read",
    "upload.next_step": (
        "The journal is evidence now: change nothing in it, copy the folder as it is, and call "
        "headquarters. The upload goes on when they confirm this journal again."
    ),
    "upload.no_address": "the name of the collector has no address",
    "upload.no_answer_within_seconds": "no answer within {timeout_seconds:.0f} seconds",
    "upload.rollback": (
        "The collector has seen {collector} entries of this journal, and it holds {journal}. "
        "Entries that were confirmed are gone from this disk: an old image was restored, or files "
        "were removed."
    ),
    "upload.old_head": "the collector showed an old head, which this journal holds",
    "upload.refused": (
        "The collector takes the newest entries of this journal from nobody, and has signed why: {why}."
    ),
    "upload.unsigned_answer": "an answer {status} that headquarters has not signed",
    "upload.unsigned_refusal": "the collector answered {status}: {said} (not signed)",
    "upload.torn": ("the newest entries were damaged by a power cut; the agent cuts them off when it starts"),
}
