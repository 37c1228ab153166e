"""The uplink against a real mosquitto: restarts, refusals, lost state, cut lines, TLS, orders."""

from __future__ import annotations

import json
import random
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from agent.config.schema import Broker
from agent.messages import Answer, Event, State
from agent.outbox.outbox import Outbox
from agent.outbox.protocol import Batch
from agent.uplink import events as events_module
from agent.uplink.backoff import Backoff
from agent.uplink.courier import Courier
from agent.uplink.paho import PahoUplink
from agent.uplink.protocol import Message, UplinkError
from agent.uplink.retained import OFFLINE
from wire.commands import CommandPayload, Result, SetMode
from wire.events import Clock, Pick
from wire.state import LaneStock, StockState
from wire.topics import Topics

if TYPE_CHECKING:
    from conftest import Heard, Mosquitto, Relay, Subscriber

pytestmark = pytest.mark.system

TOPICS = Topics("shop", "d1")
CLOCK = Clock(synced=False)
Subscribe = Callable[..., "Subscriber"]


class Shelf:
    """An outbox and its courier, as the agent has them."""

    def __init__(self, path: Path, broker: Broker, boot: str = "b1") -> None:
        self.orders: list[tuple[str, CommandPayload]] = []
        self.outbox = Outbox(path, TOPICS, boot)
        self.outbox.start()
        link = PahoUplink(broker, "shop:d1", Message(TOPICS.state("online"), OFFLINE, retain=True))
        self.courier = Courier(
            link,
            self.outbox,
            lambda id, payload: self.orders.append((id, payload)),
            backoff=Backoff(random.Random(1), first_s=0.05, most_s=0.2),
        )
        self.courier.start()

    def tell(self, *lanes: str) -> None:
        """One pick for each lane, on disk when this returns."""
        self.outbox.commit(Batch(events=tuple(Event(pick(lane), None) for lane in lanes))).result(10)

    def stock(self, units: int) -> None:
        lane = LaneStock(lane="cola", gtin=None, units=units, level="ok")
        self.outbox.commit(Batch(states=(State(StockState(lanes=(lane,))),))).result(10)

    def stop(self) -> None:
        self.courier.stop()
        self.outbox.stop()


