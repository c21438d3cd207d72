"""What headquarters answers."""

from __future__ import annotations

from typing import Final

COLLECTOR: Final[dict[str, str | tuple[str, str]]] = {
    "collector.another_collector_writes_into": "another collector writes into {folder}; stop it first",
    "collector.checkpoint_another_log_than": "The checkpoint is of another log than the address.",
    "collector.checkpoint_does_not_end": "the checkpoint does not end with the last line",
    "collector.checkpoint_its_keys_accept": "a checkpoint of {origin} that its keys accept ({error})",
    "collector.client_certificate_may_not": "This client certificate may not bring lines of this log.",
    "collector.collector_could_not_store": (
        "The collector could not store this. Nothing was accepted; send it again later."
    ),
    "collector.copy_agents_own_line": "Copy the agent's own line.",
    "collector.damaged_key": "a damaged key: {error}",
    "collector.empty_tree_has_one": "an empty tree has one root only",
    "collector.journal_stands_here_twice": "a journal that stands here twice",
    "collector.journal_whose_name_cannot": "a journal whose name cannot be a folder",
    "collector.key_journal_type": "the key of a journal (type 01)",
    "collector.key_witness": "the key of a witness",
    "collector.line_tillgate_keys_show": "the line that `tillgate keys show` prints",
    "collector.lines_do_not_lead": "the lines do not lead from the stored tree to the signed root",
    "collector.lines_lead_another_root": "the lines lead to another root than the one that is cosigned",
    "collector.no_log_name_collected": "No log of this name is collected here.",
    "collector.no_log_name_witnessed": "No log of this name is witnessed here.",
    "collector.old_size_larger_than": "the old size is larger than the checkpoint's",
    "collector.remove_one_two": "Remove one of the two.",
    "collector.rename_agent_letters_digits": (
        "Rename the agent: letters, digits and . _ - between slashes, no part named tile or checkpoint."
    ),
    "collector.see_config_collector_collector": "See config/collector/collector.toml.",
    "collector.shorter_history_with_another": "a shorter history with another root than the stored one",
    "collector.stored_log_lacks_restore": (
        "the stored log lacks {name}; restore it from a copy of the folder"
    ),
    "collector.tree_its_checkpoint_signs": "the tree that its checkpoint signs",
}
