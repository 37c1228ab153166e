"""From a hesitation to pixels: the whole way through core and screen in one process, beside drawing and writing alone;
what a decision takes; what a strip costs that shows a still picture.

A shelf of four lanes, a strip of 1920 x 158 in a plain-file framebuffer, twelve pictures that answer, two that play in
the loop; visitors come one after the other and linger. With the models built, the vision loop runs beside it on
pictures in which something moves. Not here: what the policy learns (tools/bench/bandit).
"""

from __future__ import annotations

import json
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median

import numpy as np
from PIL import Image

from agent.clock import OffsetNews
from agent.config.schema import Cell, Config, Device, Lane, Scale, Screen, Store, Visits
from agent.config.schema import Tracks as TracksTable
from agent.core import Core
from agent.coreloop import CoreLoop
from agent.messages import ContentSet, Labels, Observation, Output, Part, Play, PolicySet, Tick, Tracks
from agent.outbox.protocol import Batch, Receipt
from agent.screen.driver import open_panel
from agent.screen.loop import ScreenLoop
from agent.screen.stage import Stage
from agent.streams import Intake, table
from agent.vision.eyes import build_detectors
from agent.vision.frame import Frame
from agent.vision.tflite import TfliteDetector
from tools.perf import vision
from wire.documents import Item, Policy, Rule

WIDTH_PX, HEIGHT_PX = 1920, 158
ANSWERS, LANES = 12, 4
HESITATIONS = 200
RATE_HZ = 15.0  # of the tracker, in the shelf's own time
HURRY = 10.0  # the shelf's time runs so much faster
LINGER_S, GONE_S, APART_S = 1.0, 0.5, 2.5
IDLE_S = 5.0
SETTLE_S = 3.0  # until the loop's first picture stands


@dataclass(frozen=True, slots=True)
class Delay:
    """Percentiles over all of a round, then their medians over the rounds."""

    name: str
    count: int
    p50_ms: float
    p95_ms: float
    most_ms: float

    def __str__(self) -> str:
        return (
            f"{self.name:<60} p50 {self.p50_ms:>6.2f} ms, p95 {self.p95_ms:>6.2f} ms, most {self.most_ms:>6.1f} ms"
            f" ({self.count} a round)"
        )

    def as_json(self) -> dict[str, object]:
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Way:
    """One answer, seconds."""

    decision_s: float  # the core's step that answered
    pixels_s: float  # from before that step until its pixels were in the buffer
    drawing_s: float  # of that, in the screen's thread


def measure(rounds: int) -> Sequence[Delay | vision.Amount | vision.Absent]:
    """Three rounds are enough: each has 200 answers."""
    rounds = min(rounds, 3)
    alone = [_round(eyes=False) for _ in range(rounds)]
    told: list[Delay | vision.Amount | vision.Absent] = [*_delays("", alone)]
    if vision.MANIFEST.is_file():
        told += _delays(", with eyes", [_round(eyes=True) for _ in range(rounds)])
    else:
        told.append(vision.Absent("the models are not built: the way to the pixels was measured without eyes only"))
    told.append(_bare(rounds))
    shares = sorted(idle_share() for _ in range(rounds))
    told.append(vision.Amount("a strip that shows a still picture", 100 * median(shares), "% of one core"))
    return told


def _delays(beside: str, rounds: Sequence[Sequence[Way]]) -> list[Delay]:
    return [
        _delay(f"hesitation known -> pixels in the buffer{beside}", [[w.pixels_s for w in ways] for ways in rounds]),
        _delay(f"  of that the decision{beside}", [[w.decision_s for w in ways] for ways in rounds]),
        _delay(f"  of that drawing and writing{beside}", [[w.drawing_s for w in ways] for ways in rounds]),
    ]


def _delay(name: str, rounds: Sequence[Sequence[float]]) -> Delay:
    def of(share: float) -> float:
        return 1e3 * median(sorted(seconds)[min(len(seconds) - 1, int(share * len(seconds)))] for seconds in rounds)

    return Delay(name, min(map(len, rounds)), of(0.5), of(0.95), of(1.0))


