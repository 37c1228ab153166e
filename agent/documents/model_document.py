"""The kind `model`: which models the eyes use. Implements Kind (protocol.py).

A document is refused for what it says (its manifest, its files' names and hashes), then for what its models do on this
device (trial_model.py), and only then in force: its folder is handed to `use`, which builds the eyes anew. The folder
of the models before stays beside it, so that the way back needs nothing but another call of `use`.
Not here: probation (keeper.py), whether detections are right: that is measured where models are made (docs/models.md).
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path

from agent.documents.assets import AssetCache
from agent.documents.findings import finding
from agent.documents.model_folder import MANIFEST, bring_local, is_whole, lay_out, name_of, sweep
from agent.documents.protocol import ApplyError, Beat
from agent.documents.trial_child import Wrong
from agent.documents.trial_model import prove
from agent.vision.manifest import Manifest, parse_manifest
from agent.vision.product import DECODER as OF_THE_STORE
from agent.vision.protocol import VisionError
from wire.documents import Asset, ModelDocument
from wire.reported import Finding

TOGETHER = "build models and manifest together"
KINDS = ("hand", "person", "container")
Prove = Callable[[Path, Path | None, int, Beat], tuple[Wrong, ...]]

log = logging.getLogger(__name__)


class ModelKind:
    """`folder`: for folders of models, on the same disk as the cache. `own`: the manifest that the device brought
    along; `threads`: as configured. `use`: from here on the eyes use this manifest, None: their own; ApplyError or
    VisionError where they cannot."""

    kind = "model"

    def __init__(
        self,
        folder: Path,
        cache: AssetCache,
        *,
        own: Callable[[], Path],
        threads: Callable[[], int],
        use: Callable[[Path | None], None],
        prove: Prove = prove,
    ) -> None:
        self._folder = folder
        self._cache = cache
        self._own = own
        self._threads = threads
        self._use = use
        self._prove = prove
        self._in_use: Path | None = None  # a manifest; None: the device's own, or nothing was said yet
        self._before: Path | None = None

    def manifest_path(self, document: ModelDocument) -> Path:
        """Where its manifest is, once it was laid out."""
        return self._folder / name_of(document) / MANIFEST

    def check(self, document: ModelDocument) -> list[Finding]:
        try:
            manifest = parse_manifest(document.manifest.encode(), "manifest")
        except VisionError as error:
            return [finding("manifest", str(error), "send models/manifest.toml as it was built")]
        return [*_names(document), *_files(document, manifest), *_models(document, manifest)]

    def notes(self, document: ModelDocument) -> list[Finding]:
        try:
            manifest = parse_manifest(document.manifest.encode(), "manifest")
        except VisionError:
            return []
        found = {kind for model in manifest.models for kind in model.kinds}
        lost = [kind for kind in KINDS if kind not in found]
        return [finding("manifest", f"no model finds a {kind}") for kind in lost]

    def needs(self, document: ModelDocument) -> tuple[Asset, ...]:
        return tuple(Asset(sha256=file.sha256, bytes=file.bytes) for file in document.files)

    def ready(self, document: ModelDocument, beat: Beat) -> list[Finding]:
        manifest = self.manifest_path(document)
        self._sweep(manifest)  # whatever an earlier one left that was refused, which never came to `apply`
        try:
            if not is_whole(manifest.parent, document, self._cache):
                lay_out(manifest.parent, document, self._cache)
        except OSError as error:
            return [finding("files", f"the models cannot be laid out on this device: {error}")]
        wrong = self._prove(manifest, self._in_use or self._existing_own(), self._threads(), beat)
        return [_unproven(document, one) for one in wrong]

    def apply(self, document: ModelDocument | None) -> None:
        manifest, fresh = (None, False) if document is None else self._lay_out(document)
        if manifest == self._in_use and not fresh:
            return
        try:
            self._use(manifest)
        except VisionError as error:
            raise ApplyError(finding("", str(error))) from error
        log.info("the eyes use %s", manifest or "the device's own models")
        if manifest != self._in_use:
            self._before, self._in_use = self._in_use, manifest
        self._sweep()

    def _sweep(self, *more: Path) -> None:
        """What is in use and what was before stays: links keep files on the disk that the cache has let go."""
        stay = (self._in_use, self._before, *more)
        sweep(self._folder, frozenset(path.parent.name for path in stay if path))

    def _lay_out(self, document: ModelDocument) -> tuple[Path | None, bool]:
        """Its manifest, and whether it had to be laid out anew, as a power cut or a worn card had taken something of
        it. None: its files are lost; they are loaded again, and the eyes are the device's own till then. ApplyError."""
        manifest, fresh = self.manifest_path(document), False
        if not is_whole(manifest.parent, document, self._cache):
            fresh = True
            try:
                lay_out(manifest.parent, document, self._cache)
            except FileNotFoundError as error:
                log.warning("models of version %d are not used until they are there: %s", document.version, error)
                return None, False
            except OSError as error:
                raise ApplyError(finding("files", f"the models cannot be laid out: {error}")) from error
        bring_local(self._own(), manifest.parent)
        return manifest, fresh

    def _existing_own(self) -> Path | None:
        return own if (own := self._own()).is_file() else None


def _names(document: ModelDocument) -> list[Finding]:
    names = [file.name for file in document.files]
    return [
        finding(f"files[{i}].name", f"{name} is there twice", "leave one out")
        for i, name in enumerate(names)
        if name in names[:i]
    ]


def _files(document: ModelDocument, manifest: Manifest) -> list[Finding]:
    """Every file is one of the manifest's, as the manifest means it."""
    models = {model.file: model for model in manifest.models}
    findings = []
    for i, file in enumerate(document.files):
        model, path = models.get(file.name), f"files[{i}]"
        if model is None:
            findings.append(finding(f"{path}.name", f"{file.name} is no file of the manifest", "leave it out"))
        elif model.sha256 != file.sha256:
            findings.append(finding(f"{path}.sha256", f"{file.name} has another sha256 in the manifest", TOGETHER))
        elif model.bytes != file.bytes:
            findings.append(
                finding(f"{path}.bytes", f"the manifest says {model.bytes} bytes for {file.name}", TOGETHER)
            )
    return findings


def _models(document: ModelDocument, manifest: Manifest) -> list[Finding]:
    """Every model of the manifest is there once, and is one that looks at whole pictures."""
    there = {file.name for file in document.files}
    findings = []
    for i, model in enumerate(manifest.models):
        path = f"manifest.model[{i}]"
        if model.file not in there:
            findings.append(finding(f"{path}.file", f"{model.file} is not among the files", "send it along"))
        if model.file in [other.file for other in manifest.models[:i]]:
            findings.append(finding(f"{path}.file", f"{model.file} is there twice", "leave one out"))
        if model.decoder == OF_THE_STORE:
            reason = "the store's own model is trained on the device (local.toml)"
            findings.append(finding(f"{path}.decoder", reason, TOGETHER))
    return findings


def _unproven(document: ModelDocument, wrong: Wrong) -> Finding:
    places = [i for i, file in enumerate(document.files) if file.name == wrong.file]
    reason = " ".join(wrong.reason.split())  # runtimes write paragraphs
    return finding(f"files[{places[0]}]" if places else "files", reason)
