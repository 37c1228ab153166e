"""Attributes of the weighing parts to plain values and back: every part names its own."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from agent.messages import Snapshot


def take(part: object, names: Iterable[str]) -> Snapshot:
    """The named attributes: arrays, numbers."""
    return {name: getattr(part, name) for name in names}


def put_back(part: object, names: Iterable[str], state: Snapshot) -> None:
    """What `take` gave, after it went through JSON: None stands for NaN. ValueError when a shape is not the same."""
    for name in names:
        now: Any = getattr(part, name)
        if isinstance(now, np.ndarray):
            value = np.array(state[name], dtype=now.dtype)
            if value.shape != now.shape:
                raise ValueError(f"the snapshot's {name} has shape {value.shape}, the configuration needs {now.shape}")
            setattr(part, name, value)
        else:
            setattr(part, name, float("nan") if state[name] is None else type(now)(state[name]))
