"""Holds the detectors of this device, and replaces them only by ones that have shown that they work.

`load` reads the manifest, checks, builds and tries every model; when one of them is refused, what was in use stays.
Not here: when they look (schedule.py, loop.py).
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path

from agent.config.schema import Config
from agent.vision.manifest import read_manifest, read_model
from agent.vision.naming import NamingDetector, Reader
from agent.vision.product import open_reader
from agent.vision.protocol import Detector, VisionError
from agent.vision.tflite import TfliteDetector

Detectors = tuple[Detector, ...]

log = logging.getLogger(__name__)


class Eyes:
    """`detectors` is empty until the first `load` that succeeded. One writer; readers see the old or the new ones."""

    def __init__(self, build: Callable[[], Detectors]) -> None:
        self.detectors: Detectors = ()
        self._build = build

    def load(self) -> None:
        """Takes a second on a slow device, and for its length the memory of both. VisionError: nothing has changed."""
        self.detectors = self._build()


def build_detectors(manifest: Path, threads: int, *, exact: bool = False) -> Detectors:
    """One detector a model of the manifest, in its order; VisionError for the first that cannot be used. Containers
    carry names where the store's own model lies beside the others."""
    models = read_manifest(manifest).models
    detectors = [TfliteDetector(m, read_model(m, manifest.parent), threads, exact=exact) for m in models]
    reader = _reader(manifest, threads, exact)
    if reader is None:
        return tuple(detectors)
    return tuple(NamingDetector(d, reader) if "container" in d.kinds else d for d in detectors)


def _reader(manifest: Path, threads: int, exact: bool) -> Reader | None:
    """One that is refused costs the names alone."""
    try:
        return open_reader(manifest, threads, exact=exact)
    except VisionError as error:
        log.warning("containers have no names: %s", error)
        return None


def build_vision(config: Config) -> Eyes:
    """The eyes that this configuration means; nothing is read before `load`."""
    return Eyes(lambda: build_detectors(Path(config.vision.manifest), config.vision.threads))
