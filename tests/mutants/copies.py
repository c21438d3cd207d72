"""A private copy of the tree at one commit: a worker changes it as it likes.

Byte code in it is checked by the hash of its source, not by its time: two mutants of one second and
one length would otherwise be taken for each other.
"""

from __future__ import annotations

import os
import re
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Event

from tests.mutants.draw import Mutant

# A mutant may allocate or write for ever.
MOST_BYTES = 6 << 30
_FAILED = re.compile(r"^(?:FAILED|ERROR) (\S+?\.py(?:::.*?)?)(?: - |$)", re.MULTILINE)
_DURATION = re.compile(r"^([0-9.]+)s (?:call|setup|teardown) ", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Ran:
    """How a process ended; `code` is None when its time was over."""

    code: int | None
    output: str

    @property
    def failed(self) -> str:
        """The first test that failed, or nothing."""
        found = _FAILED.search(self.output)
        return found[1] if found else ""

    @property
    def longest(self) -> float:
        """Seconds of the slowest part of a test, where pytest told it."""
        return max((float(seconds) for seconds in _DURATION.findall(self.output)), default=0.0)


class StoppedError(Exception):
    """The whole run is stopped: what a process of the copy says counts no more."""


class Copy:
    """The tree of one commit in a folder of its own, with a folder for what its tests leave."""

    def __init__(self, root: Path, commit: str, place: Path) -> None:
        self.place = place
        self._stopped = Event()
        self._running: subprocess.Popen[bytes] | None = None
        place.mkdir(parents=True)
        packed = subprocess.run(["git", "archive", commit], cwd=root, stdout=subprocess.PIPE, check=True)
        subprocess.run(["tar", "-x"], cwd=place, input=packed.stdout, check=True)
        compiling = ["compileall", "-q", "--invalidation-mode", "checked-hash", "."]
        self.run([*compiling], {}, 600)

    @contextmanager
    def mutated(self, mutant: Mutant) -> Iterator[None]:
        """The copy with one change in it; what tests remember of it is forgotten after."""
        path = self.place / mutant.path
        content = path.read_bytes()
        path.write_bytes(mutant.applied(content))
        try:
            yield
        finally:
            path.write_bytes(content)
            shutil.rmtree(self.place / ".hypothesis", ignore_errors=True)

    def pytest(self, files: Sequence[str], timeout: float, one_test: float, *options: str) -> Ran:
        """Run tests until the first fails. `one_test` is the time of a single one."""
        with tempfile.TemporaryDirectory(prefix="m-", ignore_cleanup_errors=True) as folder:
            Path(folder).chmod(0o755)  # as /tmp is: some tests let other users in
            command = ["pytest", "-q", "-x", "--no-header", "--tb=no", "-p", "no:cacheprovider"]
            command += [f"--timeout={one_test:.0f}", f"--basetemp={folder}/p", *options, *files]
            return self.run(command, {"TMPDIR": folder}, timeout)

    def run(self, module: Sequence[str], environment: dict[str, str], timeout: float) -> Ran:
        """Run `python -m` in the copy, and end all it started when its time is over."""
        here = {"PYTHONPATH": str(self.place)}
        with tempfile.TemporaryFile() as output:
            if self._stopped.is_set():
                raise StoppedError
            self._running = process = subprocess.Popen(
                [sys.executable, "-m", *module],
                cwd=self.place,
                env={**os.environ, **here, **environment},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
            if self._stopped.is_set():  # while it was starting, and nobody could see it yet
                _kill(process)
            code = _ended(process, timeout)
            self._running = None
            if self._stopped.is_set():
                raise StoppedError
            output.seek(0)
            return Ran(code, output.read().decode(errors="replace"))

    def stop(self) -> None:
        """End what runs, from another thread, and start nothing more."""
        self._stopped.set()
        if (running := self._running) is not None:
            _kill(running)


def _ended(process: subprocess.Popen[bytes], timeout: float) -> int | None:
    code: int | None = None
    try:
        with suppress(ProcessLookupError):
            resource.prlimit(process.pid, resource.RLIMIT_DATA, (MOST_BYTES, MOST_BYTES))
        code = process.wait(timeout)
    except subprocess.TimeoutExpired:
        pass
    finally:
        _kill(process)
        process.wait()
    return code


def _kill(process: subprocess.Popen[bytes]) -> None:
    """The process and all it started."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
