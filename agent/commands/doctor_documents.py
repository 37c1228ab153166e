"""What `shelfd doctor` finds out about the hub's documents: the folder and its disk, whom the device obeys, what is in
force, files and models of the hub, and the public half of the device's key, which the tills need.

Writes nothing, so that an agent may run meanwhile or start afterwards. Of the key only the public half is shown.
Not here: reading the store (doctor_kept.py), disks (doctor_disk.py).
"""

from __future__ import annotations

import base64
import os
import pwd
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from agent.commands.doctor_disk import MOUNTS, disk_of, judge_disk
from agent.commands.doctor_kept import Kept
from agent.commands.doctor_part import Part
from agent.config.schema import Config
from agent.documents.assets import NAME, RESERVE_BYTES
from agent.documents.model_folder import MANIFEST, name_of
from agent.documents.signing import SecretKey
from agent.recording.disk import free_bytes
from agent.vision.manifest import parse_manifest, read_model
from agent.vision.protocol import VisionError
from agent.weighing.diagnose import Finding
from wire.documents import ContentDocument, ModelDocument
from wire.topics import DOCUMENTS

KEY, FILES, MODELS = "device.key", "files", "models"  # in documents.dir, as agent/remote.py has them
MOST_REASON = 160  # characters
SUBJECT = "documents"


@dataclass(frozen=True, slots=True)
class Look:
    """Where the disk is looked at; tests put other files there."""

    mounts: Path = MOUNTS
    free: Callable[[Path], int] = free_bytes


def examine_documents(config: Config, kept: Kept, look: Look | None = None) -> Part | None:
    """`config`: in force. None: documents.dir is empty, the hub is not obeyed."""
    if not config.documents.dir:
        return None
    place, folder = look or Look(), Path(config.documents.dir)
    disk, free = disk_of(folder, place.mounts), _free(folder, place)
    sizes, key = _sizes(folder / FILES), _key(folder / KEY)
    device = f"{config.device.store}/{config.device.id}"
    on = "" if disk is None else f", {disk.form} on {disk.source}{disk.kind}"
    trusted = [key.name for key in config.documents.keys]
    lines = [
        f"documents: {folder}{_owner(folder)}{on}" + ("" if free is None else f", {free / 1e6:.0f} MB free"),
        f"  obeyed: {', '.join(trusted) or 'nobody'}",
        *(f"  {kind}: {_state(kind, kept)}" for kind in DOCUMENTS),
        f"  files: {len(sizes)}, {sum(sizes.values()) / 1e6:.1f} of {config.documents.cache_mb:g} MB",
        f"  device key, a line for the tills: {device} {key}" if key else "  device key: none to be read",
    ]
    findings = [*_folder(folder), *(judge_disk(disk, SUBJECT) if disk else ()), *_room(config, free, sizes)]
    findings += [*_keys(folder, trusted, key), *_kept(kept), *_files(kept, sizes), *_models(folder, kept)]
    facts = {
        "dir": str(folder),
        "trusts": trusted,
        "device_key": key,
        "versions": {kind: standing.held.version for kind, standing in sorted(kept.standing.items())},
        "cache_bytes": sum(sizes.values()),
        "free_bytes": free,
    }
    return Part("documents", tuple(lines), tuple(findings), facts)


def hub_manifest(config: Config, kept: Kept) -> Path | None:
    """The manifest of the hub's models that are in force; None: the eyes use the device's own."""
    standing = kept.standing.get("model")
    if standing is None or not isinstance(standing.document, ModelDocument):
        return None
    return Path(config.documents.dir) / MODELS / name_of(standing.document) / MANIFEST


def _state(kind: str, kept: Kept) -> str:
    record, standing = kept.index.of(kind), kept.standing.get(kind)
    if standing is None:
        state = "the device's own" if kind in ("config", "model") else "none"
    else:
        state = f"version {standing.held.version} by {standing.held.by}, since {standing.held.since or 'not known'}"
        if record.trial is not None and record.trial.held == standing.held:
            state += ", on trial"
    return state + (f"; {len(record.harmful)} taken back so far" if record.harmful else "")


def _owner(folder: Path) -> str:
    try:
        return f", of {pwd.getpwuid(folder.stat().st_uid).pw_name}"
    except (OSError, KeyError):
        return ""


def _above(folder: Path) -> Path:
    """The folder, or the nearest one above it that is there."""
    return next((path for path in (folder, *folder.parents) if os.access(path, os.F_OK)), Path("/"))


def _free(folder: Path, place: Look) -> int | None:
    try:
        return place.free(_above(folder))
    except OSError:
        return None


