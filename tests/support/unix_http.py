"""`requests` over a Unix socket, for a tool that speaks nothing else."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection
from urllib3.connectionpool import HTTPConnectionPool
from urllib3.poolmanager import PoolManager

PATIENCE_S = 30.0


class _Connection(HTTPConnection):
    path: Path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(PATIENCE_S)
        self.sock.connect(str(self.path))


class _Pools(PoolManager):
    def __init__(self, path: Path, **more: Any) -> None:
        super().__init__(**more)
        connection = type("Connection", (_Connection,), {"path": path})
        pool = type("Pool", (HTTPConnectionPool,), {"ConnectionCls": connection})
        self.pool_classes_by_scheme = {"http": pool}


class _Adapter(HTTPAdapter):
    def __init__(self, path: Path) -> None:
        self._path = path
        super().__init__()

    def init_poolmanager(self, *_: Any, **__: Any) -> None:
        self.poolmanager = _Pools(self._path)


def unix_session(path: Path) -> requests.Session:
    """A session whose every http:// address is this socket."""
    session = requests.Session()
    session.trust_env = False
    session.mount("http://", _Adapter(path))
    return session
