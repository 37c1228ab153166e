"""Whatever is sent, whenever the power goes: there is always a whole configuration in force, the last good one or a
newer one that is watched; and what did harm stays away."""

from __future__ import annotations

import itertools
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from tests.documents_scene import (
    HEALTHY,
    NEW,
    STRANGER,
    Died,
    Disk,
    Shelf,
    local_config,
    no_camera,
    priced,
)
from tools.publish.signing import sign
from wire.documents import ConfigDocument

HARMFUL = "9.99"  # a shelf that shows this price loses its camera


class Life(RuleBasedStateMachine):
    """A model of one line beside the shelf: the last good price, and the one on trial."""

    def __init__(self) -> None:
        super().__init__()
        self.patch = pytest.MonkeyPatch()
        self.disk = Disk().install(self.patch)
        self.folder = tempfile.TemporaryDirectory()
        eyes = {"driver": "v4l2", "device": "/dev/video0"}
        self.shelf = Shelf(Path(self.folder.name), local_config(Path(self.folder.name), camera=eyes))
        self.shelf.signs = lambda config: no_camera(HEALTHY) if config.lanes[0].price == HARMFUL else HEALTHY
        self.good, self.trial = "1.00", ""
        self.taken_back: set[bytes] = set()
        self.sent: list[tuple[bytes, str]] = []

    def teardown(self) -> None:
        self.patch.undo()
        self.folder.cleanup()

    @rule(price=st.sampled_from(["2.00", "3.00", HARMFUL]))
    def wants(self, price: str) -> None:
        told = self.shelf.hub.config(priced(price))
        self.sent.append((self.shelf.hub.last, price))
        if told.state == "probation":
            self.trial = price
        else:
            assert told.state == "loading", "it waits for the way back of another"
            assert self.trial == ""
            self.shelf.wait(25)
            self.look()

    @rule(price=st.sampled_from(["2.00", HARMFUL]), at=st.integers(0, 16), applying=st.booleans())
    def power_goes_while_it_is_taken(self, price: str, at: int, applying: bool) -> None:
        """At any write, before it or behind it; or in the change itself."""
        self.shelf.wait(25)
        self.look()
        self.disk.writes, self.disk.dies_at = 0, at
        if applying:
            self.shelf.parts.when = dies
        before = self.good
        with pytest.raises(Died) if applying else died_or_not():
            self.shelf.hub.config(priced(price))
        self.disk.dies_at, self.shelf.parts.when = 0, lambda config: None
        self.sent.append((self.shelf.hub.last, price))
        self.shelf.crash()
        assert self.shelf.price == before
        self.trial = ""

    @rule(at=st.integers(1, 6))
    @precondition(lambda self: self.trial)
    def power_goes_when_it_is_decided(self, at: int) -> None:
        self.disk.writes, self.disk.dies_at = 0, at
        with died_or_not():
            self.shelf.wait(45)
        self.disk.dies_at = 0
        self.shelf.crash()
        assert self.shelf.price in ({self.good, self.trial} - {HARMFUL})
        self.good, self.trial = self.shelf.price, ""
        assert self.shelf.state() in ("applied", "rolled_back")

    @rule(seconds=st.sampled_from([1, 12, 40]))
    def time_passes(self, seconds: float) -> None:
        self.shelf.wait(seconds)
        self.look()

    @rule()
    def ends_in_order(self) -> None:
        self.shelf.restart()
        assert self.shelf.price == (self.trial or self.good)
        self.look()

    @rule()
    def crashes(self) -> None:
        self.shelf.crash()
        self.trial = ""
        assert self.shelf.price == self.good

    @rule(which=st.integers(0, 40))
    @precondition(lambda self: self.sent)
    def the_broker_repeats(self, which: int) -> None:
        """The newest or any older message, as a broker restored from a backup would."""
        body, price = self.sent[-1 - which % len(self.sent)]
        told = self.shelf.hear("config", body)
        if told.state in ("probation", "loading"):
            self.shelf.wait(25 if told.state == "loading" else 0)
            self.trial = price if self.shelf.price == price else self.trial
            self.look()

    @rule(body=st.binary(max_size=60), key=st.sampled_from([NEW, STRANGER]))
    def strangers_talk(self, body: bytes, key: Any) -> None:
        before = self.shelf.config
        document = ConfigDocument(version=10**6, store="s", device="d", by="x", issued="2026", config=priced("7.77"))
        for message in (body, sign(document, [key])):
            self.shelf.hear("config", message)
            assert self.shelf.config is before

    def look(self) -> None:
        """What time has made of the trial."""
        if self.trial and self.shelf.state() != "probation" and not self.on_trial:
            self.good = self.shelf.price
            self.trial = ""

    @property
    def on_trial(self) -> bool:
        return self.shelf.desk._store.index.of("config").trial is not None

    @invariant()
    def a_whole_configuration_is_in_force(self) -> None:
        assert self.shelf.price in {"1.00", "2.00", "3.00", HARMFUL}
        assert self.good != HARMFUL
        assert self.shelf.price == (self.trial if self.on_trial else self.good)

    @invariant()
    def the_disk_is_bounded(self) -> None:
        files = list((Path(self.folder.name) / "documents/kept").iterdir())
        assert len(files) <= 2 + 3 + 1, files


def dies(config: object) -> None:
    if config is not None:
        raise Died


class died_or_not:  # noqa: N801  (reads as pytest.raises does)
    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> bool:
        return kind is None or issubclass(kind, Died)


TestLife = Life.TestCase
TestLife.settings = settings(max_examples=10, stateful_step_count=20, deadline=None, derandomize=True)


def test_at_every_single_write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A good document, cut short before and behind each write from its arrival to its proof: old or new, whole."""
    prices = []
    for at in itertools.count(1):
        disk = Disk().install(monkeypatch)
        shelf = Shelf(tmp_path / str(at))
        disk.writes, disk.dies_at = 0, at
        try:
            shelf.hub.config(priced("2.00"))
            shelf.settle()
            break
        except Died:
            disk.dies_at = 0
        shelf.crash()
        prices.append(shelf.price)
        assert shelf.state() in ("none", "applied", "rolled_back")
        shelf.hub.repeats()
        shelf.settle()
        assert shelf.price in ("1.00", "2.00") and shelf.state() in ("applied", "rolled_back")
        assert shelf.hub.config(priced("3.00")).state == "probation", "a newer one is always heard"
    assert len(prices) >= 16 and prices[0] == "1.00" and prices[-1] == "2.00"
    assert prices == sorted(prices), "once it is the new one it stays so"
