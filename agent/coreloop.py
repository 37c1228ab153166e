"""The thread `core`: takes one observation after the other, records it, lets the core judge, hands on what it says.

What the core says about an observation is one batch for the outbox, and with anything that must not be lost or done
twice goes a snapshot of the core: on disk they are one, so a restart goes on exactly behind the last event.
Not here: judgement (core.py), disks (outbox/, recording/), threads that read (sensors/).
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from concurrent.futures import Future

from agent.clock import OffsetNews
from agent.core import Core
from agent.messages import Answer, Errand, Event, Lamp, Observation, Output, Play, Snapshot, State, Tick
from agent.outbox.protocol import Batch, Receipt
from agent.streams import Intake
from wire.events import Cleared, Fault

SNAPSHOT_S = 60.0  # at least this often; what a power cut may take of noise levels, drift and the like
WAIT_S = 0.5

log = logging.getLogger(__name__)


class CoreLoop:
    """`run` is the body of the thread; closing the intake ends it after what is inside."""

    def __init__(
        self,
        core: Core,
        intake: Intake,
        commit: Callable[[Batch], Future[Receipt] | None],
        record: Callable[[Observation, Callable[[], Snapshot]], None],
        offset: OffsetNews,
        beat: Callable[[], None] = lambda: None,
        hand_on: Callable[[Output, Future[Receipt] | None], None] = lambda _output, _kept: None,
        ticked: Callable[[], None] = lambda: None,
    ) -> None:
        """`hand_on` gets everything that is said, with the promise that it is on disk, None where nothing is kept;
        `ticked` hears of each Tick."""
        self._hand_on, self._ticked = hand_on, ticked
        self._core, self._intake, self._commit, self._record = core, intake, commit, record
        self._offset, self._beat = offset, beat
        self._saved_s: float | None = None  # of the newest snapshot handed over; None: none yet

    def run(self) -> None:
        """Until the intake is closed and empty; the last thing is a snapshot."""
        for part, message in self._core.health.standing():
            log.warning("%s: %s (since before this start)", part, message)
        while not self._intake.drained:
            self._beat()
            observation = self._intake.take(WAIT_S)
            if observation is not None:
                self.step(observation)
        self._commit(Batch(snapshot=self._core.snapshot()))

    def step(self, observation: Observation) -> None:
        """One observation all the way."""
        self._record(observation, self._core.snapshot)
        outputs = self._core.step(observation)
        for output in outputs:
            if isinstance(output, Play):
                self._hand_on(output, None)  # a shopper waits: the disk may come later
        _log_faults(outputs)
        if isinstance(observation, Tick):
            self._ticked()
            if (news := self._offset.look(observation)) is not None:
                outputs = (*outputs, State(news))
        kept = self._keep(observation.t, outputs)
        for output in outputs:
            if not isinstance(output, Play):
                self._hand_on(output, kept)

    def _keep(self, t: float, outputs: tuple[Output, ...]) -> Future[Receipt] | None:
        snapshot = self._snapshot(t, outputs)
        if not outputs and snapshot is None:  # so it is with nearly every reading
            return None
        batch = Batch.of(outputs, snapshot)
        return None if batch == Batch() else self._commit(batch)  # labels and the like are worth no commit

    def _snapshot(self, t: float, outputs: tuple[Output, ...]) -> Snapshot | None:
        weighty = any(isinstance(output, Event | Answer | Play | Errand | Lamp) for output in outputs)
        if not weighty and self._saved_s is not None and t - self._saved_s < SNAPSHOT_S:
            return None
        self._saved_s = t
        return self._core.snapshot()


def _log_faults(outputs: tuple[Output, ...]) -> None:
    """Faults also go to the log, for whoever stands before a device that reaches no broker."""
    for output in outputs:
        match output:
            case Event(payload=Fault(part=part, message=message)):
                log.warning("%s: %s", part, message)
            case Event(payload=Cleared(part=part, code=code)):
                log.info("%s: %s is over", part, code)
            case _:
                pass
