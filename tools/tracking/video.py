"""How many visitors the agent's own model and tracker make of a recorded minute or two, at several rates of looking.

    python -m tools.tracking.video VIDEO
Needs models/*.tflite (make models) and PyAV. Pictures live in memory alone. Not here: who follows better (__main__.py).
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import av
import numpy as np

from agent.messages import Detection, Detections
from agent.tracking.tracker import Tracker
from agent.vision.eyes import build_detectors
from agent.vision.frame import Frame
from tools.tracking.ours import CONFIG

REPOSITORY = Path(__file__).resolve().parent.parent.parent
MANIFEST = REPOSITORY / "models" / "manifest.toml"
EVERY = (1, 3, 7)  # pictures: at 10 Hz all, those of attention (0.3 s), those of somebody who stands still (0.7 s)
LASTS = 5  # pictures told of: a shorter one is a flicker, counted beside


def look(path: Path) -> tuple[float, list[tuple[Detection, ...]]]:
    """Pictures a second, and the persons in each."""
    finder = next(d for d in build_detectors(MANIFEST, 1) if "person" in d.kinds)
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        hz = float(stream.average_rate or 25)
        found = []
        for i, picture in enumerate(container.decode(stream)):
            pixels = picture.to_ndarray(width=CONFIG.camera.width, height=CONFIG.camera.height, format="rgb24")
            found.append(
                tuple(d for d in finder.detect(Frame(i / hz, np.asarray(pixels, np.uint8))) if d.kind == "person")
            )
    return hz, found


def visitors(hz: float, found: list[tuple[Detection, ...]], every: int) -> dict[int, int]:
    """Track -> pictures in which it was told of."""
    tracker, told = Tracker(CONFIG), dict[int, int]()
    for i, persons in enumerate(found):
        looked = ("person",) if i % every == 0 else ()
        for track in tracker.follow(Detections(i / hz, "camera", looked, persons if looked else ())):
            told[track.number] = told.get(track.number, 0) + 1
    return told


def main() -> int:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m tools.tracking.video", description=__doc__)
    parser.add_argument("video", type=Path)
    hz, found = look(parser.parse_args().video)
    for every in EVERY:
        told = visitors(hz, found, every)
        short = sum(pictures < LASTS for pictures in told.values())
        rate = f"{hz / every:5.2f} looks a second"
        print(f"{rate}: {len(told)} visitors, {short} of them told of in fewer than {LASTS} pictures")
    return 0


if __name__ == "__main__":
    sys.exit(main())
