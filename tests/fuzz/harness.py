"""How every fuzz target runs: guided by coverage where atheris is installed, else a seeded loop.

python -m tests.fuzz.fuzz_NAME --runs 1000000 [--seed N] [--plain]
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

# Longer than any message in the field but for receipts; what is longer is only slower to search.
LONGEST_INPUT_BYTES = 4096


def run(
    told: str | None,
    one_input: Callable[[bytes], None],
    loop: Callable[[int, int], object],
    *,
    corpus: Sequence[bytes] = (),
    longest: int = LONGEST_INPUT_BYTES,
) -> None:
    """Read the options and search. `loop` gets runs and seed; `corpus` is what atheris begins with."""
    parser = argparse.ArgumentParser(description=told, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--plain", action="store_true", help="the seeded loop even if atheris is there")
    args = parser.parse_args()
    try:
        import atheris  # noqa: PLC0415 - there are no wheels for every Python
    except ImportError:
        args.plain = True
    if args.plain:
        sys.exit(1 if loop(args.runs, args.seed) else 0)
    with tempfile.TemporaryDirectory() as folder:
        for number, data in enumerate(corpus):
            Path(folder, str(number)).write_bytes(data)
        atheris.instrument_all()
        options = [f"-runs={args.runs}", f"-seed={args.seed}", f"-max_len={longest}"]
        options.append(f"-artifact_prefix={tempfile.gettempdir()}/")
        atheris.Setup([sys.argv[0], *options, folder], one_input)
        atheris.Fuzz()
