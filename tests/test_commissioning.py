"""The certificates that the page makes are taken by a Python that looks closely, and what it warns of is refused."""

from __future__ import annotations

import re
import shutil
import ssl
import subprocess
from pathlib import Path

import pytest

PAGE = Path(__file__).resolve().parent.parent / "docs/commissioning.md"


@pytest.fixture
def recipe() -> str:
    """The page's commands."""
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed: apt install openssl")
    lines = re.findall(r"^    (.*)$", PAGE.read_text("utf-8").split("## 4.")[1], re.MULTILINE)
    assert len(lines) > 4
    return "\n".join(lines)


def follow(recipe: str, folder: Path) -> None:
    subprocess.run(["bash", "-ec", recipe], cwd=folder, check=True, capture_output=True, timeout=60)


def shake_hands(folder: Path, name: str) -> None:
    """A broker and a device, without a network; ssl.SSLError when the device does not trust the broker."""
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(folder / "broker.pem", folder / "broker.key")
    device = ssl.create_default_context(cafile=str(folder / "ca.pem"))
    device.verify_flags |= ssl.VERIFY_X509_STRICT  # what Python 3.13 does by itself
    to_device, to_server = ssl.MemoryBIO(), ssl.MemoryBIO()
    ends = [
        device.wrap_bio(to_device, to_server, server_hostname=name),
        server.wrap_bio(to_server, to_device, server_side=True),
    ]
    for _ in range(4):
        for end in list(ends):
            try:
                end.do_handshake()
                ends.remove(end)
            except ssl.SSLWantReadError:
                pass
    assert ends == []


def test_the_page_makes_certificates_that_a_strict_device_takes(recipe: str, tmp_path: Path) -> None:
    follow(recipe, tmp_path)
    shake_hands(tmp_path, "broker.example")
    with pytest.raises(ssl.SSLCertVerificationError, match=r"not valid for 'another\.example'"):
        shake_hands(tmp_path, "another.example")


@pytest.mark.parametrize(
    ("said", "instead"),
    [("-addext keyUsage=critical,keyCertSign,cRLSign", ""), ("KeyIdentifier=keyid", "KeyIdentifier=none")],
)
def test_what_the_page_warns_of_is_refused(recipe: str, tmp_path: Path, said: str, instead: str) -> None:
    assert said in recipe
    follow(recipe.replace(said, instead), tmp_path)
    with pytest.raises(ssl.SSLCertVerificationError):
        shake_hands(tmp_path, "broker.example")
