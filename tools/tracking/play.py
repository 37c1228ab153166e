"""People and hands drawn by chance, with the truth of who is where: what no recording at hand shows.

`people` walk along the shelf in both directions, stop, turn and hide each other; `hands` reach into the shelf, stay a
moment and leave, fast, and cross. 640 x 360 pixels, as the agent's cameras. Standard library only (sequences.py).
"""

from __future__ import annotations

import math
import random

from tools.tracking.sequences import Box, Sequence, detect

WIDTH, HEIGHT = 640.0, 360.0
SECONDS = 30.0
PEOPLE_HZ, HANDS_HZ = 10.0, 15.0
PEOPLE, HANDS = 6, 10  # in one sequence, one after the other and together
TURNS_PER_S = 0.15  # how often somebody stops, goes on or turns
REACH_S, STAY_S = 0.45, 0.6  # there, and at the goods (recorded: a hand is at a lane for 0.9 s)
PALM = 56.0  # pixels, at 640 for a shelf of a metre


def people(seed: int) -> Sequence:
    """Six people in half a minute."""
    chance = random.Random(seed)
    walks = [_walk(chance) for _ in range(PEOPLE)]
    return _played("people", "person", PEOPLE_HZ, walks, chance)


def hands(seed: int) -> Sequence:
    """Ten reaches in half a minute, often two at once."""
    chance = random.Random(seed)
    reaches = [_reach(chance) for _ in range(HANDS)]
    return _played("hands", "hand", HANDS_HZ, reaches, chance)


def _played(name: str, kind: str, hz: float, paths: list[dict[int, Box]], chance: random.Random) -> Sequence:
    frames = range(round(SECONDS * hz))
    truth = [[(n, path[i]) for n, path in enumerate(paths, 1) if i in path and _in_view(path[i])] for i in frames]
    return Sequence(name, kind, hz, truth, [detect(frame, chance) for frame in truth])


def _in_view(box: Box) -> bool:
    x, y = box[0] + 0.5 * box[2], box[1] + 0.5 * box[3]
    return 0.0 <= x <= WIDTH and 0.0 <= y <= HEIGHT


def _walk(chance: random.Random) -> dict[int, Box]:
    """Picture -> box of one person."""
    height = chance.uniform(170.0, 280.0)
    foot, width = 90.0 + height, 0.38 * height
    pace = chance.uniform(0.5, 1.1) * height / 1.7  # metres a second, of a body of 1.7 m
    way = chance.choice((-1.0, 1.0))
    x = -0.5 * width if way > 0 else WIDTH + 0.5 * width
    speed, path = way * pace, {}
    for i in range(round(chance.uniform(0.0, 12.0) * PEOPLE_HZ), round(SECONDS * PEOPLE_HZ)):
        if chance.random() < TURNS_PER_S / PEOPLE_HZ:
            speed = chance.choice((-pace, 0.0, 0.0, pace))
        x += speed / PEOPLE_HZ + chance.gauss(0.0, 0.005 * height)
        sway = 1.0 + 0.12 * math.sin(0.9 * i * 10.0 / PEOPLE_HZ) * (speed != 0.0)  # legs
        path[i] = (x - 0.5 * width * sway, foot - height, width * sway, height)
    return path


def _reach(chance: random.Random) -> dict[int, Box]:
    """Picture -> box of one hand: from above or below the picture to a place on the shelf, and back."""
    start = chance.uniform(0.0, 0.9 * SECONDS)
    stay, reach = STAY_S * chance.uniform(0.5, 2.5), REACH_S * chance.uniform(0.7, 1.5)
    there = chance.uniform(60.0, WIDTH - 60.0), chance.uniform(80.0, 280.0)
    edge = HEIGHT + PALM if chance.random() < 0.7 else -PALM
    came, left = ((min(max(there[0] + chance.uniform(-200.0, 200.0), 0.0), WIDTH), edge) for _ in range(2))
    path: dict[int, Box] = {}
    for i in range(round(start * HANDS_HZ), round((start + 2.0 * reach + stay) * HANDS_HZ)):
        t = i / HANDS_HZ - start
        back = t > reach + stay
        away = _eased((t - reach - stay) / reach) if back else 1.0 - _eased(t / reach)
        end = left if back else came
        x, y = (a + away * (b - a) for a, b in zip(there, end, strict=True))
        size = PALM * (1.0 + 0.2 * math.sin(3.0 * t))
        path[i] = (x - 0.5 * size, y - 0.5 * size, size, size)
    return path


def _eased(share: float) -> float:
    """From 0 to 1, slow at both ends, as arms move."""
    share = min(max(share, 0.0), 1.0)
    return share * share * (3.0 - 2.0 * share)
