"""A shelf that obeys a hub: the real agent under a parent as systemd is, a board on a pty, documents from a key.

with ObedientShelf(tmp_path / "a", broker_port, "d1") as shelf:
    shelf.start()
    shelf.wants("config", {"lane": [...]})
"""

from __future__ import annotations

import base64
import json
import signal
import sys
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from agent_scene import CONFIG, REPOSITORY, Board, Camera
from hostile import head, signed
from PIL import Image
from service_parent import Parent
from vision_scene import picture, write_models

from agent.documents.signing import SecretKey

WATCHDOG_S = 15.0  # as in systemd/shelfd.service
MORE = """
[documents]
dir = "{folder}/documents"
probation_s = {probation_s}
[[documents.key]]
name = "hub"
ed25519 = "{key}"
"""


EYES = """
[camera]
driver = "folder"
device = "{folder}/pictures"
rate_hz = 10
[vision]
manifest = "{manifest}"
"""


def squares(folder: Path) -> None:
    """Pictures of a red square that moves, so that the eyes stay open."""
    folder.mkdir()
    for i in range(20):
        Image.fromarray(picture((40 + 20 * i, 100, 80)).pixels).save(folder / f"{i:02}.png")


def lane(name: str, cell: str, gtin: str, unit_g: float, **keys: Any) -> dict[str, Any]:
    return {"name": name, "cells": [cell], "gtin": gtin, "unit_g": unit_g, "units": 6, **keys}


COLA = lane("cola", "a1", "06901234567892", 345.0, left_m=0.0, right_m=0.3, bottom_m=0.0, top_m=0.3)
CHIPS = lane("chips", "a2", "04006381333931", 150.0, left_m=0.3, right_m=0.6, bottom_m=0.0, top_m=0.3)


class ObedientShelf:
    """Board and tracker run from the beginning; the agent when it is started."""

    def __init__(
        self, folder: Path, port: int, device: str, *, probation_s: float = 12.0, more: str = "", eyes: bool = False
    ) -> None:
        """`eyes`: a camera of its own that sees red squares, in place of the tracker."""
        folder.mkdir()
        self.folder, self.device = folder, device
        self.key = SecretKey.make()
        self.base = f"shelf/v1/shop/{device}/"
        self.config = folder / "shelf.toml"
        text = CONFIG.replace('id = "d1"', f'id = "{device}"').format(port=port, folder=folder)
        if eyes:
            text = text.replace("[tracks]", "[unused]").replace(f'[unused]\nsocket = "{folder}/tracks.sock"\n', "")
            more += EYES.format(folder=folder, manifest=write_models(folder / "own"))
            squares(folder / "pictures")
        key = base64.b64encode(self.key.public).decode()
        self.config.write_text(text + MORE.format(folder=folder, key=key, probation_s=probation_s) + more)
        self.board = Board(folder / "usb-shelf")
        self.camera = Camera(folder / "tracks.sock")
        self.parent: Parent | None = None
        self.version = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.parent is not None:
            self.parent.close()
        self.camera.close()
        self.board.close()

    @property
    def log(self) -> str:
        return "" if self.parent is None else self.parent.log

    def start(self, *, sabotaged: bool = False, **environment: str) -> Parent:
        module = ["tests.system.sabotaged_agent"] if sabotaged else ["agent"]
        command = [sys.executable, "-m", *module, "run", str(self.config)]
        self.parent = Parent(
            command, self.folder, watchdog_s=WATCHDOG_S, restart_s=2.0, environment=environment, cwd=REPOSITORY
        )
        self.parent.wait_ready()
        return self.parent

    def message(self, kind: str, body: dict[str, Any], **keys: Any) -> bytes:
        """The signed message of a document that is newer than all before."""
        self.version += 1
        return signed(kind, {**head(self.version, by="li.wei", device=self.device, **keys), **body}, self.key)

    def wants(self, hub: Any, kind: str, body: dict[str, Any]) -> int:
        """The hub wants this; its version."""
        hub.publish(f"{self.base}{kind}/desired", self.message(kind, body), retain=True)
        return self.version

    def reported(self, hub: Any, kind: str) -> list[dict[str, Any]]:
        return [json.loads(message.body) for message in hub.on(f"{self.base}{kind}/reported")]

    def states(self, hub: Any, kind: str) -> list[dict[str, Any]]:
        return [json.loads(message.body) for message in hub.on(f"{self.base}state/{kind}")]

    def events(self, hub: Any, kind: str) -> list[dict[str, Any]]:
        return [json.loads(message.body)["data"] for message in hub.on(f"{self.base}event/{kind}")]

    def await_rest(self, hub: Any, runs: int = 1) -> None:
        """Its streams are well."""

        def well(_: Any) -> bool:
            health = self.states(hub, "health")
            return bool(health) and all(s["alive"] and s["valid"] for s in health[-1]["streams"])

        hub.wait_for(well, what=f"{self.device} to be well\n{self.log}", within_s=30.0)

    def await_state(self, hub: Any, kind: str, state: str, version: int, within_s: float = 60.0) -> dict[str, Any]:
        """The report that says so of the wanted version."""

        def said(_: Any) -> bool:
            reports = self.reported(hub, kind)
            return bool(reports) and (reports[-1]["state"], reports[-1]["desired_version"]) == (state, version)

        what = f"{self.device}: {kind} {version} to be {state}; reported {self.reported(hub, kind)[-2:]}\n{self.log}"
        hub.wait_for(said, what=what, within_s=within_s)
        return self.reported(hub, kind)[-1]

    def kill(self, how: signal.Signals = signal.SIGKILL) -> None:
        assert self.parent is not None
        self.parent.kill(how)
