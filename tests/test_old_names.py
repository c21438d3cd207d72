"""The words that the house gave up: nothing may bring them back.

`old_names.txt` has one a line. CHANGES.md may tell of them, and a foreign command keeps its own name.
"""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
LIST = ROOT / "tests" / "old_names.txt"
OLD_NAMES = LIST.read_text("utf-8").split()

# File -> the old names that are somebody else's words there.
FOREIGN = {
    "tests/system/usbvm/guest.py": {"settle"},  # udevadm settle
}
LEFT_OUT = {
    "CHANGES.md",
    "tests/old_names.txt",
    "tests/test_old_names.py",
    "requirements.lock",
    "requirements-dev.lock",
}


def texts() -> dict[str, str]:
    """Every text file of the repository, new ones too."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode != 0:
        pytest.skip("not a git checkout")
    found = {}
    for name in set(listed.stdout.splitlines()) - LEFT_OUT:
        try:
            found[name] = (ROOT / name).read_text("utf-8")
        except (UnicodeDecodeError, FileNotFoundError):
            continue
    return found


def old_names_in(text: str) -> set[str]:
    # A longer name that only holds an old one is another name.
    pattern = "|".join(re.escape(name) for name in sorted(OLD_NAMES, key=len, reverse=True))
    return set(re.findall(rf"(?<![A-Za-z0-9_])(?:{pattern})(?![A-Za-z0-9_])", text))


def test_an_old_name_is_found_as_a_whole_word() -> None:
    assert old_names_in("settle it, then settle_up") == {"settle"}


def test_no_old_name_is_left() -> None:
    left = {name: old_names_in(text) - FOREIGN.get(name, set()) for name, text in texts().items()}
    assert {name: words for name, words in left.items() if words} == {}
