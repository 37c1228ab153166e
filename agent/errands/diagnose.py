"""Looks at everything that can be seen from the running agent, and answers with the page.

Not here: what is looked at (commands/doctor_running.py), what the core adds of streams and lanes (agent/figures.py).
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable

from agent.config.schema import Config
from wire.commands import Diagnose

LIMIT_S = 20.0  # models are read and checked: 4 MB from a slow card
MOST_CHARACTERS = 8_192  # the rest of the answer is the core's


class DiagnoseWork:
    """`config`: as in force now; `facts`: what the process knows of itself, a line each (boot, broker, documents)."""

    def __init__(self, config: Callable[[], Config], facts: Callable[[], Iterable[str]] = tuple) -> None:
        self._config, self._facts = config, facts

    def limit_s(self, payload: Diagnose) -> float:
        """See Work."""
        return LIMIT_S

    def do(self, payload: Diagnose, stop: threading.Event) -> str:
        """See Work."""
        from agent.commands.doctor_running import examine_running  # what a start can do without

        page = examine_running(self._config(), self._facts())
        return page if len(page) <= MOST_CHARACTERS else page[:MOST_CHARACTERS] + "\n(cut off here)"
