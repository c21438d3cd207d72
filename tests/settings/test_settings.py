"""Settings: every default in the shipped file, every mistake with its line and next step."""

from __future__ import annotations

import ast
import dataclasses
import re
import sys
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any, get_args, get_type_hints

import pytest

from agent.rules import Opening, Policy
from agent.settings.load import Settings, SettingsError, credentials_folder, live_refusal_reason, load, parse
from agent.settings.types import PersonSettings
from agent.terminals.options import DRIVERS, options_of
from drivers.driver import PROTOCOLS, KeyCheck, driver
from drivers.ecrhub.config import EcrHubKeys
from drivers.zvt.config import ZvtKeys

REPOSITORY = Path(__file__).parents[2]
SHIPPED = REPOSITORY / "config" / "agent" / "tillgate.toml"
BAD_CONFIGS = sorted((REPOSITORY / "tests" / "settings" / "bad_configs").glob("*.toml"))

SMALLEST = """\
[agent]
name = "shop.example/till-1"
[acquirer]
vkey = "acquirer.example+0123abcd+AQID"
[rules]
currency = "EUR"
[terminals.front.line]
device = "/dev/serial/by-id/usb-terminal-front"
"""
OTHER_DIGITS = "918273"
ANNA = PersonSettings(role="supervisor", scrypt=f"scrypt$14$8$1${'a' * 26}${'b' * 52}")


def read(text: str) -> Settings:
    return parse(text, Path("tillgate.toml"), DRIVERS)


@pytest.mark.case("other/17")
@pytest.mark.parametrize(
    ("protocol", "currency", "fits"),
    [
        ("ecr17", "JPY", False),
        ("ecr17", "KWD", False),
        ("ecr17", "USD", False),
        ("ecr17", "EUR", True),
        ("transbank", "EUR", False),
        ("transbank", "CLP", True),
        ("ecrhub", "JPY", True),
        ("zvt", "CHF", True),
        ("telium", "JPY", True),
    ],
)
def test_a_protocol_that_cannot_carry_the_shops_currency_is_refused(
    protocol: str, currency: str, fits: bool
) -> None:
    own = {"ecr17": 'terminal_id = "12345678"', "zvt": 'password = "123456"'}.get(protocol, "")
    text = SMALLEST.replace('"EUR"', f'"{currency}"')
    text += f'[terminals.front]\nprotocol = "{protocol}"\n[terminals.front.{protocol}]\n{own}\n'
    if fits:
        assert read(text).terminals["front"].protocol == protocol
        return
    with pytest.raises(SettingsError, match=protocol):
        read(text)


@pytest.mark.case("other/06")
def test_the_vendors_app_id_is_a_setting_of_ecrhub() -> None:
    own = 'app_id = "wz6012822ca2f1as78"'
    text = SMALLEST + f'[terminals.front]\nprotocol = "ecrhub"\n[terminals.front.ecrhub]\n{own}\n'
    terminal = read(text).terminals["front"]
    assert terminal.own == EcrHubKeys(app_id="wz6012822ca2f1as78")


@pytest.mark.parametrize("file", BAD_CONFIGS, ids=lambda file: file.stem)
def test_each_bad_file_fails_with_its_own_error(file: Path) -> None:
    line, *expected = file.read_text("utf-8").splitlines()[0].removeprefix("# ").split(" | ")
    with pytest.raises(SettingsError) as caught:
        load(file, DRIVERS)
    assert len(caught.value.findings) == 1
    message = str(caught.value)
    assert f"{file}, {line}: " in message
    assert [text for text in expected if text not in message] == []
    assert OTHER_DIGITS not in message


def test_there_are_enough_bad_files() -> None:
    assert len(BAD_CONFIGS) >= 15


def test_the_shipped_file_shows_every_default_as_it_is() -> None:
    text = SHIPPED.read_text("utf-8")
    uncommented = re.sub(r"^# (?=[a-z_0-9]+ = )", "", text, flags=re.MULTILINE)
    assert uncommented.count("\n# ") < text.count("\n# ")
    assert read(uncommented) == read(text) == read(SMALLEST)


def test_the_shipped_examples_are_right_settings() -> None:
    text = SHIPPED.read_text("utf-8").replace('scrypt = "..."', f'scrypt = "{ANNA.scrypt}"')
    settings = read(re.sub(r"^#\? ", "", text, flags=re.MULTILINE))
    assert live_refusal_reason(settings) == ""
    assert settings.people == {"anna": ANNA}


