"""What the keys of a host are said to be, and what keeps one from being used."""

from __future__ import annotations

from typing import Final

KEYS: Final[dict[str, str | tuple[str, str]]] = {
    "keys.acquirer_vkey_not_key": "[acquirer] vkey is not the key of a signer (type 01). {ask_provider}",
    "keys.ask_provider": (
        "No card can be sealed, so no payment can be taken; no money was moved. Ask your payment "
        "provider for the current key file and its verifier key."
    ),
    "keys.belongs_somebody_else_who": (
        "{path} belongs to somebody else, who could change it. No payment can be taken and no "
        "money was moved. Run: chown {geteuid} {path}"
    ),
    "keys.can_be_read_or": (
        "{path} can be read or changed by others. No payment can be taken and no money was moved. "
        "Run: chmod 600 {path}"
    ),
    "keys.cannot_be_read_no": (
        "{path} cannot be read ({strerror}). No payment can be taken and no money was moved. Make "
        "missing keys with 'tillgate keys create'."
    ),
    "keys.demo_signs_valid_requests": "the demo signs valid requests with keys on elliptic curves only",
    "keys.does_not_hold_bytes": "{path} does not hold {symmetric_key_bytes} bytes. {restore}",
    "keys.holds_no_certificate_in": "{path} holds no certificate in PEM",
    "keys.holds_no_ed_key": "{path} holds no Ed25519 key. {restore}",
    "keys.holds_no_key_on": "{path} holds no key on an elliptic curve. Put it back from its safe copy.",
    "keys.holds_no_private_key": "{path} holds no private key in PEM. Put it back from its safe copy.",
    "keys.holds_no_private_key_2": "{path} holds no private key in PEM. {restore}",
    "keys.holds_no_token_at": "{path} holds no token of at least {min_token_chars} characters. {restore}",
    "keys.keys_could_not_be": (
        "The keys could not be written: {credentials} ({strerror}). Nothing was replaced. Run this "
        "as the user who owns the folder, most likely with sudo."
    ),
    "keys.larger_than_any_key": "{path} is larger than any key. {restore}",
    "keys.not_regular_file_so": "{path} is not a regular file, so no secret is read from it. {restore}",
    "keys.not_signed_by_payment": ("{path} is not signed by the payment provider ({error}). {ask_provider}"),
    "keys.present_for_client_name": "present, for the client name {origin}",
    "keys.restore": (
        "No payment can be taken and no money was moved. Put the file back from its safe copy; "
        "only for a new installation remove it and run 'tillgate keys create'."
    ),
    "keys.still_here_carry_headquarters": (
        "still here: carry {enrolment_folder} to headquarters and remove it"
    ),
}
