"""Observation in, outputs out: the deterministic middle of the agent.

Owns no clock, thread, file or socket; the same observations give the same outputs, byte for byte.
"""

from __future__ import annotations

from agent.config.schema import Config
from agent.messages import Observation, Output, Snapshot


class Core:
    """All judgement of one shelf. `step` is called by one thread, in the order of the observations."""

    def __init__(self, config: Config) -> None:
        self.config = config

    @classmethod
    def restore(cls, config: Config, snapshot: Snapshot) -> Core:
        """A core that goes on exactly where `snapshot` was taken. ValueError when the snapshot does not fit `config`."""
        core = cls(config)
        return core

    def step(self, observation: Observation) -> tuple[Output, ...]:
        """What follows from one observation."""
        return ()

    def snapshot(self) -> Snapshot:
        """The whole core as plain JSON values."""
        return {}
