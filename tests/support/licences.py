"""The licences of what a shop's host installs: from the metadata of the locked packages.

`python -m tests.support.licences` prints the table; `--write` makes systemd/package/licences.md anew.
"""

from __future__ import annotations

import re
import sys
from importlib.metadata import Distribution, distribution
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]
PAGE: Final = ROOT / "systemd" / "package" / "licences.md"
# The build back end is locked too, and no shop's host needs it.
BUILD_ONLY: Final = {"setuptools"}

_HEAD: Final = """\
# Licences of the dependencies

What `requirements.lock` names, by the packages' own metadata. Tillgate itself is Apache-2.0.
`python -m tests.support.licences --write` makes this page; a test compares it with what is installed.

| package | version | licence |
|---|---|---|
"""


def locked() -> dict[str, str]:
    """Name and version of each dependency that the lock of the runtime names."""
    lines = (ROOT / "requirements.lock").read_text("utf-8").splitlines()
    rows = dict(line.split(" ")[0].split("==") for line in lines if re.match(r"[a-z0-9-]+==", line))
    return {name: version for name, version in rows.items() if name not in BUILD_ONLY}


def licence(package: Distribution) -> str:
    """As SPDX where the package says it so, else as its classifiers or its own words say. Empty: unknown."""
    said = package.metadata.get_all("License-Expression") or []
    classifiers = [
        text.rpartition(" :: ")[2]
        for text in package.metadata.get_all("Classifier") or []
        if text.startswith("License :: OSI Approved :: ")
    ]
    words = [text for text in package.metadata.get_all("License") or [] if "\n" not in text]
    return str((said or words or [" or ".join(classifiers)])[0])


def page() -> str:
    """The whole page."""
    rows = [f"| {name} | {version} | {licence(distribution(name))} |" for name, version in locked().items()]
    return _HEAD + "\n".join(rows) + "\n"


if __name__ == "__main__":
    if sys.argv[1:] == ["--write"]:
        PAGE.parent.mkdir(exist_ok=True)
        PAGE.write_text(page(), "utf-8")
    else:
        sys.stdout.write(page())
