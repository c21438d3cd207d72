"""`tillgate demo`: a handful of payments with everything real but the terminal's hardware."""

from __future__ import annotations

import argparse
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import msgspec

from agent.cli.ui.client import RefusedError
from agent.programs.demo.environment import DemoError, Environment
from agent.programs.demo.network import free_port
from agent.programs.demo.proof import Proof, prove
from agent.programs.demo.scenarios import DemoTill, line, scenarios
from agent.texts import say

SETTINGS_FILE = "tillgate.toml"


def run(args: argparse.Namespace) -> int:
    """Take the payments, verify the journal, show the collector's cosignature. 0 if all is well."""
    folder = Path(tempfile.mkdtemp(prefix="tillgate-demo-"))
    environment = Environment(folder, port=free_port())
    try:
        if args.stay:
            return _stay(environment)
        verdicts, proof = _play(environment, args.payments)
    except (DemoError, RefusedError, OSError) as error:
        print(say("programs.demo.stopped", error=error), file=sys.stderr)  # noqa: T201 - it talks to a person
        return 1
    finally:
        environment.close()
        shutil.rmtree(folder, ignore_errors=True)
    if args.json:
        _say(msgspec.json.encode({"verdicts": dict(verdicts), **proof.facts()}).decode())
    return 0 if proof.ok else 1


def _stay(environment: Environment) -> int:
    """Open the shop for somebody's own hands until they close it."""
    _say(say("programs.demo.about"))
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        _open(environment)
        _say(
            say("programs.demo.open", socket=environment.socket, settings=environment.folder / SETTINGS_FILE)
        )
        environment.programs["agent"].wait()
    except KeyboardInterrupt:
        _say(say("programs.demo.closed"))
        return 0
    raise DemoError(say("programs.demo.agent_ended"))


def _open(environment: Environment) -> str:
    """Provision and start every program; the collector's verifier key."""
    collector_vkey = environment.provision()
    environment.start("collector", "collector", "--settings", str(environment.folder / "collector.toml"))
    environment.start_terminal()
    settings = str(environment.folder / SETTINGS_FILE)
    environment.start("agent", "agent", "--settings", settings)
    environment.start("upload", "upload", "--settings", settings)
    environment.wait_for(lambda: environment.terminal_is("ready"), say("programs.demo.wait_for_agent"))
    return collector_vkey


def _play(environment: Environment, count: int | None) -> tuple[Counter[str], Proof]:
    began = time.monotonic()
    _say(say("programs.demo.about"))
    collector_vkey = _open(environment)
    verdicts: Counter[str] = Counter()
    till = DemoTill(environment, _say)
    for payment_id, scenario in scenarios(count):
        view = scenario(till, payment_id)
        verdicts[str(view.verdict)] += 1
        _say(line(view))
    environment.stop("agent")
    _say(say("programs.demo.waiting"))
    proof = prove(environment, collector_vkey)
    _say(proof.summary())
    _say(f"\nVerdicts: {', '.join(f'{n} {verdict}' for verdict, n in verdicts.most_common())}.")
    _say(f"That took {time.monotonic() - began:.1f} s.")
    return verdicts, proof


def _say(text: str) -> None:
    print(text, flush=True)  # noqa: T201 - it talks to a person
