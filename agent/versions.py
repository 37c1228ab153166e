"""Which versions run here: of shelfd, and of whatever may change the bytes of a replay."""

from __future__ import annotations

import platform
from importlib.metadata import PackageNotFoundError, version

PACKAGES = ("numpy", "msgspec")


def shelfd_version() -> str:
    """As installed."""
    return _version("shelfd", "from a checkout")


def versions() -> dict[str, str]:
    """Name -> version, for the head of a recording."""
    found = {name: _version(name, "not installed") for name in PACKAGES}
    return {"shelfd": shelfd_version(), "python": platform.python_version(), **found}


def _version(package: str, otherwise: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return otherwise
