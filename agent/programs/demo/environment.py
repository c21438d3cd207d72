"""The demo's environment: keys, settings and processes in one folder, made as an installer makes them."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from importlib.resources import files
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from agent.api.v1.bodies import StatusView
from agent.cli.ui.client import AgentUnreachableError, ApiClient
from agent.journal.note import Cosigner
from agent.keys.create import (
    ENROLMENT_FOLDER,
    FIRST_KEY,
    JOURNAL_VKEY,
    UPLOAD_REQUEST,
    Places,
    client_name,
    create,
    write_secret,
)
from agent.keys.demo import DemoAuthority, create_acquirer
from agent.payments.people import hash_secret
from agent.settings.types import TRAINING_FOLDER
from agent.texts import say

NAME = "demo.example/till-1"
SUPERVISOR, SUPERVISOR_PIN = "supervisor-1", "314159-demo"
CASHIER, CASHIER_PIN = "cashier-1", "271828-demo"

# Any of the programs is up in a second; a busy machine may take some.
PATIENCE_S = 75.0
LOOK_AGAIN_S = 0.05


class DemoError(Exception):
    """The demo cannot go on; the message says why."""


@dataclass
class Environment:
    """One shop and its headquarters, in `folder`. `protocol` is the terminal's."""

    folder: Path
    programs: dict[str, subprocess.Popen[str]] = field(default_factory=dict)
    port: int = 0
    protocol: str = "zvt"

    @property
    def origin(self) -> str:
        """The journal's name: the demo is training, and training says so in its name."""
        return f"{NAME}/training"

    @property
    def socket(self) -> Path:
        """The till's API."""
        return self.folder / "till.sock"

    @property
    def terminal(self) -> Path:
        """The serial port of the terminal."""
        return self.folder / "terminal"

    @property
    def journal(self) -> Path:
        return self.folder / "journal" / TRAINING_FOLDER

    @property
    def cosignatures(self) -> Path:
        return self.folder / "cosignatures" / TRAINING_FOLDER

    @property
    def state(self) -> Path:
        return self.folder / "state" / TRAINING_FOLDER

    @property
    def verified(self) -> Path:
        return self.folder / "verified" / TRAINING_FOLDER

    @property
    def first_key(self) -> bytes:
        """What headquarters got at enrolment to check the evolving key."""
        return (self.folder / "credentials" / ENROLMENT_FOLDER / FIRST_KEY).read_bytes()

    @property
    def journal_vkey(self) -> str:
        return (self.folder / "credentials" / ENROLMENT_FOLDER / JOURNAL_VKEY).read_text("ascii").strip()

    @property
    def api(self) -> ApiClient:
        """A till."""
        return ApiClient(self.socket)

    def provision(self) -> str:
        """Make every key, certificate and settings file; the collector's verifier key."""
        create(Places(self.origin, self.folder / "credentials", self.state, "api.token", "upload.key"))
        acquirer = create_acquirer(self.folder / "acquirer", date.today())  # noqa: DTZ011 - validity is in days
        vkey = self._headquarters()
        self._write(
            "tillgate.toml",
            SETTINGS.format(
                folder=self.folder,
                acquirer_keys=acquirer.keys,
                acquirer_vkey=acquirer.vkey,
                name=NAME,
                protocol=self.protocol,
                terminal=self.terminal,
                own=self._own_section(),
                person=SUPERVISOR,
                scrypt=hash_secret(SUPERVISOR_PIN),
                cashier=CASHIER,
                cashier_scrypt=hash_secret(CASHIER_PIN),
                port=self.port,
                collector_vkey=vkey,
            ),
        )
        self._write(
            "terminal.toml", files("agent.programs.demo").joinpath("terminal.toml").read_text("utf-8")
        )
        return vkey

    def _own_section(self) -> str:
        if self.protocol not in OWN_KEYS:
            return ""
        return f"\n[terminals.front.{self.protocol}]\n{OWN_KEYS[self.protocol]}\n"

    def _headquarters(self) -> str:
        authority = DemoAuthority(date.today())  # noqa: DTZ011 - validity is in days
        certificate, key = authority.issue_server()
        request = (self.folder / "credentials" / ENROLMENT_FOLDER / UPLOAD_REQUEST).read_bytes()
        signing = Ed25519PrivateKey.generate()
        (self.folder / "ca.pem").write_bytes(authority.pem)
        (self.folder / "upload.pem").write_bytes(authority.issue_client(request))
        (self.folder / "collector.pem").write_bytes(certificate)
        write_secret(self.folder / "collector.key", key)
        write_secret(
            self.folder / "cosign.key",
            signing.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()),
        )
        self._write(
            "collector.toml",
            COLLECTOR.format(
                folder=self.folder, port=self.port, vkey=self.journal_vkey, client=client_name(self.origin)
            ),
        )
        return Cosigner("collector.example", signing).vkey

    def start(self, name: str, *arguments: str) -> None:
        """Start one of our programs; what it prints goes to a file of its name."""
        with (self.folder / f"{name}.log").open("a") as output:
            self.programs[name] = subprocess.Popen(
                [sys.executable, "-m", "agent", *arguments],
                stdout=output,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                text=True,
                env={**os.environ, "PYTHONUNBUFFERED": "1"},
            )

    def start_terminal(self) -> None:
        """Plug the terminal in."""
        options = {"--script": "terminal.toml", "--state": "bank.json", "--trace": "terminal.trace"}
        files_of = [word for option, name in options.items() for word in (option, str(self.folder / name))]
        self.start("terminal", "sim", self.protocol, "--pty", str(self.terminal), "--speed", "20", *files_of)
        self.wait_for(self.terminal.exists, "the simulated terminal")

    def stop(self, name: str) -> None:
        """Ask a program to end and wait until it has."""
        program = self.programs.pop(name, None)
        if program is None:
            return
        program.terminate()
        try:
            program.wait(PATIENCE_S)
        except subprocess.TimeoutExpired:
            program.kill()
            raise DemoError(say("programs.demo.did_not_stop", name=name, folder=self.folder / name)) from None

    def close(self) -> None:
        """End everything, whatever state it is in."""
        for program in self.programs.values():
            program.kill()
            program.wait()
        self.programs.clear()

    def terminal_is(self, *states: str) -> bool:
        """Whether the agent sees the terminal in one of these states."""
        try:
            status = self.api.call("GET", "/v1/status", StatusView)
        except AgentUnreachableError:
            return False
        return bool(status.terminals) and status.terminals[0].state in states

    def wait_for(self, true: Callable[[], bool], what: str) -> None:
        """Look until it is so. Raises `DemoError` when it takes too long or a program has died."""
        give_up = time.monotonic() + PATIENCE_S
        while not true():
            dead = [name for name, program in self.programs.items() if program.poll() is not None]
            if dead or time.monotonic() > give_up:
                raise DemoError(
                    say(
                        "programs.demo.waited",
                        what=what,
                        programs=self._last_words(dead or list(self.programs)),
                    )
                )
            time.sleep(LOOK_AGAIN_S)

    def _last_words(self, names: Sequence[str]) -> str:
        logs = [(name, (self.folder / f"{name}.log").read_text("utf-8", "replace")[-600:]) for name in names]
        return "".join(f"\n--- {name} said last:\n{text.strip()}" for name, text in logs if text.strip())

    def _write(self, name: str, text: str) -> None:
        (self.folder / name).write_text(text, "utf-8")


