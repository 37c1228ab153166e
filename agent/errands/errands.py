"""The thread `errands`: does what the core sends the shell for, and brings the answer back.

Each errand runs in a short-lived thread of its own, one of a kind at a time, so that one that hangs is given up in time
and keeps no other from being done. Not here: the work itself (identify.py, diagnose.py, record.py), ids and answers
(agent/orders.py).
"""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Literal

from agent.errands.protocol import ErrandError, Work
from agent.messages import Errand, ErrandDone
from wire.commands import Restart

QUEUE = 8
NEEDS = {"record": "neither recording.dir nor documents.dir is set"}  # where there is no work for it
LOOK_S = 1.0  # how often it looks for what takes too long
STOP_S = 1.0  # for what is under way to come to its end, when the agent stops

log = logging.getLogger(__name__)


@dataclass(slots=True)
class _Running:
    errand: Errand
    until_s: float
    thread: threading.Thread
    answer: list[tuple[Literal["done", "refused"], str]] = field(default_factory=list)  # written by the thread, last
    given_up: bool = False


class Errands:
    """`put` from the core's thread, `run` is the body of the thread `errands`."""

    def __init__(
        self,
        works: Mapping[str, Work],
        tell: Callable[[ErrandDone], object],
        restart: Callable[[], None],
        *,
        why_not_restart: Callable[[], str | None] = lambda: None,
        beat: Callable[[], None] = lambda: None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`works`: by the kind of their command. `restart` ends the process in order, so that the answer, which the
        core gives before it ends, is on disk by then."""
        self._works, self._tell, self._beat, self._clock = works, tell, beat, clock
        self._restart, self._why_not_restart = restart, why_not_restart
        self._waiting: queue.Queue[Errand | None] = queue.Queue(QUEUE)
        self._running: dict[str, _Running] = {}
        self._stopping = threading.Event()

    def put(self, errand: Errand) -> None:
        """Never blocks; refused at once where too many wait."""
        try:
            self._waiting.put_nowait(errand)
        except queue.Full:
            self._answer(errand, "refused", f"{QUEUE} orders wait already: send it again later, under another id")

    def run(self) -> None:
        """Until `stop`."""
        while not self._stopping.is_set():
            self._beat()
            self._look()
            try:
                errand = self._waiting.get(timeout=LOOK_S)
            except queue.Empty:
                continue
            if errand is not None:
                self._begin(errand)
        self._end()

    def stop(self) -> None:
        """Wakes `run`; what is under way comes to its end."""
        self._stopping.set()
        self._wake()

    def _wake(self) -> None:
        with suppress(queue.Full):  # then it is awake anyway
            self._waiting.put_nowait(None)

    def _begin(self, errand: Errand) -> None:
        kind = errand.payload.kind
        if isinstance(errand.payload, Restart):
            self._leave(errand)
        elif kind in self._running:
            why = "hangs: order restart" if self._running[kind].given_up else "is under way: wait for its answer"
            self._answer(errand, "refused", f"the {kind} ordered before {why}")
        elif kind not in self._works:
            self._answer(errand, "refused", f"this device cannot {kind}: {NEEDS.get(kind, 'nobody here knows how')}")
        else:
            self._start(errand, self._works[kind])

    def _start(self, errand: Errand, work: Work) -> None:
        running = _Running(errand, self._clock() + work.limit_s(errand.payload), threading.Thread())
        running.thread = threading.Thread(
            target=self._do, args=(running, work), name=f"errand-{errand.payload.kind}", daemon=True
        )
        self._running[errand.payload.kind] = running
        running.thread.start()

    def _do(self, running: _Running, work: Work) -> None:
        """Body of the short-lived thread. A mistake in it ends the process, as in any other thread."""
        try:
            running.answer.append(("done", work.do(running.errand.payload, self._stopping)))
        except ErrandError as error:
            running.answer.append(("refused", str(error)))
        self._wake()

    def _look(self) -> None:
        """Answers what is done, gives up what takes too long."""
        for kind, running in list(self._running.items()):
            if running.answer:
                del self._running[kind]
                if not running.given_up:
                    self._answer(running.errand, *running.answer[0])
            elif not running.given_up and self._clock() >= running.until_s:
                running.given_up = True
                self._answer(running.errand, "refused", f"{kind} was given up: it took longer than it may, and hangs")

    def _leave(self, errand: Errand) -> None:
        refusal = self._why_not_restart()
        if refusal is not None:
            self._answer(errand, "refused", refusal)
            return
        self._answer(errand, "done", "the device restarts now")
        self._restart()

    def _end(self) -> None:
        """The agent stops: a recording is closed and told; what cannot end now is answered after the restart."""
        until_s = time.monotonic() + STOP_S
        for running in self._running.values():
            running.thread.join(max(0.0, until_s - time.monotonic()))
        self._look()

    def _answer(self, errand: Errand, outcome: Literal["done", "refused"], message: str) -> None:
        log.info("%s (%s): %s: %s", errand.payload.kind, errand.id, outcome, message.partition("\n")[0])
        self._tell(ErrandDone(self._clock(), errand.id, outcome, message))
