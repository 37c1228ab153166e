"""Another configuration comes into force: the parts concerned are exchanged, the others do not notice."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from agent.changes import LiveChanges, Running
from agent.config.schema import Broker, Camera, Cell, Config, Device, Lane, Outbox, Recording, Scale, Screen, Vision
from agent.documents.protocol import ApplyError, StopError
from agent.messages import ConfigSet, Counts, Observation, PolicySet
from agent.senses import Senses
from agent.streams import Intake, table
from agent.supervisor import EndError, Supervisor
from wire.documents import Policy


def scale(name: str, **keys: Any) -> Scale:
    return Scale(name=name, driver="shelfd-lines", port=f"/none/{name}", cells=(Cell(name=f"{name}1"),), **keys)


CONFIG = Config(
    device=Device(store="s", id="d"),
    scales=(scale("left"), scale("right")),
    lanes=(Lane(name="cola", cells=("left1",), gtin="06901234567892", unit_g=345.0),),
    camera=Camera(driver="folder", device="/none"),
)


class House:
    """A supervisor with parts that only wait, and what the core and the screen were told."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.diary: list[str] = []
        self.supervisor = Supervisor(stop_s=1.0)
        self.intake = Intake(table(CONFIG))
        senses = Senses(self.supervisor, self.intake.put)
        monkeypatch.setattr(senses, "_add_scale", lambda scale, _beat: self.wait(f"scale/{scale.name}"))
        monkeypatch.setattr(senses, "_add_eyes", self._eyes)
        self.manifest = ""
        self.configured: list[Config] = []
        running = Running(
            supervisor=self.supervisor,
            senses=senses,
            intake=self.intake,
            now_s=lambda: 5.0,
            add_uplink=lambda config: self.wait("uplink"),
            configured=self.configured.append,
        )
        self.changes = LiveChanges(running, CONFIG)
        self.wait("uplink")
        senses.add(CONFIG)

    def _eyes(self, config: Config) -> None:
        self.manifest = config.vision.manifest
        self.wait("vision")
        self.wait("camera")

    def wait(self, name: str) -> None:
        """A part that does nothing until it is told to end."""
        told = threading.Event()

        def run() -> None:
            self.diary.append(f"{name} starts")
            told.wait(20.0)

        def stop() -> None:
            self.diary.append(f"{name} ends")
            told.set()

        self.supervisor.add_thread(name, run, stop)

    def while_running(self, act: Callable[[], None]) -> int:
        """Runs all parts; `act` in another thread, as the keeper of documents does."""
        failed: list[BaseException] = []

        def work() -> None:
            try:
                act()
            except BaseException as error:
                failed.append(error)
                raise
            finally:
                self.supervisor.end("enough")

        self.supervisor.ask(lambda: self.diary.clear())
        self.supervisor.ask(threading.Thread(target=work, daemon=True).start)
        code = self.supervisor.run()
        assert not failed, failed
        self.diary = self.diary[: next((i for i, x in enumerate(self.diary) if x == "scale/right ends"), None)]
        return code

    def told(self) -> list[Observation]:
        found = []
        while (observation := self.intake.take(0.0)) is not None:
            found.append(observation)
        return found


@pytest.fixture
def house(monkeypatch: pytest.MonkeyPatch) -> House:
    return House(monkeypatch)


def apply(house: House, config: Config) -> int:
    return house.while_running(lambda: house.changes.apply_config(config, 2, "li.wei"))


def test_a_new_price_ends_nothing(house: House) -> None:
    dearer = replace(CONFIG, lanes=(replace(CONFIG.lanes[0], price="4.50"),))
    assert apply(house, dearer) == 0
    assert house.diary == []
    assert house.told() == [ConfigSet(5.0, dearer, 2, "li.wei")]
    assert house.configured == [dearer]


def test_one_scale_is_read_otherwise_and_the_other_goes_on(house: House) -> None:
    faster = replace(CONFIG, scales=(replace(CONFIG.scales[0], baud=9600), CONFIG.scales[1]))
    apply(house, faster)
    assert house.diary == ["scale/left ends", "scale/left starts"]


def test_a_scale_more_and_another_broker(house: House) -> None:
    more = replace(CONFIG, scales=(*CONFIG.scales, scale("third")), broker=Broker(port=1884))
    apply(house, more)
    assert house.diary[:3] == ["scale/third starts", "uplink ends", "uplink starts"]
    assert house.intake.configure(table(more), ConfigSet(6.0, more))