SETTINGS = """\
# Written by `tillgate demo`.
[agent]
name = "{name}"
training = true
journal = "{folder}/journal"
state = "{folder}/state"
cosignatures = "{folder}/cosignatures"
verified = "{folder}/verified"
credentials = "{folder}/credentials"
socket = "{folder}/till.sock"

[acquirer]
keys = "{acquirer_keys}"
vkey = "{acquirer_vkey}"

[terminals.front]
protocol = "{protocol}"
receipts = "till"

[terminals.front.line]
device = "{terminal}"
{own}
[rules]
currency = "EUR"
min = "1.00"
soft = "500.00"
soft_action = "supervisor"
hard = "5000.00"

[people.{person}]
role = "supervisor"
scrypt = "{scrypt}"

[people.{cashier}]
role = "cashier"
scrypt = "{cashier_scrypt}"

[api]
groups = []

[upload]
url = "https://127.0.0.1:{port}"
ca = "{folder}/ca.pem"
certificate = "{folder}/upload.pem"
key = "upload.key"
collector_vkey = "{collector_vkey}"
poll_s = 2
"""

# The keys of a protocol's own section that fit its simulated terminal. A ZVT terminal
# that lost its line counts as done after T4, and nobody at a demo thinks for minutes at a PIN.
OWN_KEYS = {"zvt": 'password = "123456"\nt4_s = 30', "ecr17": 'terminal_id = "12345678"'}

COLLECTOR = """\
# Written by `tillgate demo`.
name = "collector.example"
folder = "{folder}/headquarters"
signing_key = "{folder}/cosign.key"
certificate = "{folder}/collector.pem"
key = "{folder}/collector.key"
client_ca = "{folder}/ca.pem"
host = "127.0.0.1"
port = {port}

[logs.till-1]
vkey = "{vkey}"
client = "{client}"
first_key = "{folder}/credentials/enrolment/first-evolving.key"
"""
