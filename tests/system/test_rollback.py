"""Whatever a configuration does to the agent, the shelf is back on the last good one within a minute, by itself.

The real process, a real broker, and a parent that kills what hangs and starts what ended, as systemd does. The scenes
wait for clocks most of the time, so they run beside each other.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from obedient_shelf import CHIPS, COLA, ObedientShelf
from vision_scene import RUNTIME

pytestmark = [pytest.mark.system, pytest.mark.rollback]

LIMIT_S = 60.0
GOOD = {"config": {"lane": [COLA, CHIPS], "visits": {"dwell_s": 4.0}}}


def bad(**tables: Any) -> dict[str, Any]:
    return {"config": {"lane": [COLA, CHIPS], "visits": {"dwell_s": 5.0}, **tables}}


def named(name: str) -> dict[str, Any]:
    """A planogram that brings out a mistake of the agent."""
    return bad(lane=[COLA, {**CHIPS, "name": name}])


HARM: dict[str, tuple[dict[str, Any], str]] = {
    "crash": (named("crash"), "process ended"),
    "late": (named("late"), "process ended"),
    "hang": (named("hang"), "core does not answer"),
    "start": (bad(lane=[COLA, {**CHIPS, "name": "start"}], outbox={"max_mb": 32}), "process ended"),
    "stuck": (bad(lane=[COLA, {**CHIPS, "name": "stuck"}], outbox={"max_mb": 32}), "process ended"),
    "leak": (named("leak"), "memory grew"),
    "scale": (bad(scale=[{"name": "main", "port": "/dev/serial/by-id/elsewhere"}]), "scale/main"),
    "protocol": (bad(scale=[{"name": "main", "driver": "modbus-rtu", "poll_s": 0.05}]), "scale/main"),
    "broker": (bad(broker={"port": 1}), "broker"),
    "mute": (bad(broker={"port": "mute"}), "takes nothing of what this device sends"),
    "elsewhere": (bad(broker={"port": "elsewhere"}), "does not hold this document"),
    **({"camera": (bad(camera={"device": "/dev/v4l/by-id/elsewhere"}), "camera")} if RUNTIME else {}),
    **({"pictures": (bad(camera={"driver": "file"}), "camera")} if RUNTIME else {}),
}


MUTE = "topic read #\ntopic write shelf/v1/shop/+/config/desired\n"  # takes the hub's word, and none of a shelf's


@pytest.fixture
def others(tmp_path: Path, mosquitto: Any) -> Iterator[dict[str, Any]]:
    """Brokers to which a document may lead, by name."""
    with ExitStack() as stack:
        brokers = {}
        for name in ("mute", "elsewhere"):
            (tmp_path / f"broker-{name}").mkdir()
            brokers[name] = broker = type(mosquitto)(tmp_path / f"broker-{name}")
            stack.callback(broker.kill)
            broker.acl.write_text(MUTE)
            broker.start(*((f"acl_file {broker.acl}",) if name == "mute" else ()))
        yield brokers


@pytest.fixture
def shelves(tmp_path: Path, mosquitto: Any) -> Iterator[Callable[[str], ObedientShelf]]:
    mosquitto.start()
    with ExitStack() as stack:
        yield lambda name: stack.enter_context(
            ObedientShelf(tmp_path / name, mosquitto.port, name, eyes=name in ("camera", "pictures"))
        )


def comes_back(shelf: ObedientShelf, hub: Any, harm: dict[str, Any], reason: str, *also: Any) -> float:
    """Seconds from the harm until it is taken back and the core obeys again. `also`: hubs that want it before."""
    shelf.start(sabotaged=True)
    shelf.await_rest(hub)
    good = shelf.wants(hub, "config", GOOD)
    shelf.await_state(hub, "config", "applied", good)
    worse = wants_at(shelf, harm, *also, hub)
    began_s = time.monotonic()
    report = shelf.await_state(hub, "config", "rolled_back", worse, within_s=LIMIT_S + 15.0)
    answers(shelf, hub)
    took_s = time.monotonic() - began_s
    assert report["version"] == good
    assert any(reason in finding["reason"] for finding in report["findings"]), report
    works_again(shelf, hub)
    never_again(shelf, hub, worse)
    return took_s


def wants_at(shelf: ObedientShelf, body: dict[str, Any], *hubs: Any) -> int:
    """One document, at one broker after the other; its version."""
    message = shelf.message("config", body)
    for hub in hubs:
        hub.publish(f"{shelf.base}config/desired", message, retain=True)
    return shelf.version


def answers(shelf: ObedientShelf, hub: Any) -> None:
    """The core carries out an order."""
    until_s = time.monotonic() + LIMIT_S
    while not hub.on(f"{shelf.base}result/well"):  # who dies takes with it what it had accepted: the hub asks again
        assert time.monotonic() < until_s, f"no answer within {LIMIT_S} s\n{shelf.log}"
        hub.publish(f"{shelf.base}command/set_mode/well", b'{"mode":"open"}')
        time.sleep(1.0)


def works_again(shelf: ObedientShelf, hub: Any) -> None:
    """A can is taken, and the broker hears of it under the good configuration."""
    time.sleep(2.5)  # a level is believed when it has been seen for a while: time is the input here
    before = len(shelf.events(hub, "pick"))
    shelf.board.load("cola", -345)
    hub.wait_for(lambda _: len(shelf.events(hub, "pick")) > before, what=f"a pick\n{shelf.log}", within_s=20.0)


def never_again(shelf: ObedientShelf, hub: Any, version: int) -> None:
    """What was taken back stays at the broker, and is not tried at the next start."""
    runs = len(shelf.parent.started_s) if shelf.parent else 0
    shelf.kill()
    assert shelf.parent is not None
    ready = len(shelf.parent.ready_s)
    shelf.parent.wait_ready(times=ready + 1)
    shelf.await_state(hub, "config", "rolled_back", version, within_s=15.0)
    assert shelf.reported(hub, "config")[-1]["version"] == version - 1
    assert len(shelf.parent.started_s) == runs + 1, shelf.log


def test_every_harm_is_taken_back_within_a_minute(
    shelves: Callable[[str], ObedientShelf],
    mosquitto: Any,
    others: dict[str, Any],
    subscriber: Callable[..., Any],
) -> None:
    mute = subscriber(others["mute"].port)

    def scene(name: str) -> tuple[str, float | str]:
        harm, reason = HARM[name]
        if name in others:
            harm = bad(broker={"port": others[name].port})
        shelf = shelves(name)
        try:
            return name, comes_back(shelf, hubs[name], harm, reason, *((mute,) if name == "mute" else ()))
        except AssertionError as error:
            return name, str(error)

    hubs = {}
    for name in HARM:
        shelf_hub = subscriber(mosquitto.port, f"shelf/v1/shop/{name}/#")
        hubs[name] = shelf_hub
    with ThreadPoolExecutor(len(HARM)) as pool:
        took = dict(pool.map(scene, HARM))
    print({name: round(s, 1) if isinstance(s, float) else s for name, s in took.items()})
    failed = {name: told for name, told in took.items() if not (isinstance(told, float) and told <= LIMIT_S)}
    assert not failed, "\n\n".join(f"{name}: {told}" for name, told in failed.items())


def test_a_shelf_moves_to_a_broker_that_holds_the_document(
    shelves: Callable[[str], ObedientShelf], mosquitto: Any, others: dict[str, Any], subscriber: Callable[..., Any]
) -> None:
    there = subscriber(others["elsewhere"].port)
    here, shelf = subscriber(mosquitto.port, "shelf/v1/shop/moves/#"), shelves("moves")
    shelf.start()
    shelf.await_rest(here)
    moved = wants_at(shelf, {"config": {"broker": {"port": others["elsewhere"].port}}}, there, here)
    shelf.await_state(there, "config", "applied", moved)
    assert len(shelf.parent.started_s if shelf.parent else ()) == 1


def test_a_stop_right_after_a_document_is_in_order_and_the_document_goes_on(
    shelves: Callable[[str], ObedientShelf], mosquitto: Any, subscriber: Callable[..., Any]
) -> None:
    hub, shelf = subscriber(mosquitto.port, "shelf/v1/shop/stops/#"), shelves("stops")
    for i, pause_s in enumerate((0.0, 0.01, 0.02, 0.03)):  # into another step of the change each time
        parent = shelf.start()
        shelf.await_rest(hub)
        shelf.wants(hub, "config", {"config": {"visits": {"dwell_s": 4.0 + i}}})
        time.sleep(pause_s)
        assert parent.close() == 0, shelf.log
        assert "did not stop in time" not in shelf.log, shelf.log
    shelf.start()
    shelf.await_state(hub, "config", "applied", shelf.version)
    assert not [report for report in shelf.reported(hub, "config") if report["state"] == "rolled_back"], shelf.log