def keys_of(cls: type) -> Iterator[str]:
    hints = get_type_hints(cls)
    for field in dataclasses.fields(cls):
        kind: Any = hints[field.name]
        inner = [part for part in (kind, *get_args(kind)) if dataclasses.is_dataclass(part)]
        if inner and field.name != "currency" and inner[0] is not Opening:
            yield from keys_of(inner[0])  # type: ignore[arg-type]  # a dataclass
        else:
            yield field.name


def test_the_shipped_file_has_a_line_and_a_reason_for_every_key() -> None:
    lines = SHIPPED.read_text("utf-8").splitlines()
    explained = {
        found[1] for line in lines if (found := re.match(r"(?:#\??\s)?([a-z_0-9]+) = .+ # .+", line))
    }
    assert explained == {*keys_of(Settings), *keys_of(ZvtKeys)} - {"own"}


def own_section(protocol: str) -> dict[str, tuple[str, str]]:
    """The lines of a protocol's own keys in the shipped file: key -> value and comment."""
    _, _, after = SHIPPED.read_text("utf-8").partition(f"[terminals.front.{protocol}]\n")
    rows = {}
    for line in after.splitlines():
        found = re.match(r"(?:#[?~]?\s)?([a-z_0-9]+) = (.+?) +# (.+)", line)
        if found is None:
            break
        rows[found[1]] = (found[2], found[3])
    return rows


def declared(protocol: str) -> dict[str, str]:
    """The comments of a protocol's own keys, as they stand in its driver."""
    tree = ast.parse(Path(sys.modules[driver(protocol).keys.__module__].__file__ or "").read_text("utf-8"))
    [keys] = [
        node
        for node in tree.body
        if isinstance(node, ast.ClassDef) and node.name == driver(protocol).keys.__name__
    ]
    return {
        key.target.id: comment.value.value
        for key, comment in pairwise(keys.body)
        if isinstance(key, ast.AnnAssign)
        and isinstance(key.target, ast.Name)
        and isinstance(comment, ast.Expr)
        and isinstance(comment.value, ast.Constant)
        and isinstance(comment.value.value, str)
    }


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_the_shipped_file_shows_the_own_keys_of_every_protocol(protocol: str) -> None:
    shown, keys = own_section(protocol), driver(protocol).keys
    assert {key: comment for key, (_value, comment) in shown.items()} == declared(protocol)
    assert list(shown) == [field.name for field in dataclasses.fields(keys)]
    rows = "\n".join(f"{key} = {value}" for key, (value, _comment) in shown.items())
    terminal = f'[terminals.front]\nprotocol = "{protocol}"\n[terminals.front.{protocol}]\n{rows}\n'
    currency = "CLP" if protocol == "transbank" else "EUR"
    own = read(SMALLEST.replace("EUR", currency) + terminal).terminals["front"].own
    assert isinstance(own, keys)
    defaults = [
        field for field in dataclasses.fields(keys) if field.default not in {dataclasses.MISSING, None}
    ]
    assert [getattr(own, field.name) for field in defaults] == [field.default for field in defaults]


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_a_secret_key_of_a_driver_is_neither_printed_nor_hashed(protocol: str) -> None:
    keys = driver(protocol).keys
    hints = get_type_hints(keys, include_extras=True)
    for field in dataclasses.fields(keys):
        checks = [
            check for check in getattr(hints[field.name], "__metadata__", ()) if isinstance(check, KeyCheck)
        ]
        secret = any(check.secret for check in checks)
        assert secret is not field.repr
        assert secret is not field.metadata.get("hashed", True)


def test_the_shipped_file_names_every_protocol() -> None:
    line = next(row for row in SHIPPED.read_text("utf-8").splitlines() if row.startswith("# protocol = "))
    *first, last = PROTOCOLS
    assert line.endswith(f"# {', '.join(first)} or {last}")


def test_the_shipped_file_as_it_is_goes_live_nowhere() -> None:
    assert "hard has no default" in live_refusal_reason(load(SHIPPED, DRIVERS))


def test_without_a_terminal_no_payment_is_taken() -> None:
    text = SMALLEST.partition("[terminals")[0] + 'hard = "2000.00"\n'
    assert "No terminal is set up" in live_refusal_reason(read(text))


