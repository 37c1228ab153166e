"""Paints a play as the camera before its shelf sees it: bottles where they stand, hands that reach, take and lay down.

`Painter(play).picture(t_s)` is the same for the same play and moment; `camera(play)` is how an agent is told of it.
Not here: what a bottle looks like (sprites.py), pictures at the pace of a clock (live.py).
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
from PIL import Image, ImageDraw

from agent.config import schema
from agent.sensors.camera.paint import noise, noisy
from agent.vision.frame import Pixels
from tools.bench.camera.sprites import LOOKS, SKINS, SLEEVES, Hand, bottle, hand
from tools.bench.hands import Reach, Visitor
from tools.bench.layouts import BOTTLE_HIGH_M, BOTTLE_M, BOTTLES_HIGH_M
from tools.bench.world import Play

WIDTH_PX, HEIGHT_PX, RATE_HZ = 640, 360, 12.0
MARGIN_M = 0.02  # seen beside the shelf on each side: a hand cut off by the picture's edge is missed
FLOOR_PX = 325  # where the bottles stand
WALL, BOARD, EDGE, SHADE = (206, 203, 196), (150, 112, 76), (178, 138, 100), (98, 72, 48)
HAND_M = 0.235  # size of a hand's picture: 17 cm from the wrist to the finger tips
ABOVE_M, BELOW_M = 0.62, -0.60  # from the goods to where nothing is seen of a hand, nor of what it carries
ASIDE = 0.25  # of the way to the body, a hand comes from that side
TILT_DEG = 12  # where the body is a metre aside
FROM_BELOW = 4  # every so manieth shopper is small, and reaches up
GRIP_M = 0.02  # finger tips are so far above the middle of what they hold


class Painter:
    """Of one play with the layout `bottles`."""

    def __init__(self, play: Play, seed: int = 0) -> None:
        self._play = play
        self._px_per_m = px_per_m(play)
        self._size_px = (round(BOTTLE_M * self._px_per_m), round(BOTTLE_HIGH_M * self._px_per_m))
        titles = {lane.gtin: lane.title[3:] for lane in play.config.lanes}
        self._looks = {gtin: LOOKS.get(title, LOOKS["tea"]) for gtin, title in titles.items()}
        self._grain = noise(WIDTH_PX, HEIGHT_PX, seed)
        self._wall = _wall()

    def picture(self, t_s: float) -> Pixels:
        """(HEIGHT_PX, WIDTH_PX, 3) of the play's moment `t_s`."""
        image = self._wall.copy()
        for stand in self._play.stands:
            if stand.since_s <= t_s < stand.until_s:
                self._bottle(image, stand.gtin, stand.u_m, 0.0)
        for number, visitor, reach in self._reaching(t_s):
            self._reach(image, number, visitor, reach, t_s)
        return noisy(np.asarray(image, dtype=np.uint8), self._grain, int(t_s * 1000))

    def prepare(self) -> Iterator[None]:
        """Draws what takes long to draw, one thing a step, so that no picture has to wait for it."""
        for number, visitor in enumerate(self._play.visitors):
            self._hand(number, visitor, 0)
            yield

    def expect(self, number: int) -> None:
        """The same for one visitor who has just come."""
        self._hand(number, self._play.visitors[number], 0)

    def _hand(self, number: int, visitor: Visitor, turned_deg: int) -> Hand:
        skin, sleeve = SKINS[sum(map(ord, visitor.name)) % len(SKINS)], SLEEVES[number % len(SLEEVES)]
        return hand(round(HAND_M * self._px_per_m), skin, sleeve, turned_deg)

    def _reaching(self, t_s: float) -> Iterator[tuple[int, Visitor, Reach]]:
        for number, visitor in enumerate(self._play.visitors):
            for reach in visitor.reaches:
                if reach.times_s[0] < t_s < reach.times_s[3]:
                    yield number, visitor, reach

    def _reach(self, image: Image.Image, number: int, visitor: Visitor, reach: Reach, t_s: float) -> None:
        """The hand, and under its fingers what it holds."""
        below = number % FROM_BELOW == FROM_BELOW - 1
        body_m = float(np.interp(t_s, [t for t, _ in visitor.path], [u for _, u in visitor.path]))
        aside_m = ASIDE * max(-1.0, min(1.0, body_m - reach.u_m))
        away = 1.0 - _share(reach, t_s)
        u_m = reach.u_m + away * aside_m
        v_m = BOTTLE_HIGH_M / 2 + GRIP_M + away * (BELOW_M if below else ABOVE_M)
        held = [x for x in self._play.held if x.reach is reach and x.since_s <= t_s < x.until_s]
        for i, thing in enumerate(held):
            self._bottle(image, thing.gtin, u_m + i * BOTTLE_M * 0.7, v_m - BOTTLE_HIGH_M / 2 - GRIP_M)
        tilt = round(-TILT_DEG * aside_m / ASIDE / 3) * 3  # the arm points at the body
        seen = self._hand(number, visitor, tilt if below else 180 - tilt)
        x, y = self._px(u_m, v_m)
        image.paste(seen.image, (x - seen.tips_px[0], y - seen.tips_px[1]), seen.image)

    def _bottle(self, image: Image.Image, gtin: str | None, u_m: float, foot_m: float) -> None:
        look = self._looks.get(gtin or "", LOOKS["soda"])
        drawn = bottle(look, *self._size_px)
        x, y = self._px(u_m, foot_m)
        if foot_m == 0.0:
            half = self._size_px[0] // 2
            ImageDraw.Draw(image).ellipse((x - half - 3, y - 5, x + half + 9, y + 4), fill=SHADE)
        image.paste(drawn, (x - self._size_px[0] // 2, y - self._size_px[1]), drawn)

    def _px(self, u_m: float, v_m: float) -> tuple[int, int]:
        return round((MARGIN_M + u_m) * self._px_per_m), round(FLOOR_PX - v_m * self._px_per_m)


def px_per_m(play: Play) -> float:
    """Scale of the picture."""
    return WIDTH_PX / (play.layout.spots[-1].right_m + 2 * MARGIN_M)


def camera(play: Play, folder: str = "") -> schema.Camera:
    """The camera that sees what `Painter` paints, its marks on the corners of the lanes; pictures lie in `folder`."""
    right_m = play.layout.spots[-1].right_m
    top_px = FLOOR_PX - BOTTLES_HIGH_M * px_per_m(play)
    left_px = MARGIN_M * px_per_m(play)
    sides = ((left_px, 0.0), (WIDTH_PX - left_px, round(right_m, 4)))
    heights = ((float(FLOOR_PX), 0.0), (top_px, BOTTLES_HIGH_M))
    marks = tuple(schema.Mark(x_px=round(x, 2), y_px=round(y, 2), u_m=u, v_m=v) for y, v in heights for x, u in sides)
    return schema.Camera(driver="folder", device=folder, width=WIDTH_PX, height=HEIGHT_PX, rate_hz=RATE_HZ, marks=marks)


def _share(reach: Reach, t_s: float) -> float:
    """How far on its way the hand is: 0 away, 1 there; smooth as in hands.py."""
    x = float(np.interp(t_s, reach.times_s, (0.0, 1.0, 1.0, 0.0)))
    return x * x * (3 - 2 * x)


def _wall() -> Image.Image:
    """The shelf with nothing on it: a wall a little darker to its edges, a board with a front edge."""
    y, x = np.mgrid[0:HEIGHT_PX, 0:WIDTH_PX]
    far = np.hypot((x - WIDTH_PX / 2) / WIDTH_PX, (y - HEIGHT_PX / 2) / HEIGHT_PX) / math.sqrt(0.5)
    pixels = (np.asarray(WALL) * (1.0 - 0.10 * far[..., None] ** 2)).astype(np.uint8)
    image = Image.fromarray(pixels, "RGB")
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, FLOOR_PX - 3, WIDTH_PX, HEIGHT_PX), fill=BOARD)
    draw.rectangle((0, FLOOR_PX + 5, WIDTH_PX, FLOOR_PX + 8), fill=EDGE)
    return image
