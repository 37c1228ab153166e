"""The uplink against a real mosquitto: restarts, refusals, lost state, cut lines, orders."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from outbox_scene import TOPICS, wait_for
from uplink_shelf import Shelf, told

from agent.config.schema import Broker
from agent.messages import Answer
from agent.outbox.protocol import Batch
from agent.uplink import events as events_module
from agent.uplink.paho import PahoUplink
from agent.uplink.protocol import Message, UplinkError
from wire.commands import Result, SetMode

if TYPE_CHECKING:
    from conftest import Heard, Mosquitto, Relay, Subscriber

pytestmark = pytest.mark.system

Subscribe = Callable[..., "Subscriber"]


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


def test_a_retained_order_is_not_obeyed_at_each_connect(
    mosquitto: Mosquitto, subscriber: Subscribe, shelf: Callable[..., Shelf]
) -> None:
    mosquitto.start()
    hub = subscriber(mosquitto.port)
    hub.publish(TOPICS.command("set_mode", "old"), b'{"mode":"maintenance"}', retain=True)
    one = shelf(mosquitto.port)
    hub.wait_for(on("state/online"))
    hub.publish(TOPICS.command("set_mode", "new"), b'{"mode":"staff"}')
    wait_for(lambda: one.orders != [])
    assert one.orders == [("new", SetMode(mode="staff"))]


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


def test_nobody_there_is_an_error_that_names_the_place(mosquitto: Mosquitto) -> None:
    link = PahoUplink(Broker(port=mosquitto.port), "shop:d1", Message("t", b""))
    with pytest.raises(UplinkError, match=f"127.0.0.1:{mosquitto.port}") as caught:
        link.open()
    assert caught.value.code == "unreachable"


def on(part: str) -> Callable[[list[Heard]], bool]:
    return lambda heard: any(part in message.topic for message in heard)


def kinds(heard: list[Heard]) -> list[str]:
    """The kinds of events, in order."""
    return [message.topic.rpartition("/")[2] for message in heard if "/event/" in message.topic]


def online(heard: list[Heard]) -> list[bool]:
    """What `state/online` said, each change once."""
    said = [bool(json.loads(message.body)["online"]) for message in heard if "state/online" in message.topic]
    return [now for before, now in zip([None, *said], said, strict=False) if before != now]
