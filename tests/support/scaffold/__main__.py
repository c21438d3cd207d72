"""`make driver NAME=x`: folders, tests and rows of a protocol that knows nothing yet and refuses everything.

Each place that has to be filled says OPEN, and `tests/conformance/test_parts.py` names them all.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

TEMPLATES: Final = Path(__file__).parent
ROOT: Final = Path(__file__).parents[3]
_OURS: Final = re.compile(r"(?:from (?:drivers|tests)\.[^\n]*\n)+")
_NAME: Final = re.compile(r"[a-z][a-z0-9]{1,15}")


class ScaffoldError(Exception):
    """Nothing was written; a sentence for the developer."""


def scaffold(name: str, root: Path = ROOT) -> list[Path]:
    """Write all parts of a protocol; the files that are new. Raises `ScaffoldError`."""
    if _NAME.fullmatch(name) is None:
        raise ScaffoldError("A protocol's name has 2 to 16 small letters and digits, a letter first.")
    if (root / "drivers" / name).exists():
        raise ScaffoldError(f"drivers/{name} is there already. Nothing was written.")
    new = dict(_files(name))
    for file, text in new.items():
        (root / file).parent.mkdir(parents=True, exist_ok=True)
        (root / file).write_text(text, "utf-8")
    _insert(root / "drivers/driver.py", r"(PROTOCOLS: Final = \([^)]*)\)", rf'\1, "{name}")')
    _insert(root / "drivers/simulator/pyproject.toml", r"\n\]\n\Z", f'\n    "drivers.simulator.{name}",\n]\n')
    row = f"| `{name}` | OPEN: terminals | serial | OPEN: how a lost payment is resolved | OPEN: the limits |"
    _insert(root / "drivers/README.md", r"(\n\| `transbank` \| [^\n]*\n)", rf"\1{row}\n")
    settings = root / "config/agent/tillgate.toml"
    section = f"#~ [terminals.front.{name}]\n{'#~ answer_s = 5':<48} # wait for an answer to a command\n"
    _insert(settings, r"\n\n\[rules\]\n", f"\n{section}\n[rules]\n")
    _insert(settings, r"(# protocol = [^\n]*), (\w+) or (\w+)\n", rf"\1, \2, \3 or {name}\n")
    return [root / file for file in new]


def _files(name: str) -> Iterator[tuple[str, str]]:
    places = {
        "driver": f"drivers/{name}/{{}}.py",
        "simulator": f"drivers/simulator/{name}/{{}}.py",
        "tests": f"tests/drivers/{name}/{{}}.py",
        "fuzz": f"tests/fuzz/{{}}_{name}.py",
    }
    for folder, place in places.items():
        for template in sorted((TEMPLATES / folder).glob("*.txt")):
            text = template.read_text("utf-8").replace("__NAME__", name)
            yield place.format(template.stem), _sorted_imports(text.replace("__CLASS__", name.capitalize()))


def _sorted_imports(text: str) -> str:
    """Where our own imports stand depends on the protocol's name."""
    return _OURS.sub(lambda block: "".join(sorted(block[0].splitlines(keepends=True))), text)


def _insert(file: Path, pattern: str, text: str) -> None:
    before = file.read_text("utf-8")
    after, count = re.subn(pattern, text, before, count=1)
    if count != 1:
        raise ScaffoldError(f"{file.name} is not as expected: {pattern} was not found.")
    file.write_text(after, "utf-8")


def main(arguments: Sequence[str]) -> int:
    """Write the parts and say what is next."""
    parser = argparse.ArgumentParser(prog="make driver NAME=")
    parser.add_argument("name")
    try:
        files = scaffold(parser.parse_args(arguments).name)
    except ScaffoldError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    sys.stdout.writelines(f"{file.relative_to(ROOT)}\n" for file in files)
    sys.stdout.write("What is left: .venv/bin/pytest tests/conformance/test_parts.py\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
