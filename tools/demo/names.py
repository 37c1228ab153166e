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
    lanes: dict[str, set[str]] = {}
    for lane in config.lanes:
        lanes.setdefault(good(lane), set()).add(lane.name)
    kinds = {
        name: [good(lane) for lane in config.lanes if lane.name == name] for name in {x.name for x in config.lanes}
    }
    return {name: own[0] if len(own) == 1 and len(lanes[own[0]]) == 1 else name for name, own in kinds.items()}
