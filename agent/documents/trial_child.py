"""A process of its own in which new models are tried: loads them, shows them pictures, times them beside the old ones.

Whatever a model does to its runtime, it does it to this process: agent/documents/trial_model.py starts it, watches it
and reads what it wrote, a line of JSON for each step begun and at last the verdict. Nobody else's pictures are used:
they are made here, the same each time.

    python -m agent.documents.trial_child NEW_MANIFEST THREADS [OLD_MANIFEST]
"""

from __future__ import annotations

import os
import resource
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import msgspec
import numpy as np
from msgspec import Struct

from agent.vision.frame import Frame, Pixels
from agent.vision.manifest import Model, read_manifest, read_model
from agent.vision.protocol import VisionError
from agent.vision.tflite import TfliteDetector

WIDTH_PX, HEIGHT_PX = 320, 240
PLAIN = 3  # the first pictures show nothing at all
SEEN_MOST = 8  # in a picture of nothing; the models of models/manifest.toml see nothing there (tried)
ROUNDS_LEAST, ROUNDS_MOST = 3, 12
TIMING_S = 10.0  # no round begins later
LIMITS = (
    (resource.RLIMIT_CORE, 0),
    (resource.RLIMIT_FSIZE, 1 << 20),  # of any file that this process writes
    (resource.RLIMIT_CPU, 120),  # s: should nobody be left to end it
    (resource.RLIMIT_DATA, 400 << 20),  # at once; the parent looks at what is really taken (trial_model.py)
)


class Step(Struct, frozen=True, kw_only=True, tag="step"):
    """What is about to be done, and with which file."""

    step: str
    file: str = ""


class Wrong(Struct, frozen=True, kw_only=True):
    """What is wrong with a file, as a sentence that begins with its name."""

    file: str
    reason: str


class Verdict(Struct, frozen=True, kw_only=True, tag="verdict"):
    """The last line. Milliseconds a picture, of all models together, at their best."""

    wrong: tuple[Wrong, ...] = ()
    new_ms: float | None = None
    old_ms: float | None = None


def main(arguments: Sequence[str]) -> int:
    confine()
    manifest, threads, *old = arguments
    tell(verdict(Path(manifest), int(threads), Path(old[0]) if old else None))
    return os.EX_OK


def confine() -> None:
    """The first to go when memory is short, last in the queue for the processor, bounded in what it may take. What the
    service does not allow is done without."""
    with suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("1000")
    with suppress(OSError):
        os.nice(10)
    for limit, most in LIMITS:
        with suppress(OSError, ValueError):
            resource.setrlimit(limit, (most, most))


def tell(line: Step | Verdict) -> None:
    os.write(sys.stdout.fileno(), msgspec.json.encode(line) + b"\n")


def verdict(manifest: Path, threads: int, old: Path | None) -> Verdict:
    """VisionError of the new models is a verdict; the old ones are in use, and what is wrong with them is not asked."""
    pictures = [Frame(0.0, picture) for picture in synthetic()]
    new: list[TfliteDetector] = []
    wrong: list[Wrong] = []
    for model in read_manifest(manifest).models:
        tell(Step(step="load", file=model.file))
        try:
            detector = TfliteDetector(model, read_model(model, manifest.parent), threads)
            tell(Step(step="look with", file=model.file))
            reason = oddity(detector, pictures)
        except VisionError as error:
            reason = str(error)
        else:
            new.append(detector)
        if reason:
            wrong.append(Wrong(file=model.file, reason=reason))
    if wrong:
        return Verdict(wrong=tuple(wrong))
    tell(Step(step="time"))
    new_ms, old_ms = timed(new, in_use(old, threads), pictures)
    return Verdict(new_ms=new_ms, old_ms=old_ms)


def in_use(manifest: Path | None, threads: int) -> list[TfliteDetector]:
    """None where there are none, or none that work."""
    if manifest is None:
        return []
    with suppress(VisionError):
        models: tuple[Model, ...] = read_manifest(manifest).models
        return [TfliteDetector(model, read_model(model, manifest.parent), threads) for model in models]
    return []


def synthetic() -> list[Pixels]:
    """Black, grey, white; noise, a slope, coloured squares."""
    shape = (HEIGHT_PX, WIDTH_PX, 3)
    chance = np.random.default_rng(20)
    slope = np.linspace(0, 255, WIDTH_PX).astype(np.uint8)
    squares = np.full(shape, 200, np.uint8)
    for place, colour in enumerate(((220, 20, 20), (20, 160, 60), (30, 60, 200), (225, 180, 150))):
        squares[60:180, 10 + 78 * place : 74 + 78 * place] = colour
    return [
        np.zeros(shape, np.uint8),
        np.full(shape, 118, np.uint8),
        np.full(shape, 255, np.uint8),
        chance.integers(0, 256, shape, np.uint8),
        np.ascontiguousarray(np.broadcast_to(slope[None, :, None], shape)),
        squares,
    ]


def oddity(detector: TfliteDetector, pictures: Sequence[Frame]) -> str:
    """What is odd about its answers, as a sentence; empty: nothing."""
    name, answers = detector.model.file, set()
    for place, picture in enumerate(pictures):
        seen = detector.detect(picture)
        raw = outputs(detector)
        if not all(np.isfinite(x).all() for x in raw if x.dtype.kind == "f"):
            return f"{name} answers with numbers that are none"
        if place < PLAIN and len(seen) > SEEN_MOST:
            return f"{name} sees {len(seen)} things in a picture of nothing; {SEEN_MOST} are the most"
        answers.add(b"".join(x.tobytes() for x in raw))
    return f"{name} gives the same answer to every picture" if len(answers) == 1 else ""


def outputs(detector: TfliteDetector) -> list[np.ndarray]:
    found = detector.interpreter.get_output_details()
    return [detector.interpreter.get_tensor(int(detail["index"])) for detail in found]


def timed(
    new: Sequence[TfliteDetector], old: Sequence[TfliteDetector], pictures: Sequence[Frame]
) -> tuple[float, float | None]:
    """Turn by turn, so that whatever else the device does meets both; the best round of each counts."""
    best: dict[bool, float] = {}
    began_s = time.monotonic()
    for turn in range(ROUNDS_MOST):
        if turn >= ROUNDS_LEAST and time.monotonic() - began_s > TIMING_S:
            break
        for is_new, detectors in ((False, old), (True, new)):
            begin_s = time.perf_counter()
            for detector in detectors:
                detector.detect(pictures[-1 - turn % 3])
            best[is_new] = min(best.get(is_new, float("inf")), 1000 * (time.perf_counter() - begin_s))
    return round(best[True], 3), round(best[False], 3) if old else None


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
