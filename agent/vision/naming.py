"""A detector of containers that also says which product each one is, where the store's own model can tell.

Names are an extra: a reader that cannot look costs the names and never the containers. Not here: how a product is read
(product.py), where containers are (tflite.py).
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Protocol

from agent.messages import Detection
from agent.vision.frame import Frame
from agent.vision.protocol import Detector, VisionError

log = logging.getLogger(__name__)


class Reader(Protocol):
    """What is asked of product.ProductReader."""

    def named(self, frame: Frame, found: Sequence[Detection]) -> tuple[Detection, ...]:
        """The same detections, some with their gtin. Raises VisionError when it could not look."""
        ...


class NamingDetector:
    """Finds what `detector` finds; the containers among it carry names."""

    def __init__(self, detector: Detector, reader: Reader) -> None:
        self._detector, self._reader = detector, reader
        self._complained = False

    @property
    def kinds(self) -> tuple[str, ...]:
        return self._detector.kinds

    def detect(self, frame: Frame) -> tuple[Detection, ...]:
        """VisionError when the detector could not look; a reader that could not is logged once, and again once it
        has been able to since."""
        found = self._detector.detect(frame)
        try:
            named = self._reader.named(frame, found)
        except VisionError as error:
            if not self._complained:
                log.warning("containers have no names: %s", error)
            self._complained = True
            return found
        self._complained = False
        return named
