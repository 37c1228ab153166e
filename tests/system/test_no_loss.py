"""The exam: killed fifty times in the middle of bursts, with the broker stopped and started meanwhile, the shelf
loses nothing: what its outbox said to be on disk arrives, in order, without a hole, and doubles have the same id.

The shelf is a process of its own that commits bursts and writes each id to a pipe after the commit returned.
A nursery process imports the agent once and forks each life from there, so that fifty starts take seconds.
"""

from __future__ import annotations

import importlib
import json
import os
import random
import select
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import Mosquitto, Subscriber

REPOSITORY = Path(__file__).resolve().parents[2]
LIVES = 50
SEED = 20_240_607  # of the moments of death; chosen before the first run
EVENTS = "shelf/v1/exam/shelf/event/#"

pytestmark = pytest.mark.system


class Shelf:
    """The nursery, and the one life at a time that it gave birth to."""

    def __init__(self, outbox: Path, port: int) -> None:
        self.committed: list[str] = []  # ids of events
        self.deaths: Counter[str] = Counter()
        self._pipe, child_end = os.pipe()
        os.set_blocking(self._pipe, False)
        self._rest = b""
        command = [sys.executable, __file__, str(outbox), str(port), str(child_end)]
        self._nursery = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            pass_fds=[child_end],
            env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
        )
        os.close(child_end)

    def live(self, boot: str, *, until_drained: bool = False) -> int:
        """Starts a life; its process id."""
        return int(self._ask(f"{'last' if until_drained else 'life'} {boot}"))

    def bury(self, pid: int) -> None:
        """After its death; how it ended is counted."""
        status = int(self._ask(f"wait {pid}"))
        self.deaths["killed" if os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL else str(status)] += 1
        self.listen()

    def wait_for_a_word(self) -> None:
        """Until it writes the next number, but not for long: a shelf that is full of plans may be silent."""
        self.listen()
        select.select([self._pipe], [], [], 0.5)

    def listen(self) -> None:
        """What it said to be on disk."""
        while True:
            try:
                chunk = os.read(self._pipe, 1 << 16)
            except BlockingIOError:
                return
            if not chunk:
                return
            *ids, self._rest = (self._rest + chunk).split(b"\n")
            self.committed.extend(id.decode() for id in ids)

    def close(self) -> None:
        assert self._nursery.stdin is not None
        self._nursery.stdin.close()
        self._nursery.wait(20)
        os.close(self._pipe)

    def _ask(self, line: str) -> str:
        assert self._nursery.stdin is not None and self._nursery.stdout is not None
        self._nursery.stdin.write(line.encode() + b"\n")
        self._nursery.stdin.flush()
        return self._nursery.stdout.readline().decode()


def test_fifty_deaths_and_a_broker_that_comes_and_goes_lose_nothing(
    tmp_path: Path, mosquitto: Mosquitto, subscriber: Callable[..., Subscriber]
) -> None:
    mosquitto.start("persistence true", f"persistence_location {mosquitto.directory}/", "max_queued_messages 0")
    hub = subscriber(mosquitto.port, EVENTS)
    shelf = Shelf(tmp_path / "outbox.sqlite", mosquitto.port)
    chance = random.Random(SEED)
    for life in range(LIVES):
        pid = shelf.live(f"boot{life}")
        time.sleep(chance.uniform(0.02, 0.25))  # the moment of death; no event to wait for
        if life % 2:
            shelf.wait_for_a_word()  # or right after it has said that something is on disk
        if life % 10 == 4:
            mosquitto.stop()
        os.kill(pid, signal.SIGKILL)
        shelf.bury(pid)
        if life % 10 == 8:
            mosquitto.start()
    last = shelf.live("last", until_drained=True)
    time.sleep(chance.uniform(0.2, 0.4))
    mosquitto.stop()
    time.sleep(chance.uniform(0.0, 0.2))
    mosquitto.start()
    shelf.bury(last)
    shelf.close()

    assert shelf.deaths == {"killed": LIVES, "0": 1}
    assert len(shelf.committed) > 20 * LIVES, "the bursts were too small to be an exam"
    final = shelf.committed[-1].encode()
    hub.wait_for(
        lambda heard: any(final in message.body for message in heard[-40:]), what="the last event", within_s=30
    )
    check(hub, shelf.committed)


