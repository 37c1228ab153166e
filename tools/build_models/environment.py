"""The quantiser's own virtual environment under build/models/venv, so that neither the agent nor its tests need it.

The versions are pinned where they write bytes of a model. Not here: what is run in it (quantise.py).
"""

from __future__ import annotations

import subprocess
import sys
import venv
from collections.abc import Sequence
from pathlib import Path

from tools.build_models.errors import BuildError

PACKAGES = ("ai-edge-quantizer==0.10.0", "ai-edge-litert==2.3.0", "numpy==2.4.6", "flatbuffers==25.12.19")
TIMEOUT_S = 1800.0
REPOSITORY = Path(__file__).resolve().parent.parent.parent


def environment(folder: Path) -> Path:
    """The python of a complete environment; made on first use. BuildError where pip cannot fill it."""
    python, ready = folder / "bin/python", folder / "ready"
    wanted = "\n".join([sys.version, *PACKAGES])
    if python.exists() and ready.exists() and ready.read_text("utf-8") == wanted:
        return python
    print(f"making {folder} with {PACKAGES[0]} (320 MB; needs the network)", file=sys.stderr, flush=True)
    try:
        venv.create(folder, clear=True, with_pip=True)
    except (OSError, subprocess.CalledProcessError) as error:  # another run, or what is left of one, still writes there
        raise BuildError(f"{folder} cannot be made anew ({error}): remove it and try again") from error
    run([str(python), "-m", "pip", "install", "-qq", "--disable-pip-version-check", *PACKAGES], "pip")
    ready.write_text(wanted, "utf-8")
    return python


def run(command: Sequence[str], who: str) -> None:
    """In the repository's root, quiet; BuildError with the last line that was said."""
    try:
        done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, timeout=TIMEOUT_S, check=False)
    except subprocess.TimeoutExpired as error:
        raise BuildError(f"{who} did not end within {TIMEOUT_S:.0f} s") from error
    if done.returncode:
        said = [line for line in done.stderr.splitlines() if line.strip()]
        raise BuildError(f"{who} failed: {said[-1] if said else done.returncode}")
