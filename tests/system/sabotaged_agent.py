"""The real agent with mistakes in it that only certain configurations bring out: what no check can foresee.

A lane of the name `crash` ends the process, `hang` stops the core for good, `late` ends the process some seconds later,
`leak` takes more memory than is allowed, `start` ends every start under it, `stuck` lets none come to its end. Used as
`python -m agent` is.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable
from typing import Any

from agent.__main__ import main
from agent.app import App
from agent.core import Core
from agent.messages import ConfigSet, Observation

KEPT: list[bytearray] = []


def hang() -> None:
    threading.Event().wait()


def leak() -> None:
    KEPT.append(bytearray(b"x" * 400_000_000))


DEEDS: dict[str, Callable[[], None]] = {
    "crash": os.abort,
    "hang": hang,
    "late": lambda: threading.Timer(3.0, os.abort).start(),
    "leak": leak,
}


def sabotage() -> None:
    step, build = Core.step, App.__init__

    def sabotaged_step(core: Core, observation: Observation) -> Any:
        outputs = step(core, observation)
        if isinstance(observation, ConfigSet):
            for name in {lane.name for lane in observation.config.lanes} & DEEDS.keys():
                DEEDS[name]()
        return outputs

    def sabotaged_build(app: App, *arguments: Any, **more: Any) -> None:
        build(app, *arguments, **more)
        if any(lane.name == "start" for lane in app.config.lanes):
            os.abort()
        if any(lane.name == "stuck" for lane in app.config.lanes):
            hang()

    Core.step = sabotaged_step  # type: ignore[method-assign]
    App.__init__ = sabotaged_build  # type: ignore[method-assign]


if __name__ == "__main__":
    sabotage()
    sys.exit(main())
