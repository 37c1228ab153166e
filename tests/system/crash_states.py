"""What a power cut may leave of a directory: every state between two system calls, with the unsynced parts dropped.

A process is run under strace; its writes, renames and syncs below one directory are read from the trace and played on a
model of files and names. After each call the medium may hold:

    kept     everything that was written (the process was killed, not the power)
    strict   only what was synced: data by fsync of the file, names by fsync of the directory
    empty    all names, but of the data only what was synced: the file of length 0 after a rename without fsync
    torn     all names, and half of what was not synced

Not here: what must hold in such a state (the tests).
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

CALLS = (
    "openat,creat,write,pwrite64,writev,lseek,rename,renameat,renameat2,unlink,unlinkat,ftruncate,truncate,"
    "fsync,fdatasync,mkdir,mkdirat,rmdir,link,linkat,copy_file_range,sendfile,fallocate,sync,syncfs"
)
CANNOT = ("writev", "linkat", "copy_file_range", "sendfile", "fallocate", "truncate", "sync", "syncfs")
STRING = r'"((?:\\x[0-9a-f]{2})*)"(?:\.\.\.)?'
LINE = re.compile(r"^(\d+) +(\w+)\((.*)\) += (-?\d+)(?:<((?:\\x[0-9a-f]{2})*)>)?(?: .*)?$")
UNFINISHED = re.compile(r"^(\d+) +(.*) <unfinished \.\.\.>$")
RESUMED = re.compile(r"^(\d+) +<\.\.\. \w+ resumed>(.*)$")
FD = re.compile(r"^(\d+)<((?:\\x[0-9a-f]{2})*)>")


def strace(command: Sequence[str], trace: Path) -> list[str]:
    """The command that runs `command` and writes its calls down."""
    return ["strace", "-f", "-y", "-xx", "-s", "4000000", "-e", f"trace={CALLS}", "-o", str(trace), *command]


@dataclass(slots=True)
class Inode:
    """`data` as the process sees it, `synced` as the medium surely has it."""

    data: bytes = b""
    synced: bytes = b""


@dataclass(slots=True)
class Medium:
    """Files below one directory. Names are relative; a name that ends with / is a directory."""

    names: dict[str, Inode] = field(default_factory=dict)
    synced_names: dict[str, Inode] = field(default_factory=dict)
    positions: dict[int, int] = field(default_factory=dict)
    inside: dict[int, dict[str, Inode]] = field(default_factory=dict)  # of directories, as they were synced last

    @classmethod
    def of(cls, root: Path) -> Medium:
        """As it lies there, all of it safe."""
        names = {}
        for path in sorted(root.rglob("*")):
            name = str(path.relative_to(root)) + ("/" if path.is_dir() else "")
            data = b"" if path.is_dir() else path.read_bytes()
            names[name] = Inode(data, data)
        return cls(names, dict(names))

    def sync_names(self, directory: str) -> None:
        """fsync of a directory: the names in it are as they are now."""
        here = {name for name in {*self.names, *self.synced_names} if _parent(name) == directory}
        if directory in self.names:
            self.inside[id(self.names[directory])] = {
                name.removeprefix(directory): self.names[name] for name in here if name in self.names
            }
        for name in here:
            if name in self.names:
                self.synced_names[name] = self.names[name]
            else:
                self.synced_names.pop(name, None)
        self._follow_directories(here)

    def _follow_directories(self, here: set[str]) -> None:
        """A directory whose name is safe was, under another name, perhaps synced inside before: what it held then goes
        with it. Its inode stands for it."""
        for name in (n for n in here if n.endswith("/") and n in self.names):
            inside = self.inside.get(id(self.names[name]), {})
            self.synced_names |= {name + inner: inode for inner, inode in inside.items()}

    def states(self) -> Iterator[tuple[str, dict[str, bytes]]]:
        """What a cut at this moment may leave."""
        yield "kept", {name: inode.data for name, inode in self.names.items()}
        yield "strict", {name: inode.synced for name, inode in self.synced_names.items() if self._reachable(name)}
        yield "empty", {name: inode.synced for name, inode in self.names.items()}
        yield "torn", {name: _torn(inode) for name, inode in self.names.items()}

    def _reachable(self, name: str) -> bool:
        parent = _parent(name)
        return not parent or (parent in self.synced_names and self._reachable(parent))


@dataclass(frozen=True, slots=True)
class Call:
    """One system call below the directory, in the order of its end."""

    name: str
    arguments: str
    result: int
    path: str  # of a new descriptor


def read_trace(text: str) -> Iterator[Call]:
    """Calls that succeeded; those of several threads are put together again."""
    begun: dict[str, str] = {}
    for line in text.splitlines():
        if found := UNFINISHED.match(line):
            begun[found[1]] = line.removesuffix(" <unfinished ...>")
            continue
        if found := RESUMED.match(line):
            line = begun.pop(found[1], "") + found[2]
        if (found := LINE.match(line)) and int(found[4]) >= 0:
            yield Call(found[2], found[3], int(found[4]), _text(found[5] or ""))


def crash_states(before: Medium, trace: str, root: Path) -> Iterator[tuple[str, dict[str, bytes]]]:
    """Every different state, named by the call behind which the power failed and by what was dropped."""
    seen: set[bytes] = set()
    player = _Player(before, str(root.resolve()))
    for number, call in enumerate(read_trace(trace)):
        if not player.play(call):
            continue
        for dropped, state in before.states():
            mark = _mark(state)
            if mark not in seen:
                seen.add(mark)
                yield f"{number} {call.name} {player.last} {dropped}", state


def lay_out(state: dict[str, bytes], root: Path) -> None:
    """Makes the directory `root` hold the state and nothing else; it must not be there yet."""
    root.mkdir(mode=0o700)
    for name in sorted(state):
        if name.endswith("/"):
            (root / name).mkdir(parents=True, exist_ok=True)
    for name, data in state.items():
        if not name.endswith("/") and (root / name).parent.is_dir():
            (root / name).write_bytes(data)


class _Player:
    def __init__(self, medium: Medium, root: str) -> None:
        self.medium, self.root, self.last = medium, root, ""

    def play(self, call: Call) -> bool:
        """False where the call has nothing to do with the directory."""
        acts = getattr(self, f"_{call.name}", None)
        if acts is None:
            assert call.name not in CANNOT or self.root not in _all_text(call.arguments), f"{call} is not modelled"
            return False
        return bool(acts(call))

    def _inside(self, path: str) -> str | None:
        self.last = path.removeprefix(self.root + "/")
        return self.last if path.startswith(self.root + "/") else ("" if path == self.root else None)

    def _file(self, call: Call) -> tuple[int, Inode] | None:
        found = FD.match(call.arguments)
        assert found is not None, call
        name = self._inside(_text(found[2]).removesuffix(" (deleted)"))
        inode = None if name is None else self.medium.names.get(name)
        return None if inode is None else (int(found[1]), inode)

    def _openat(self, call: Call) -> bool:
        name = self._inside(call.path)
        if not name or "O_DIRECTORY" in call.arguments:
            return False
        writes = "O_WRONLY" in call.arguments or "O_RDWR" in call.arguments
        self.medium.positions[call.result] = 0
        new = writes and name not in self.medium.names and "O_CREAT" in call.arguments
        if new:
            self.medium.names[name] = Inode()
        inode = self.medium.names.get(name)
        if writes and inode is not None and "O_TRUNC" in call.arguments:
            inode.data = b""
        if inode is not None and "O_APPEND" in call.arguments:
            self.medium.positions[call.result] = len(inode.data)
        return writes

    def _write(self, call: Call) -> bool:
        file = self._file(call)
        if file is None:
            return False
        fd, inode = file
        at = self.medium.positions.get(fd, 0)
        inode.data = _put(inode.data, at, _strings(call.arguments)[0][: call.result])
        self.medium.positions[fd] = at + call.result
        return True

    def _pwrite64(self, call: Call) -> bool:
        file = self._file(call)
        if file is not None:
            at = int(call.arguments.rpartition(", ")[2])
            file[1].data = _put(file[1].data, at, _strings(call.arguments)[0][: call.result])
        return file is not None

    def _lseek(self, call: Call) -> bool:
        file = self._file(call)
        if file is not None:
            self.medium.positions[file[0]] = call.result
        return False

    def _ftruncate(self, call: Call) -> bool:
        file = self._file(call)
        if file is not None:
            length = int(call.arguments.rpartition(", ")[2])
            file[1].data = file[1].data[:length].ljust(length, b"\0")
        return file is not None

    def _fsync(self, call: Call) -> bool:
        found = FD.match(call.arguments)
        assert found is not None, call
        name = self._inside(_text(found[2]))
        if name is None:
            return False
        if name in self.medium.names:
            self.medium.names[name].synced = self.medium.names[name].data
        else:
            self.medium.sync_names(f"{name}/" if name else "")
        return True

    _fdatasync = _fsync

    def _rename(self, call: Call) -> bool:
        old, new = (self._inside(_text_of(part)) for part in _strings(call.arguments)[:2])
        assert (old is None) == (new is None), call
        if old is None or new is None:
            return False
        for name in [name for name in self.medium.names if name == old or name.startswith(f"{old}/")]:
            self.medium.names[new + name.removeprefix(old)] = self.medium.names.pop(name)
        return True

    _renameat = _renameat2 = _rename

    def _link(self, call: Call) -> bool:
        old, new = (self._inside(_text_of(part)) for part in _strings(call.arguments)[:2])
        assert (old is None) == (new is None), call
        if old is None or new is None:
            return False
        self.medium.names[new] = self.medium.names[old]
        return True

    def _unlink(self, call: Call) -> bool:
        name = self._inside(_text_of(_strings(call.arguments)[0]))
        if name is None:
            return False
        return self.medium.names.pop(name, self.medium.names.pop(f"{name}/", None)) is not None

    _unlinkat = _rmdir = _unlink

    def _mkdir(self, call: Call) -> bool:
        name = self._inside(_text_of(_strings(call.arguments)[0]))
        if name:
            self.medium.names[f"{name}/"] = Inode()
        return bool(name)

    _mkdirat = _mkdir


def _parent(name: str) -> str:
    head, slash, _ = name.removesuffix("/").rpartition("/")
    return head + slash


def _torn(inode: Inode) -> bytes:
    if inode.data == inode.synced:
        return inode.data
    return inode.data[: len(inode.data) // 2]


def _put(data: bytes, at: int, piece: bytes) -> bytes:
    return data[:at].ljust(at, b"\0") + piece + data[at + len(piece) :]


def _strings(arguments: str) -> list[bytes]:
    return [bytes.fromhex(found.replace("\\x", "")) for found in re.findall(STRING, arguments)]


def _text(escaped: str) -> str:
    return bytes.fromhex(escaped.replace("\\x", "")).decode(errors="replace")


def _text_of(raw: bytes) -> str:
    return raw.decode(errors="replace")


def _all_text(arguments: str) -> str:
    return "".join(_text(found) for found in re.findall(r"(?:\\x[0-9a-f]{2})+", arguments))


def _mark(state: dict[str, bytes]) -> bytes:
    sum_ = hashlib.sha256()
    for name in sorted(state):
        sum_.update(f"{name}\0{len(state[name])}\0".encode() + state[name])
    return sum_.digest()
