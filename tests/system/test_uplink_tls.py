"""TLS to a real broker: both prove who they are, and who cannot is not spoken to."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from outbox_scene import wait_for
from uplink_shelf import Shelf, told

if TYPE_CHECKING:
    from conftest import Mosquitto, Subscriber

pytestmark = pytest.mark.system

Subscribe = Callable[..., "Subscriber"]


@pytest.fixture
def certificates(tmp_path: Path) -> Path:
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed: apt install openssl")
    directory = tmp_path / "tls"
    directory.mkdir()
    new_key = "-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes"
    for authority in ("ca", "stranger"):
        usage = "-addext keyUsage=critical,keyCertSign,cRLSign"  # Python 3.13 looks at it
        names = f"-keyout {authority}.key -out {authority}.pem"
        openssl(directory, f"req -x509 {new_key} -days 2 -subj /CN={authority} {usage} {names}")
    (directory / "more").write_text(
        "subjectAltName=IP:127.0.0.1\nauthorityKeyIdentifier=keyid\nkeyUsage=digitalSignature\n"
    )
    for name in ("broker", "device"):
        openssl(directory, f"req {new_key} -subj /CN={name} -keyout {name}.key -out {name}.csr")
        signed_by = "-CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile more"
        openssl(directory, f"x509 -req -in {name}.csr {signed_by} -out {name}.pem")
    return directory


def start(mosquitto: Mosquitto, files: Path) -> int:
    """With TLS and a certificate asked of each device at the returned port, plain for the hub."""
    from conftest import free_port

    port = free_port()
    mosquitto.start(
        "allow_anonymous true",
        f"listener {mosquitto.port} 127.0.0.1",
        f"listener {port} 127.0.0.1",
        f"cafile {files}/ca.pem",
        f"certfile {files}/broker.pem",
        f"keyfile {files}/broker.key",
        "require_certificate true",
    )
    return port


def test_both_prove_who_they_are(
    mosquitto: Mosquitto, subscriber: Subscribe, shelf: Callable[..., Shelf], certificates: Path
) -> None:
    port = start(mosquitto, certificates)
    hub = subscriber(mosquitto.port)
    one = shelf(port, **ours(certificates))
    one.tell(*(f"lane {n}" for n in range(200)))
    hub.wait_for(told(*(f"lane {n}" for n in range(200))))


def test_a_broker_that_a_stranger_signed_is_not_spoken_to(
    mosquitto: Mosquitto, shelf: Callable[..., Shelf], certificates: Path
) -> None:
    port = start(mosquitto, certificates)
    one = shelf(port, **{**ours(certificates), "ca_file": str(certificates / "stranger.pem")})
    wait_for(lambda: one.outbox.faults.open("uplink") == {"tls_refused"})
    assert not one.courier.connected


def test_a_missing_certificate_is_named(mosquitto: Mosquitto, shelf: Callable[..., Shelf], certificates: Path) -> None:
    port = start(mosquitto, certificates)
    one = shelf(port, **{**ours(certificates), "cert_file": str(certificates / "nowhere.pem")})
    wait_for(lambda: one.outbox.faults.open("uplink") == {"tls_files"})


def ours(files: Path) -> dict[str, Any]:
    return {
        "tls": True,
        "ca_file": str(files / "ca.pem"),
        "cert_file": str(files / "device.pem"),
        "key_file": str(files / "device.key"),
    }


def openssl(directory: Path, arguments: str) -> None:
    subprocess.run(["openssl", *arguments.split()], cwd=directory, check=True, capture_output=True)
