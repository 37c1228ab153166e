"""What every test gets: hypothesis without chance, a network that ends at loopback, the shared recordings."""

from __future__ import annotations

import ipaddress
import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile(
    "shelfd", derandomize=True, deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("shelfd")

REPOSITORY = Path(__file__).resolve().parent.parent


@pytest.fixture
def shared() -> Path:
    """The folder of recordings beside the checkout; a newcomer's clone has none."""
    folder = Path(os.environ.get("SHELFD_SHARED") or REPOSITORY.parent / "shared")
    if not folder.is_absolute():
        folder = REPOSITORY / folder
    if not (folder / "cases").is_dir():
        pytest.skip(f"no recordings in {folder}: set SHELFD_SHARED to the folder that holds cases/")
    return folder


@pytest.fixture(autouse=True, scope="session")
def only_loopback() -> Iterator[None]:
    """A test that reaches for any other host fails with its name, on a machine with and without a network."""
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: object) -> None:
        if self.family in (socket.AF_INET, socket.AF_INET6) and isinstance(address, tuple):
            host = str(address[0])
            if host != "localhost" and not ipaddress.ip_address(host.partition("%")[0]).is_loopback:
                raise AssertionError(f"a test tried to reach {host}; tests stay on loopback")
        connect(self, address)  # type: ignore[arg-type]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", guarded)
        yield