def test_amounts_become_minor_units_of_the_currency() -> None:
    rules = read(SMALLEST.replace('"EUR"', '"KWD"\nhard = "2000.5"')).rules
    assert rules.hard == 2_000_500


def test_all_mistakes_are_told_at_once_in_the_order_of_the_file() -> None:
    own = '[terminals.front.zvt]\nt3_s = "1s"\n'
    text = SMALLEST.replace('"EUR"', '"EUR"\nhard = 1\nsoft = 2') + own
    with pytest.raises(SettingsError) as caught:
        read(text)
    assert [finding.line for finding in caught.value.findings] == [7, 8, 12]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ('rules.sofd = "1.00"\n', 1),
        ("[agent]\nname = 'a'\nrules.x = 1\n", 3),
        ('[terminals]\nfront = { device = "/d", sofd = 1 }\n', 2),
        ('[ rules ]\n"sofd" = 1\n', 2),
        ("[[rules]]\ncurrency = 'EUR'\n", 1),
    ],
)
def test_the_line_is_found_however_the_key_is_written(text: str, line: int) -> None:
    with pytest.raises(SettingsError) as caught:
        read(text)
    assert line in {finding.line for finding in caught.value.findings}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"[agent]\nname = '\xff'\n", "line 2: the file: found bytes that are not UTF-8"),
        (b"#" * (1024 * 1024 + 1), "found more than 1024 KiB"),
        (b"[agent]\nname = " + b"9" * 5000, "found no TOML"),
        (b"a = " + b"[" * 100_000, "found no TOML"),
        (b"[rules]\ncurrency = 0x" + b"F" * 4000, "line 2: [rules] currency: found a number; expected"),
        (b"[agent", "line 1: the file: found no TOML"),
        (b"", "[agent]: found nothing; expected this section"),
    ],
)
def test_a_file_that_is_no_settings_file_is_refused_in_one_sentence(
    tmp_path: Path, content: bytes, message: str
) -> None:
    file = tmp_path / "tillgate.toml"
    file.write_bytes(content)
    with pytest.raises(SettingsError, match=re.escape(message)):
        load(file)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"none\.toml, line 1: the file: found no readable file"):
        load(tmp_path / "none.toml")


def test_the_digest_follows_every_setting_but_the_terminals_password() -> None:
    settings = read(SMALLEST)
    other = dataclasses.replace
    assert settings.digest == read(f"# only a comment\n{SMALLEST}").digest
    assert other(settings, people={"anna": ANNA}).digest != settings.digest
    assert other(settings, rules=other(settings.rules, soft=1)).digest != settings.digest
    front = settings.terminals["front"]
    for change, same in ({"t3_s": 6}, False), ({"password": OTHER_DIGITS}, True):
        changed = other(front, own=other(front.own, **change))
        assert (other(settings, terminals={"front": changed}).digest == settings.digest) is same
    assert re.fullmatch("[a-z2-7]{52}", settings.digest)


def test_secrets_are_not_in_what_settings_print() -> None:
    assert "scrypt$" not in repr(ANNA)
    assert OTHER_DIGITS not in repr(ZvtKeys(password=OTHER_DIGITS))


def test_systemd_s_credentials_folder_wins() -> None:
    settings = read(SMALLEST)
    assert credentials_folder(settings, {}) == Path("/etc/tillgate/credentials")
    given = {"CREDENTIALS_DIRECTORY": "/run/credentials/tillgate"}
    assert credentials_folder(settings, given) == Path("/run/credentials/tillgate")


def test_a_quirk_is_not_judged_where_no_driver_is() -> None:
    text = f'{SMALLEST}[terminals.front]\nquirks = ["anything"]\n'
    assert parse(text, Path("f")).terminals["front"].quirks == ("anything",)


def test_a_program_without_drivers_does_not_look_at_a_protocols_own_keys() -> None:
    text = f"{SMALLEST}[terminals.front.zvt]\nno_such_key = 1\n"
    front = parse(text, Path("f")).terminals["front"]
    assert front.own is None
    with pytest.raises(TypeError):
        options_of(front, 978)
    with pytest.raises(ValueError, match="front"):
        _ = parse(text, Path("f")).digest


def test_limits_that_are_off_are_none() -> None:
    policy = read(SMALLEST).rules
    off = {field.name for field in dataclasses.fields(Policy) if getattr(policy, field.name) is None}
    assert "hard" in off
    assert {"min", "soft", "refund_supervisor"}.isdisjoint(off)
