"""Lays out the models of a document as the eyes read them: a folder with manifest.toml and the files beside it.

The files are links to those of the cache, so that they take no room twice and stay when the cache lets them go. A
folder comes into being whole or not at all. The store's own model (local.toml, tools/train) is brought along from the
folder of the device's own models, as it stands beside the manifest that is in use.
Not here: whether they are any good (trial_model.py).
"""

from __future__ import annotations

import hashlib
import logging
import os
import shutil
from contextlib import suppress
from pathlib import Path

import msgspec

from agent.documents.assets import AssetCache
from agent.documents.partial import sha256_of
from agent.files import sync_directory, write_whole
from agent.vision.manifest import read_manifest, read_model
from agent.vision.product import LOCAL
from agent.vision.protocol import VisionError
from wire.documents import ModelDocument

MANIFEST = "manifest.toml"
NEW = ".new"

log = logging.getLogger(__name__)


def name_of(document: ModelDocument) -> str:
    """The same for the same models, whatever the document's version."""
    return hashlib.sha256(msgspec.json.encode((document.manifest, document.files))).hexdigest()[:32]


def is_whole(folder: Path, document: ModelDocument, cache: AssetCache) -> bool:
    """As it was laid out: the text as it is meant, and the files, each the one that the cache has verified or, where it
    has none, held to its hash here."""
    try:
        if (folder / MANIFEST).read_bytes() != document.manifest.encode():
            return False
        for file in document.files:
            place, cached = folder / file.name, cache.path(file.sha256)
            linked = cached is not None and place.samefile(cached)
            if place.stat().st_size != file.bytes or not (linked or sha256_of(place) == file.sha256):
                return False
    except OSError:
        return False
    return True


def lay_out(folder: Path, document: ModelDocument, cache: AssetCache) -> None:
    """Makes `folder` of files that the cache has. OSError where the disk refuses or a file is missing."""
    new = folder.with_name(folder.name + NEW)
    shutil.rmtree(new, ignore_errors=True)
    new.mkdir(parents=True)
    for file in document.files:
        cached = cache.path(file.sha256)
        if cached is None:
            raise FileNotFoundError(2, f"{file.name} is not whole on this device")
        link(cached, new / file.name)
    write_whole(new / MANIFEST, document.manifest.encode())
    shutil.rmtree(folder, ignore_errors=True)
    new.replace(folder)
    sync_directory(folder.parent)


def link(cached: Path, place: Path) -> None:
    """Or a copy, where the disk knows no links."""
    try:
        os.link(cached, place)
    except OSError:
        with cached.open("rb") as source, place.open("wb") as copy:
            shutil.copyfileobj(source, copy)
            copy.flush()
            os.fsync(copy.fileno())


def bring_local(own: Path, folder: Path) -> None:
    """The store's own model, as it is now; without it containers have no names, so nothing here is an error."""
    source, target = own.parent / LOCAL, folder / LOCAL
    try:
        if not source.is_file():
            target.unlink(missing_ok=True)
            return
        text = source.read_bytes()
        if target.is_file() and target.read_bytes() == text:
            return
        for model in read_manifest(source).models:
            if model.file in _files(folder):
                raise OSError(17, f"{model.file} is the name of another model")
            write_whole(folder / model.file, read_model(model, own.parent))
        write_whole(target, text)  # last: where it is, the files are
    except (OSError, VisionError) as error:
        log.warning("the store's own model is not brought along: %s", error)


def sweep(folder: Path, stay: frozenset[str]) -> None:
    """Removes all folders of models but these."""
    with suppress(OSError):
        for path in folder.iterdir():
            if path.is_dir() and not path.is_symlink() and path.name not in stay:
                shutil.rmtree(path, ignore_errors=True)


def _files(folder: Path) -> frozenset[str]:
    """The files that the folder's manifest names."""
    return frozenset(model.file for model in read_manifest(folder / MANIFEST).models)
