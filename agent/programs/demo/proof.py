"""The end of the demo: the journal verified offline, and headquarters' cosignature under it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from agent.journal.note import CosignatureVerifier, NoteError, parse_vkey
from agent.journal.verify import CosignedHead, CosignedHeads, Report, verify
from agent.programs.demo.environment import Environment
from agent.texts import say, tell
from agent.upload import cosignatures


@dataclass(frozen=True, slots=True)
class Proof:
    """What was checked. `entries` counts lines of the journal, `cosigned` what headquarters confirmed."""

    report: Report
    cosigned: cosignatures.Cosignature

    @property
    def ok(self) -> bool:
        """Everything is as it should be, and headquarters has all of it."""
        return self.report.result == "ok" and self.report.entries == self.cosigned.size

    def facts(self) -> dict[str, int | str]:
        """For a program."""
        finding = self.report.finding
        return {
            "entries": self.report.entries,
            "tree_size": self.report.entries,
            "cosigned_size": self.cosigned.size,
            "verify": "ok" if finding is None else tell(finding.what),
        }

    def summary(self) -> str:
        """For a person."""
        report, cosigned = self.report, self.cosigned
        at = datetime.fromtimestamp(cosigned.at_s, UTC).isoformat(timespec="seconds")
        line = cosigned.note.rstrip("\n").rsplit("\n", 1)[-1]
        return say(
            "programs.demo.proof",
            entries=report.entries,
            checkpoints=report.checkpoints,
            result=report.result,
            size=cosigned.size,
            at=at,
            line=line[:77],
        )


def prove(environment: Environment, collector_vkey: str) -> Proof:
    """Wait until headquarters has everything, then check all of it."""
    collector = parse_vkey(collector_vkey)
    if not isinstance(collector, CosignatureVerifier):
        raise NoteError("programs.demo.no_cosigner")
    size = _size(environment)
    environment.wait_for(lambda: _cosigned(environment, collector) >= size, "the cosignature")
    environment.stop("upload")
    environment.stop("collector")
    cosigned = cosignatures.Cosignatures(environment.cosignatures).cosigned(environment.origin, collector)
    if cosigned is None:
        raise NoteError("programs.demo.nothing_cosigned")
    known = CosignedHeads([CosignedHead(cosigned.size, cosigned.root)])
    report = verify(
        environment.journal,
        parse_vkey(environment.journal_vkey),
        every=True,
        k0=environment.first_key,
        cosignatures=known,
    )
    return Proof(report, cosigned)


def _size(environment: Environment) -> int:
    return verify(environment.journal, parse_vkey(environment.journal_vkey)).entries


def _cosigned(environment: Environment, collector: CosignatureVerifier) -> int:
    cosignature = cosignatures.Cosignatures(environment.cosignatures).cosigned(environment.origin, collector)
    return cosignature.size if cosignature else 0
