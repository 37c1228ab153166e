"""What the shell does for an order, in time or not at all."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from agent.commands.doctor_running import Around, examine_running
from agent.commands.ports import Port
from agent.config.load import to_dict
from agent.config.schema import Broker, Camera, Cell, Config, Device, Outbox, Scale, TrustedKey, Vision
from agent.config.schema import Documents as DocumentsConfig
from agent.errands.diagnose import MOST_CHARACTERS, DiagnoseWork
from agent.errands.errands import QUEUE, Errands
from agent.errands.identify import IdentifyWork
from agent.errands.protocol import ErrandError, Work
from agent.errands.record import KEPT, RecordWork
from agent.messages import Counts, Errand, ErrandDone
from agent.recording.aside import Aside
from agent.recording.protocol import Header
from agent.recording.reader import open_segment
from agent.recording.ring import segments
from wire.commands import CommandPayload, Diagnose, Identify, Record, Restart

SOON_S = 10.0  # nothing here waits for so long unless it is broken
CONFIG = Config(device=Device(store="s1", id="d1"))


class Waiting:
    """A work that takes as long as the test wants."""

    def __init__(self, limit_s: float = 1000.0) -> None:
        self.begun, self.go, self._limit_s = threading.Event(), threading.Event(), limit_s

    def limit_s(self, payload: Any) -> float:
        return self._limit_s

    def do(self, payload: Any, stop: threading.Event) -> str:
        self.begun.set()
        assert self.go.wait(SOON_S)
        return "it is done"


class Refusing:
    def limit_s(self, payload: Any) -> float:
        return 5.0

    def do(self, payload: Any, stop: threading.Event) -> str:
        raise ErrandError("it cannot be done: plug it in")


class Shell:
    """Errands at work, and what they told the core."""

    def __init__(self, works: dict[str, Work], **more: Any) -> None:
        self.told: queue.Queue[ErrandDone] = queue.Queue()
        self.left = threading.Event()
        self.now_s = 100.0
        self.errands = Errands(works, self.told.put, self.left.set, clock=lambda: self.now_s, **more)

    def send(self, payload: CommandPayload, id: str = "o1") -> None:
        self.errands.put(Errand(id, payload))

    def answer(self) -> tuple[str, str, str]:
        done = self.told.get(timeout=SOON_S)
        return done.id, done.outcome, done.message


@contextmanager
def at_work(works: dict[str, Work], **more: Any) -> Iterator[Shell]:
    shell = Shell(works, **more)
    thread = threading.Thread(target=shell.errands.run)
    thread.start()
    try:
        yield shell
    finally:
        shell.errands.stop()
        thread.join(SOON_S)
        assert not thread.is_alive()


def test_it_is_done_and_the_core_is_told() -> None:
    flashed: list[float] = []
    with at_work({"identify": IdentifyWork({"the strip": flashed.append, "the light": flashed.append})}) as shell:
        shell.send(Identify(seconds=4.0))
        assert shell.answer() == ("o1", "done", "the strip and the light flash for 4 s")
    assert flashed == [4.0, 4.0]


def test_what_there_is_nothing_for_is_refused() -> None:
    with at_work({"identify": IdentifyWork({}), "diagnose": Refusing()}) as shell:
        shell.send(Identify())
        assert "neither a strip nor a light" in shell.answer()[2]
        shell.send(Diagnose(), "o2")
        assert shell.answer() == ("o2", "refused", "it cannot be done: plug it in")
        shell.send(Record(), "o3")
        assert shell.answer()[1:] == (
            "refused",
            "this device cannot record: neither recording.dir nor documents.dir is set",
        )


def test_one_of_a_kind_at_a_time_and_no_kind_waits_for_another() -> None:
    record = Waiting()
    with at_work({"record": record, "identify": IdentifyWork({"the light": lambda _: None})}) as shell:
        shell.send(Record(), "long")
        assert record.begun.wait(SOON_S)
        shell.send(Record(), "more")
        assert shell.answer() == ("more", "refused", "the record ordered before is under way: wait for its answer")
        shell.send(Identify(), "who")
        assert shell.answer()[:2] == ("who", "done")
        record.go.set()
        assert shell.answer() == ("long", "done", "it is done")
        shell.send(Record(), "again")
        assert shell.answer()[:2] == ("again", "done")


def test_one_that_hangs_is_given_up_and_keeps_nobody_waiting() -> None:
    hanging = Waiting(limit_s=5.0)
    with at_work({"diagnose": hanging, "identify": IdentifyWork({"the light": lambda _: None})}) as shell:
        shell.send(Diagnose(), "hangs")
        assert hanging.begun.wait(SOON_S)
        shell.now_s += 6.0
        shell.send(Identify(), "who")
        told = {shell.answer()[:2] for _ in range(2)}
        assert told == {("hangs", "refused"), ("who", "done")}
        shell.send(Diagnose(), "next")
        assert "hangs: order restart" in shell.answer()[2]
        hanging.go.set()  # it comes back after all, and nobody is told twice
        shell.send(Restart(), "off")
        assert shell.answer() == ("off", "done", "the device restarts now")
        assert shell.left.wait(SOON_S)
    assert shell.told.empty()


def test_a_restart_is_answered_before_it_happens_and_not_on_probation() -> None:
    why: list[str | None] = ["version 7 is on probation for 20 s: send it then"]
    with at_work({}, why_not_restart=lambda: why[0]) as shell:
        shell.send(Restart(), "o1")
        assert shell.answer() == ("o1", "refused", why[0])
        assert not shell.left.is_set()
        why[0] = None
        shell.send(Restart(), "o2")
        assert shell.answer()[:2] == ("o2", "done")
        assert shell.left.wait(SOON_S)


def test_too_many_are_refused_at_once() -> None:
    shell = Shell({"identify": IdentifyWork({"the light": lambda _: None})})  # nobody runs it yet
    for i in range(QUEUE + 2):
        shell.send(Identify(), f"o{i}")
    assert [shell.answer()[:2] for _ in range(2)] == [(f"o{QUEUE}", "refused"), (f"o{QUEUE + 1}", "refused")]


# -- record ------------------------------------------------------------------------------------------------------------


class Bench:
    """A device that weighs: each pause of the recording's thread brings ten readings."""

    def __init__(self, folder: Path, most_bytes: int = 1 << 20) -> None:
        self.folder, self.now_s, self.readings = folder, 50.0, 0
        self.ring: list[float] = []
        self.aside = Aside(lambda observation, _: self.ring.append(observation.t))
        header = Header(store="s1", device="d1", began_s=0.0, versions={}, config=to_dict(CONFIG))
        self.work = RecordWork(
            folder, self.aside, lambda: header, most_bytes=most_bytes, clock=lambda: self.now_s, wait=self.wait
        )
        self.stop = threading.Event()
        self.rng = np.random.default_rng(1)

    def wait(self, stop: threading.Event, seconds: float) -> bool:
        for i in range(10):
            t = self.now_s + seconds * i / 10
            self.aside.record(Counts(t, "main", self.rng.normal(size=50)), lambda: {"version": 5})
            self.readings += 1
        self.now_s += seconds
        return stop.is_set()


