"""A shelf and its hub, without threads: documents arrive, time passes, the process ends in order or not.

shelf = Shelf(tmp_path)
shelf.hub.config({"lane": [...]})   # signs the next version and hands it over
shelf.wait(40)
shelf.crash(); shelf.start()
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import agent.documents.store as store_module
from agent.config.load import from_dict
from agent.config.schema import Config
from agent.documents.beginning import Beginning, begin
from agent.documents.desk import Desk
from agent.documents.findings import finding
from agent.documents.policy_document import PolicyKind
from agent.documents.protocol import ApplyError, Files, Kind, NoFiles, Signs
from agent.documents.signing import SecretKey
from agent.files import write_whole
from agent.signs import payload_hash
from tools.publish.signing import HubKey, sign
from wire.documents import ConfigDocument, Document, Policy, PolicyDocument
from wire.reported import ReportedPayload

OLD = HubKey("hub-2026", SecretKey(b"o" * 32))
NEW = HubKey("hub-2027", SecretKey(b"n" * 32))
STRANGER = HubKey("hub-2026", SecretKey(b"s" * 32))  # under the name of another
ISSUED = "2026-03-14T09:26:39.000Z"
WALL_S = 1_773_480_399.0


class Died(BaseException):
    """The power is gone."""


def local_config(folder: Path, **more: Any) -> Config:
    """The device's own file: one scale of two cells, a lane on the first."""
    cells = [{"name": "c1", "counts_per_gram": 100.0}, {"name": "c2", "counts_per_gram": 100.0}]
    return from_dict(
        {
            "device": {"store": "s", "id": "d"},
            "scale": [{"name": "main", "driver": "shelfd-lines", "port": "/dev/ttyUSB0", "cell": cells}],
            "lane": [lane("own", price="1.00")],
            "documents": {"dir": str(folder / "documents"), "key": [trusted(OLD)]},
            **more,
        }
    )


def trusted(key: HubKey) -> dict[str, str]:
    return {"name": key.name, "ed25519": key.public}


def lane(name: str, **more: Any) -> dict[str, Any]:
    return {"name": name, "cells": ["c1"], "gtin": "6901234567892", **more}


def priced(price: str) -> dict[str, Any]:
    """A whole configuration that differs by one price."""
    return {"lane": [lane("cola", price=price)]}


class Parts:
    """The app: what it was told last, and what it does wrong on demand (`when` is asked before each change)."""

    def __init__(self) -> None:
        self.config: Config | None = None
        self.version: int | None = None
        self.policy: Policy | None = None
        self.restarts: list[str] = []
        self.changes = 0
        self.when: Callable[[Config | Policy | None], None] = lambda _: None

    def apply_config(self, config: Config, version: int | None, by: str | None) -> None:
        self.changes += 1
        self.when(config)
        self.config, self.version = config, version

    def apply_policy(self, policy: Policy | None, version: int | None) -> None:
        self.when(policy)
        self.policy = policy

    def restart(self, reason: str) -> None:
        self.restarts.append(reason)


HEALTHY = Signs(frozenset({"scale/main", "camera"}), connected=True, core_answers=True, rss_mb=60.0)


