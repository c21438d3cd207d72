"""What was found so far, in a file that a later night goes on with."""

from __future__ import annotations

import hashlib
from pathlib import Path

import msgspec

ROOT = Path(__file__).resolve().parents[2]
FILE = ROOT / "build" / "exhaust" / "results.jsonl"
JUDGED = ("agent", "drivers", "tests/simulation", "tests/exhaust", "tests/support", "tests/conformance")


class Line(msgspec.Struct, frozen=True):
    """All pairs that begin with one first fault, on one state of the code."""

    code: str
    setting: str
    first: str
    run: int
    violations: dict[str, list[str]] = {}


def code_digest() -> str:
    """One word for the code that is judged and the code that judges: a change begins anew."""
    digest = hashlib.sha256()
    for folder in JUDGED:
        for path in sorted((ROOT / folder).rglob("*.py")):
            digest.update(str(path.relative_to(ROOT)).encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:16]


def known(code: str, file: Path = FILE) -> dict[tuple[str, str], Line]:
    """What this code has run already. A last line that was cut off is run again."""
    lines: dict[tuple[str, str], Line] = {}
    for content in file.read_bytes().splitlines() if file.exists() else ():
        try:
            line = msgspec.json.decode(content, type=Line)
        except msgspec.DecodeError:
            continue
        if line.code == code:
            lines[line.setting, line.first] = line
    return lines


def keep(line: Line, file: Path = FILE) -> None:
    """One more line, on a line of its own even if the last night ended in the middle of one."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("ab") as out:
        out.write((b"\n" if out.tell() else b"") + msgspec.json.encode(line))
