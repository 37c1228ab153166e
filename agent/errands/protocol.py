"""What an errand's work is, and how it says that it could not be done.

Not here: the kinds (identify.py, diagnose.py, record.py), who does them and for how long (errands.py).
"""

from __future__ import annotations

import threading
from typing import Any, Protocol

RESTART_EXIT = 75  # EX_TEMPFAIL: systemd starts the agent again (Restart=on-failure), and it is none of the codes that
# need a person


class ErrandError(Exception):
    """It could not be done; the message is the sentence of the refusal."""


class Work(Protocol):
    """One kind of errand. `do` runs in a short-lived thread of its own, one at a time."""

    def limit_s(self, payload: Any) -> float:
        """After so long it is given up and answered refused."""
        ...

    def do(self, payload: Any, stop: threading.Event) -> str:
        """The sentence of the answer. ErrandError where it cannot be done. `stop` is set when the agent ends: come
        to an end at once, and say what was done until then."""
        ...