def recorded(folder: Path) -> int:
    """Observations in all segments of a recording."""
    count = 0
    for path in segments(folder):
        with open_segment(path) as segment:
            count += sum(1 for _ in segment.observations())
            assert segment.ending is None
    return count


def test_a_recording_ends_by_itself_and_replays(tmp_path: Path) -> None:
    bench = Bench(tmp_path / "records")
    said = bench.work.do(Record(seconds=5.0, name="night"), bench.stop)
    folder = tmp_path / "records" / "000001-night"
    assert said.startswith("5 s are recorded: 0.") and said.endswith(str(folder))
    assert recorded(folder) == bench.readings == 100
    bench.wait(bench.stop, 1.0)
    assert (recorded(folder), len(bench.ring)) == (100, 110)  # the ring has all, as ever


def test_a_recording_ends_when_it_is_large_enough(tmp_path: Path) -> None:
    bench = Bench(tmp_path, most_bytes=1 << 16)
    said = bench.work.do(Record(seconds=3600.0), bench.stop)
    assert ", then it had its 0 MB: 0." in said
    size = sum(path.stat().st_size for path in segments(tmp_path / "000001-record"))
    assert 1 << 16 <= size < 1 << 18
    assert bench.now_s < 3600.0


def test_a_stop_closes_it_properly(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    bench.stop.set()
    assert "then the agent stopped" in bench.work.do(Record(seconds=60.0), bench.stop)
    assert recorded(tmp_path / "000001-record") == 10


def test_the_oldest_recordings_make_room(tmp_path: Path) -> None:
    (tmp_path / "notes").mkdir()
    bench = Bench(tmp_path)
    for i in range(KEPT + 3):
        bench.work.do(Record(seconds=1.0, name=f"r{i}"), bench.stop)
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        *(f"{i + 1:06d}-r{i}" for i in range(3, KEPT + 3)),
        "notes",
    ]


