"""The connection itself, without a broker: who may hear us, secrets from files, and a peer that speaks no MQTT."""

from __future__ import annotations

import random
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from agent.config.check import is_loopback
from agent.config.schema import Broker
from agent.uplink.paho import PahoUplink
from agent.uplink.protocol import Connected, Happening, Lost, Message, Refused, UplinkError
from agent.uplink.security import read_password, tls_context

WILL = Message("shelf/v1/shop/d1/state/online", b'{"online":false}', retain=True)


@pytest.mark.parametrize(
    ("host", "here"),
    [("127.0.0.1", True), ("127.8.8.8", True), ("::1", True), ("localhost", True), ("localhost.evil.example", False),
     ("192.168.1.5", False), ("broker", False), ("::ffff:10.0.0.1", False), ("", False)],
)  # fmt: skip
def test_only_this_machine_is_loopback(host: str, here: bool) -> None:
    assert is_loopback(host) is here


def test_without_tls_a_broker_elsewhere_is_refused_with_the_way_out() -> None:
    with pytest.raises(UplinkError, match=r"broker\.tls = true") as caught:
        PahoUplink(Broker(host="192.168.1.5"), "shop:d1", WILL)
    assert caught.value.code == "plain_text"
    PahoUplink(Broker(host="192.168.1.5", tls=True), "shop:d1", WILL)


def test_a_password_is_the_first_line_of_its_file(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("s3cret\nand a remark\n")
    assert read_password(str(tmp_path / "secret")) == "s3cret"
    assert read_password("") is None
    with pytest.raises(UplinkError, match="nowhere"):
        read_password(str(tmp_path / "nowhere"))


def test_files_that_are_no_certificates_are_named(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("no certificate")
    with pytest.raises(UplinkError, match=r"ca\.pem") as caught:
        tls_context(Broker(tls=True, ca_file=str(tmp_path / "ca.pem")))
    assert caught.value.code == "tls_files"


@contextmanager
def peer(*answer: bytes) -> Iterator[int]:
    """Somebody on a port who reads the CONNECT, says `answer`, piece by piece, and hangs up."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        near, _ = listener.accept()
        with near:
            near.settimeout(5)
            near.recv(4096)
            for piece in answer:
                near.sendall(piece)
                time.sleep(0)  # so that pieces may arrive apart

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    yield listener.getsockname()[1]
    thread.join(10)
    listener.close()


def happenings(port: int, protocol: str = "5") -> list[Happening]:
    """Everything until the connection has ended."""
    link = PahoUplink(Broker(port=port, protocol=protocol), "shop:d1", WILL)
    link.open()
    seen: list[Happening] = []
    until_s = time.monotonic() + 10
    while not (seen and isinstance(seen[-1], Lost)):
        assert time.monotonic() < until_s, "the end was never told"
        seen += link.wait(0.2)
    link.close()
    return seen


def test_a_connack_in_pieces_is_one_connack() -> None:
    connack = bytes([0x20, 8, 0, 0, 5, 0x27, 0, 0, 1, 0])  # maximum packet size 256
    with peer(*(bytes([x]) for x in connack)) as port:
        assert happenings(port)[0] == Connected(packet_bytes=256, inflight=65_535, remembered=False)


@pytest.mark.parametrize(
    ("protocol", "connack", "code"), [("5", [0x20, 3, 0, 0x8A, 0], 0x8A), ("3.1.1", [0x20, 2, 0, 5], 0x87)]
)
def test_a_refusal_is_told_with_its_code(protocol: str, connack: list[int], code: int) -> None:
    with peer(bytes(connack)) as port:
        first = happenings(port, protocol)[0]
    assert isinstance(first, Refused) and first.code == code


def test_a_peer_that_speaks_no_mqtt_is_a_lost_connection() -> None:
    for answer in (b"HTTP/1.1 400 Bad Request\r\n\r\n", b"\x00" * 64, b"\xff" * 64):
        with peer(answer) as port:
            assert isinstance(happenings(port)[-1], Lost)


@pytest.mark.parametrize("seed", range(40))
def test_no_broken_answer_breaks_more_than_the_connection(seed: int) -> None:
    chance = random.Random(seed)
    connack = bytes([0x20, 3, 0, 0, 0])
    packets = [
        bytes([0x40, 2, 0, 1]),
        bytes([0x90, 4, 0, 1, 0, 1]),
        bytes([0xE0, 2, 0x8E, 0]),
        b"\x32\x09\x00\x03a/b\x00\x01\x00hi",
    ]
    stream = bytearray(connack + b"".join(chance.choices(packets, k=4)))
    for _ in range(chance.randint(1, 6)):
        stream[chance.randrange(len(stream))] = chance.randrange(256)
    with peer(bytes(stream)) as port:
        assert isinstance(happenings(port)[-1], Lost)


def test_a_wake_ends_a_wait_at_once() -> None:
    with peer(bytes([0x20, 3, 0, 0, 0]), b"") as port:
        link = PahoUplink(Broker(port=port), "shop:d1", WILL)
        link.open()
        threading.Timer(0.02, link.wake).start()
        begin_s = time.monotonic()
        while time.monotonic() - begin_s < 5 and not any(isinstance(x, Lost) for x in link.wait(5.0)):
            pass
        assert time.monotonic() - begin_s < 5
        for _ in range(100_000):
            link.wake()  # nobody reads: it must never block
        link.close()
