"""Documents made of files that people write: a TOML file, or a folder with pictures or models beside one.

    config FILE.toml        tables and keys as in a device's file, only those that are the hub's
    policy FILE.toml        [[rules]] and keys of wire.documents.Policy; [[arms]] as devices publish them
    content FOLDER          content.toml with [[items]], `asset` the name of a picture beside it
    model FOLDER            manifest.toml and the files that it names

ValueError with a sentence for what makes no document; OSError for what cannot be read.
Not here: signing (signing.py), whether a device will take it (agent/documents/).
"""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from tools.publish.wording import each, made
from wire.documents import (
    Arm,
    Asset,
    ConfigDocument,
    ContentDocument,
    Document,
    Item,
    ModelDocument,
    ModelFile,
    Policy,
    PolicyDocument,
    Rule,
)
from wire.limits import MAX_ASSET_BYTES, PART_BYTES

CONTENT = "content.toml"
MANIFEST = "manifest.toml"


@dataclass(frozen=True, slots=True)
class Head:
    """What every document begins with."""

    version: int
    store: str
    device: str
    by: str
    issued: str

    def __iter__(self) -> Iterator[tuple[str, Any]]:
        """So that dict(head) are the keys of a document."""
        return iter(
            [(name, getattr(self, name)) for name in ("version", "store", "device", "by", "issued")]
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Parcel:
    """A document and the bytes of its files, by hash."""

    document: Document
    files: dict[str, bytes] = field(default_factory=dict)


def parts_of(data: bytes) -> list[bytes]:
    """The parts of a file as they go to `asset/<sha256>/<part>`."""
    return [data[at : at + PART_BYTES] for at in range(0, len(data), PART_BYTES)]


def config_parcel(path: Path, head: Head) -> Parcel:
    return Parcel(ConfigDocument(**dict(head), config=_toml(path)))


def policy_parcel(path: Path, head: Head) -> Parcel:
    tables = _toml(path)
    lists = {
        "rules": each(Rule, tables.pop("rules", []), "rules", path, gtins=("gtins",)),
        "arms": each(Arm, tables.pop("arms", []), "arms", path),
    }
    policy = msgspec.structs.replace(made(Policy, tables, str(path)), **lists)
    return Parcel(PolicyDocument(**dict(head), policy=policy))


def content_parcel(folder: Path, head: Head) -> Parcel:
    """The pictures that items name go along; the same picture twice goes once."""
    path = folder / CONTENT
    tables = _toml(path)
    if unknown := set(tables) - {"items"}:
        raise ValueError(f"{path}: {', '.join(sorted(unknown))} is not known; write [[items]]")
    files: dict[str, bytes] = {}
    listed = tables.get("items", [])
    for table in listed if isinstance(listed, list) else ():
        if isinstance(table, dict) and table.get("asset"):
            table["asset"] = _take(folder, table["asset"], files)
    items = each(Item, listed, "items", path, gtins=("goods",))
    assets = tuple(Asset(sha256=sha256, bytes=len(data)) for sha256, data in files.items())
    return Parcel(ContentDocument(**dict(head), assets=assets, items=items), files)


def model_parcel(folder: Path, head: Head) -> Parcel:
    """Every .tflite file that the manifest names."""
    path = folder / MANIFEST
    tables = _toml(path)
    names = [table["file"] for table in tables.get("model", []) if isinstance(table, dict) and "file" in table]
    files: dict[str, bytes] = {}
    listed = []
    for name in dict.fromkeys(names):
        sha256 = _take(folder, name, files, MANIFEST)
        listed.append(ModelFile(sha256=sha256, bytes=len(files[sha256]), name=name))
    document = ModelDocument(**dict(head), manifest=path.read_text("utf-8"), files=tuple(listed))
    return Parcel(document, files)


def _take(folder: Path, name: Any, files: dict[str, bytes], beside: str = CONTENT) -> str:
    """Reads a file that lies in the folder; its hash."""
    if not isinstance(name, str) or Path(name).name != name:
        raise ValueError(f"{name!r} is no name of a file in {folder}: write it without a path")
    path = folder / name
    if not path.is_file():
        raise FileNotFoundError(f"{path}: there is no such file, and {beside} names it: put it there")
    data = path.read_bytes()
    if not 1 <= len(data) <= MAX_ASSET_BYTES:
        raise ValueError(f"{path} has {len(data)} bytes; 1 to {MAX_ASSET_BYTES} can be sent")
    sha256 = hashlib.sha256(data).hexdigest()
    files[sha256] = data
    return sha256


def _toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        raise FileNotFoundError(f"{path}: there is no such file") from None
    except NotADirectoryError:
        raise NotADirectoryError(f"{path.parent} is a file: name the folder that {path.name} lies in") from None
    except IsADirectoryError:
        raise IsADirectoryError(f"{path} is a folder: name the TOML file") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ValueError(f"{path}: this is no TOML: {error}") from error
