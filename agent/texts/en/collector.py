"""What headquarters answers."""

from __future__ import annotations

from typing import Final

COLLECTOR: Final[dict[str, str | tuple[str, str]]] = {
    "collector.bad_journal_name": "a journal whose name cannot be a folder",
    "collector.checkpoint_elsewhere": "the checkpoint does not end with the last line",
    "collector.client_not_allowed": "This client certificate may not bring lines of this log.",
    "collector.copy_own_line": "Copy the agent's own line.",
    "collector.damaged_key": "a damaged key: {error}",
    "collector.empty_tree_root": "an empty tree has one root only",
    "collector.folder_in_use": "another collector writes into {folder}; stop it first",
    "collector.journal_key": "the key of a journal (type 01)",
    "collector.journal_twice": "a journal that stands here twice",
    "collector.not_stored": (
        "The collector could not store this. Nothing was accepted; send it again later."
    ),
    "collector.old_size_too_large": "the old size is larger than the checkpoint's",
    "collector.other_cosigned_root": "the lines lead to another root than the one that is cosigned",
    "collector.other_log": "The checkpoint is of another log than the address.",
    "collector.other_root": "the lines do not lead from the stored tree to the signed root",
    "collector.remove_one": "Remove one of the two.",
    "collector.rename_agent": (
        "Rename the agent: letters, digits and . _ - between slashes, no part named tile or checkpoint."
    ),
    "collector.see_shipped_file": "See config/collector/collector.toml.",
    "collector.shorter_history": "a shorter history with another root than the stored one",
    "collector.shown_line": "the line that `tillgate keys show` prints",
    "collector.stored_log_incomplete": ("the stored log lacks {name}; restore it from a copy of the folder"),
    "collector.stored_tree_differs": "the tree that its checkpoint signs",
    "collector.unaccepted_checkpoint": "a checkpoint of {origin} that its keys accept ({error})",
    "collector.unknown_log": "No log of this name is collected here.",
    "collector.unknown_witnessed_log": "No log of this name is witnessed here.",
    "collector.witness_key": "the key of a witness",
}