def check(hub: Subscriber, committed: list[str]) -> None:
    events = [json.loads(message.body) for message in hub.messages]
    first_seen: dict[str, dict[str, object]] = {}
    for event in events:
        assert first_seen.setdefault(event["id"], event) == event, "one id, two events"
    firsts = [int(str(event["sequence"])) for event in first_seen.values()]

    assert set(committed) <= set(first_seen), "an event whose commit had returned never arrived"
    assert firsts == sorted(firsts), "first occurrences out of order"
    assert firsts == list(range(1, len(firsts) + 1)), "a hole in the numbers, or one number twice"
    told = [event["data"]["lane"] for event in first_seen.values()]
    assert told == [f"pick {n}" for n in range(1, len(told) + 1)], "snapshot and events were not committed together"
    boots = {str(event["id"]).split("/")[1] for event in events}
    assert len(boots) > LIVES / 2, "most lives should have lived long enough to tell something"
    doubles = len(events) - len(first_seen)
    print(f"{len(committed)} acknowledged, {len(firsts)} arrived, {doubles} doubles, {len(boots)} boots")


def nursery(outbox: Path, port: int, pipe: int) -> None:
    """Forks lives as the test asks for them. It has no threads, so a fork is safe."""
    for module in ("agent.outbox.outbox", "agent.uplink.courier", "agent.uplink.paho"):
        importlib.import_module(module)  # once for all lives
    for line in sys.stdin:
        word, name = line.split()
        if word == "wait":
            print(os.waitpid(int(name), 0)[1], flush=True)
        elif (pid := os.fork()) == 0:
            life(outbox, port, pipe, name, until_drained=word == "last")
            os._exit(0)
        else:
            print(pid, flush=True)


def life(path: Path, port: int, pipe: int, boot: str, *, until_drained: bool) -> None:
    """One boot of the shelf: bursts of picks until it is killed; the last one sends what is left and stops."""
    from agent.config.schema import Broker
    from agent.outbox.outbox import Outbox
    from agent.uplink.backoff import Backoff
    from agent.uplink.courier import Courier
    from agent.uplink.paho import PahoUplink
    from agent.uplink.protocol import Message
    from wire.topics import Topics

    chance = random.Random(boot)
    topics = Topics("exam", "shelf")
    outbox = Outbox(path, topics, boot)
    outbox.start()
    will = Message(topics.state("online"), b'{"online":false}', retain=True)
    link = PahoUplink(Broker(port=port), "exam:shelf", will)
    quick = Backoff(random.Random(boot), first_s=0.02, most_s=0.1)
    courier = Courier(link, outbox, lambda *_: None, backoff=quick)
    courier.start()
    count = int((outbox.snapshot or {"count": 0})["count"])
    bursts_until_s = time.monotonic() + (1.0 if until_drained else 3600.0)
    while time.monotonic() < bursts_until_s:
        burst = range(chance.randint(1, 60))
        done = [outbox.commit(batch(count + 1 + i)) for i in burst]
        count += len(burst)
        for future in done:
            receipt = future.result(30)
            os.write(pipe, f"shelf/{boot}/{receipt.last_sequence}\n".encode())
        time.sleep(chance.uniform(0.0, 0.02))
    until_s = time.monotonic() + 60
    while outbox.waiting().events:
        assert time.monotonic() < until_s, "the outbox does not drain"
        time.sleep(0.02)
    courier.stop()
    outbox.stop()


def batch(count: int) -> object:
    """A pick that carries its own count, with the snapshot that has counted it."""
    from agent.messages import Event
    from agent.outbox.protocol import Batch
    from wire.events import Clock, Pick

    pick = Pick(
        lane=f"pick {count}",
        gtin="06901234567892",
        units=1,
        delta_g=-345.0,
        confidence=0.9,
        visitor=None,
        began_s=1.0,
        ended_s=2.0,
        decided_s=2.5,
        clock=Clock(synced=False),
    )
    return Batch(events=(Event(pick, None),), snapshot={"count": count})


if __name__ == "__main__":
    nursery(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