@pytest.mark.parametrize("name", ["../../etc", "a/b", "", "x\n", ".", "a" * 41])
def test_a_name_is_no_path(tmp_path: Path, name: str) -> None:
    bench = Bench(tmp_path / "records")
    with pytest.raises(ErrandError, match="no name for a recording"):
        bench.work.do(Record(seconds=1.0, name=name), bench.stop)
    assert list(tmp_path.iterdir()) == []


def test_a_disk_that_refuses_is_a_sentence_and_no_fault_of_the_ring(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("")
    with pytest.raises(ErrandError, match="no folder for it in"):
        Bench(file).work.do(Record(seconds=1.0), threading.Event())


def test_a_full_disk_ends_it_with_the_reason(tmp_path: Path) -> None:
    bench = Bench(tmp_path, most_bytes=1 << 62)  # more than any disk has
    with pytest.raises(ErrandError, match=r"the recording failed: recording to .* stopped"):
        bench.work.do(Record(seconds=60.0), bench.stop)
    assert bench.aside._second is None


# -- diagnose ----------------------------------------------------------------------------------------------------------


def around(tmp_path: Path, *, degrees: float = 51.0, free: int = 4_000_000_000) -> Around:
    (tmp_path / "temp").write_text(f"{degrees * 1000:.0f}\n")
    (tmp_path / "statm").write_text("9000 5000 300 1 0 800 0\n")
    return Around(
        ports=lambda: [Port("/dev/ttyUSB0", "/dev/serial/by-id/usb-x", "FT232R")],
        cameras=lambda: ["/dev/v4l/by-id/usb-cam"],
        temperature=tmp_path / "temp",
        memory=tmp_path / "statm",
        free=lambda _: free,
    )


def device(tmp_path: Path, **more: Any) -> Config:
    scale = Scale(name="main", driver="shelfd-lines", port="/dev/ttyUSB0", rate_hz=60.0, cells=(Cell(name="a"),))
    return Config(
        **{
            "device": Device(store="s1", id="d1"),
            "scales": (scale,),
            "outbox": Outbox(path=str(tmp_path / "outbox.sqlite")),
            **more,
        }
    )


def test_it_says_what_is_there_and_what_is_to_do(tmp_path: Path) -> None:
    page = examine_running(device(tmp_path), ["boot 5f0c, broker connected"], around(tmp_path, degrees=84.0))
    assert "84 degrees" in page and "20 MB of memory" in page and "boot 5f0c, broker connected" in page
    assert f"disk of {tmp_path}: 4000 MB free" in page
    assert "serial devices: /dev/ttyUSB0 FT232R" in page
    assert 'write port = "/dev/serial/by-id/usb-x"' in page
    assert "scale/main: /dev/ttyUSB0 is not there" in page
    assert "device: 84 degrees, it slows down" in page


def test_models_that_are_not_what_the_manifest_means_are_named(tmp_path: Path) -> None:
    config = device(tmp_path, camera=Camera(driver="v4l2"), vision=Vision(manifest=str(tmp_path / "none.toml")))
    page = examine_running(config, (), around(tmp_path))
    assert "cameras on USB: /dev/v4l/by-id/usb-cam" in page
    assert "vision: " in page and "none.toml cannot be read" in page


def test_no_secret_is_in_it(tmp_path: Path) -> None:
    secret = "Pa55w0rd"
    broker = Broker(
        host="hub.example", tls=True, username=secret, password_file=f"/etc/{secret}", key_file=f"/{secret}"
    )
    keys = DocumentsConfig(keys=(TrustedKey(name=secret, ed25519=secret),))
    page = examine_running(device(tmp_path, broker=broker, documents=keys), (), around(tmp_path))
    assert secret not in page


def test_the_page_is_bounded_and_leaves_room_for_the_core(tmp_path: Path) -> None:
    facts: Callable[[], list[str]] = lambda: ["x" * 500] * 100  # noqa: E731
    page = DiagnoseWork(lambda: device(tmp_path), facts).do(Diagnose(), threading.Event())
    assert len(page) < MOST_CHARACTERS + 50
    assert page.endswith("(cut off here)")
