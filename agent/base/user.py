"""Whose process this is: root gives its rights away before it writes a file."""

from __future__ import annotations

import os
import pwd
from pathlib import Path


def become_owner_of(folder: Path) -> bool:
    """As root, become for good the user who owns `folder`, with that user's groups. False if nothing changed.

    A program that support starts by hand as root would leave files that the service cannot read.
    A folder that root owns, or that is not there yet, changes nothing. Raises `OSError`.
    """
    if os.geteuid() != 0 or not folder.exists():
        return False
    owner = folder.stat()
    if owner.st_uid == 0:
        return False
    os.setgroups(_groups(owner.st_uid, owner.st_gid))
    os.setgid(owner.st_gid)
    os.setuid(owner.st_uid)
    return True


def _groups(uid: int, gid: int) -> list[int]:
    """The user's groups by the host's list; a number without a name has one group."""
    try:
        return os.getgrouplist(pwd.getpwuid(uid).pw_name, gid)
    except KeyError:
        return [gid]
