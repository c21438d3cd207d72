"""A result for programs: one object on one line."""

from __future__ import annotations

import json
import sys
from typing import Any

import msgspec

from agent.cli.ui import streams


def write_json(value: Any) -> None:
    """On standard output, in letters of ASCII, which every locale can carry."""
    streams.write(sys.stdout, json.dumps(msgspec.to_builtins(value)) + "\n")
