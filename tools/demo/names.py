"""What lanes and goods of the simulated shop are called where people read.

Not here: how they are drawn (screen.py).
"""

from __future__ import annotations

from agent.config.schema import Config, Lane


def good(lane: Lane) -> str:
    """ "cola" of "01 cola"."""
    return lane.title[3:]


def called(config: Config) -> dict[str, str]:
    """By each lane's name the kind that only this lane carries, else the name."""
    names = [lane.name for lane in config.lanes]
    kinds = [good(lane) for lane in config.lanes]
    pairs = zip(names, kinds, strict=True)
    return {name: kind if names.count(name) == kinds.count(kind) == 1 else name for name, kind in pairs}
