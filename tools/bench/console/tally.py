"""How far what the shelf told agrees with what was so, once a second, from the terminal's own board.

Not here: matching (tools/score/match.py), hearing (tools/demo/listen.py).
"""

from __future__ import annotations

import threading
import time
from typing import Any

from tools.bench.console.model import Model
from tools.demo.board import LAST_S, Board

EVERY_S = 1.0
JOIN_S = 5.0
MOST_MARKS = 200


class Tally:
    """Counts from the moment it is made until `close`."""

    def __init__(self, board: Board, model: Model) -> None:
        self._board, self._model = board, model
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="tally")
        self._thread.start()

    def close(self) -> None:
        """May be called twice."""
        self._stop.set()
        self._thread.join(JOIN_S)

    def _run(self) -> None:
        while not self._stop.wait(EVERY_S):
            self._model.put(tally=self.count())

    def count(self) -> dict[str, Any]:
        """`marks`: by event id, whether it was so."""
        _, matches, score = self._board.now(time.monotonic(), LAST_S)
        ids = {id(heard.payload): heard.id for heard in self._board.heard()}
        marks = {ids[id(event)]: True for event, _ in matches.pairs if id(event) in ids}
        marks |= {ids[id(event)]: False for event in matches.wrong if id(event) in ids}
        return {
            "right": len(matches.pairs),
            "missed": len(matches.missed),
            "wrong": len(matches.wrong),
            "f1": None if score is None else round(score, 3),
            "marks": dict(list(marks.items())[-MOST_MARKS:]),
        }
