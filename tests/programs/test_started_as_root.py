"""Support starts the agent by hand as root: the service can still use every file afterwards."""

from __future__ import annotations

import os
import pwd
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from agent.base.user import become_owner_of
from agent.programs.assembly import assemble
from agent.programs.demo.environment import Environment

NOBODY = pwd.getpwnam("nobody")

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root can start as root")


@pytest.fixture
def shop() -> Iterator[Path]:
    """A host as the installer leaves it: folders of the service, credentials of root."""
    folder = Path(tempfile.mkdtemp(prefix="tillgate-"))  # not pytest's folder: only root may enter that
    folder.chmod(0o755)
    Environment(folder).provision()
    (folder / "acquirer").chmod(0o755)
    (folder / "run").mkdir()
    settings = (folder / "tillgate.toml").read_text("utf-8")
    (folder / "tillgate.toml").write_text(settings.replace("/till.sock", "/run/till.sock"), "utf-8")
    for name in ("state", "journal", "run"):
        (folder / name).mkdir(exist_ok=True)
        for path in (folder / name, *(folder / name).rglob("*")):
            os.chown(path, NOBODY.pw_uid, NOBODY.pw_gid)
    yield folder
    shutil.rmtree(folder)


def in_a_process_of_its_own(folder: Path, uid: int) -> int:
    """Start an agent and close it again; the exit status."""
    child = os.fork()
    if child:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    try:
        if uid:
            os.setgroups([])
            os.setgid(NOBODY.pw_gid)
            os.setuid(uid)
        agent = assemble(str(folder / "tillgate.toml"), "", {})
        agent.keep_snapshot()
        agent.close()
        os._exit(0 if os.geteuid() == NOBODY.pw_uid else 9)
    except BaseException:  # noqa: BLE001 - the parent has only this number
        os._exit(1)


@pytest.mark.case("other/12")
def test_what_root_left_belongs_to_the_service(shop: Path) -> None:
    assert in_a_process_of_its_own(shop, 0) == 0
    left = [path for name in ("state", "journal", "run") for path in (shop / name).rglob("*")]
    assert {path.name for path in left} >= {"evolving.key", "state.sqlite", "till.sock"}
    assert {path.owner() for path in left} == {"nobody"}
    for path in (shop / "credentials").rglob("*"):
        os.chown(path, NOBODY.pw_uid, NOBODY.pw_gid)  # what systemd does with LoadCredential
    os.chown(shop / "credentials", NOBODY.pw_uid, NOBODY.pw_gid)
    assert in_a_process_of_its_own(shop, NOBODY.pw_uid) == 0


def test_root_stays_root_where_root_owns_the_folder(tmp_path: Path) -> None:
    assert not become_owner_of(tmp_path)
    assert not become_owner_of(tmp_path / "not-there")
    assert os.geteuid() == 0
