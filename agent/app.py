"""Builds every part of the agent from its configuration and wires them; the only file that knows them all.

    senses, clock -> Intake -> core thread -> Outbox -> uplink -> broker
                        ^         |  |                     |
                        |         |  +-> Front             v
                        |         +----> Recorder       Remote (documents, files)
                        +---------------------------------+

Not here: what any of them does; threads that read (senses.py), what people see and touch (front.py), what the hub may
want (remote.py) and how it comes into force (changes.py); the command line (__main__.py).
"""

from __future__ import annotations

import logging
import os
import secrets
import time
from collections.abc import Iterator
from concurrent.futures import Future
from dataclasses import replace
from pathlib import Path

from agent.changes import LiveChanges, Running
from agent.clock import OffsetNews, Ticker, WallClock, utc_offset_s
from agent.config.load import to_dict
from agent.config.schema import Config
from agent.core import Core
from agent.coreloop import CoreLoop
from agent.documents.beginning import begin
from agent.documents.content_document import Items, PathOf
from agent.front import Front
from agent.messages import Answer, Command, ConfigSet, Observation, Output, Restored, SensorLost, Snapshot, State, Tick
from agent.notify import Notifier
from agent.outbox.gauge import Gauge
from agent.outbox.outbox import OPEN_S, Outbox
from agent.outbox.protocol import Batch, Receipt
from agent.recording.aside import Aside
from agent.recording.disk import Limits, RecordingDisk
from agent.recording.protocol import Header
from agent.recording.writer import Recorder
from agent.remote import Remote
from agent.senses import Senses
from agent.signs import Watch
from agent.streams import Intake, table
from agent.supervisor import Beat, Supervisor
from agent.uplink.courier import Courier
from agent.uplink.paho import PahoUplink
from agent.uplink.protocol import Message
from agent.uplink.retained import OFFLINE
from agent.versions import shelfd_version, versions
from wire.commands import CommandPayload, Result
from wire.reported import ReportedPayload
from wire.topics import Topics

REST_S = 20.0  # from the open outbox to a start that is complete
ORDERLY = (os.EX_OK, os.EX_TEMPFAIL)  # ends that were meant

log = logging.getLogger(__name__)


