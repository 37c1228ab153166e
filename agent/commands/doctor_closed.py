"""What can be seen of scales and models without opening a port or loading a model: they belong to an agent that runs.

Not here: opening and loading them (doctor.py, look.py).
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from agent.config.schema import Config
from agent.vision.manifest import read_manifest, read_model
from agent.vision.protocol import VisionError
from agent.weighing.diagnose import Finding


def missing_ports(config: Config) -> Iterator[Finding]:
    """Ports that are not there."""
    for scale in config.scales:
        if not Path(scale.port).exists():
            sentence = f"{scale.port} is not there: plug it in, or correct its port"
            yield Finding("wrong", f"scale/{scale.name}", "not_found", sentence)


def damaged_models(config: Config) -> Iterator[Finding]:
    """Are the files those that the manifest means? They are read, not loaded."""
    if not config.camera.driver:
        return
    path = Path(config.vision.manifest)
    try:
        for model in read_manifest(path).models:
            read_model(model, path.parent)
    except VisionError as error:
        yield Finding("wrong", "vision", error.code, str(error))
