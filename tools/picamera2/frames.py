"""Writes the pictures that the virtual camera replays: thirty of the painted shelf, a hand crossing it.

`python -m tools.picamera2.frames DIR`
"""

from __future__ import annotations

import sys
from pathlib import Path

from PIL import Image

from agent.sensors.camera.paint import Hand, noise, noisy, shelf, with_hand

COUNT, WIDTH, HEIGHT = 30, 640, 480


def main(folder: Path) -> None:
    """0.jpg, 1.jpg, ..."""
    folder.mkdir(parents=True, exist_ok=True)
    background, grain = shelf(WIDTH, HEIGHT), noise(WIDTH, HEIGHT)
    for number in range(COUNT):
        picture = with_hand(background, Hand(number * WIDTH / COUNT, HEIGHT / 2))
        Image.fromarray(noisy(picture, grain, number)).save(folder / f"{number}.jpg", quality=92)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
