"""The power fails at any moment while a config, content with a file, or a model is stored: old or new, whole.

The real agent runs under strace while a hub sends documents; every state that a cut may leave of its folder is laid
out, and what is in force is decided on each as at a start. On some of them the whole agent is started.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import signal
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from agent_scene import REPOSITORY
from crash_states import Medium, crash_states, lay_out, strace
from hostile import png
from obedient_shelf import CHIPS, COLA, ObedientShelf
from service_parent import Parent
from vision_scene import needs_runtime, write_models

from agent.config.load import load
from agent.documents.assets import AssetCache
from agent.documents.beginning import Beginning, begin
from agent.vision.manifest import read_manifest, read_model
from agent.vision.protocol import VisionError
from wire.limits import PART_BYTES

pytestmark = [
    pytest.mark.system,
    pytest.mark.powercut,
    needs_runtime,
    pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed: apt install strace"),
]

PICTURE = png(900, 400)
STARTS = 12  # of the whole agent, spread over the states


@dataclass(frozen=True, slots=True)
class Sent:
    """Versions that the hub sent, by kind, in order."""

    versions: dict[str, list[int]]


def publish_file(hub: Any, data: bytes) -> str:
    sha = hashlib.sha256(data).hexdigest()
    for i in range(0, len(data), PART_BYTES):
        hub.publish(f"shelf/v1/shop/asset/{sha}/{i // PART_BYTES}", data[i : i + PART_BYTES], retain=True)
    return sha


def stored(shelf: ObedientShelf, hub: Any, tmp_path: Path) -> Sent:
    """A config twice, content with a picture twice, a policy, models: each until it is in force."""
    versions: dict[str, list[int]] = {}

    def send(kind: str, body: dict[str, Any]) -> None:
        version = shelf.wants(hub, kind, body)
        shelf.await_state(hub, kind, "applied", version, within_s=90.0)
        versions.setdefault(kind, []).append(version)

    for price in ("4.50", "4.80"):
        send("config", {"config": {"lane": [{**COLA, "price": price}, CHIPS]}})
    for picture in (PICTURE, png(640, 360)):
        sha = publish_file(hub, picture)
        items = [{"name": "tea", "plays": "loop", "asset": sha}]
        send("content", {"assets": [{"sha256": sha, "bytes": len(picture)}], "items": items})
    send("policy", {"policy": {"rules": [{"name": "r", "on": ["dwell"], "show": ["tea"]}]}})
    manifest = write_models(tmp_path / "models")
    data = (tmp_path / "models" / "squares.tflite").read_bytes()
    sha = publish_file(hub, data)
    files = [{"name": "squares.tflite", "sha256": sha, "bytes": len(data)}]
    send("model", {"manifest": manifest.read_text(), "files": files})
    return Sent(versions)


@pytest.mark.timeout(900)
def test_whatever_a_cut_leaves_is_the_old_or_the_new_whole(
    tmp_path: Path, mosquitto: Any, subscriber: Callable[..., Any]
) -> None:
    mosquitto.start()
    hub = subscriber(mosquitto.port, "shelf/v1/shop/d1/#")
    trace = tmp_path / "trace"
    with ObedientShelf(tmp_path / "s", mosquitto.port, "d1", probation_s=5.0) as shelf:
        documents = shelf.folder / "documents"
        documents.mkdir()
        before = Medium.of(documents)
        command = strace([sys.executable, "-m", "agent", "run", str(shelf.config)], trace)
        shelf.parent = Parent(command, shelf.folder, watchdog_s=60.0, cwd=REPOSITORY)
        shelf.parent.wait_ready(within_s=60.0)
        shelf.await_rest(hub)
        sent = stored(shelf, hub, tmp_path)
        end(shelf.parent.pid)
        local = load(shelf.config)
    states = list(crash_states(before, trace.read_text(), documents))
    assert len(states) > 100
    place = tmp_path / "cut"
    for name, state in states:
        lay_out(state, place)
        whole(begin(replace(local, documents=replace(local.documents, dir=str(place)))), sent, place, name)
        shutil.rmtree(place)
    print(f"{len(states)} states")
    every = states[:: max(1, len(states) // STARTS)]
    for name, state in every:
        starts(shelf, state, tmp_path, name)


def end(pid: int) -> None:
    """The agent below strace is told to stop."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    for child in children:
        os.kill(int(child), signal.SIGTERM)


def whole(beginning: Beginning, sent: Sent, place: Path, name: str) -> None:
    """What is in force was sent, and all of it is there."""
    for kind, standing in beginning.standing.items():
        assert standing.held.version in sent.versions[kind], name
        assert standing.document.version == standing.held.version, name
    prices = {lane.name: lane.price for lane in beginning.config.lanes}
    by_version = {None: "", sent.versions["config"][0]: "4.50", sent.versions["config"][1]: "4.80"}
    assert prices["cola"] == by_version[beginning.version], name
    cache = AssetCache(place / "files", 100_000_000)
    for path in (place / "files").glob("*"):
        if len(path.name) == 64 and cache.path(path.name) is not None and cache.verify(path.name):
            assert hashlib.sha256(path.read_bytes()).hexdigest() == path.name, name
    for manifest in (place / "models").glob("*/manifest.toml"):
        if not manifest.parent.name.endswith((".new", ".part")):
            usable(manifest, name)


def usable(manifest: Path, name: str) -> None:
    """A folder of models that has its name is whole, or is found not to be."""
    try:
        models = read_manifest(manifest).models
    except VisionError as error:
        raise AssertionError(f"{name}: {manifest} cannot be read: {error}") from error
    for model in models:
        read_model(model, manifest.parent)


def starts(shelf: ObedientShelf, state: dict[str, bytes], tmp_path: Path, name: str) -> None:
    """The whole agent runs on it, without a broker, and ends when it is told to."""
    folder = tmp_path / "again"
    folder.mkdir()
    lay_out(state, folder / "documents")
    text = shelf.config.read_text().replace(str(shelf.folder), str(folder))
    (folder / "shelf.toml").write_text(text)
    command = [sys.executable, "-m", "agent", "run", str(folder / "shelf.toml")]
    with Parent(command, folder, cwd=REPOSITORY) as parent:
        parent.wait_ready()
        assert parent.close() == 0, f"{name}\n{parent.log}"
        assert "Traceback" not in parent.log, f"{name}\n{parent.log}"
    shutil.rmtree(folder)
