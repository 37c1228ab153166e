"""Orders to the real agent through a real broker: errands, a restart that is done once, buttons that are not there."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from agent_scene import STOP_S, Scene

from agent.errands.protocol import RESTART_EXIT
from agent.recording.reader import open_segment
from agent.recording.ring import segments

pytestmark = pytest.mark.system

BASE = "shelf/v1/shop/d1/"


@pytest.fixture
def scene(tmp_path: Path, mosquitto: Any) -> Iterator[Scene]:
    mosquitto.start()
    with Scene(tmp_path, mosquitto.port) as scene:
        scene.config.write_text(scene.config.read_text() + "[buttons]\nstaff_pin = 17\n")
        yield scene
        assert "Traceback" not in scene.log, scene.log


@pytest.fixture
def hub(scene: Scene, mosquitto: Any, subscriber: Callable[..., Any]) -> Any:
    return subscriber(mosquitto.port, BASE + "#")


def answers(hub: Any) -> dict[str, tuple[str, str]]:
    found = [msgspec.json.decode(message.body) for message in hub.on("/result/")]
    return {answer["id"]: (answer["outcome"], answer["message"]) for answer in found}


def boots(hub: Any) -> list[str]:
    """Of the agent, in order."""
    online = [msgspec.json.decode(message.body) for message in hub.on("/state/online")]
    return list(dict.fromkeys(state["boot"] for state in online if state["online"]))


def order(hub: Any, name: str, id: str, body: bytes = b"{}") -> None:
    hub.publish(f"{BASE}command/{name}/{id}", body)


def test_errands_are_answered_and_a_restart_is_done_once(scene: Scene, hub: Any) -> None:
    scene.start(GPIOZERO_PIN_FACTORY="")
    hub.wait_for(lambda _: bool(hub.on("/event/fault")), what=f"the buttons' fault; it says\n{scene.log}")
    (fault,) = [msgspec.json.decode(message.body)["data"] for message in hub.on("/event/fault")]
    assert fault["part"] == "buttons" and fault["message"]

    order(hub, "record", "rec", b'{"seconds": 1.5, "name": "noon"}')
    order(hub, "identify", "who")
    order(hub, "diagnose", "see")
    order(hub, "set_mode", "old", b'{"mode": "staff", "expires": 1.0}')
    hub.wait_for(lambda _: {"rec", "who", "see", "old"} <= answers(hub).keys(), what="four answers")
    told = answers(hub)
    assert told["who"] == ("refused", "this device has neither a strip nor a light that could flash")
    assert told["old"][0] == "refused"
    assert told["see"][0] == "done"
    assert all(line in told["see"][1] for line in ("mode: open", "fault buttons: ", "lane cola: ", "broker 127.0.0.1"))
    assert told["rec"][0] == "done", told["rec"]
    (noon,) = scene.folder.rglob("*-noon")
    (segment,) = segments(noon)
    with open_segment(segment) as recording:
        seen = list(recording.observations())
    assert len(seen) > 30 and seen[-1].t - seen[0].t < 5.0

    assert scene.agent is not None
    order(hub, "restart", "off")
    assert scene.agent.wait(2 * STOP_S) == RESTART_EXIT
    scene.start()
    hub.wait_for(lambda _: len(boots(hub)) == 2, what="the next boot")
    hub.wait_for(lambda _: "off" in answers(hub), what="the answer to the restart")
    assert answers(hub)["off"] == ("done", "the device restarts now")
    count = len(hub.on("/result/off"))
    order(hub, "restart", "off")
    hub.wait_for(lambda _: len(hub.on("/result/off")) > count, what="the answer again")
    order(hub, "diagnose", "see2")
    hub.wait_for(lambda _: "see2" in answers(hub), what="a sign of life")
    assert len(boots(hub)) == 2
    assert scene.stop()[0] == 0