class App:
    """One shelf's agent. Parts are made here, started and stopped by the supervisor."""

    def __init__(self, local: Config, notifier: Notifier, clock: WallClock | None = None) -> None:
        """`local`: the device's own file; what the hub wanted lies over it."""
        self.beginning = begin(local)
        self.config = config = self.beginning.config  # in force
        self.clock = clock or WallClock()
        self.boot = secrets.token_hex(4)
        self.intake = Intake(table(config))
        self.notifier = notifier
        self.supervisor = Supervisor(notifier)
        self.topics = Topics(config.device.store, config.device.id)
        self.outbox = Outbox(
            Path(config.outbox.path), self.topics, self.boot, max_mb=config.outbox.max_mb, stamp=self.clock.stamp
        )
        self.senses = Senses(self.supervisor, self.put)
        self.recorder = Recorder(config.recording.segment_s) if config.recording.dir else None
        self.aside = Aside(self.recorder.record if self.recorder else None)
        self.watch = Watch(lambda: self.courier, lambda: self.front.shows())
        self.remote = self._remote() if self.beginning.store is not None else None
        sign = self.remote.device_key.sign if self.remote is not None else None
        self.front = Front(config, self.supervisor, self.intake.put, sign)
        self._add_parts()

    def run(self) -> int:
        """Blocks until a signal or a failure; the exit code."""
        device = self.config.device
        log.info("shelfd %s on %s/%s, boot %s", shelfd_version(), device.store, device.id, self.boot)
        code = self.supervisor.run(f"{len(self.config.scales)} scales, {len(self.config.lanes)} lanes")
        if code in ORDERLY and self.remote is not None:
            self.remote.keeper.end()
        return code

    def _add_parts(self) -> None:
        """Whatever is fed starts first and stops last."""
        self.supervisor.add("outbox", start=self._open_outbox, stop=self.outbox.stop, alive=lambda: self.outbox.alive)
        self.add_uplink(self.config)
        if self.recorder is not None:
            self._add_recorder(self.recorder)
        self._add_core(Beat())
        self.front.add(self.config, self.aside, lambda: self.config, self._header, self._facts)
        beat, gauge = Beat(), Gauge(self.outbox)
        ticker = Ticker(lambda: self._dated(gauge.read(self.clock.tick())), self.put, beat)
        self.supervisor.add_thread("clock", ticker.run, ticker.stop, beat)
        if self.remote is not None:
            self.remote.add(self.supervisor)
        self.senses.add(self.config)

    def _dated(self, tick: Tick) -> Tick:
        """With what the store's clocks show."""
        if tick.wall_s is not None:
            tick = replace(tick, utc_offset_s=utc_offset_s(tick.wall_s, self.config.store.timezone))
        self.front.wall(tick)
        return tick

    def _open_outbox(self) -> None:
        """OutboxError when the file refuses: a core that started empty would overwrite the stock that is in it."""
        self.notifier.extend(OPEN_S)  # a damaged file of a slow card; nothing else at a start may take long
        self.outbox.start()
        self.notifier.extend(REST_S)
        if self.outbox.refusal is not None:
            raise self.outbox.refusal

    def put(self, observation: Observation) -> None:
        """What any thread has to tell the core."""
        self.intake.put(observation)

    # -- the hub ----------------------------------------------------------------------------------------------------

    def _remote(self) -> Remote:
        running = Running(
            supervisor=self.supervisor,
            senses=self.senses,
            intake=self.intake,
            now_s=time.monotonic,
            add_uplink=self.add_uplink,
            configured=self._configured,
        )
        return Remote(
            self.beginning,
            self.topics,
            LiveChanges(running, self.config),
            signs=self.watch.signs,
            report=self._report,
            put=self.put,
            to_screen=self._to_screen,
            ask=lambda: self.courier.wake(),
            now_s=time.monotonic,
            wall_s=lambda: self.clock.tick().wall_s,
        )

    def _configured(self, config: Config) -> None:
        """In the main thread: from here on this configuration is in force."""
        self.config = config
        self.front.configure(config)
        if self.remote is not None:
            self.remote.configure(config)

    def _report(self, payload: ReportedPayload) -> None:
        self.outbox.commit(Batch(states=(State(payload),)))

    def _to_screen(self, items: Items, path_of: PathOf) -> None:
        if self.front.stage is not None:
            self.front.stage.content(items, path_of)

    def order(self, id: str, payload: CommandPayload) -> None:
        """An order from the broker; refused at once when the core has too many waiting."""
        if self.intake.put(Command(self.clock.tick().t, id, payload)):
            return
        busy = Result(id=id, command=payload.kind, outcome="refused", message="too many orders wait: send it again")
        self.outbox.commit(Batch(answers=(Answer(busy),)))

    def add_uplink(self, config: Config) -> None:
        """The part "uplink" for this configuration's broker."""
        will = Message(self.topics.state("online"), OFFLINE, retain=True)
        link = PahoUplink(config.broker, f"{self.topics.store}:{self.topics.device}", will)
        remote = self.remote
        courier = self.courier = Courier(
            link,
            self.outbox,
            self.order,
            **({} if remote is None else remote.hearers()),
            inflight=config.broker.inflight,
            park_after=config.outbox.park_after,
            version=shelfd_version(),
        )
        self.supervisor.add("uplink", start=courier.start, stop=courier.stop, alive=lambda: courier.alive)

    def _facts(self) -> Iterator[str]:
        """What the process knows of itself."""
        yield f"shelfd {shelfd_version()}, boot {self.boot}"
        yield f"broker {self.config.broker.host}:{self.config.broker.port}: " + (
            "connected" if self.courier.connected else "not connected"
        )
        waiting = self.outbox.waiting()
        yield f"outbox: {waiting.events} events wait, {waiting.parked} of them set aside"

    # -- the recording ------------------------------------------------------------------------------------------------

    def _add_recorder(self, recorder: Recorder) -> None:
        place, beat = self.config.recording, Beat()
        limits = Limits(max_bytes=int(place.max_mb * 1e6))
        disk = RecordingDisk(Path(place.dir), self._header(), limits, ask=recorder.ask, report=self.put)
        self.supervisor.add_thread("recorder", lambda: recorder.run(disk, beat), recorder.stop, beat)

    def _header(self) -> Header:
        device = self.config.device
        return Header(
            store=device.store, device=device.id, began_s=0.0, versions=versions(), config=to_dict(self.config)
        )

    # -- the core -----------------------------------------------------------------------------------------------------

    def _add_core(self, beat: Beat) -> None:
        """The core as the last boot left it; it can be read once the outbox runs, and before any sensor speaks."""
        ready: list[CoreLoop] = []

        def prepare() -> None:
            core, first = self._restore(self.outbox.snapshot)
            loop = CoreLoop(
                core,
                self.intake,
                self.outbox.commit,
                self.aside.record,
                OffsetNews(self.boot),
                beat,
                self._hand_on,
                self.watch.ticked,
            )
            ready.append(loop)
            if first is not None:
                self.put(first)
            if self.beginning.store is not None:  # by whose word; and what was taken back since the last run
                began = self.beginning
                self.put(ConfigSet(self.clock.tick().t, began.config, began.version, began.by))

        self.supervisor.add_thread("core", lambda: ready[0].run(), self.intake.close, beat, prepare)

    def _hand_on(self, output: Output, kept: Future[Receipt] | None) -> None:
        self.front.hand_on(output)
        self.watch.told(output)

    def _restore(self, snapshot: Snapshot | None) -> tuple[Core, Observation | None]:
        """The core, and what it has to be told first."""
        tick = self.clock.tick()
        if snapshot is None:
            return Core(self.config), None
        try:
            core = Core.restore(self.config, snapshot)
        except ValueError as error:
            log.warning("the core starts from nothing: %s", error)
            reason = f"stock, baskets and levels of the last run are lost ({error}): count the stock again"
            return Core(self.config), SensorLost(tick.t, "core", "snapshot_refused", reason)
        left_s = self.outbox.committed_wall_s
        off_s = None if left_s is None or tick.wall_s is None else max(0.0, round(tick.wall_s - left_s, 3))
        return core, Restored(tick.t, off_s)