@pytest.fixture
def shelf(tmp_path: Path) -> Iterator[Callable[..., Shelf]]:
    running: list[Shelf] = []

    def start(port: int, **keys: Any) -> Shelf:
        running.append(Shelf(tmp_path / "outbox.sqlite", Broker(port=port, **keys)))
        return running[-1]

    yield start
    for one in running:
        one.stop()


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pauses after a refusal as short as a test can bear."""
    monkeypatch.setattr(events_module, "HOLD_S", 0.1)
    monkeypatch.setattr(events_module, "RETRY_S", 0.02)


@pytest.mark.parametrize("protocol", ["5", "3.1.1"])
def test_what_waited_for_the_broker_arrives_in_order(
    mosquitto: Mosquitto, subscriber: Subscribe, shelf: Callable[..., Shelf], protocol: str
) -> None:
    mosquitto.start("persistence true", f"persistence_location {mosquitto.directory}/")
    hub = subscriber(mosquitto.port)
    one = shelf(mosquitto.port, protocol=protocol)
    one.tell("a", "b")
    hub.wait_for(told("a", "b"))
    mosquitto.stop()
    one.tell(*(f"while away {n}" for n in range(100)))
    mosquitto.start()
    one.tell("z")
    hub.wait_for(told("a", "b", *(f"while away {n}" for n in range(100)), "z"))


def test_a_broker_that_forgot_everything_is_told_all_state_again(
    mosquitto: Mosquitto, subscriber: Subscribe, shelf: Callable[..., Shelf]
) -> None:
    mosquitto.start("persistence false")
    one = shelf(mosquitto.port)
    one.stock(6)
    one.tell("a")
    subscriber(mosquitto.port).wait_for(on("state/stock"))
    mosquitto.kill()
    mosquitto.start()
    again = subscriber(mosquitto.port)
    again.wait_for(lambda heard: on("state/stock")(heard) and on("state/online")(heard))
    assert json.loads(again.on("state/stock")[-1].body)["lanes"][0]["units"] == 6
    online = json.loads(again.on("state/online")[-1].body)
    assert (online["online"], online["boot"], online["last_sequence"]) == (True, "b1", 1)


def test_a_slip_in_the_access_list_holds_the_queue_until_it_is_mended(
    mosquitto: Mosquitto, subscriber: Subscribe, shelf: Callable[..., Shelf]
) -> None:
    mosquitto.acl.write_text("topic read #\ntopic write shelf/v1/shop/d1/state/#\n")
    mosquitto.start(f"acl_file {mosquitto.acl}")
    hub = subscriber(mosquitto.port)
    one = shelf(mosquitto.port)
    one.tell(*(f"lane {n}" for n in range(40)))
    wait_for(lambda: "not_authorised" in one.outbox.faults.open("uplink"))
    assert one.outbox.waiting().events >= 40 and one.outbox.waiting().parked == 0
    assert hub.on("event/") == []
    mosquitto.acl.write_text("topic readwrite #\n")
    mosquitto.reload()
    hub.wait_for(told(*(f"lane {n}" for n in range(40))))
    hub.wait_for(lambda heard: kinds(heard)[-2:] == ["fault", "cleared"])
    wait_for(lambda: one.outbox.waiting().events == 0)


def test_an_event_too_large_for_the_broker_is_set_aside_and_the_others_go_on(
    mosquitto: Mosquitto, subscriber: Subscribe, shelf: Callable[..., Shelf]
) -> None:
    mosquitto.start("message_size_limit 2000")
    hub = subscriber(mosquitto.port)
    one = shelf(mosquitto.port)
    one.tell("a", "L" * 3000, "b", "c")
    hub.wait_for(told("a", "b", "c"))
    hub.wait_for(lambda heard: "fault" in kinds(heard))
    assert "event 2 is set aside" in json.loads(hub.on("event/fault")[0].body)["data"]["message"]
    wait_for(lambda: one.outbox.waiting().parked == 1)


def test_what_the_broker_says_it_cannot_take_is_never_sent(
    mosquitto: Mosquitto, subscriber: Subscribe, shelf: Callable[..., Shelf]
) -> None:
    mosquitto.start("max_packet_size 2000")
    hub = subscriber(mosquitto.port)
    one = shelf(mosquitto.port)
    one.tell("a", "L" * 3000, "b")
    hub.wait_for(told("a", "b"))
    wait_for(lambda: one.outbox.waiting().parked == 1)
    assert mosquitto.log.count("New client connected") == 2, "it hung up on us: we sent what it had said not to"


def test_set_aside_events_are_offered_again_at_the_next_start(
    mosquitto: Mosquitto, subscriber: Subscribe, tmp_path: Path
) -> None:
    mosquitto.start("message_size_limit 2000")
    hub = subscriber(mosquitto.port)
    one = Shelf(tmp_path / "outbox.sqlite", Broker(port=mosquitto.port))
    one.tell("L" * 3000, "b")
    wait_for(lambda: one.outbox.waiting().parked == 1)
    one.stop()
    mosquitto.stop()
    mosquitto.start("message_size_limit 0")  # it has forgotten the hub, which must not cost an event
    two = Shelf(tmp_path / "outbox.sqlite", Broker(port=mosquitto.port), boot="b2")
    hub.wait_for(told("b", "L" * 3000))
    hub.wait_for(lambda heard: kinds(heard)[-1] == "cleared")
    two.stop()


def test_the_will_speaks_when_the_line_is_cut_and_the_shelf_when_it_is_back(
    mosquitto: Mosquitto, subscriber: Subscribe, shelf: Callable[..., Shelf], relay: Callable[[int], Relay]
) -> None:
    mosquitto.start()
    hub = subscriber(mosquitto.port, "shelf/+/+/+/state/online")
    line = relay(mosquitto.port)
    shelf(line.port)
    hub.wait_for(lambda heard: online(heard) == [True])
    line.cut()
    hub.wait_for(lambda heard: online(heard) == [True, False, True])


def test_a_dead_line_is_noticed_by_the_keepalive(
    mosquitto: Mosquitto, subscriber: Subscribe, shelf: Callable[..., Shelf], relay: Callable[[int], Relay]
) -> None:
    mosquitto.start()
    hub = subscriber(mosquitto.port)
    line = relay(mosquitto.port)
    one = shelf(line.port, keepalive_s=1)
    hub.wait_for(on("state/online"))
    line.dead = True
    one.tell("a")
    wait_for(lambda: not one.courier.connected)
    line.cut()
    line.dead = False
    hub.wait_for(told("a"))


def test_an_orderly_end_is_told_by_the_shelf_itself(
    mosquitto: Mosquitto, subscriber: Subscribe, shelf: Callable[..., Shelf]
) -> None:
    mosquitto.start()
    hub = subscriber(mosquitto.port)
    one = shelf(mosquitto.port)
    one.tell("a")
    hub.wait_for(told("a"))
    one.stop()
    hub.wait_for(lambda heard: online(heard) == [True, False])
    assert "d1 disconnected" in mosquitto.log and "shop:d1 closed its connection" not in mosquitto.log


def test_a_wrong_password_is_a_fault_with_a_sentence_and_the_right_one_ends_it(
    mosquitto: Mosquitto, subscriber: Subscribe, shelf: Callable[..., Shelf], tmp_path: Path
) -> None:
    users, secret = tmp_path / "users", tmp_path / "secret"
    users.write_text("shelf:right\n")
    subprocess.run(["mosquitto_passwd", "-U", str(users)], check=True)
    secret.write_text("wrong\n")
    mosquitto.start("allow_anonymous true", f"listener {mosquitto.port} 127.0.0.1", f"password_file {users}")
    subscriber(mosquitto.port)
    one = shelf(mosquitto.port, username="shelf", password_file=str(secret))
    one.tell("a")
    wait_for(lambda: bool(one.outbox.faults.open("uplink") & {"bad_login", "not_admitted"}))
    assert not one.courier.connected
    secret.write_text("right\n")
    wait_for(lambda: one.outbox.waiting().events == 0)
    assert one.outbox.faults.open("uplink") == set()


def test_orders_come_in_and_answers_go_out(
    mosquitto: Mosquitto, subscriber: Subscribe, shelf: Callable[..., Shelf]
) -> None:
    mosquitto.start()
    hub = subscriber(mosquitto.port)
    one = shelf(mosquitto.port)
    hub.wait_for(on("state/online"))
    hub.publish(TOPICS.command("set_mode", "o1"), b'{"mode":"staff"}')
    wait_for(lambda: one.orders == [("o1", SetMode(mode="staff"))])
    done = Result(id="o1", command="set_mode", outcome="done", message="mode is staff")
    one.outbox.commit(Batch(answers=(Answer(done),))).result(10)
    hub.wait_for(on("result/o1"))
    hub.publish(TOPICS.command("set_mode", "o2"), b'{"mode":"party"}')
    hub.wait_for(on("result/o2"))
    refused = json.loads(hub.on("result/o2")[0].body)
    assert refused["outcome"] == "refused" and "party" in refused["message"]


def test_orders_given_while_the_shelf_is_away_wait_at_the_broker(
    mosquitto: Mosquitto, subscriber: Subscribe, tmp_path: Path
) -> None:
    mosquitto.start()
    hub = subscriber(mosquitto.port)
    one = Shelf(tmp_path / "outbox.sqlite", Broker(port=mosquitto.port))
    hub.wait_for(on("state/online"))
    wait_for(lambda: "Sending SUBACK to shop:d1" in mosquitto.log)
    one.stop()
    hub.publish(TOPICS.command("set_mode", "o1"), b'{"mode":"staff"}')
    two = Shelf(tmp_path / "outbox.sqlite", Broker(port=mosquitto.port), boot="b2")
    wait_for(lambda: two.orders == [("o1", SetMode(mode="staff"))])
    two.stop()


class TestTls:
    @pytest.fixture
    def certificates(self, tmp_path: Path) -> Path:
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

    def start(self, mosquitto: Mosquitto, files: Path) -> int:
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
        self, mosquitto: Mosquitto, subscriber: Subscribe, shelf: Callable[..., Shelf], certificates: Path
    ) -> None:
        port = self.start(mosquitto, certificates)
        hub = subscriber(mosquitto.port)
        one = shelf(port, **ours(certificates))
        one.tell(*(f"lane {n}" for n in range(200)))
        hub.wait_for(told(*(f"lane {n}" for n in range(200))))

    def test_a_broker_that_a_stranger_signed_is_not_spoken_to(
        self, mosquitto: Mosquitto, shelf: Callable[..., Shelf], certificates: Path
    ) -> None:
        port = self.start(mosquitto, certificates)
        one = shelf(port, **{**ours(certificates), "ca_file": str(certificates / "stranger.pem")})
        wait_for(lambda: one.outbox.faults.open("uplink") == {"tls_refused"})
        assert not one.courier.connected

    def test_a_missing_certificate_is_named(
        self, mosquitto: Mosquitto, shelf: Callable[..., Shelf], certificates: Path
    ) -> None:
        port = self.start(mosquitto, certificates)
        one = shelf(port, **{**ours(certificates), "cert_file": str(certificates / "nowhere.pem")})
        wait_for(lambda: one.outbox.faults.open("uplink") == {"tls_files"})


def test_nobody_there_is_an_error_that_names_the_place(mosquitto: Mosquitto) -> None:
    link = PahoUplink(Broker(port=mosquitto.port), "shop:d1", Message("t", b""))
    with pytest.raises(UplinkError, match=f"127.0.0.1:{mosquitto.port}") as caught:
        link.open()
    assert caught.value.code == "unreachable"


def pick(lane: str) -> Pick:
    return Pick(
        lane=lane, gtin=None, units=1, delta_g=-345.0, confidence=0.9, visitor=None,
        began_s=1.0, ended_s=2.0, decided_s=2.5, clock=CLOCK,
    )  # fmt: skip


def told(*lanes: str) -> Callable[[list[Heard]], bool]:
    """The picks of these lanes have arrived, their first occurrences in this order, and no others."""

    def enough(heard: list[Heard]) -> bool:
        picks = [json.loads(message.body) for message in heard if message.topic.endswith("event/pick")]
        return list(dict.fromkeys(event["data"]["lane"] for event in picks)) == list(lanes)

    return enough


def on(part: str) -> Callable[[list[Heard]], bool]:
    return lambda heard: any(part in message.topic for message in heard)


def kinds(heard: list[Heard]) -> list[str]:
    """The kinds of events, in order."""
    return [message.topic.rpartition("/")[2] for message in heard if "/event/" in message.topic]


def online(heard: list[Heard]) -> list[bool]:
    """What `state/online` said, each change once."""
    said = [bool(json.loads(message.body)["online"]) for message in heard if "state/online" in message.topic]
    return [now for before, now in zip([None, *said], said, strict=False) if before != now]


def ours(files: Path) -> dict[str, Any]:
    return {
        "tls": True,
        "ca_file": str(files / "ca.pem"),
        "cert_file": str(files / "device.pem"),
        "key_file": str(files / "device.key"),
    }


def openssl(directory: Path, arguments: str) -> None:
    subprocess.run(["openssl", *arguments.split()], cwd=directory, check=True, capture_output=True)


def wait_for(true: Callable[[], bool], within_s: float = 15.0) -> None:
    until_s = time.monotonic() + within_s
    while not true():
        assert time.monotonic() < until_s, f"waited {within_s} s"
        time.sleep(0.005)