@dataclass
class Shelf:
    """One device. `signs` are what is seen of it, by the configuration in force."""

    folder: Path
    local: Config = None  # type: ignore[assignment]
    parts: Parts = field(default_factory=Parts)
    now_s: float = 1000.0
    kinds: Sequence[Kind] = ()
    files: Files = field(default_factory=NoFiles)
    told: dict[str, ReportedPayload] = field(default_factory=dict)
    signs: Callable[[Config], Signs] = lambda config: HEALTHY
    beginning: Beginning = None  # type: ignore[assignment]
    desk: Desk = None  # type: ignore[assignment]

    def __post_init__(self) -> None:
        self.local = self.local or local_config(self.folder)
        self.hub = Hub(self)
        self.start()

    def start(self, local: Config | None = None) -> None:
        """A new process."""
        self.local = local or self.local
        self.beginning = begin(self.local)
        self.parts.config, self.parts.version = self.beginning.config, self.beginning.version
        self.parts.policy = None
        self.desk = Desk(
            self.beginning,
            [PolicyKind(self.parts, lambda: None), *self.kinds],
            self.parts,
            self._seen,
            self._hear,
            files=self.files,
            device_key=b"k" * 32,
            wall_s=lambda: WALL_S,
            beat=lambda: None,
            clock=lambda: self.now_s,
        )
        self.desk.start()

    def stop(self) -> None:
        """The process ends because it was told to."""
        self.desk.end()

    def restart(self) -> None:
        self.stop()
        self.start()

    def crash(self) -> None:
        """The process ends any other way: nothing is done any more."""
        self.start()

    def wait(self, seconds: float) -> None:
        until_s = self.now_s + seconds
        while self.now_s < until_s:
            self.now_s += 1.0
            self.desk.turn()

    def hear(self, kind: str, body: bytes) -> ReportedPayload:
        """A message from the broker, and what is said of it at once."""
        self.desk.take(kind, body)
        return self.told[kind]

    def settle(self) -> None:
        """So long that everything on trial has been decided."""
        self.wait(60)

    @property
    def config(self) -> Config:
        assert self.parts.config is not None
        return self.parts.config

    @property
    def price(self) -> str:
        return self.config.lanes[0].price

    def state(self, kind: str = "config") -> str:
        return self.told[kind].state

    def reasons(self, kind: str = "config") -> str:
        return " | ".join(f"{x.path}: {x.reason} ({x.suggestion})" for x in self.told[kind].findings)

    def _seen(self) -> Signs:
        """Where nothing else is said, the broker of each configuration is a good one, and the hub has told it there."""
        signs = self.signs(self.config)
        return replace(signs, accepted=True, heard=self.hub.hash) if signs is HEALTHY else signs

    def _hear(self, payload: ReportedPayload) -> None:
        self.told[payload.kind.removesuffix("/reported")] = payload


class Hub:
    """Signs with the old key unless told otherwise; versions grow by themselves."""

    def __init__(self, shelf: Shelf) -> None:
        self.shelf, self.version, self.last, self.hash = shelf, 0, b"", ""
        self.keys: tuple[HubKey, ...] = (OLD,)

    def config(self, wanted: dict[str, Any], **head: Any) -> ReportedPayload:
        return self.send(ConfigDocument(**{**self._head(), **head}, config=wanted))

    def policy(self, policy: Policy, **head: Any) -> ReportedPayload:
        return self.send(PolicyDocument(**{**self._head(), **head}, policy=policy))

    def send(self, document: Document) -> ReportedPayload:
        self.last = sign(document, self.keys)
        if document.kind == "config":
            self.hash = payload_hash(self.last)
        return self.shelf.hear(document.kind, self.last)

    def repeats(self, kind: str = "config") -> ReportedPayload:
        """The broker sends the retained message again."""
        return self.shelf.hear(kind, self.last)

    def _head(self) -> dict[str, Any]:
        self.version += 1
        return {"version": self.version, "store": "s", "device": "d", "by": "li.wei", "issued": ISSUED}


def no_camera(signs: Signs) -> Signs:
    return replace(signs, alive=signs.alive - {"camera"})


def cannot(what: str) -> ApplyError:
    return ApplyError(finding("", what))


class Disk:
    """Counts the writes of the store and cuts the power at one of them: before it, or right after it."""

    def __init__(self) -> None:
        self.writes, self.dies_at, self.full, self.refused = 0, 0, False, 0

    def write(self, path: Path, data: bytes, mode: int = 0o600) -> None:
        if self.full:
            self.refused += 1
            raise OSError(28, "No space left on device")
        self.writes += 1
        if self.writes * 2 - 1 == self.dies_at:
            raise Died
        write_whole(path, data, mode)
        if self.writes * 2 == self.dies_at:
            raise Died

    def install(self, monkeypatch: Any) -> Disk:
        monkeypatch.setattr(store_module, "write_whole", self.write)
        return self
