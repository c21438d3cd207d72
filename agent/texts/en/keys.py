"""What the keys of a host are said to be, and what keeps one from being used."""

from __future__ import annotations

from typing import Final

KEYS: Final[dict[str, str | tuple[str, str]]] = {
    "keys.ask_provider": (
        "No card can be sealed, so no payment can be taken; no money was moved. Ask your payment "
        "provider for the current key file and its verifier key."
    ),
    "keys.client_name": "present, for the client name {origin}",
    "keys.demo_curves": "the demo signs valid requests with keys on elliptic curves only",
    "keys.enrolment_here": "still here: carry {enrolment_folder} to headquarters and remove it",
    "keys.foreign_owner": (
        "{path} belongs to another user than its folder, who could change it. No payment can be taken "
        "and no money was moved. Run: chown --reference={folder} {path}"
    ),
    "keys.no_certificate": "{path} holds no certificate in PEM",
    "keys.no_curve_key": "{path} holds no key on an elliptic curve. Put it back from its safe copy.",
    "keys.not_readable": "{path} cannot be read by this user ({reason})",
    "keys.no_ed25519": "{path} holds no Ed25519 key. {restore}",
    "keys.no_private_key": "{path} holds no private key in PEM. {restore}",
    "keys.no_regular_file": "{path} is not a regular file, so no secret is read from it. {restore}",
    "keys.no_token": "{path} holds no token of at least {min_token_chars} characters. {restore}",
    "keys.no_upload_key": "{path} holds no private key in PEM. Put it back from its safe copy.",
    "keys.not_by_provider": "{path} is not signed by the payment provider ({error}). {ask_provider}",
    "keys.not_for_this_user": (
        "{path} may not be read by user {uid}. The agent's keys are for the agent alone: to look at them, "
        "run this as root. If {uid} is the agent's own user, no payment can be taken and no money was "
        "moved: that user must own the file."
    ),
    "keys.not_written": (
        "The keys could not be written: {credentials} ({strerror}). Nothing was replaced. Run this "
        "as the user who owns the folder, most likely with sudo."
    ),
    "keys.open_to_others": (
        "{path} can be read or changed by others. No payment can be taken and no money was moved. "
        "Run: chmod 600 {path}"
    ),
    "keys.restore": (
        "No payment can be taken and no money was moved. Put the file back from its safe copy; "
        "only for a new installation remove it and run 'tillgate keys create'."
    ),
    "keys.too_large": "{path} is larger than any key. {restore}",
    "keys.unreadable": (
        "{path} cannot be read ({strerror}). No payment can be taken and no money was moved. Make "
        "missing keys with 'tillgate keys create'."
    ),
    "keys.wrong_acquirer_vkey": "[acquirer] vkey is not the key of a signer (type 01). {ask_provider}",
}
