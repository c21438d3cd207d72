"""What is wrong with a settings file, and what to write."""

from __future__ import annotations

from typing import Final

SETTINGS: Final[dict[str, str | tuple[str, str]]] = {
    "settings.ask_for_collector_vkey": "Ask headquarters for the line and write: collector_vkey = ...",
    "settings.bad_name": "a name with other characters",
    "settings.bare_number": "Without quotes, without a unit letter, without a point.",
    "settings.check_file": "Check that this is the right file.",
    "settings.check_path": "Check the path and who may read it, or copy config/agent/tillgate.toml there.",
    "settings.did_you_mean": 'Did you mean "{word}"?',
    "settings.did_you_mean_in_section": 'Did you mean "{word}", in the section {section}?',
    "settings.finding": "{file}, line {line}: {key}: found {found}; expected {expected}. {next_step}",
    "settings.form.amount": "an amount in {currency}, in quotes",
    "settings.form.boolean": "true or false, without quotes",
    "settings.form.client": "a DNS name or URI in the client certificate's subject alternative names",
    "settings.form.collector_vkey": "the collector's verifier key",
    "settings.form.credential": "the name of a file in the credentials folder",
    "settings.form.currency": "the three letters of ISO 4217",
    "settings.form.for_wire": 'a {key}, for wire = "{wire}"',
    "settings.form.host": "a host name or an address",
    "settings.form.hours": 'opening hours, or "closed"',
    "settings.form.https_url": "an address that begins with https://",
    "settings.form.names": "a list of names",
    "settings.form.path": "a path from the root, in quotes",
    "settings.form.plain_name": "a name of letters, digits and . _ / -",
    "settings.form.quirks": "quirks that the driver knows",
    "settings.form.scrypt": "the line that `tillgate config person` prints",
    "settings.form.text": "a text in quotes",
    "settings.form.time": "a time of day in quotes",
    "settings.form.together": "settings that go together",
    "settings.form.protocol_for": "a protocol whose amounts can be in {currency}",
    "settings.form.usb": "vendor and product as lsusb prints them",
    "settings.form.usb_port": "a path like 1-1.2",
    "settings.form.variant": "a variant of the protocol",
    "settings.form.verifier_key": "a verifier key of the form name+hash+key",
    "settings.form.whole_number": "a whole number ({unit}), {least} to {most}",
    "settings.takes_one_currency": (
        "{protocol} takes {currency} only. Set currency under [rules] to {currency}, or write the terminal's "
        "right protocol."
    ),
    "settings.takes_other_currencies": (
        "{protocol} has no name for it: change currency under [rules], or write the terminal's right "
        "protocol."
    ),
    "settings.known": "Known: {names}.",
    "settings.known_here": "Known here: {names}.",
    "settings.leave_key_out": "This protocol has none: leave the key out.",
    "settings.look_for_missing_quote": (
        "Look there for a missing quote, bracket or =, or for a key written twice."
    ),
    "settings.lower_limit_smaller": "{low} to be the smaller one",
    "settings.name_each": "Give each one a name.",
    "settings.no_hard_limit": (
        "The hard limit is not set. [rules] hard has no default: only the shop knows the amount above "
        "which nobody may charge a card. No payment is taken and no money moves. Write for example: hard "
        '= "2000.00" under [rules], then start the agent again.'
    ),
    "settings.no_other_wire": "{protocol} has no other.",
    "settings.no_readable_file": "no readable file ({reason})",
    "settings.no_terminal": (
        "No terminal is set up, so no payment is taken and no money moves. Add a section "
        "[terminals.NAME], then start the agent again."
    ),
    "settings.no_toml_at_end": "no TOML at the end of the file",
    "settings.no_toml_near": "no TOML near column {column}",
    "settings.not_utf8": "bytes that are not UTF-8",
    "settings.number_could_be_rounded": "A number could be rounded, a text cannot.",
    "settings.other_section": "It belongs in the section {section}.",
    "settings.raise_or_lower": "Raise {high} or lower {low} (it has a default when it is not written).",
    "settings.save_as_utf8": "Save the file as UTF-8 in your editor.",
    "settings.section_of_other_protocol": "the section of another protocol",
    "settings.see_drivers": "Look at drivers/README.md.",
    "settings.see_shipped_file": "See config/agent/tillgate.toml for what to write.",
    "settings.seen.bare_time": "a time without quotes",
    "settings.seen.long_text": "a text of {length} characters",
    "settings.take_section_out": 'Its protocol is "{protocol}": take the section out, or change protocol.',
    "settings.unknown_key": "a key that nobody reads",
    "settings.name_twice": "a name that reads like another one",
    "settings.nobody_in_charge": (
        "nobody can sign: [people] has to name two, one of them a supervisor or manager. No unclear "
        "payment can be resolved by hand, and none of these limits can be passed: {keys}"
    ),
    "settings.one_person": (
        "one person alone cannot sign, and [people] names no other. No unclear payment can be resolved by "
        "hand, and none of these limits can be passed: {keys}"
    ),
    "settings.own_name": "a name of its own",
    "settings.quote_name": "Put a name with other letters than A to Z into quotes.",
    "settings.use_another_name": "Give one of the two another name.",
    "settings.use_seen_signs": "Use at most 32 signs that can be seen, of any script.",
    "settings.use_letters": "Use letters, digits and . _ - and at most 32 of them.",
    "settings.write_for_example": "Write for example: {key} = {example}",
    "settings.write_section": "Write it as a section.",
}
