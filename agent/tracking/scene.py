"""One camera's detections in, heads, hands and goods on the shelf plane out: pixels end here.

Not here: the homography (plane.py), whose hand it is (tracker.py), what stands and what is held (goods.py),
where a palm's fingers are (fingers.py).
"""

from __future__ import annotations

import math
from dataclasses import replace

from agent.config.schema import Camera, Config
from agent.messages import Detection, Detections, Good, Part, Snapshot, Tracks
from agent.tracking.fingers import boxes_of, with_fingers
from agent.tracking.goods import SEEN_EMPTY, SEEN_HELD, Goods
from agent.tracking.plane import Plane
from agent.tracking.tracker import Tracker

HAND_PX = 40.0  # a track's place and the box it was found in, at most this far apart
KNOWN_S = 8.0  # longer than the pause between two looks before an empty shelf (vision/schedule.py)
FURTHEST_PX = 1e5  # any picture is smaller
M_DIGITS = 3  # millimetres; a camera sees centimetres


class Scene:
    """Turns `Detections` into `Tracks`."""

    def __init__(self, config: Config) -> None:
        self._plane = Plane.of(config.camera)
        self._tracker = Tracker(config)
        self._goods = Goods()
        self._boxes = boxes_of(config.lanes)
        self._looked = -math.inf  # when hands were last looked for
        self._camera = _where(config.camera)  # where else it looks, nobody is where they were

    def see(self, seen: Detections) -> Tracks | None:
        """One picture. None where nobody can say who is there: the camera has no marks, or its models do not look.
        Boxes that are no numbers, which only a damaged recording holds, are passed over."""
        self._looked = seen.t if "hand" in seen.looked else self._looked
        if self._plane is None or not 0.0 <= seen.t - self._looked <= KNOWN_S:
            return None
        seen = replace(seen, found=tuple(d for d in seen.found if is_box(d)))
        tracks = self._tracker.see(seen)
        if "container" in seen.looked:
            tracks = self._with_goods(tracks, seen, self._plane)
        return replace(tracks, parts=tuple(with_fingers(part, self._boxes, M_DIGITS) for part in tracks.parts))

    def _with_goods(self, tracks: Tracks, seen: Detections, plane: Plane) -> Tracks:
        hands = [d for d in seen.found if d.kind == "hand"]
        self._goods.see(seen.t, [d for d in seen.found if d.kind == "container"])
        parts = tuple(self._looked_into(part, hands, seen.t, plane) for part in tracks.parts)
        goods = tuple(_good(d, plane) for d in self._goods.standing(seen.t, hands))
        return replace(tracks, parts=parts, goods=goods)

    def forget(self, t: float) -> None:
        """A new process: nobody who was here is known again."""
        self._tracker.forget(t)
        self._goods.forget()
        self._looked = -math.inf

    def snapshot(self) -> Snapshot:
        """Plain values."""
        looked = None if self._looked == -math.inf else self._looked
        parts = {"tracker": self._tracker.snapshot(), "goods": self._goods.snapshot()}
        return parts | {"looked": looked, "camera": self._camera}

    def restore(self, state: Snapshot) -> None:
        """What `snapshot` gave. Under another camera nobody is known again, and no name is given twice."""
        if state["camera"] != self._camera:
            self._tracker.rename(state["tracker"])
            return
        self._tracker.restore(state["tracker"])
        self._goods.restore(state["goods"])
        self._looked = -math.inf if state["looked"] is None else state["looked"]

    def _looked_into(self, part: Part, hands: list[Detection], t: float, plane: Plane) -> Part:
        """A hand that is found in this very picture, with what it holds."""
        if part.part != "hand" or not hands:
            return part
        x, y = plane.to_px(part.u_m, part.v_m)
        hand = min(hands, key=lambda d: _away(d, x, y))
        if _away(hand, x, y) > HAND_PX:
            return part
        thing = self._goods.in_hand(t, hand)
        return replace(part, held=SEEN_EMPTY if thing is None else SEEN_HELD, gtin=thing.gtin if thing else None)


def is_box(d: Detection) -> bool:
    """Numbers that a picture can hold?"""
    return all(abs(x) <= FURTHEST_PX for x in (d.left_px, d.top_px, d.right_px, d.bottom_px)) and 0.0 <= d.score <= 1.0


def _good(thing: Detection, plane: Plane) -> Good:
    """Where its foot is."""
    u_m, v_m = plane.to_m(0.5 * (thing.left_px + thing.right_px), thing.bottom_px)
    return Good(round(u_m, M_DIGITS), round(v_m, M_DIGITS), thing.gtin)


def _away(d: Detection, x: float, y: float) -> float:
    return max(abs(0.5 * (d.left_px + d.right_px) - x), abs(0.5 * (d.top_px + d.bottom_px) - y))


def _where(camera: Camera) -> list[str | float]:
    """What a place in the picture means. Numbers as fractions: 0 and 0.0 are one place."""
    view = (camera.width, camera.height, camera.lens_k1, camera.lens_k2)
    marks = (number for mark in camera.marks for number in (mark.x_px, mark.y_px, mark.u_m, mark.v_m))
    return [camera.driver, camera.device, *map(float, (*view, *marks))]
