"""Content through a real mosquitto: a signed document, its pictures part by part, a device that stops half way."""

from __future__ import annotations

import hashlib
import io
import random
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from files_scene import File
from outbox_scene import TOPICS, wait_for
from PIL import Image

from agent.config.load import from_dict
from agent.config.schema import Broker
from agent.documents.assets import AssetCache
from agent.documents.beginning import begin
from agent.documents.content_document import ContentKind
from agent.documents.download import Download
from agent.documents.keeper import Keeper
from agent.documents.protocol import Signs
from agent.outbox.outbox import Outbox
from agent.screen.pictures import check_picture
from agent.uplink.backoff import Backoff
from agent.uplink.courier import Courier
from agent.uplink.paho import PahoUplink
from agent.uplink.protocol import Message
from agent.uplink.retained import OFFLINE
from tools.publish.signing import HubKey, new_key, sign
from wire.documents import ContentDocument, Item
from wire.reported import ContentReported, ReportedPayload

if TYPE_CHECKING:
    from conftest import Mosquitto, Subscriber

pytestmark = pytest.mark.system

HEALTHY = Signs(frozenset(), connected=True, core_answers=True, rss_mb=60.0)


class NoChanges:
    """Nothing but content is changed here."""

    def apply_config(self, *_: object) -> None: ...

    def apply_policy(self, *_: object) -> None: ...

    def restart(self, reason: str) -> None: ...


class Device:
    """From the broker to what the core is told; everything but the core and the screen is real."""

    def __init__(self, folder: Path, port: int, key: HubKey) -> None:
        trusted = {"name": key.name, "ed25519": key.public}
        documents = {"dir": str(folder), "key": [trusted], "probation_s": 5.0}
        local = from_dict({"device": {"store": "shop", "id": "d1"}, "documents": documents})
        self.told: list[ReportedPayload] = []
        self.core: list[tuple[list[str], int | None]] = []
        self.cache = AssetCache(folder / "assets", 50_000_000, reserve_bytes=0)
        self.download = Download(self.cache, TOPICS, tell=lambda: self.keeper.wake(), ask=lambda: self.courier.wake())
        content = ContentKind(
            self.cache.path,
            verify=self.cache.verify,
            check_picture=check_picture,
            goods=frozenset,
            to_core=lambda items, version: self.core.append(([item.name for item in items], version)),
            to_screen=lambda items, path_of: None,
        )
        self.keeper = Keeper(
            begin(local), [content], NoChanges(), lambda: HEALTHY, self.told.append, files=self.download
        )
        self.outbox = Outbox(folder / "outbox.sqlite", TOPICS, "b1")
        self.courier = Courier(
            PahoUplink(Broker(port=port), "shop:d1", Message(TOPICS.state("online"), OFFLINE, retain=True)),
            self.outbox,
            lambda *_: None,
            on_document=self.keeper.desired,
            on_part=self.download.part,
            wanted=self.download.wanted,
            backoff=Backoff(random.Random(1), first_s=0.05, most_s=0.2),
        )
        self._threads = [threading.Thread(target=run, daemon=True) for run in (self.keeper.run, self.download.run)]
        self.outbox.start()
        for thread in self._threads:
            thread.start()
        self.courier.start()

    @property
    def content(self) -> ContentReported | None:
        return next((told for told in reversed(self.told) if isinstance(told, ContentReported)), None)

    def progress(self, *files: File) -> float:
        return self.download.progress(tuple(one.asset for one in files))

    def stop(self) -> None:
        self.courier.stop()
        self.keeper.stop()
        self.download.stop()
        for thread in self._threads:
            thread.join(5)
        self.keeper.end()
        self.outbox.stop()


def picture(seed: int, width: int) -> File:
    """Noise, which no format makes small."""
    noise = Image.frombytes("RGB", (width, 100), random.Random(seed).randbytes(width * 300))
    noise.save(out := io.BytesIO(), "PNG")
    return File(out.getvalue())


def document(version: int, *files: File) -> ContentDocument:
    items = [Item(name=f"picture {n}", plays="loop", asset=one.sha256) for n, one in enumerate(files)]
    return ContentDocument(
        version=version, store="shop", device="*", by="hub", issued="2026-03-14T08:00:00Z",
        assets=tuple(one.asset for one in files), items=(Item(name="words", plays="loop", headline="Hello"), *items),
    )  # fmt: skip


def test_pictures_come_in_parts_go_on_after_a_restart_and_play_when_they_are_whole(
    mosquitto: Mosquitto, subscriber: Callable[..., Subscriber], tmp_path: Path
) -> None:
    mosquitto.start()
    hub, key = subscriber(mosquitto.port, "nothing/#"), new_key("hub")
    small, large = picture(1, 60), picture(2, 3000)

    def publish(one: File, parts: range) -> None:
        for part in parts:
            hub.publish(TOPICS.asset(one.sha256, part), one.parts()[part], retain=True)

    many = len(large.parts())
    device = Device(tmp_path, mosquitto.port, key)
    hub.publish(TOPICS.desired("content"), sign(document(1, small, large), [key]), retain=True)
    publish(small, range(1))
    publish(large, range(many // 2))
    wait_for(lambda: device.progress(small) == 1.0 and device.progress(large) > 0.4)
    wait_for(lambda: device.content is not None and device.content.missing == (large.sha256,))
    assert device.content is not None and (device.content.state, device.content.version) == ("loading", None)
    assert device.core == []
    device.stop()
    publish(large, range(many // 2, many))
    device = Device(tmp_path, mosquitto.port, key)
    wait_for(lambda: device.core == [(["words", "picture 0", "picture 1"], 1)])
    path = device.cache.path(large.sha256)
    assert path is not None and hashlib.sha256(path.read_bytes()).hexdigest() == large.sha256
    assert mosquitto.log.count("Sending PUBLISH to shop:d1") < 2 * many, "no part comes for nothing"
    device.stop()


def test_what_plays_goes_on_while_the_new_content_has_parts_that_are_wrong(
    mosquitto: Mosquitto, subscriber: Callable[..., Subscriber], tmp_path: Path
) -> None:
    mosquitto.start()
    hub, key = subscriber(mosquitto.port, "nothing/#"), new_key("hub")
    small = picture(1, 60)
    hub.publish(TOPICS.desired("content"), sign(document(1), [key]), retain=True)
    device = Device(tmp_path, mosquitto.port, key)
    wait_for(lambda: device.core == [(["words"], 1)])
    hub.publish(TOPICS.asset(small.sha256, 0), small.data[:-1] + b"?", retain=True)
    hub.publish(TOPICS.desired("content"), sign(document(2, small), [key]), retain=True)
    wait_for(lambda: device.content is not None and bool(device.content.findings))
    assert device.content is not None and (device.content.state, device.content.version) == ("loading", 1)
    assert "its parts make another file" in device.content.findings[0].reason
    assert device.core == [(["words"], 1)]
    device.stop()
