"""What the keeper of documents asks of the parts around it, and what it tells them.

    uplink --desired--> Keeper --apply--> Changes, Kinds        (thread "documents")
                          |  ^--- Signs, Files
                          +--report--> outbox, as retained state

Not here: the documents themselves (wire/documents.py), what becomes of them (keeper.py), how files come (assets.py,
download.py).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from agent.config.schema import Config
from wire.documents import Asset, Policy
from wire.reported import Finding

KindName = Literal["config", "content", "model", "policy"]
Beat = Callable[[], None]


class DocumentError(Exception):
    """The error family of this package. `findings` say what is wrong and what to do."""

    def __init__(self, *findings: Finding) -> None:
        super().__init__("; ".join(f"{x.path}: {x.reason}" if x.path else x.reason for x in findings))
        self.findings = findings


class KeepError(DocumentError):
    """The disk did not take it. It is worth another try after a while."""


class ApplyError(DocumentError):
    """Raised by an `apply`: the change could not be made. What was in force before is applied again."""


class StopError(Exception):
    """Raised by the `beat` that `Kind.ready` is given, and by a change that is waited for, when the process is to stop.
    Clean up and let it pass: what is on trial stays so."""


class Kind(Protocol):
    """One kind of document. All methods are called in the thread "documents", never two at once."""

    @property
    def kind(self) -> str:
        """ "content", "model", "policy", "config"."""

    def check(self, document: Any) -> list[Finding]:
        """Why it is refused, by its contents alone; empty: it may be wanted. Nothing is changed. Takes below a second.
        Paths as in the document: `items[3].link`."""

    def notes(self, document: Any) -> list[Finding]:
        """What is worth knowing and no reason to refuse: reported beside `applied`. Nothing is changed."""

    def needs(self, document: Any) -> tuple[Asset, ...]:
        """Files that have to be whole before `ready` and `apply`."""

    def ready(self, document: Any, beat: Beat) -> list[Finding]:
        """Why it is refused, now that its files are whole: the last proof, on the device. May take a minute; calls
        `beat` at least each second. Nothing in force is changed. Should the process die in it, the document counts as
        harmful and is never tried again."""

    def apply(self, document: Any | None) -> None:
        """Puts it in force; None: only what the device brought along. Returns within seconds. ApplyError where it
        cannot. Also called at each start with what is in force, and again with the same document when a file of it that
        was lost has come back: whoever has it already in force does nothing."""


class Fileless:
    """The part of a Kind whose documents have no files, and nothing to prove before they are tried."""

    def needs(self, document: Any) -> tuple[Asset, ...]:
        return ()

    def ready(self, document: Any, beat: Beat) -> list[Finding]:
        return []


class Changes(Protocol):
    """What a change is, given by the app. Called in the thread "documents"; each returns within seconds, as a call that
    hangs starves the watchdog. ApplyError where the change cannot be made, StopError where the process ends before; any
    other exception ends the process, and the next start goes back by itself."""

    def apply_config(self, config: Config, version: int | None, by: str | None) -> None:
        """From here on this configuration is in force: live, or with the parts concerned built anew. `version` None:
        the device's own file."""

    def apply_policy(self, policy: Policy | None, version: int | None) -> None:
        """From here on this policy is in force. None: there is none."""

    def restart(self, reason: str) -> None:
        """The process is to end and to be started anew: what was taken back did not come back to life by itself."""


@dataclass(frozen=True, slots=True)
class Signs:
    """How the agent does, at one moment. `alive`: names of the streams that deliver as they should (as in health:
    "scale/main", "camera", "tracks"; "screen" where the panel shows). `core_answers`: the core has taken a Tick within
    the last seconds. `connected`: the broker has taken us; `accepted`: since then it has taken something of ours, too.
    `heard`: hash of the newest `config/desired` that came over the way to the broker as it is now, empty before the
    first. `rss_mb`: resident memory, None where it cannot be read."""

    alive: frozenset[str]
    connected: bool
    core_answers: bool
    rss_mb: float | None
    accepted: bool = False
    heard: str = ""


class Files(Protocol):
    """Files of content and models: the cache and its download. Called in the thread "documents"."""

    def fits(self, wanted: tuple[Asset, ...], kept: tuple[Asset, ...]) -> list[Finding]:
        """Why `wanted` has no room beside `kept`, with the numbers; empty: there is room."""

    def want(self, wanted: Mapping[str, tuple[Asset, ...]], kept: tuple[Asset, ...]) -> None:
        """By kind, the files that shall be there from here on; what is missing is loaded. `kept` are all files that
        may not go: of documents in force, before, and on trial. Called after each change of either."""

    def missing(self, assets: tuple[Asset, ...]) -> tuple[str, ...]:
        """Hashes of those that are not whole on the device. `Keeper.wake` is called when one has become whole, and
        now and then on the way, for the progress."""

    def progress(self, assets: tuple[Asset, ...]) -> float:
        """Share of the bytes of these that are there, 0 to 1."""

    def cache_bytes(self) -> int:
        """Of all files on the device."""

    def troubles(self, assets: tuple[Asset, ...]) -> list[Finding]:
        """What stands in the way of these at the moment; it is tried again all the same."""


class NoFiles:
    """A device that keeps no files: documents that need some are refused."""

    def fits(self, wanted: tuple[Asset, ...], kept: tuple[Asset, ...]) -> list[Finding]:
        return [Finding(path="", reason="this device keeps no files")] if wanted else []

    def want(self, wanted: Mapping[str, tuple[Asset, ...]], kept: tuple[Asset, ...]) -> None:
        pass

    def missing(self, assets: tuple[Asset, ...]) -> tuple[str, ...]:
        return tuple(asset.sha256 for asset in assets)

    def progress(self, assets: tuple[Asset, ...]) -> float:
        return 0.0

    def cache_bytes(self) -> int:
        return 0

    def troubles(self, assets: tuple[Asset, ...]) -> list[Finding]:
        return []
