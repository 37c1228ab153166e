"""Reads a recorded case: its planogram as a Config, its files as observations, its truth.

Format: docs/cases.md. Not here: playing (play.py), judging (match.py).
"""

from __future__ import annotations

import csv
import gzip
import heapq
import json
import math
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from agent.config import schema
from agent.messages import Counts, Observation, Part, Tick, Tracks
from agent.vision.stir import Stir
from tools.score.sight import SightError, camera_of, detections

SCALE = "case"


class CaseError(Exception):
    """The case cannot be read; says which file and why."""


@dataclass(frozen=True, slots=True)
class Case:
    """One folder of `cases/`."""

    folder: Path
    about: dict[str, Any]
    config: schema.Config

    @property
    def name(self) -> str:
        return str(self.about.get("name", self.folder.name))

    @property
    def truth(self) -> list[dict[str, Any]]:
        return list(self.about.get("truth", []))

    def observations(self, *, camera: bool = True) -> Iterator[Observation]:
        """Everything that was recorded, in time order, with a Tick a second. `camera`: also what the device's eyes see
        in the case's video."""
        stir = Stir(self.config.scales)
        sources = [self._readable("scale", _heard(self._counts(), stir)), self._readable("tracks", self._tracks())]
        if camera and self.config.camera.driver:
            sources.append(self._seen(stir))
        merged = heapq.merge(*sources, key=lambda observation: observation.t)
        return _with_ticks(merged)

    def _seen(self, stir: Stir) -> Iterator[Observation]:
        start_s = float(self.about["camera"].get("start_s", 0.0))
        try:
            yield from detections(self.config.camera, start_s, lambda: stir.until_s)
        except SightError as error:
            raise CaseError(f"{self.folder}: {error}") from error

    def _readable(self, part: str, source: Iterator[Observation]) -> Iterator[Observation]:
        """The same; CaseError where the file is damaged further on."""
        read = 0
        try:
            for observation in source:
                yield observation
                read += 1
        except (OSError, EOFError, ValueError, LookupError, TypeError, zlib.error) as error:
            name = self.about[part]["file"]
            raise CaseError(f"{self.folder}: {name} cannot be read behind frame {read}: {error}") from error

    def _counts(self) -> Iterator[Observation]:
        path = self.folder / self.about["scale"]["file"]
        names = [cell.name for scale in self.config.scales for cell in scale.cells]
        with gzip.open(path, "rt", newline="") as file:
            rows = csv.reader(file)
            header = next(rows)
            columns = [header.index(name) for name in names]
            last = -math.inf
            for row in rows:
                # times were taken from a wall clock that was set back now and then; a monotonic one stands still there
                last = max(last, float(row[0]))
                values = np.array([float(row[c]) if c < len(row) and row[c] else math.nan for c in columns])
                yield Counts(last, SCALE, values)

    def _tracks(self) -> Iterator[Observation]:
        about = self.about.get("tracks")
        if not about:
            return
        with gzip.open(self.folder / about["file"], "rt", newline="") as file:
            t, parts = None, []
            for row in csv.DictReader(file):
                at = float(row["t_s"])
                if t is not None and at != t:
                    yield Tracks(t, tuple(parts))
                    parts = []
                t = at
                place = (float(row["u_m"]), float(row["v_m"]), float(row["d_m"]))
                parts.append(Part(row["visitor"], row["part"], *place, float(row["score"] or 1.0)))
            if t is not None:
                yield Tracks(t, tuple(parts))


def _heard(observations: Iterator[Observation], stir: Stir) -> Iterator[Observation]:
    for observation in observations:
        stir.hear(observation)
        yield observation


def _with_ticks(observations: Iterator[Observation]) -> Iterator[Observation]:
    due = None
    for observation in observations:
        due = observation.t if due is None else due
        while observation.t >= due:
            yield Tick(due, None, False)
            due += 1.0
        yield observation


_UNREADABLE = (
    *(OSError, EOFError, ValueError, LookupError, TypeError, AttributeError),
    *(StopIteration, zlib.error, SightError),
)


def load(folder: Path) -> Case:
    """The case in `folder`. CaseError when it is none."""
    try:
        about = json.loads((folder / "case.json").read_text(encoding="utf-8"))
        return Case(folder, about, _config(folder, about))
    except _UNREADABLE as error:
        raise CaseError(
            f"{folder}: not a case that can be read: {_said(error)}; docs/cases.md has the format"
        ) from error


def _said(error: Exception) -> str:
    """What is wrong, without Python's words for it."""
    match error:
        case OSError(filename=str(), strerror=str()):
            return f"{Path(error.filename).name}: {error.strerror}"
        case KeyError():
            return f"case.json lacks the key {error.args[0]!r}"
        case LookupError() | TypeError() | AttributeError():
            return "a value of case.json is not of the kind that belongs there"
        case EOFError() | StopIteration():
            return "its scale file ends too early"
        case _:
            return str(error)


def _config(folder: Path, about: dict[str, Any]) -> schema.Config:
    scale = about["scale"]
    with gzip.open(folder / scale["file"], "rt", newline="") as file:
        header = next(csv.reader(file))[1:]
    counts = scale["unit"] == "counts"
    per_gram = float(scale["counts_per_gram"]) if counts else 1.0
    full_scale = 8_388_607.0 if counts else 0.0
    cells = tuple(schema.Cell(name=n, counts_per_gram=per_gram, saturation_counts=full_scale) for n in header)
    planogram = about["planogram"]
    return schema.Config(
        device=schema.Device(store="cases", id="case"),
        scales=(
            schema.Scale(name=SCALE, driver="shelfd-lines", port="", rate_hz=float(scale["rate_hz"]), cells=cells),
        ),
        lanes=tuple(_lane(lane) for lane in planogram["lanes"]),
        products=tuple(_product(p) for p in planogram.get("products", [])),
        camera=camera_of(folder, about["camera"]) if about.get("camera") else schema.Camera(),
    )


def _lane(lane: dict[str, Any]) -> schema.Lane:
    box: dict[str, Any] = {
        k: float(lane[k]) for k in ("left_m", "right_m", "bottom_m", "top_m") if lane.get(k) is not None
    }
    return schema.Lane(
        name=lane["lane"],
        cells=tuple(lane["cells"]),
        gtin=lane["gtin"],
        title=lane.get("name", ""),
        unit_g=lane.get("unit_g"),
        unit_tolerance=lane.get("unit_tolerance") or 0.02,
        min_step_g=lane.get("min_step_g") or 0.0,
        **box,
    )


def _product(product: dict[str, Any]) -> schema.Product:
    tolerance = product.get("unit_tolerance") or 0.02
    return schema.Product(
        gtin=product["gtin"], unit_g=product.get("unit_g"), title=product.get("name", ""), unit_tolerance=tolerance
    )
