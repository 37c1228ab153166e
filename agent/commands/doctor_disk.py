"""On which disk does a folder lie, and does that keep what is written there? Reads mountinfo, writes nothing.

Not here: how much room there is for what (doctor_documents.py).
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from agent.weighing.diagnose import Finding

MOUNTS = Path("/proc/self/mountinfo")
IN_MEMORY = ("tmpfs", "ramfs")
NETWORK = ("nfs", "nfs4", "cifs", "smb3", "9p", "fuse.sshfs")
WITHOUT_OWNERS = ("vfat", "exfat", "msdos")
KINDS = (("mmcblk", "a card"), ("nvme", "NVMe"), ("sd", "a USB or SATA disk"), ("vd", "a guest's disk"))


@dataclass(frozen=True, slots=True)
class Disk:
    """A mounted file system."""

    place: str
    form: str  # "ext4"
    source: str  # "/dev/mmcblk0p2"
    read_only: bool

    @property
    def kind(self) -> str:
        """In words, where the name of the device says it."""
        name = self.source.rpartition("/")[2]
        return next((f" ({words})" for begin, words in KINDS if name.startswith(begin)), "")


def disk_of(folder: Path, mounts: Path = MOUNTS) -> Disk | None:
    """The disk that the folder, or the nearest one above it that is there, lies on; None where nobody says."""
    path = os.path.realpath(folder)
    try:
        text = mounts.read_text("utf-8", "surrogateescape")
    except OSError:
        return None
    found = [disk for line in text.splitlines() if (disk := _parsed(line)) and _holds(disk.place, path)]
    return max(reversed(found), key=lambda disk: len(disk.place), default=None)  # of two in one place the later one


def _holds(place: str, path: str) -> bool:
    return path == place or path.startswith(place.rstrip("/") + "/")


def _parsed(line: str) -> Disk | None:
    """One line of proc_pid_mountinfo(5)."""
    before, _, after = line.partition(" - ")
    fields, rest = before.split(" "), after.split(" ")
    if len(fields) < 6 or len(rest) < 3:
        return None
    read_only = "ro" in (*fields[5].split(","), *rest[2].split(","))
    return Disk(_unescaped(fields[4]), rest[0], _unescaped(rest[1]), read_only)


def _unescaped(text: str) -> str:
    """Blanks stand there as three octal digits."""
    return re.sub(r"\\([0-7]{3})", lambda found: chr(int(found[1], 8)), text)


def judge_disk(disk: Disk, subject: str) -> Iterator[Finding]:
    """Why what is written there may not be there after a power cut."""
    if disk.read_only:
        sentence = f"{disk.place} is mounted read-only: look at `dmesg`, a worn card ends so; or mend /etc/fstab"
        yield Finding("wrong", subject, "read_only", sentence)
    if disk.form in IN_MEMORY:
        sentence = f"{disk.place} is memory ({disk.form}): all is gone with the power, name a folder on a disk"
        yield Finding("wrong", subject, "in_memory", sentence)
    if disk.form == "overlay":
        sentence = f"{disk.place} is an overlay: raspi-config's read-only system forgets all at a restart"
        yield Finding("note", subject, "overlay", f"{sentence}; name a folder on a disk of its own")
    if disk.form in NETWORK:
        sentence = f"{disk.place} is another machine's ({disk.form}): away with the network, name a disk here"
        yield Finding("note", subject, "network", sentence)
    if disk.form in WITHOUT_OWNERS:
        sentence = f"{disk.form} knows no owners, so anybody may read the device's key: use ext4"
        yield Finding("note", subject, "no_owners", sentence)