def _sizes(folder: Path) -> dict[str, int]:
    """Bytes of each whole file that is kept, by its hash."""
    try:
        entries = [entry for entry in os.scandir(folder) if NAME.fullmatch(entry.name)]
        return {entry.name: entry.stat(follow_symlinks=False).st_size for entry in entries}
    except OSError:
        return {}


def _key(path: Path) -> str:
    """Public half in base64; "" where there is none, or none for us."""
    try:
        return base64.b64encode(SecretKey.read(path).public).decode()
    except (OSError, ValueError):
        return ""


def _folder(folder: Path) -> Iterator[Finding]:
    above = _above(folder)
    if not above.is_dir():
        yield Finding("wrong", SUBJECT, "no_folder", f"{above} is no folder: correct documents.dir")
    elif not os.access(above, os.W_OK | os.X_OK):
        sentence = (
            f"{above} may not be written by this user: run doctor as the agent's (sudo -u shelfd ...), or give it"
        )
        yield Finding("wrong", SUBJECT, "not_writable", f"{sentence} to that user")
    elif above != folder:
        yield Finding("note", SUBJECT, "new_folder", f"{folder} is not there yet: the first start makes it")


def _room(config: Config, free: int | None, sizes: dict[str, int]) -> Iterator[Finding]:
    """The cache leaves the rest of the disk alone, so it stays smaller than it may be."""
    wanted = config.documents.cache_mb * 1e6
    if free is not None and free + sum(sizes.values()) - RESERVE_BYTES < wanted:
        room = max(0.0, free + sum(sizes.values()) - RESERVE_BYTES)
        sentence = f"documents.cache_mb is {wanted / 1e6:g}, the disk has room for {room / 1e6:.0f} MB of it: free some"
        yield Finding("note", SUBJECT, "few_bytes", sentence)


def _keys(folder: Path, trusted: list[str], key: str) -> Iterator[Finding]:
    if not trusted:
        sentence = "no key is trusted, so nobody can steer this device: add a [[documents.key]], docs/documents.md"
        yield Finding("wrong", SUBJECT, "no_keys", sentence)
    if not key and os.access(folder / KEY, os.F_OK):
        sentence = f"{folder / KEY} holds no key that this user may read: run doctor as the agent's user (sudo)"
        yield Finding("note", SUBJECT, "no_device_key", sentence)


def _kept(kept: Kept) -> Iterator[Finding]:
    for sentence in kept.complaints:
        yield Finding("wrong", SUBJECT, "damaged", sentence)
    if kept.restless:
        sentence = f"{kept.index.starts} starts in a row did not live: some of the hub's wishes are left out until one"
        yield Finding("wrong", SUBJECT, "restless", f"{sentence} does; `journalctl -u shelfd` says why")
    for kind in DOCUMENTS:
        record = kept.index.of(kind)
        if kind in kept.cut_off:
            sentence = (
                "the agent ended, and not in order, while one was tried or looked at: the next start takes it back"
            )
            yield Finding("note", f"{SUBJECT}/{kind}", "cut_off", sentence)
        elif (reason := record.why_harmful(record.highest_hash)) is not None:
            sentence = f"version {record.highest} was taken back ({reason[:MOST_REASON]}): send a mended one"
            yield Finding("note", f"{SUBJECT}/{kind}", "rolled_back", sentence)


def _files(kept: Kept, sizes: dict[str, int]) -> Iterator[Finding]:
    """Files of content in force; those of models are laid out beside."""
    standing = kept.standing.get("content")
    if standing is None or not isinstance(standing.document, ContentDocument):
        return
    wanted = standing.document.assets
    missing = [asset for asset in wanted if sizes.get(asset.sha256) != asset.bytes]
    if missing:
        sentence = f"{len(missing)} of {len(wanted)} files are not whole here: the agent loads them again from the hub"
        yield Finding("note", f"{SUBJECT}/content", "missing_files", sentence)


def _models(folder: Path, kept: Kept) -> Iterator[Finding]:
    """Are the files those that the document means? They are read, not loaded."""
    standing = kept.standing.get("model")
    if standing is None or not isinstance(standing.document, ModelDocument):
        return
    place = folder / MODELS / name_of(standing.document)
    try:
        for model in parse_manifest(standing.document.manifest.encode(), "manifest").models:
            read_model(model, place)
        whole = (place / MANIFEST).read_bytes() == standing.document.manifest.encode()
    except (OSError, VisionError):
        whole = False
    if not whole:
        sentence = (
            f"the models of version {standing.held.version} are not whole in {place}: a start lays them out anew,"
        )
        yield Finding("note", f"{SUBJECT}/model", "not_whole", f"{sentence} or has them sent again by the hub")