def _round(eyes: bool) -> list[Way]:
    with tempfile.TemporaryDirectory(prefix="shelfd-perf-") as folder, _looking(eyes):
        shelf = Shelf(Path(folder))
        with shelf.running():
            return shelf.ways(HESITATIONS)


class Shelf:
    """Core and screen with their own threads, as the agent has them; nobody else."""

    def __init__(self, folder: Path) -> None:
        self.config = configured(folder)
        self.items, self._paths = contents(folder)
        self._steps: dict[float, tuple[float, float]] = {}  # by observation: when the core began, when it had answered
        self.stage = Stage()
        self.intake = Intake(table(self.config))
        self.core = TimedCore(self.config, self._steps)
        self.loop = CoreLoop(
            self.core, self.intake, _keep_nothing, lambda *_: None, OffsetNews("perf"), hand_on=self._hand_on
        )
        self.screen = ScreenLoop(self.config, self.stage, self.intake.put, open_panel=open_panel)

    @contextmanager
    def running(self) -> Iterator[None]:
        """From the first picture on the strip to the end."""
        threads = [threading.Thread(target=run) for run in (self.loop.run, self.screen.run)]
        for thread in threads:
            thread.start()
        self.stage.content(self.items, self._paths.get)
        rule = Rule(name="undecided", on=("hesitation",), show=tuple(x.name for x in self.items if x.plays == "answer"))
        policy = Policy(rules=(rule,), holdout=0.0, cooldown_s=0.0, visitor_most=100, hour_most=3600)
        for observation in (
            ContentSet(0.0, self.items), PolicySet(0.0, policy), Tick(0.0, 1_800_000_000.0, True, utc_offset_s=0)
        ):  # fmt: skip
            self.intake.put(observation)
        time.sleep(SETTLE_S)
        try:
            yield
        finally:
            self.screen.stop()
            threads[1].join()
            self.intake.close()
            threads[0].join()

    def ways(self, count: int) -> list[Way]:
        """Of so many visitors who linger, one after the other."""
        self.screen.latencies.clear()
        t, visit, began_s = 1.0, 0, time.monotonic()
        while len(self.screen.latencies) < count and visit < 2 * count:
            visit += 1
            ends = t + APART_S
            while t < ends:
                t = round(t + 1 / RATE_HZ, 6)
                time.sleep(max(0.0, began_s + t / HURRY - time.monotonic()))
                there = t < ends - GONE_S - 0.3
                self.intake.put(Tracks(t, _person(visit) if there else ()))
        time.sleep(0.2)
        return [self._way(x.decided_s, x.began_s, x.drawn_s) for x in self.screen.latencies][:count]

    def _way(self, t: float, began_s: float, drawn_s: float) -> Way:
        step_s, answered_s = self._steps[t]
        return Way(answered_s - step_s, drawn_s - step_s, drawn_s - began_s)

    def _hand_on(self, output: Output, kept: Future[Receipt] | None) -> None:
        if isinstance(output, Play):
            self.stage.play(output)
        elif isinstance(output, Labels):
            self.stage.labels(output)


class TimedCore(Core):
    """The real core, and when it answered what."""

    def __init__(self, config: Config, steps: dict[float, tuple[float, float]]) -> None:
        super().__init__(config)
        self._steps = steps

    def step(self, observation: Observation) -> tuple[Output, ...]:
        began_s = time.monotonic()
        outputs = super().step(observation)
        if any(isinstance(output, Play) for output in outputs):
            self._steps[observation.t] = began_s, time.monotonic()
        return outputs


