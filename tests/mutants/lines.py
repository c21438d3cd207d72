"""JSON lines on disk: written one at a time, so that a run that was stopped goes on where it was."""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import Any

_WRITING = threading.Lock()


def read(path: Path) -> list[dict[str, Any]]:
    """All whole lines; a last one that was cut is dropped."""
    if not path.exists():
        return []
    return [
        json.loads(line) for line in path.read_text("utf-8").splitlines(keepends=True) if line[-1] == "\n"
    ]


def append(path: Path, content: dict[str, Any]) -> None:
    """One more line, after a line feed that mends a cut one."""
    with _WRITING, path.open("a+b") as file:
        if file.tell() and not _ends_whole(path):
            file.truncate(path.read_bytes().rfind(b"\n") + 1)
        file.write(json.dumps(content, ensure_ascii=False).encode() + b"\n")


def _ends_whole(path: Path) -> bool:
    return path.read_bytes().endswith(b"\n")
