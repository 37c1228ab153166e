"""Does an agent run with this configuration? Then ports, camera, panel and pins are its own, and nobody opens them.

An agent holds its outbox locked as long as it lives; the kernel says who has a lock without anybody taking it. Where
the outbox may not be looked at, the command lines of all processes are read.
Not for the agent's own process: to close a file that SQLite holds would give its locks up.
"""

from __future__ import annotations

import fcntl
import os
import struct
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from agent.commands.doctor_part import Part
from agent.config.schema import Config
from agent.weighing.diagnose import Finding

FLOCK = "hhqqi4x"  # struct flock of a 64-bit Linux: type, whence, start, length, process
LOCKED = (0x4000_0000, 512)  # the bytes that SQLite locks (its file format, "The Lock-Byte Page")
PROCESSES = Path("/proc")


def running_agent(config: Config, file: Path, processes: Path = PROCESSES) -> int | None:
    """The process that runs this configuration; None: there is none."""
    try:
        return _holder(Path(config.outbox.path))
    except FileNotFoundError:
        return None
    except OSError:  # not ours to look at
        return next(_run_with(file, processes), None)


def beside(process: int) -> Part:
    """What there is to say of it."""
    sentence = (
        f"it runs (process {process}) and has scales, camera, strip and pins, so they were not opened: the order "
        "`diagnose` says how they do; `systemctl stop shelfd` first for a closer look"
    )
    finding = Finding("note", "agent", "running", sentence)
    return Part("agent", (f"agent: runs, process {process}",), (finding,), {"process": process})


def _holder(path: Path) -> int | None:
    """Who has the database locked; it is not locked here. OSError."""
    handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        asked = struct.pack(FLOCK, fcntl.F_WRLCK, os.SEEK_SET, *LOCKED, 0)
        kind, _, _, _, process = struct.unpack(FLOCK, fcntl.fcntl(handle, fcntl.F_GETLK, asked))
    finally:
        os.close(handle)
    return None if kind == fcntl.F_UNLCK else int(process)


def _run_with(file: Path, processes: Path) -> Iterator[int]:
    """Processes whose command line is `... run FILE`; a file that is named from where they were started is not seen."""
    wanted = os.path.realpath(file)
    for folder in sorted(processes.glob("[0-9]*")):
        with suppress(OSError):
            words = (folder / "cmdline").read_bytes().decode("utf-8", "replace").split("\0")
            after = words[words.index("run") + 1 :] if "run" in words else []
            if any(word.startswith("/") and os.path.realpath(word) == wanted for word in after):
                yield int(folder.name)
