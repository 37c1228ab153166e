"""The whole agent: a real process, a real pty, a real broker."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from agent_scene import REPOSITORY, STOP_S, Scene

from agent.messages import Part
from wire.envelope import Envelope

pytestmark = pytest.mark.system

BASE = "shelf/v1/shop/d1/"
Sealed = msgspec.json.Decoder(Envelope[msgspec.Raw])  # the payload's bytes as they came
QUIET_S = 2.0  # the agent has seen the shelf at rest


@pytest.fixture
def scene(tmp_path: Path, mosquitto: Any) -> Iterator[Scene]:
    mosquitto.start()
    with Scene(tmp_path, mosquitto.port) as scene:
        yield scene
        assert "Traceback" not in scene.log, scene.log


@pytest.fixture
def hub(scene: Scene, mosquitto: Any, subscriber: Callable[..., Any]) -> Any:
    return subscriber(mosquitto.port, BASE + "#")


def states(hub: Any, kind: str) -> list[dict[str, Any]]:
    return [msgspec.json.decode(message.body) for message in hub.on(f"/state/{kind}")]


def events(hub: Any, kind: str = "") -> list[Envelope[Any]]:
    return [Sealed.decode(message.body) for message in hub.on(f"/event/{kind}")]


def payloads(hub: Any, kind: str = "") -> list[dict[str, Any]]:
    return [msgspec.json.decode(event.data) for event in events(hub, kind)]


def await_rest(scene: Scene, hub: Any) -> None:
    """The agent runs and its streams are well."""

    def well(_: Any) -> bool:
        health = states(hub, "health")
        return bool(health) and all(s["alive"] and s["valid"] for s in health[-1]["streams"])

    hub.wait_for(well, what=f"health to be good; the agent says\n{scene.log}")
    time.sleep(QUIET_S)  # a level is believed when it has been seen for a while: time is the input here


def pick(scene: Scene, hub: Any, lane: str, by_g: float, count: int) -> None:
    """A hand takes something out of a lane; returns when the broker knows of `count` picks."""
    u_m = 0.15 if lane == "cola" else 0.45
    scene.camera.hands = (Part("0007", "hand", u_m, 0.15, 0.03, 0.9),)
    time.sleep(0.5)
    scene.board.load(lane, by_g)
    time.sleep(0.5)
    scene.camera.hands = (Part("0007", "hand", u_m, 0.15, 0.5, 0.9),)
    hub.wait_for(lambda _: len(events(hub, "pick")) >= count, what=f"pick {count}; the agent says\n{scene.log}")


def replay(*arguments: str) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-m", "agent", "replay", *arguments]
    return subprocess.run(command, cwd=REPOSITORY, capture_output=True, timeout=60, check=False)


def test_a_can_goes_from_hand_to_broker_and_the_recording_says_the_same_again(scene: Scene, hub: Any) -> None:
    scene.start()
    await_rest(scene, hub)
    online = states(hub, "online")[-1]
    assert online["online"] is True and online["version"]
    pick(scene, hub, "cola", -345, 1)
    pick(scene, hub, "chips", -300, 2)
    first, second = payloads(hub, "pick")
    assert (first["lane"], first["gtin"], first["units"], first["visitor"]) == ("cola", "06901234567892", 1, "0007")
    assert (second["lane"], second["units"], second["visitor"]) == ("chips", 2, "0007")
    hub.wait_for(
        lambda _: {x["lane"]: x["units"] for x in states(hub, "stock")[-1]["lanes"]} == {"cola": 5, "chips": 2}
    )

    code, took_s = scene.stop()
    assert code == 0, scene.log
    assert took_s < STOP_S
    hub.wait_for(lambda _: states(hub, "online")[-1]["online"] is False)

    (segment,) = scene.segments()
    played = replay(str(segment))
    assert played.returncode == 0, played.stderr
    lines = [line.split(b" ", 1) for line in played.stdout.splitlines()]
    said = [(f"event/{event.type.removeprefix('shelfd.')}".encode(), bytes(event.data)) for event in events(hub)]
    assert [(topic, body) for topic, body in lines if topic.startswith(b"event/")] == said
    for kind in (b"stock", b"health"):
        live = [message.body for message in hub.on(f"/state/{kind.decode()}")]
        replayed = [body for topic, body in lines if topic == b"state/" + kind]
        assert is_within(
            live, replayed
        )  # of retained state only the newest matters: the broker may have been spared one


def is_within(some: list[bytes], many: list[bytes]) -> bool:
    """Every one of `some` stands in `many`, in the same order."""
    rest = iter(many)
    return all(any(one == other for other in rest) for one in some)


def test_a_hub_that_gets_no_events_reads_in_health_why(scene: Scene, hub: Any, mosquitto: Any) -> None:
    mosquitto.stop()
    mosquitto.acl.write_text("topic read #\ntopic write shelf/v1/shop/d1/state/#\n")
    mosquitto.start(f"acl_file {mosquitto.acl}")
    scene.start()
    await_rest(scene, hub)
    scene.board.load("cola", -345)
    held = ["uplink/not_authorised"]
    hub.wait_for(lambda _: states(hub, "health")[-1]["outbox_faults"] == held, what="health to tell of the refusal")
    hub.wait_for(lambda _: states(hub, "health")[-1]["outbox_waiting"] == 2, what="the pick and the fault to wait")
    assert events(hub) == []
    mosquitto.acl.write_text("topic readwrite #\n")
    mosquitto.reload()
    hub.wait_for(lambda _: {e.type for e in events(hub)} >= {"shelfd.pick", "shelfd.cleared"}, what="all that waited")
    hub.wait_for(lambda _: states(hub, "health")[-1]["outbox_faults"] == [], what="health to be good again")
    hub.wait_for(lambda _: states(hub, "health")[-1]["outbox_waiting"] == 0, what="nothing to wait")


def test_a_pulled_cable_is_told_and_a_replugged_one_is_heard_within_five_seconds(scene: Scene, hub: Any) -> None:
    scene.start()
    await_rest(scene, hub)
    scene.board.pull()
    hub.wait_for(lambda _: any(x["part"] == "scale/main" for x in payloads(hub, "fault")), what="the fault")
    (fault,) = payloads(hub, "fault")
    assert fault["code"] == "unplugged"
    hub.wait_for(lambda _: not states(hub, "health")[-1]["streams"][0]["alive"], what="health to say so")
    scene.board.plug_in()
    hub.wait_for(lambda _: bool(payloads(hub, "cleared")), what="the all-clear", within_s=5.0)
    (cleared,) = payloads(hub, "cleared")
    assert (cleared["part"], cleared["code"]) == ("scale/main", "unplugged")
    hub.wait_for(lambda _: states(hub, "health")[-1]["streams"][0]["alive"], what="health to be good again")
    time.sleep(QUIET_S)
    pick(scene, hub, "cola", -345, 1)


def test_after_kill_9_the_next_boot_goes_on_with_numbers_stock_and_what_changed_meanwhile(
    scene: Scene, hub: Any
) -> None:
    scene.start()
    await_rest(scene, hub)
    pick(scene, hub, "cola", -345, 1)
    hub.wait_for(lambda _: states(hub, "stock")[-1]["lanes"][0]["units"] == 5)
    scene.kill()
    scene.board.load("cola", -345)  # somebody takes one while nobody looks
    told = len(states(hub, "online"))
    scene.start()
    hub.wait_for(
        lambda _: len(states(hub, "online")) >= told + 1 and states(hub, "online")[-1]["online"], what="it back"
    )
    hub.wait_for(lambda _: bool(events(hub, "restock")), what=f"what changed while it was off; it says\n{scene.log}")
    (restock,) = payloads(hub, "restock")
    assert (restock["lane"], restock["units"], restock["reason"]) == ("cola", -1, "while_off")
    hub.wait_for(lambda _: states(hub, "stock")[-1]["lanes"][0]["units"] == 4)
    time.sleep(QUIET_S)
    pick(scene, hub, "chips", -150, 2)
    numbers = list(dict.fromkeys(int(event.sequence) for event in events(hub)))
    assert numbers == list(range(1, len(numbers) + 1))
    boots = {event.id.split("/")[1] for event in events(hub)}
    assert len(boots) == 2
    assert scene.stop(signal.SIGINT)[0] == 0
    for segment in scene.segments():
        assert replay(str(segment)).returncode == 0


def test_an_order_is_done_once_and_answered_and_systemd_hears_that_all_is_well(scene: Scene, hub: Any) -> None:
    systemd = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    systemd.bind(str(scene.folder / "notify"))
    systemd.settimeout(STOP_S)
    scene.start(NOTIFY_SOCKET=str(scene.folder / "notify"), WATCHDOG_USEC="3000000")
    await_rest(scene, hub)
    assert [systemd.recv(1000).partition(b"=")[0] for _ in range(2)] == [b"EXTEND_TIMEOUT_USEC"] * 2
    assert systemd.recv(1000) == b"READY=1\nSTATUS=1 scales, 2 lanes"
    assert [systemd.recv(1000) for _ in range(2)] == [b"WATCHDOG=1"] * 2
    for _ in range(2):  # the hub heard no answer and asks again
        hub.publish(BASE + "command/count_stock/c1", b'{"lane":"cola","units":9}')
    hub.publish(BASE + "command/count_stock/c2", b'{"lane":"sole","units":9}')
    hub.wait_for(lambda _: bool(hub.on("/result/c2")), what="the answers")
    answers = {message.topic.rsplit("/", 1)[1]: msgspec.json.decode(message.body) for message in hub.on("/result/")}
    assert answers["c1"]["outcome"] == "done"
    assert answers["c2"]["outcome"] == "refused"
    hub.wait_for(lambda _: states(hub, "stock")[-1]["lanes"][0]["units"] == 9)
