"""`tillgate demo`: a handful of payments with everything real but the terminal's hardware."""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import msgspec

from agent.cli.ui.client import RefusedError
from agent.programs.demo.environment import DemoError, House
from agent.programs.demo.network import free_port
from agent.programs.demo.proof import Proof, prove
from agent.programs.demo.scenarios import Shop, acts, line


def run(args: argparse.Namespace) -> int:
    """Take the payments, verify the journal, show the collector's cosignature. 0 if all is well."""
    folder = Path(tempfile.mkdtemp(prefix="tillgate-demo-"))
    house = House(folder, port=free_port())
    try:
        verdicts, proof = _play(house, args.payments)
    except (DemoError, RefusedError, OSError) as error:
        print(f"\nThe demo cannot go on: {error}", file=sys.stderr)  # noqa: T201 - it talks to a person
        return 1
    finally:
        house.close()
        shutil.rmtree(folder, ignore_errors=True)
    if args.json:
        _say(msgspec.json.encode({"verdicts": dict(verdicts), **proof.facts()}).decode())
    return 0 if proof.ok else 1


def _play(house: House, count: int | None) -> tuple[Counter[str], Proof]:
    began = time.monotonic()
    _say("Tillgate demo. The terminal is a simulator; no real money is involved.\n")
    collector_vkey = house.furnish()
    house.start("collector", "collector", "--settings", str(house.folder / "collector.toml"))
    house.start_terminal()
    settings = str(house.folder / "tillgate.toml")
    house.start("agent", "agent", "--settings", settings)
    house.start("upload", "upload", "--settings", settings)
    house.wait_for(lambda: house.terminal_is("ready"), "the agent and its terminal")
    verdicts: Counter[str] = Counter()
    shop = Shop(house, _say)
    for payment_id, act in acts(count):
        view = act(shop, payment_id)
        verdicts[str(view.verdict)] += 1
        _say(line(view))
    house.stop("agent")
    _say("\nThe agent has stopped; waiting for the collector's cosignature ...")
    proof = prove(house, collector_vkey)
    _say(proof.told())
    _say(f"\nVerdicts: {', '.join(f'{n} {verdict}' for verdict, n in verdicts.most_common())}.")
    _say(f"That took {time.monotonic() - began:.1f} s.")
    return verdicts, proof


def _say(text: str) -> None:
    print(text, flush=True)  # noqa: T201 - it talks to a person
