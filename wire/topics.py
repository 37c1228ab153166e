"""The names of the topics under `shelf/v1/<store>/<device>/`."""

from __future__ import annotations

import re
from dataclasses import dataclass

ROOT = "shelf/v1"
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")  # store, device, command id: one MQTT level, no wildcard


@dataclass(frozen=True, slots=True)
class Topics:
    """All topics of one device. ValueError for a store or device name that is not one plain MQTT level."""

    store: str
    device: str

    def __post_init__(self) -> None:
        for what, name in (("store", self.store), ("device", self.device)):
            if not NAME.fullmatch(name):
                raise ValueError(
                    f"{what} {name!r}: use letters, digits, _ . - (at most 64), starting with a letter or digit"
                )

    @property
    def base(self) -> str:
        return f"{ROOT}/{self.store}/{self.device}"

    def event(self, kind: str) -> str:
        return f"{self.base}/event/{kind}"

    def state(self, kind: str) -> str:
        return f"{self.base}/state/{kind}"

    def command(self, kind: str, id: str) -> str:
        return f"{self.base}/command/{kind}/{id}"

    def commands(self) -> str:
        """The filter a device subscribes to."""
        return f"{self.base}/command/+/+"

    def result(self, id: str) -> str:
        return f"{self.base}/result/{id}"

    def parse_command(self, topic: str) -> tuple[str, str] | None:
        """`(name, id)` of a command topic of this device, None for any other topic."""
        levels = topic.removeprefix(self.base + "/command/").split("/")
        if topic.startswith(self.base + "/command/") and len(levels) == 2 and all(NAME.fullmatch(x) for x in levels):
            return levels[0], levels[1]
        return None
