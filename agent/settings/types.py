"""Every setting there is, with its default: one tree of frozen dataclasses.

A field without a default must be written by the installer. `Meta` says what the
loader checks and what an error calls the unit. Secrets are never settings: they
are files in the credentials folder, and a setting only names the file.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from msgspec import Meta

from agent.rules.policy import Policy
from agent.settings.digest import digest
from agent.settings.reader import NAMED_BY_PROTOCOL

TRAINING_SUFFIX: Final = "/training"
# Below each of these folders training has one of its own.
TRAINING_FOLDER: Final = "training"
TRAINING_PLACES: Final = ("journal", "state", "cosignatures", "verified")

# A value marked so is never quoted in an error.
SECRET: Final = {"secret": True}

# scrypt with n = 2^14, r = 8, p = 1, then salt and hash in base32: see agent/payments/people.py.
SCRYPT_PREFIX: Final = "scrypt$14$8$1$"

# From the least to the most trusted.
Role = Literal["cashier", "supervisor", "manager"]

AgentName = Annotated[
    str,
    Meta(
        pattern=r"^[A-Za-z0-9][A-Za-z0-9._/-]{0,63}$",
        description="settings.form.plain_name",
        examples=["shop.example/till-1"],
    ),
]
VerifierKey = Annotated[
    str,
    Meta(
        pattern=r"^[^\s+]{1,64}\+[0-9a-f]{8}\+[A-Za-z0-9+/]{1,2800}={0,2}$",
        description="settings.form.verifier_key",
        examples=["acquirer.example+0123abcd+AQID"],
    ),
]
HttpsUrl = Annotated[
    str,
    Meta(
        pattern=r"^https://[A-Za-z0-9.\[\]:-]{1,253}(/[A-Za-z0-9._~/-]*)?$",
        description="settings.form.https_url",
        examples=["https://collector.example"],
    ),
]
Host = Annotated[
    str,
    Meta(
        pattern=r"^[A-Za-z0-9.:-]{1,253}$",
        description="settings.form.host",
        examples=["192.0.2.10"],
    ),
]
CredentialName = Annotated[
    str,
    Meta(
        pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$",
        description="settings.form.credential",
        extra=SECRET,
    ),
]
ProtocolVariant = Annotated[str, Meta(pattern=r"^[a-z0-9+._]{0,16}$", description="settings.form.variant")]
UsbName = Annotated[
    str,
    Meta(
        pattern=r"^[0-9a-f]{4}:[0-9a-f]{4}$",
        description="settings.form.usb",
        examples=["0403:6001"],
    ),
]
UsbPort = Annotated[str, Meta(pattern=r"^([0-9]+-[0-9]+(\.[0-9]+)*)?$", description="settings.form.usb_port")]
ScryptHash = Annotated[
    str,
    Meta(
        pattern=r"^scrypt\$14\$8\$1\$[a-z2-7]{26}\$[a-z2-7]{52}$",
        description="settings.form.scrypt",
        extra=SECRET,
    ),
]


@dataclass(frozen=True, slots=True)
class AgentSettings:
    """`[agent]`: who this agent is and where it keeps things."""

    name: AgentName
    journal: Path = Path("/var/lib/tillgate/journal")
    state: Path = Path("/var/lib/tillgate/state")
    cosignatures: Path = Path("/var/lib/tillgate-cosignatures")
    verified: Path = Path("/var/lib/tillgate-verified")
    credentials: Path = Path("/etc/tillgate/credentials")
    socket: Path = Path("/run/tillgate/till.sock")
    training: bool = False
    on_contradiction: Literal["take", "stop"] = "take"


@dataclass(frozen=True, slots=True)
class AcquirerSettings:
    """`[acquirer]`: to whom card data is sealed."""

    vkey: VerifierKey
    keys: Path = Path("/etc/tillgate/acquirer.keys")


@dataclass(frozen=True, slots=True)
class LineSettings:
    """`[terminals.NAME.line]`: where the terminal is. What is None follows from the protocol."""

    device: Path | None = None
    usb: UsbName | None = None
    usb_serial: str = ""
    usb_port: UsbPort = ""
    usb_interface: Annotated[int, Meta(ge=0, le=255, description="an interface's number")] | None = None
    usb_profile: Literal["cdc_acm", "ftdi"] = "cdc_acm"
    baud_rate: Annotated[int, Meta(ge=300, le=921_600, description="bits a second")] | None = None
    data_bits: Annotated[int, Meta(ge=7, le=8, description="data bits", examples=[8])] | None = None
    parity: Literal["N", "E", "O"] | None = None
    stop_bits: Annotated[int, Meta(ge=1, le=2, description="stop bits", examples=[2])] | None = None
    host: Host | None = None
    port: Annotated[int, Meta(ge=1, le=65_535, description="a TCP port", examples=[20007])] | None = None


@dataclass(frozen=True, slots=True)
class TerminalSettings:
    """`[terminals.NAME]`: one card terminal.

    `own` is the section that bears the protocol's name. Its keys are declared by the protocol's
    driver; it is None where the settings were read without drivers.
    """

    protocol: str = "zvt"
    variant: ProtocolVariant = ""
    wire: Literal["serial", "tcp", "usb"] = "serial"
    receipts: Literal["terminal", "till"] = "till"
    quirks: tuple[str, ...] = ()
    line: LineSettings = field(default_factory=LineSettings)
    own: Any = field(default=None, metadata=NAMED_BY_PROTOCOL)


@dataclass(frozen=True, slots=True)
class PersonSettings:
    """`[people.NAME]`: somebody who may answer for a payment."""

    role: Role
    scrypt: ScryptHash = field(repr=False)


@dataclass(frozen=True, slots=True)
class TillSettings:
    """`[tills.NAME]`: one till. It is known by the users that its programs run as, or by its own token."""

    users: tuple[str, ...] = ()
    token: CredentialName | None = None


@dataclass(frozen=True, slots=True)
class ApiSettings:
    """`[api]`: who may connect. `users` and `groups` are names on this host."""

    users: tuple[str, ...] = ()
    groups: tuple[str, ...] = ("tillgate-till",)
    tcp: bool = False
    token: CredentialName = "api.token"  # noqa: S105 - the name of the file, not the token
    payment_ids: Literal["for_ever", "per_day"] = "for_ever"
    repeat_hours: Annotated[int, Meta(ge=1, le=8760, description="hours", examples=[12])] = 12


@dataclass(frozen=True, slots=True)
class UploadSettings:
    """`[upload]`: where the journal goes. Without `url` it stays on this host."""

    url: HttpsUrl | None = None
    ca: Path = Path("/etc/tillgate/collector-ca.pem")
    certificate: Path = Path("/etc/tillgate/upload.crt")
    key: CredentialName = "upload.key"
    collector_vkey: VerifierKey | None = None
    poll_s: Annotated[int, Meta(ge=2, le=3600, description="seconds", examples=[5])] = 5


@dataclass(frozen=True, slots=True)
class LogSettings:
    """`[log]`: the operational log, not the journal."""

    level: Literal["debug", "info", "warning", "error"] = "info"


@dataclass(frozen=True, slots=True)
class Settings:
    """All settings of one host, as one file gives them."""

    agent: AgentSettings
    acquirer: AcquirerSettings
    rules: Policy
    terminals: dict[str, TerminalSettings] = field(default_factory=dict)
    people: dict[str, PersonSettings] = field(default_factory=dict)
    tills: dict[str, TillSettings] = field(default_factory=dict)
    api: ApiSettings = field(default_factory=ApiSettings)
    upload: UploadSettings = field(default_factory=UploadSettings)
    log: LogSettings = field(default_factory=LogSettings)

    @property
    def origin(self) -> str:
        """The journal's name. Training has one of its own, so neither can be taken for the other."""
        return self.agent.name + (TRAINING_SUFFIX if self.agent.training else "")

    @property
    def digest(self) -> str:
        """The config hash of every journal entry; people's scrypt hashes are part of it.

        Raises ValueError for settings that were read without drivers: their hash would be another.
        """
        if any(terminal.own is None for terminal in self.terminals.values()):
            raise ValueError(", ".join(self.terminals))
        return digest(self)
