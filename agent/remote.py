"""What the hub may want of this device, wired: documents, their files, and what puts them into force.

    uplink --desired, parts--> Keeper, Download --> LiveChanges --> parts, core, screen

Not here: what becomes of a document (documents/), how parts are exchanged (changes.py).
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from agent.changes import LiveChanges
from agent.config.schema import Config
from agent.documents.assets import AssetCache
from agent.documents.beginning import Beginning
from agent.documents.content_document import ContentKind, Items, PathOf
from agent.documents.download import Download
from agent.documents.keeper import Keeper
from agent.documents.model_document import ModelKind
from agent.documents.policy_document import PolicyKind
from agent.documents.protocol import Signs
from agent.documents.signing import DeviceKey
from agent.messages import ContentSet, Observation
from agent.screen.pictures import check_picture
from agent.supervisor import Beat, Supervisor
from wire.reported import ReportedPayload
from wire.topics import Topics


class Remote:
    """One device that obeys a hub; made only where `documents.dir` names a place. `ask`: other parts of files are
    wanted now; `report`: to the broker, as retained state."""

    def __init__(
        self,
        beginning: Beginning,
        topics: Topics,
        changes: LiveChanges,
        *,
        signs: Callable[[], Signs],
        report: Callable[[ReportedPayload], None],
        put: Callable[[Observation], None],
        to_screen: Callable[[Items, PathOf], None],
        ask: Callable[[], None],
        now_s: Callable[[], float],
        wall_s: Callable[[], float | None],
    ) -> None:
        config = beginning.config
        folder = Path(config.documents.dir)
        self.device_key = DeviceKey.load_or_make(folder / "device.key")
        self._cache = AssetCache(folder / "files", _bytes(config))
        self._beats = Beat(), Beat()
        self._config = config  # in force
        self.download = Download(self._cache, topics, tell=lambda: self.keeper.wake(), ask=ask, beat=self._beats[1])
        self.content = ContentKind(
            self._cache.path,
            verify=self._cache.verify,
            check_picture=check_picture,
            goods=lambda: frozenset(lane.gtin for lane in self._config.lanes),
            to_core=lambda items, version: put(ContentSet(now_s(), items, version)),
            to_screen=to_screen,
        )
        models = ModelKind(
            folder / "models",
            self._cache,
            own=lambda: Path(beginning.local.vision.manifest),
            threads=lambda: self._config.vision.threads,
            use=changes.apply_models,
        )
        self.keeper = Keeper(
            beginning,
            [self.content, models, PolicyKind(changes, lambda: self.content.names)],
            changes,
            signs,
            report,
            files=self.download,
            device_key=self.device_key.public,
            wall_s=wall_s,
            beat=self._beats[0],
        )

    def add(self, supervisor: Supervisor) -> None:
        """Adds the threads."""
        supervisor.add_thread("assets", self.download.run, self.download.stop, self._beats[1])
        supervisor.add_thread("documents", self.keeper.run, self.keeper.stop, self._beats[0])

    def hearers(self) -> dict[str, Any]:
        """What a courier hands to whom."""
        return {"on_document": self.keeper.desired, "on_part": self.download.part, "wanted": self.download.wanted}

    def configure(self, config: Config) -> None:
        """From here on this configuration is in force."""
        self._config = config
        self._cache.max_bytes = _bytes(config)


def _bytes(config: Config) -> int:
    return int(config.documents.cache_mb * 1e6)