def configured(folder: Path) -> Config:
    """Four lanes, a tracker that this module plays, and a strip that is a file."""
    device = folder / "fb0"
    geometry = {"width": WIDTH_PX, "height": HEIGHT_PX, "bits_per_pixel": 16, "stride": 2 * WIDTH_PX}
    device.write_bytes(bytes(2 * WIDTH_PX * HEIGHT_PX))
    Path(f"{device}.json").write_text(json.dumps(geometry))
    cells = tuple(Cell(name=f"cell {n}") for n in range(LANES))
    lanes = tuple(
        Lane(
            name=f"lane {n}", cells=(f"cell {n}",), gtin=f"{n:014}", title=f"Tea {n}", price="4.50", net_amount=250.0,
            left_m=0.3 * n, right_m=0.3 * (n + 1), bottom_m=0.0, top_m=0.3,
        )
        for n in range(LANES)
    )  # fmt: skip
    return Config(
        device=Device(store="perf", id="d1"),
        scales=(Scale(name="main", driver="shelfd-lines", port="none", cells=cells),),
        lanes=lanes,
        tracks=TracksTable(socket="none", rate_hz=RATE_HZ),
        visits=Visits(linger_s=LINGER_S, dwell_s=LINGER_S, gone_s=GONE_S),
        store=Store(country="DE", currency="EUR"),
        screen=Screen(driver="framebuffer", device=str(device)),
    )


def contents(folder: Path) -> tuple[tuple[Item, ...], dict[str, Path]]:
    """Pictures of noise, which no format makes small: the most that there is to decode and to write."""
    chance = np.random.default_rng(1)
    items, paths = [], {}
    for n in range(ANSWERS + 2):
        path, sha256 = folder / f"{n}.png", f"{n:064x}"
        Image.fromarray(chance.integers(0, 256, (79, WIDTH_PX, 3), dtype=np.uint8)).save(path)
        paths[sha256] = path
        plays = "answer" if n < ANSWERS else "loop"
        items.append(Item(name=f"content {n}", plays=plays, asset=sha256, seconds=5.0))  # type: ignore[arg-type]
    return tuple(items), paths


def _person(visit: int) -> tuple[Part, ...]:
    """Somebody new each time, who stands before a lane."""
    return (Part(f"v{visit}", "head", 0.15 + 0.3 * (visit % LANES), 1.2, 0.5, 0.9),)


def _bare(rounds: int) -> Delay:
    """Writing a ready picture into the same panel, and nothing else."""
    with tempfile.TemporaryDirectory(prefix="shelfd-perf-") as folder:
        panel = open_panel(configured(Path(folder)).screen)
        chance = np.random.default_rng(2)
        pictures = [chance.integers(0, 256, (79, WIDTH_PX, 3), dtype=np.uint8) for _ in range(2)]

        def written_s(n: int) -> float:
            began_s = time.monotonic()
            panel.show(pictures[n % 2])
            return time.monotonic() - began_s

        taken = [[written_s(n) for n in range(HESITATIONS)] for _ in range(rounds)]
        panel.close()
    return _delay("writing a ready picture alone", taken)


def idle_share() -> float:
    """Processor seconds of the screen's threads per second, while one still picture plays over and over."""
    with tempfile.TemporaryDirectory(prefix="shelfd-perf-") as folder:
        config, stage = configured(Path(folder)), Stage()
        items, paths = contents(Path(folder))
        screen = ScreenLoop(config, stage, lambda _: None)
        thread = threading.Thread(target=screen.run)
        thread.start()
        stage.content(items[-1:], paths.get)
        time.sleep(SETTLE_S)
        used_s, began_s = time.process_time(), time.monotonic()
        time.sleep(2 * IDLE_S)
        share = (time.process_time() - used_s) / (time.monotonic() - began_s)
        screen.stop()
        thread.join()
        return share


@contextmanager
def _looking(eyes: bool) -> Iterator[None]:
    """The vision loop beside it, at the rate of a camera, on pictures in which something moves."""
    if not eyes:
        yield
        return
    detectors = [d for d in build_detectors(vision.MANIFEST, 1) if isinstance(d, TfliteDetector)]
    loop, _ = vision.looking(detectors)
    ended = threading.Event()

    def look() -> None:
        began_s = time.monotonic()
        frames = vision.pictures(64, "rgb", 1 / RATE_HZ)
        n = 0
        while not ended.wait(max(0.0, began_s + n / RATE_HZ - time.monotonic())):
            frame = frames[n % len(frames)]
            loop.see(Frame(time.monotonic(), frame.pixels, frame.form))
            n += 1

    thread = threading.Thread(target=look)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def _keep_nothing(batch: Batch) -> Future[Receipt] | None:
    return None
