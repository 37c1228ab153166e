"""The one model of the state, as plain JSON, and the changes that every page is told.

A page gets the whole first, then changes: `{"put": {key: value}}` replaces, `{"add": {key: [entries]}}` appends. A page
that does not keep up gets the whole again instead of a longer queue. Not here: HTTP (server.py), what is in it.
"""

from __future__ import annotations

import json
import threading
from collections import deque
from collections.abc import Sequence
from typing import Any

QUEUE = 256  # changes that wait for one page: seconds of them


class Page:
    """One reader of the model."""

    def __init__(self, model: Model) -> None:
        self._model = model
        self._waiting: deque[str] = deque()
        self._behind = True  # the whole is due
        self._news = threading.Condition()

    def tell(self, change: str) -> None:
        """One change; never waits."""
        with self._news:
            if len(self._waiting) >= QUEUE:
                self._behind = True
                self._waiting.clear()
            if not self._behind:
                self._waiting.append(change)
            self._news.notify()

    def take(self, timeout_s: float) -> list[str]:
        """What is new, in order; empty when nothing came in time."""
        with self._news:
            if not self._behind and not self._waiting:
                self._news.wait(timeout_s)
            if not self._behind:
                fresh = list(self._waiting)
                self._waiting.clear()
                return fresh
        return [self._model.whole_for(self)]

    def caught_up(self) -> None:
        """The whole has just been written for this page; what comes now comes after it."""
        with self._news:
            self._behind = False
            self._waiting.clear()


class Model:
    """Written by any thread, read by every page."""

    def __init__(self) -> None:
        self._state: dict[str, Any] = {}
        self._pages: set[Page] = set()
        self._lock = threading.Lock()

    def put(self, **values: Any) -> None:
        """Replaces; what is as it was is not told."""
        with self._lock:
            new = {key: value for key, value in values.items() if self._state.get(key, self) != value}
            self._state.update(new)
            if new:
                self._tell({"put": new})

    def add(self, key: str, entries: Sequence[Any], most: int) -> None:
        """Appends to a list of which the newest `most` are kept."""
        with self._lock:
            self._state[key] = [*self._state.get(key, []), *entries][-most:]
            self._tell({"add": {key: list(entries)}, "most": most})

    def get(self, key: str) -> Any:
        """None for what is not there."""
        with self._lock:
            return self._state.get(key)

    def open(self) -> Page:
        """A new page; `close` it."""
        page = Page(self)
        with self._lock:
            self._pages.add(page)
        return page

    def close(self, page: Page) -> None:
        """Nothing is told to it any more."""
        with self._lock:
            self._pages.discard(page)

    def whole_for(self, page: Page) -> str:
        """Everything; from here on the page is told changes."""
        with self._lock:
            page.caught_up()
            return json.dumps({"put": self._state, "whole": True}, ensure_ascii=False)

    def _tell(self, change: dict[str, Any]) -> None:
        text = json.dumps(change, ensure_ascii=False)
        for page in self._pages:
            page.tell(text)
