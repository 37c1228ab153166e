"""The documents on disk: what is remembered of each kind, and the payloads of those that may be needed again.

    index.a, index.b     the records of all kinds, twice, so that a page that the card loses costs nothing
    config-<hash>.json   a payload, known by its hash

Each is written beside and renamed, so a power cut leaves the old or the new. A payload is there before an index names
it, and goes after no index does. What is damaged is set aside and said; nothing here is fatal.
Not here: what the records mean (record.py).
"""

from __future__ import annotations

import hashlib
import logging
import re
from collections.abc import Mapping
from pathlib import Path

import msgspec

from agent.documents.findings import finding
from agent.documents.protocol import KeepError
from agent.documents.record import Record
from agent.files import UNFINISHED, write_whole
from wire.limits import MAX_DOCUMENT_BYTES
from wire.topics import DOCUMENTS

COPIES = ("index.a", "index.b")
MOST_INDEX_BYTES = 262_144  # four kinds with 16 reasons each have 40 kB
DAMAGED = ".damaged"  # ends the name of a file that was set aside; one of each name is kept
PAYLOAD = re.compile(r"(config|content|model|policy)-[0-9a-f]{64}[.]json")

log = logging.getLogger(__name__)


class Index(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`starts`: how many starts in a row have not lived long, this one included."""

    generation: int = 0
    starts: int = 0
    kinds: dict[str, Record] = {}

    def of(self, kind: str) -> Record:
        return self.kinds.get(kind, Record())

    def with_records(self, records: Mapping[str, Record]) -> Index:
        return msgspec.structs.replace(self, kinds={**self.kinds, **records})

    def with_starts(self, starts: int) -> Index:
        return msgspec.structs.replace(self, starts=starts)


class Store:
    """One directory, used by one thread. `index` is what holds; `complaints` are sentences about what was found."""

    def __init__(self, directory: Path) -> None:
        """Reads what is there. Raises nothing: where nothing can be read, nothing is remembered."""
        self.directory = directory
        self.complaints: list[str] = []
        self._said: dict[str, str] = {}  # by copy, why it could not be written the last time: one line for each reason
        try:
            directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        except OSError as error:
            self._complain(f"{directory} cannot be made ({error.strerror}): no document can be kept")
        found = [index for copy in COPIES if (index := self._read_index(directory / copy)) is not None]
        self.index = max(found, key=lambda index: index.generation, default=Index())

    def save(self, index: Index) -> None:
        """On the medium when this returns, in one copy at least: the one with the higher generation counts.
        KeepError where neither can be written; what is remembered is then as before."""
        index = msgspec.structs.replace(index, generation=self.index.generation + 1)
        body = msgspec.json.encode(index)
        errors = []
        for copy in COPIES:
            try:
                write_whole(self.directory / copy, _summed(body))
                self._said.pop(copy, None)
            except OSError as error:
                self._say_unwritten(copy, str(error))
                errors.append(error)
        if len(errors) == len(COPIES):
            raise _cannot_keep(errors[0])
        self.index = index

    def _say_unwritten(self, copy: str, why: str) -> None:
        if self._said.get(copy) != why:
            log.warning("documents: %s cannot be written: %s", self.directory / copy, why)
        self._said[copy] = why

    def assume(self, index: Index) -> None:
        """This holds for as long as the process lives, though it cannot be kept."""
        self.index = index

    def keep(self, kind: str, hash: str, payload: bytes) -> None:
        """KeepError where the payload cannot be kept."""
        try:
            write_whole(self._place(kind, hash), payload)
        except OSError as error:
            raise _cannot_keep(error) from error

    def payload(self, kind: str, hash: str) -> bytes | None:
        """A kept payload; None where it is gone or damaged."""
        path = self._place(kind, hash)
        data = self._read(path, MAX_DOCUMENT_BYTES)
        if data is None:
            self._complain(f"{path} is not there: the {kind} document in it is lost")
        elif hashlib.sha256(data).hexdigest() != hash:
            self._set_aside(path, "it is not what its name says")
            data = None
        return data

    def tidy(self) -> None:
        """Removes payloads that nobody needs, and what power cuts left half written."""
        needed = {
            self._place(kind, held.hash).name for kind in DOCUMENTS for held in self.index.of(kind).held
        }  # fmt: skip
        try:
            for path in self.directory.iterdir():
                name = path.name.removesuffix(DAMAGED)
                spare = PAYLOAD.fullmatch(name) and name not in needed
                if spare or path.name.endswith(UNFINISHED):
                    path.unlink(missing_ok=True)
        except OSError as error:
            log.warning("documents: %s cannot be tidied up: %s", self.directory, error)

    def _place(self, kind: str, hash: str) -> Path:
        return self.directory / f"{kind}-{hash}.json"

    def _read_index(self, path: Path) -> Index | None:
        data = self._read(path, MOST_INDEX_BYTES)
        if data is None:
            return None
        sum_, _, body = data.partition(b"\n")
        if _summed(body) != sum_ + b"\n" + body:
            self._set_aside(path, "its checksum does not fit")
            return None
        try:
            return msgspec.json.decode(body, type=Index)
        except (ValueError, RecursionError) as error:  # of another version of the agent, as the checksum fits
            self._set_aside(path, f"it cannot be understood ({error})")
            return None

    def _read(self, path: Path, most_bytes: int) -> bytes | None:
        """None where there is no such file, or none that can be read."""
        try:
            with path.open("rb") as file:
                return file.read(most_bytes + 1)
        except FileNotFoundError:
            return None
        except OSError as error:
            self._complain(f"{path} cannot be read ({error.strerror})")
            return None

    def _set_aside(self, path: Path, why: str) -> None:
        self._complain(f"{path} is damaged and was set aside: {why}")
        try:
            path.replace(path.with_name(path.name + DAMAGED))
        except OSError as error:
            log.warning("documents: %s cannot be moved: %s", path, error)

    def _complain(self, sentence: str) -> None:
        log.warning("documents: %s", sentence)
        self.complaints.append(sentence)


def _summed(body: bytes) -> bytes:
    return hashlib.sha256(body).hexdigest().encode() + b"\n" + body


def _cannot_keep(error: OSError) -> KeepError:
    reason = f"the device cannot keep it ({error.strerror or error}), so it is not applied"
    return KeepError(finding("", reason, "make room on its disk, or mend documents.dir; then send it again"))