def test_readings_of_a_scale_that_is_no_more_are_dropped(house: House) -> None:
    apply(house, replace(CONFIG, scales=CONFIG.scales[:1]))
    assert not house.intake.put(Counts(6.0, "right", np.zeros(1)))
    assert house.intake.put(Counts(6.0, "left", np.zeros(1)))


def test_the_camera_looks_otherwise(house: House) -> None:
    apply(house, replace(CONFIG, camera=replace(CONFIG.camera, rate_hz=5.0)))
    assert house.diary == ["camera ends", "vision ends", "vision starts", "camera starts"]


def test_other_models_begin_with_the_eyes_and_stay_over_later_changes(house: House) -> None:
    def act() -> None:
        house.changes.apply_models(Path("/models/2/manifest.toml"))
        house.changes.apply_config(replace(CONFIG, vision=Vision(tell_hz=2.0)), 3, None)

    house.while_running(act)
    assert house.diary == ["camera ends", "vision ends", "vision starts", "camera starts"] * 2
    assert house.manifest == "/models/2/manifest.toml"


@pytest.mark.parametrize(
    "changed",
    [
        replace(CONFIG, outbox=Outbox(max_mb=8.0)),
        replace(CONFIG, recording=Recording(segment_s=60.0)),
        replace(CONFIG, screen=Screen(driver="framebuffer", device="/dev/fb0")),
    ],
)
def test_what_is_read_at_the_start_alone_ends_the_process_in_order(house: House, changed: Config) -> None:
    assert apply(house, changed) == os.EX_TEMPFAIL
    assert house.told() == []


def test_a_part_that_does_not_end_makes_the_change_fail(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("agent.changes.APPLIED_S", 0.05)
    block = threading.Event()

    def act() -> None:
        house.supervisor.ask(lambda: block.wait(5.0) and None)
        with pytest.raises(ApplyError, match="not exchanged within"):
            house.changes.apply_config(replace(CONFIG, broker=Broker(port=1884)), 2, None)
        block.set()

    house.while_running(act)


def test_a_change_that_fails_late_is_not_made_after_all(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """It would come over the way back."""
    monkeypatch.setattr("agent.changes.APPLIED_S", 0.05)
    block = threading.Event()
    dearer = replace(CONFIG, lanes=(replace(CONFIG.lanes[0], price="4.50"),))

    def act() -> None:
        house.supervisor.ask(lambda: block.wait(5.0) and None)
        with pytest.raises(ApplyError):
            house.changes.apply_config(dearer, 2, None)
        block.set()
        monkeypatch.setattr("agent.changes.APPLIED_S", 5.0)
        house.changes.apply_config(CONFIG, None, None)

    house.while_running(act)
    assert house.configured == [CONFIG]


def test_who_asks_for_a_change_while_the_process_ends_does_not_wait(house: House) -> None:
    """The main thread is busy with stopping, and whoever waits for it would have to be waited for."""
    told: list[str] = []

    def act() -> None:
        house.supervisor.end("stopping: SIGTERM")
        with pytest.raises(StopError):
            house.changes.apply_config(replace(CONFIG, broker=Broker(port=1884)), 2, None)
        told.append("stopped")

    asking = threading.Thread(target=act, daemon=True)
    house.supervisor.ask(asking.start)
    assert house.supervisor.run() == 0
    asking.join(5.0)
    assert told == ["stopped"] and house.configured == []


def test_a_policy_reaches_the_core(house: House) -> None:
    house.changes.apply_policy(Policy(holdout=0.1), 7)
    house.changes.apply_policy(None, None)
    assert house.told() == [PolicySet(5.0, Policy(holdout=0.1), 7), PolicySet(5.0, Policy(), None)]


def test_a_change_that_fails_by_our_mistake_ends_the_process_and_lets_go_of_who_waits(house: House) -> None:
    told: list[str] = []

    def act() -> None:
        with pytest.raises(EndError):
            house.supervisor.ask(lambda: [].pop()).result(5.0)
        told.append("let go")

    asking = threading.Thread(target=act, daemon=True)
    house.supervisor.ask(asking.start)
    with pytest.raises(IndexError):
        house.supervisor.run()
    asking.join(5.0)
    assert told == ["let go"]
