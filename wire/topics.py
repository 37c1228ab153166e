"""The names of the topics under `shelf/v1/<store>/<device>/`, and of the parts of assets, which are a whole store's."""

from __future__ import annotations

import re
from dataclasses import dataclass

ROOT = "shelf/v1"
DOCUMENTS = ("config", "content", "model", "policy")  # what a hub may want of a device
ASSET = re.compile(r"asset/([0-9a-f]{64})/(0|[1-9][0-9]{0,5})", re.ASCII)
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

    def desired(self, document: str) -> str:
        """`document`: one of DOCUMENTS."""
        return f"{self.base}/{document}/desired"

    def all_desired(self) -> tuple[str, ...]:
        """The filters a device subscribes to."""
        return tuple(self.desired(document) for document in DOCUMENTS)

    def reported(self, document: str) -> str:
        return f"{self.base}/{document}/reported"

    def retained(self, kind: str) -> str:
        """Where a retained payload of this kind stands: `state/stock`, but `config/reported` as it is named."""
        return f"{self.base}/{kind}" if "/" in kind else self.state(kind)

    def asset(self, sha256: str, part: int) -> str:
        """The same for all devices of a store."""
        return f"{ROOT}/{self.store}/asset/{sha256}/{part}"

    def command(self, kind: str, id: str) -> str:
        return f"{self.base}/command/{kind}/{id}"

    def commands(self) -> str:
        """The filter a device subscribes to."""
        return f"{self.base}/command/+/+"

    def result(self, id: str) -> str:
        return f"{self.base}/result/{id}"

    def parse_desired(self, topic: str) -> str | None:
        """The document that a topic of this device wants, None for any other topic."""
        document = topic.removeprefix(self.base + "/").removesuffix("/desired")
        return document if document in DOCUMENTS and topic == self.desired(document) else None

    def parse_asset(self, topic: str) -> tuple[str, int] | None:
        """`(sha256, part)` of a part of an asset of this store, None for any other topic."""
        found = ASSET.fullmatch(topic.removeprefix(f"{ROOT}/{self.store}/"))
        return (found[1], int(found[2])) if found and topic.startswith(f"{ROOT}/{self.store}/") else None

    def parse_command(self, topic: str) -> tuple[str, str] | None:
        """`(name, id)` of a command topic of this device, None for any other topic."""
        levels = topic.removeprefix(self.base + "/command/").split("/")
        if topic.startswith(self.base + "/command/") and len(levels) == 2 and all(NAME.fullmatch(x) for x in levels):
            return levels[0], levels[1]
        return None
