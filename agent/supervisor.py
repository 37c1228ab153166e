"""Runs the parts of the process: starts them in order, watches that each makes progress, stops them in reverse.

A part that fails ends the process (exit code 70, traceback on stderr) and systemd starts it again; a part that hangs
starves systemd's watchdog, which does the same. Nothing is repaired in place: a fresh start from the last snapshot is
the one recovery there is, and it is tested every day. Parts are exchanged while the others run only where a new
configuration asks for it.
Not here: which parts there are (app.py); losses that are expected, which each driver handles itself.
"""

from __future__ import annotations

import logging
import math
import os
import queue
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable, Collection, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import FrameType

from agent.notify import Notifier

STOP_S = 4.5  # for all parts together: a stop takes 5 s at most
LEAST_S = 0.2  # for each, however late it is
STUCK_S = 10.0  # a part that shows no progress for this long hangs
LOOK_S = 1.0  # how often progress is looked at
LEVELS = {os.EX_OK: logging.INFO, os.EX_TEMPFAIL: logging.WARNING}  # ends that were meant; 75: started anew, as ordered

log = logging.getLogger(__name__)


class Beat:
    """A part calls it whenever it goes round its loop, idle or not: proof that it does not hang."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self) -> None:
        self.count += 1


@dataclass(slots=True)
class Part:
    """`alive` and `beat` are looked at while it runs; `finish` returns false when the part did not end in the time."""

    name: str
    start: Callable[[], None]
    stop: Callable[[], None]
    finish: Callable[[float], bool]
    alive: Callable[[], bool]
    beat: Beat | None = None
    thread: threading.Thread | None = None
    leaves: bool = False  # it was told to end
    seen_count: int = -1
    seen_s: float = 0.0
    hangs: bool = False


class EndError(Exception):
    """The process ends before, or while, what was asked for is done."""


@dataclass(frozen=True, slots=True)
class Asked:
    """Something to be done in the main thread, and whether it is."""

    change: Callable[[], None]
    done: Future[None] = field(default_factory=Future)

    def do(self) -> None:
        """What `change` raises ends the process; who waits for it waits no longer."""
        if not self.done.set_running_or_notify_cancel():
            return
        made = False
        try:
            self.change()
            made = True
        finally:
            if made:
                self.done.set_result(None)
            else:
                self.done.set_exception(EndError())

    def refuse(self) -> None:
        if self.done.set_running_or_notify_cancel():
            self.done.set_exception(EndError())


@dataclass(frozen=True, slots=True)
class Reason:
    """Why the process ends."""

    message: str
    exit_code: int


@dataclass(slots=True)
class Supervisor:
    """Parts are added in the order in which they start; `run` blocks until the end."""

    notifier: Notifier = field(default_factory=Notifier)
    clock: Callable[[], float] = time.monotonic
    stuck_s: float = STUCK_S
    stop_s: float = STOP_S
    parts: list[Part] = field(default_factory=list)
    # A SimpleQueue, as its put may interrupt itself: signal handlers run between any two steps of the main thread.
    _asked: queue.SimpleQueue[Reason | Asked] = field(default_factory=queue.SimpleQueue)
    _over: bool = False  # nothing is done any more of what is asked

    def add_thread(
        self,
        name: str,
        run: Callable[[], None],
        stop: Callable[[], None],
        beat: Beat | None = None,
        prepare: Callable[[], None] = lambda: None,
    ) -> None:
        """A part whose work is `run`, in a thread of its own; `stop` must make `run` return soon. `prepare` is done at
        its turn to start, in the main thread."""

        def work() -> None:
            try:
                run()
            finally:
                if not part.leaves:
                    self.end(f"{name} ended by itself: the process starts anew", os.EX_SOFTWARE)

        thread = threading.Thread(target=work, name=name, daemon=True)

        def start() -> None:
            prepare()
            thread.start()

        def finish(limit_s: float) -> bool:
            if thread.ident is not None:  # None: it never started
                thread.join(limit_s)
            return not thread.is_alive()

        part = Part(name, start, stop, finish, thread.is_alive, beat, thread)
        self.parts.append(part)

    def add(self, name: str, *, start: Callable[[], None], stop: Callable[[], None], alive: Callable[[], bool]) -> None:
        """A part that keeps its own thread; its `stop` returns when it has ended."""
        self.parts.append(Part(name, start, stop, lambda _: not alive(), alive))

    def end(self, message: str, exit_code: int = os.EX_OK) -> None:
        """Makes `run` return. From any thread, or a signal handler."""
        self._asked.put(Reason(message, exit_code))

    def ask(self, change: Callable[[], None]) -> Future[None]:
        """Does `change` in the main thread, between two looks at the parts; cancelled in time, it is never done. Its
        result comes as soon as it is done, and EndError as soon as it is clear that it will not be. From any thread."""
        asked = Asked(change)
        self._asked.put(asked)
        if self._over:
            self._refuse_all()
        return asked.done

    def _refuse_all(self) -> None:
        """Nobody may wait for what will not be: whoever waits does not end when told to."""
        while True:
            try:
                asked = self._asked.get_nowait()
            except queue.Empty:
                return
            if isinstance(asked, Asked):
                asked.refuse()

    def exchange(self, names: Collection[str], between: Callable[[], None], add: Callable[[], None]) -> None:
        """In the main thread, while all run: ends these parts, does `between`, and starts what `add` adds in the place
        of the first of them (at the end where there is none). A part that stays ends the process."""
        old = [part for part in self.parts if part.name in names]
        at = self.parts.index(old[0]) if old else len(self.parts)
        stayed = self._stop(old)
        rest = [part for part in self.parts[at:] if part not in old]
        del self.parts[at:]
        between()
        add()
        new = self.parts[at:]
        self.parts += rest
        if stayed:
            self.end(f"{' and '.join(stayed)} did not end: the process starts anew", os.EX_SOFTWARE)
        for part in new:
            part.start()

    def run(self, status: str = "running") -> int:
        """Starts everything, waits for a reason to end, stops everything. Returns the exit code."""
        started: list[Part] = []
        with self._listening():
            try:
                for part in self.parts:
                    started.append(part)
                    part.start()
                started = self.parts  # as they are exchanged
                self.notifier.ready(status)
                reason = self._watch()
                log.log(LEVELS.get(reason.exit_code, logging.ERROR), "%s", reason.message)
            finally:
                self._over = True
                self._refuse_all()
                self.notifier.stopping()
                stayed = self._stop(started)
        return os.EX_SOFTWARE if stayed else reason.exit_code

    def _watch(self) -> Reason:
        look_s = min(LOOK_S, (self.notifier.watchdog_s or math.inf) / 3)
        while True:
            try:
                asked = self._asked.get(timeout=look_s)
            except queue.Empty:
                pass
            else:
                if isinstance(asked, Reason):
                    return asked
                asked.do()
            for part in self.parts:
                if not part.alive():
                    return Reason(f"{part.name} is dead: the process starts anew", os.EX_SOFTWARE)
            if not self._stuck():
                self.notifier.alive()

    def _stuck(self) -> list[str]:
        """Names of the parts that hang; each is told once, with what it does."""
        now_s, stuck = self.clock(), []
        for part in self.parts:
            if part.beat is None:
                continue
            if part.beat.count != part.seen_count:
                part.seen_count, part.seen_s, part.hangs = part.beat.count, now_s, False
            elif now_s - part.seen_s >= self.stuck_s:
                stuck.append(part.name)
                if not part.hangs:
                    log.error("%s hangs and the watchdog is not fed; it is at\n%s", part.name, _where(part))
                part.hangs = True
        return stuck

    def _stop(self, started: list[Part]) -> list[str]:
        """Stops in reverse order, each part ended before the ones it feeds are told. Names of those that stayed."""
        until_s = self.clock() + self.stop_s
        stayed = []
        for part in started:
            part.leaves = True
        for part in reversed(started):
            part.stop()
            if not part.finish(max(LEAST_S, until_s - self.clock())):
                stayed.append(part.name)
                log.error("%s did not stop in time and is left behind; it is at\n%s", part.name, _where(part))
        return stayed

    @contextmanager
    def _listening(self) -> Iterator[None]:
        """Signals and exceptions of any thread, also of libraries, end the process in order."""
        before = threading.excepthook

        def failed(args: threading.ExceptHookArgs) -> None:
            before(args)
            name = args.thread.name if args.thread else "a thread"
            self.end(f"{name} failed: the process starts anew", os.EX_SOFTWARE)

        def told(number: int, frame: FrameType | None) -> None:
            self.end(f"stopping: {signal.Signals(number).name}")

        threading.excepthook = failed
        handlers = {number: signal.signal(number, told) for number in (signal.SIGTERM, signal.SIGINT)}
        try:
            yield
        finally:
            threading.excepthook = before
            for number, handler in handlers.items():
                signal.signal(number, handler)


def _where(part: Part) -> str:
    """The stack of the part's thread, as far as it is known."""
    frame = sys._current_frames().get(part.thread.ident) if part.thread and part.thread.ident else None
    return "".join(traceback.format_stack(frame)) if frame else "an unknown place"
