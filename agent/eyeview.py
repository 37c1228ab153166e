"""What the eyes see just now, for people before a screen: told as `state/eyes`, at most `vision.tell_hz` a second.

Only says; nothing follows from it. With `tell_hz` 0 it keeps nothing and says nothing.
Not here: what is done with what is seen (attendant.py, triggers/), that it never reaches a disk (outbox/).
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Literal

from agent.config.schema import Config
from agent.fusion.sights import Sights
from agent.messages import Detection, Detections, Part, Snapshot, Tracks
from agent.shelf.planogram import Stretch
from agent.tracking.scene import is_box
from wire.state import Eyes, SeenBox, SeenLane, SeenPart

Kind = Literal["person", "hand", "container"]
KINDS: tuple[Kind, ...] = ("person", "hand", "container")
PARTS = ("head", "hand")
MOST = 64  # boxes, and parts: 12 kB at most
ROUND_S = 1e-6  # times of pictures are no round numbers


class EyeView:
    """The newest boxes of each kind: not every kind is looked for in every picture."""

    def __init__(self, config: Config) -> None:
        hz = config.vision.tell_hz
        self._every_s = 1.0 / hz if hz > 0.0 else math.inf
        self._size = (config.camera.width, config.camera.height)
        self._found: dict[Kind, list[Detection]] = {}
        self._told_s: float | None = None

    def see(self, seen: Detections, tracks: Tracks | None, sights: Sights, stretches: Iterable[Stretch]) -> Eyes | None:
        """One picture, after all others have seen it; None where it is too soon to tell again."""
        if math.isinf(self._every_s):
            return None
        for kind in KINDS:
            if kind in seen.looked:
                self._found[kind] = [d for d in seen.found if d.kind == kind and is_box(d)][:MOST]
        if self._told_s is not None and 0.0 <= seen.t - self._told_s < self._every_s - ROUND_S:
            return None
        self._told_s = seen.t
        parts = () if tracks is None else tracks.parts
        boxes = [_box(kind, d) for kind in KINDS for d in self._found.get(kind, ())]
        return Eyes(
            at_s=round(seen.t, 3),
            width_px=self._size[0],
            height_px=self._size[1],
            looked=tuple(kind for kind in KINDS if kind in seen.looked),
            found=tuple(boxes[:MOST]),
            parts=tuple(_part(part) for part in parts if part.part in PARTS)[:MOST],
            lanes=tuple(_lane(stretch, sights) for stretch in stretches if stretch.lanes),
        )

    def snapshot(self) -> Snapshot:
        """Plain values."""
        fields = ("kind", "score", "left_px", "top_px", "right_px", "bottom_px", "gtin")
        found = {kind: [[getattr(d, name) for name in fields] for d in kept] for kind, kept in self._found.items()}
        return {"found": found, "told_s": self._told_s}

    def restore(self, state: Snapshot) -> None:
        """What `snapshot` gave."""
        found = state["found"]
        self._found = {kind: [Detection(*values) for values in found[kind]] for kind in KINDS if kind in found}
        self._told_s = state["told_s"]


def _box(kind: Kind, d: Detection) -> SeenBox:
    left, top, right, bottom = (round(x, 1) for x in (d.left_px, d.top_px, d.right_px, d.bottom_px))
    return SeenBox(
        kind=kind, score=round(d.score, 3), left_px=left, top_px=top, right_px=right, bottom_px=bottom, gtin=d.gtin
    )


def _part(part: Part) -> SeenPart:
    held = None if part.held is None else round(part.held, 3)
    return SeenPart(
        visitor=part.visitor,
        part="head" if part.part == "head" else "hand",
        u_m=round(part.u_m, 3),
        v_m=round(part.v_m, 3),
        held=held,
    )


def _lane(stretch: Stretch, sights: Sights) -> SeenLane:
    level = sights.level(stretch.index)
    return SeenLane(lane=stretch.name, containers=None if level is None else level.count)
