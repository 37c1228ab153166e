"""Puts another configuration into force while the agent runs: live where it can be, else with the parts concerned.

    documents --apply_config--> main thread: ends what reads otherwise now, tells the core, starts it anew

What no part can take live (the sizes of outbox and recording) ends the process in order; it comes back under the new
configuration. Not here: whether a change is good (documents/), how parts are exchanged (supervisor.py).
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from concurrent.futures import TimeoutError as TooLate
from dataclasses import dataclass, replace
from pathlib import Path

from agent.config.schema import Config
from agent.documents.protocol import ApplyError, StopError
from agent.messages import ConfigSet, PolicySet
from agent.senses import Senses
from agent.streams import Intake, table
from agent.supervisor import EndError, Supervisor
from wire.documents import Policy
from wire.reported import Finding

APPLIED_S = 8.0  # shorter than the supervisor's patience; ending parts takes 4.5 s at most
AT_START_ONLY = ("device", "outbox", "recording", "buttons")  # sections that are read once

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Running:
    """What a change has to reach. `add_uplink` adds the part "uplink" for a configuration; `configured` is told of each
    configuration in force, in the main thread."""

    supervisor: Supervisor
    senses: Senses
    intake: Intake
    now_s: Callable[[], float]
    add_uplink: Callable[[Config], None]
    configured: Callable[[Config], None]


class LiveChanges:
    """Implements agent.documents.protocol.Changes; called in the thread "documents" alone."""

    def __init__(self, running: Running, config: Config) -> None:
        self._running = running
        self._config = config  # in force
        self._manifest = ""  # of the models in force; empty: as the configuration says

    def apply_config(self, config: Config, version: int | None, by: str | None) -> None:
        """Returns when the parts concerned have been exchanged; ApplyError when they did not end in time, StopError
        when the process ends before their turn."""
        if _at_start(config) != _at_start(self._config):
            self.restart("the configuration has changed what is read at the start alone")
            return
        told = ConfigSet(self._running.now_s(), config, version, by)
        self._exchange(config, lambda: self._running.intake.configure(table(config), told))
        self._config = config

    def apply_policy(self, policy: Policy | None, version: int | None) -> None:
        self._running.intake.put(PolicySet(self._running.now_s(), policy or Policy(), version))

    def apply_models(self, manifest: Path | None) -> None:
        """The eyes begin anew with the models of this manifest; None: with those that the device brought along."""
        before, self._manifest = self._manifest, "" if manifest is None else str(manifest)
        try:
            self._exchange(self._config, lambda: True, before)
        except ApplyError:
            self._manifest = before
            raise

    def restart(self, reason: str) -> None:
        log.warning("restarting: %s", reason)
        self._running.supervisor.end(f"restarting: {reason}", os.EX_TEMPFAIL)

    def seen_with(self, config: Config, manifest: str | None = None) -> Config:
        """The configuration with the models in force."""
        chosen = self._manifest if manifest is None else manifest
        return replace(config, vision=replace(config.vision, manifest=chosen)) if chosen else config

    def _exchange(self, new: Config, between: Callable[[], object], manifest: str | None = None) -> None:
        running, old = self._running, self.seen_with(self._config, manifest)
        seen = self.seen_with(new)
        senses = running.senses.concerned(old, seen)
        link = old.broker != new.broker or old.outbox.park_after != new.outbox.park_after

        def change() -> None:
            running.supervisor.exchange(
                senses, lambda: _all(between, lambda: running.configured(new)), lambda: running.senses.add(seen, senses)
            )
            if link:
                running.supervisor.exchange(("uplink",), lambda: None, lambda: running.add_uplink(new))

        self._in_main_thread(change)

    def _in_main_thread(self, change: Callable[[], None]) -> None:
        done = self._running.supervisor.ask(change)
        try:
            done.result(APPLIED_S)
        except EndError:
            raise StopError from None
        except TooLate:
            done.cancel()  # one that has not begun would come over the way back
            raise ApplyError(
                Finding(path="", reason=f"the parts concerned were not exchanged within {APPLIED_S:.0f} s")
            ) from None


def _at_start(config: Config) -> tuple[object, ...]:
    """What a running process cannot change. `park_after` can: the uplink alone uses it."""
    read = [getattr(config, name) for name in AT_START_ONLY if name != "outbox"]
    return (
        *read,
        replace(config.outbox, park_after=1),
        config.screen.driver,
        config.screen.device,
        config.screen.rotate,
    )


def _all(*steps: Callable[[], object]) -> None:
    for step in steps:
        step()
