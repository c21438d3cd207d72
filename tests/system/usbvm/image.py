"""The guest: Debian's kernel, Python and udev, and the project, as one archive that the kernel unpacks.

Debian and the wheels are fetched once and kept in build/usbvm; the project is packed anew each time.
There is no disk, no boot loader and no network in it.
"""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[3]
BUILD: Final = ROOT / "build" / "usbvm"
LOCK: Final = ROOT / "requirements.lock"
SUITE: Final = "bookworm"
PACKAGES: Final = "kmod,libusb-1.0-0,python3,udev"
PROJECT: Final = ("agent", "drivers", "config", "tests/support", "tests/system/usbvm", "tests/system/faults")
# Without these Debian's smallest root is half as large.
NOT_NEEDED: Final = ("usr/share/doc", "usr/share/locale", "usr/share/man", "var/cache/apt", "var/lib/apt")

# Wheels of bookworm's Python, whatever Python the host has.
WHEELS: Final = (
    *("--only-binary=:all:", "--implementation", "cp", "--python-version", "3.11", "--abi", "cp311"),
    *("--platform", "manylinux_2_34_x86_64", "--platform", "manylinux2014_x86_64"),
)

INIT: Final = """\
#!/bin/sh
export PATH=/usr/sbin:/usr/bin PYTHONPATH=/opt/tillgate:/opt/wheels
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs dev /dev
mount -t tmpfs run /run
mount -t tmpfs tmp /tmp
echo 7 > /proc/sys/kernel/printk
cp /opt/tillgate/config/udev/*.rules /etc/udev/rules.d/
exec python3 -m tests.system.usbvm.guest
"""


class ImageError(Exception):
    """The guest cannot be made here. The text says what is missing."""


@dataclass(frozen=True)
class Image:
    """What QEMU boots."""

    kernel: Path
    archive: Path


def made(pip: list[str]) -> Image:
    """The guest with the project as it is now; `pip` is the command that fetches wheels."""
    base = BUILD / f"base-{_recipe()}"
    if not base.exists():
        for old in BUILD.glob("base*"):
            shutil.rmtree(old)
        _make_base(BUILD / "base.new", pip)
        (BUILD / "base.new").rename(base)
    image = Image(base / "vmlinuz", base / "guest.cpio")
    _pack_project(base / "root")
    _pack(base / "root", image.archive)
    return image


def _recipe() -> str:
    """Another page or other wheels make another base."""
    return sha256(Path(__file__).read_bytes() + LOCK.read_bytes()).hexdigest()[:12]


def _make_base(base: Path, pip: list[str]) -> None:
    base.mkdir(parents=True)
    root = base / "root"
    _run("debootstrap", "--variant=minbase", f"--include={PACKAGES}", SUITE, str(root))
    _take_kernel(base, root)
    wheels = ("--target", str(root / "opt" / "wheels"), "--require-hashes", "-r", str(LOCK))
    _run(*pip, "install", "--quiet", *WHEELS, *wheels)
    for folder in NOT_NEEDED:
        shutil.rmtree(root / folder)
    (root / "init").write_text(INIT, "ascii")
    (root / "init").chmod(0o755)


def _take_kernel(base: Path, root: Path) -> None:
    """Debian's newest kernel and its USB drivers. The cloud kernel has none of them."""
    _run("apt-get", "update", "-q")
    depends = _run("apt-cache", "depends", "linux-image-amd64")
    package = next(word for word in depends.split() if word.startswith("linux-image-6"))
    _run("apt-get", "download", "-q", package, cwd=base)
    _run("dpkg-deb", "--extract", str(next(base.glob("*.deb"))), str(base / "kernel"))
    next(base.glob("kernel/boot/vmlinuz-*")).rename(base / "vmlinuz")
    modules = next(base.glob("kernel/lib/modules/*"))
    to = root / "usr" / "lib" / "modules" / modules.name
    drivers = Path("kernel", "drivers", "usb")
    shutil.copytree(modules / drivers, to / drivers)
    for index in modules.glob("modules.*"):
        shutil.copy(index, to)
    _run("chroot", str(root), "depmod", modules.name)
    shutil.rmtree(base / "kernel")


def _pack_project(root: Path) -> None:
    """The project as it is now, compiled by the guest's Python: the machine is slow enough."""
    place = root / "opt" / "tillgate"
    shutil.rmtree(place, ignore_errors=True)
    for folder in PROJECT:
        shutil.copytree(ROOT / folder, place / folder, ignore=shutil.ignore_patterns("__pycache__"))
    _run("chroot", str(root), "python3", "-m", "compileall", "-q", "/opt")


def _pack(root: Path, archive: Path) -> None:
    names = "".join(f"{path.relative_to(root)}\n" for path in sorted(root.rglob("*")))
    _run("cpio", "--create", "--format=newc", "--quiet", "--file", str(archive), cwd=root, told=names)


def _run(*command: str, cwd: Path | None = None, told: str | None = None) -> str:
    try:
        done = subprocess.run(command, cwd=cwd, input=told, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        raise ImageError(f"{command[0]} is not installed") from None
    if done.returncode:
        raise ImageError(f"{' '.join(command[:2])} failed: {(done.stderr or done.stdout).strip()[-600:]}")
    return done.stdout
