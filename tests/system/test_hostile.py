"""226 documents and 27 orders that mean harm, against the real agent: each is answered, nothing of it is done."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hostile import Case, commands, documents
from obedient_shelf import CHIPS, COLA, ObedientShelf

from agent.documents.signing import SecretKey
from agent.signs import PAGE_BYTES
from wire.limits import PART_BYTES

pytestmark = pytest.mark.system

GOOD: dict[str, dict[str, Any]] = {
    "config": {"config": {"lane": [COLA, CHIPS]}},
    "content": {"items": [{"name": "tea", "plays": "loop", "headline": "Tea"}]},
    "policy": {"policy": {"rules": [{"name": "r", "on": ["dwell"], "show": ["tea"]}]}},
}
MOST_GROWTH_MB = (
    60.0  # of what is resident, from before the first to after the last; one picture of a bomb would be 3,600
)


def resident_mb(pid: int) -> float:
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * PAGE_BYTES / 1e6


def answered(shelf: ObedientShelf, hub: Any, case: Case) -> dict[str, Any]:
    """What the agent says of this document."""
    for data in case.files:
        sha = hashlib.sha256(data).hexdigest()
        for i in range(0, len(data), PART_BYTES):
            hub.publish(f"shelf/v1/shop/asset/{sha}/{i // PART_BYTES}", data[i : i + PART_BYTES], retain=True)
    before = len(shelf.reported(hub, case.kind))
    hub.publish(f"{shelf.base}{case.kind}/desired", case.body, retain=True)

    def said(_: Any) -> bool:
        news = shelf.reported(hub, case.kind)[before:]
        return any(report["desired_hash"] == case.hash and report["state"] != "loading" for report in news)

    hub.wait_for(said, what=f"an answer to {case.name}\n{shelf.reported(hub, case.kind)[before:]}\n{shelf.log[-3000:]}")
    return next(
        report
        for report in reversed(shelf.reported(hub, case.kind))
        if report["desired_hash"] == case.hash and report["state"] != "loading"
    )


@pytest.mark.timeout(300)
def test_nothing_of_it_is_done_and_everything_is_answered(
    tmp_path: Path, mosquitto: Any, subscriber: Callable[..., Any]
) -> None:
    mosquitto.start()
    hub = subscriber(mosquitto.port, "shelf/v1/shop/d1/#")
    with ObedientShelf(tmp_path / "s", mosquitto.port, "d1", probation_s=5.0) as shelf:
        parent = shelf.start()
        shelf.await_rest(hub)
        good = {kind: shelf.wants(hub, kind, body) for kind, body in GOOD.items()}
        for kind, version in good.items():
            shelf.await_state(hub, kind, "applied", version)
        began_mb = resident_mb(parent.pid)
        wrong = []
        for case in documents(shelf.key, SecretKey.make()):
            report = answered(shelf, hub, case)
            reasoned = bool(report["findings"]) and all(finding["reason"] for finding in report["findings"])
            if (report["state"], report["version"], reasoned) != ("rejected", good.get(case.kind), True):
                wrong.append((case.name, report))
        assert not wrong, "\n".join(f"{name}: {report['state']} {report['findings']}" for name, report in wrong)
        wrong_orders = refused(shelf, hub)
        assert not wrong_orders, wrong_orders
        assert resident_mb(parent.pid) - began_mb < MOST_GROWTH_MB
        shelf.board.load("cola", -345)
        hub.wait_for(lambda _: shelf.events(hub, "pick"), what=f"a pick\n{shelf.log[-2000:]}")
        assert len(parent.started_s) == 1 and "Traceback" not in shelf.log, shelf.log


def refused(shelf: ObedientShelf, hub: Any) -> list[tuple[str, Any]]:
    """Orders that were not refused, with what was said of them."""
    shelf.camera.hands = ()
    wanted = {}
    for i, (what, name, body) in enumerate(commands()):
        wanted[f"o{i}"] = what
        hub.publish(f"{shelf.base}command/{name}/o{i}", body)
    hub.wait_for(
        lambda _: len({m.topic for m in hub.on(f"{shelf.base}result/")}) >= len(wanted), what=f"{len(wanted)} answers"
    )
    time.sleep(0.2)  # a second answer to one of them would come now
    results = {m.topic.rpartition("/")[2]: json.loads(m.body) for m in hub.on(f"{shelf.base}result/")}
    return [
        (wanted[id], result)
        for id, result in results.items()
        if result["outcome"] != "refused" or not result["message"]
    ]
