"""What the screen is told, from any thread: labels, answers, content, configuration, the time.

Of everything but the time only the newest matters, so nothing here can grow: an answer that was not yet drawn when the
next one came was never on the screen, and is dropped with a line in the log.
Not here: what the screen does with it (loop.py).
"""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass

from agent.config.schema import Config
from agent.messages import Labels, Play, Tick
from agent.screen.clip import PathOf
from wire.documents import Item

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Content:
    """What may play, and where the files are: None for one that is not on the device."""

    items: tuple[Item, ...]
    path_of: PathOf


@dataclass(slots=True)
class News:
    """What has come since the last time; None: nothing of it."""

    config: Config | None = None
    labels: Labels | None = None
    content: Content | None = None
    play: Play | None = None
    identify_s: float | None = None


class Stage:
    """Any thread tells, the screen's thread takes."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._news = News()
        self._tick: Tick | None = None
        self._waits = self._closed = False

    def labels(self, labels: Labels) -> None:
        """All labels from here on."""
        self._tell(labels=labels)

    def play(self, play: Play) -> None:
        """An answer, to be drawn at once."""
        self._tell(play=play)

    def content(self, items: tuple[Item, ...], path_of: PathOf) -> None:
        """What may play from here on."""
        self._tell(content=Content(items, path_of))

    def configure(self, config: Config) -> None:
        """From here on this configuration is in force."""
        self._tell(config=config)

    def identify(self, seconds: float) -> None:
        """The strip flashes for so long; 0 ends it."""
        self._tell(identify_s=seconds)

    def wall(self, tick: Tick) -> None:
        """The time; wakes nobody, as it comes each second."""
        with self._changed:
            self._tick = tick

    @property
    def tick(self) -> Tick | None:
        """The newest time that was told."""
        with self._changed:
            return self._tick

    def take(self, timeout_s: float) -> News:
        """What has come; waits for something that long at most."""
        with self._changed:
            if not self._waits and not self._closed and timeout_s > 0:
                self._changed.wait(timeout_s)
            news, self._news, self._waits = self._news, News(), False
            return news

    @property
    def waits(self) -> bool:
        """There is something to take: whoever is busy with what can wait should look."""
        return self._waits

    def close(self) -> None:
        """Wakes `take`, now and from here on."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    @property
    def closed(self) -> bool:
        return self._closed

    def _tell(self, **what: object) -> None:
        with self._changed:
            for name, value in what.items():
                before = getattr(self._news, name)
                if name == "play" and before is not None:
                    log.info("answer %s was overtaken before it was drawn", before.decision)
                setattr(self._news, name, value)
            self._waits = True
            self._changed.notify()
