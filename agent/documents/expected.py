"""What is expected of the agent while a change is on trial, and what is said of one that failed: pure.

Not here: the judgement (probation.py), the trials themselves (trials.py).
"""

from __future__ import annotations

from agent.config.schema import Config
from agent.documents.findings import finding
from agent.documents.probation import Terms
from agent.documents.record import Trial
from wire.reported import Finding


def promised(config: Config) -> frozenset[str]:
    """The streams that a configuration asks for."""
    parts = {"tracks": config.tracks.socket, "camera": config.camera.driver, "screen": config.screen.driver}
    return frozenset(f"scale/{scale.name}" for scale in config.scales) | {
        name for name, asked in parts.items() if asked
    }


def wanted(stream: str, config: Config) -> bool:
    """Whether a configuration asks for a stream; one that this page does not know is asked for."""
    known = stream.startswith("scale/") or stream in ("tracks", "camera", "screen")
    return not known or stream in promised(config)


def terms_of(trial: Trial) -> Terms:
    """As they were set before it began."""
    return Terms(trial.lasts_s, frozenset(trial.alive), trial.broker, trial.most_mb, trial.held.hash)


def blame(reason: str, kinds: list[str]) -> tuple[Finding, ...]:
    """What is said of each of these, that were taken back together."""
    hint = "mend it and send it with a higher version: this one is not tried again"
    if len(kinds) == 1:
        return (finding("", reason, hint),)
    return finding("", reason, hint), finding("", f"{' and '.join(kinds)} were on trial together: it may be either")
