"""What the outbox promises: numbers without holes, bytes sealed once, state and snapshot with their events."""

from __future__ import annotations

import json
import sqlite3
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from outbox_scene import TOPICS, Box, answer, pick, picks, stock, wait_for

from agent.messages import Event, State
from agent.outbox.board import Board
from agent.outbox.outbox import Outbox
from agent.outbox.protocol import Batch, Receipt, ResultRow, Waiting
from wire.reported import ConfigReported


@pytest.fixture
def box(tmp_path: Path) -> Iterator[Box]:
    scene = Box(tmp_path / "outbox.sqlite")
    scene.boot()
    yield scene
    scene.outbox.stop()


def test_each_event_gets_the_next_number_in_the_order_of_the_commits(box: Box) -> None:
    assert box.commit("a", "b") == Receipt(1, 2)
    assert box.commit("c") == Receipt(3, 3)
    assert box.outbox.commit(stock(6)).result(10) == Receipt(None, None)
    assert box.waiting() == ["b1/1 pick", "b1/2 pick", "b1/3 pick"]
    assert box.lanes() == ["a", "b", "c"]


def test_numbers_go_on_over_restarts_though_everything_was_accepted(box: Box) -> None:
    box.commit("a", "b")
    for sequence in (1, 2):
        box.outbox.accepted(sequence)
    box.restart()
    assert box.waiting() == [] and box.outbox.last_sequence == 2
    assert box.commit("c") == Receipt(3, 3)
    assert box.waiting() == ["b2/3 pick"]


def test_what_waited_before_a_restart_waits_after_it_with_its_old_id(box: Box) -> None:
    box.commit("a", "b", "c")
    box.outbox.accepted(1)
    before = box.outbox.after(0, 10)
    box.restart()
    assert box.outbox.after(0, 10) == before
    assert [json.loads(row.body)["id"] for row in before] == ["d1/b1/2", "d1/b1/3"]


def test_the_bytes_are_one_cloudevent_with_the_time_of_the_event(box: Box) -> None:
    box.outbox.commit(picks("cola", wall_s=1_700_000_000.1239)).result(10)
    event = json.loads(box.outbox.after(0, 1)[0].body)
    assert {key: event[key] for key in event if key != "data"} == {
        "specversion": "1.0",
        "id": "d1/b1/1",
        "source": "shelf/v1/shop/d1",
        "type": "shelfd.pick",
        "datacontenttype": "application/json",
        "sequence": "000000000001",
        "subject": "cola",
        "time": "2023-11-14T22:13:20.123Z",
    }
    assert event["data"]["delta_g"] == -345.0


def test_while_the_clock_is_unknown_an_event_has_no_time(box: Box) -> None:
    box.commit("cola")
    assert "time" not in json.loads(box.outbox.after(0, 1)[0].body)


def test_a_cloudevents_library_reads_it(box: Box) -> None:
    from cloudevents.core.bindings import http

    box.outbox.commit(picks("cola", wall_s=1_700_000_000.0)).result(10)
    body = box.outbox.after(0, 1)[0].body
    message = http.HTTPMessage(headers={"content-type": "application/cloudevents+json"}, body=body)
    event = http.from_http_event(message)
    assert (event.get_id(), event.get_type(), event.get_subject()) == ("d1/b1/1", "shelfd.pick", "cola")


def test_what_gathers_during_a_commit_shares_the_next_one(box: Box) -> None:
    handed_over = threading.Event()
    box.outbox.listen(lambda: handed_over.wait(10) and None)  # the first commit takes as long as the burst
    done = [box.outbox.commit(picks(f"lane {n}")) for n in range(1000)]
    handed_over.set()
    receipts = [future.result(10) for future in done]
    assert [receipt.first_sequence for receipt in receipts] == list(range(1, 1001))
    box.outbox.stop()
    (commits,) = sqlite3.connect(box.path).execute("SELECT value FROM meta WHERE key = 'commits'").fetchone()
    assert commits <= 3, "a burst would cost one sync of the card an event"


def test_many_threads_share_one_order(box: Box) -> None:
    def tell(name: str) -> None:
        for n in range(50):
            box.outbox.commit(picks(f"{name} {n}"))

    threads = [threading.Thread(target=tell, args=(name,)) for name in "abcd"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    wait_for(lambda: box.outbox.last_sequence == 200)
    lanes = box.lanes()
    assert len(set(lanes)) == 200
    for name in "abcd":
        assert [lane for lane in lanes if lane.startswith(name)] == [f"{name} {n}" for n in range(50)]


def test_what_became_of_a_document_survives(box: Box) -> None:
    box.outbox.commit(Batch(states=(State(ConfigReported(state="applied", version=3)),))).result(10)
    box.restart()
    assert json.loads(box.outbox.states()["config/reported"])["version"] == 3
    assert not list(box.path.parent.glob("*.corrupt*"))


def test_of_each_state_only_the_newest_is_kept_and_it_survives(box: Box) -> None:
    for units in (6, 5, 4):
        box.outbox.commit(stock(units)).result(10)
    box.restart()
    assert json.loads(box.outbox.states()["stock"])["lanes"][0]["units"] == 4


def test_the_snapshot_of_the_newest_commit_survives(box: Box) -> None:
    box.outbox.commit(Batch(events=(Event(pick("a"), None),), snapshot={"units": 5})).result(10)
    box.outbox.commit(Batch(snapshot={"units": 4, "baskets": {"v1": ["cola"]}})).result(10)
    box.outbox.commit(picks("b")).result(10)
    box.restart()
    assert box.outbox.snapshot == {"units": 4, "baskets": {"v1": ["cola"]}}


def test_an_answer_waits_until_the_broker_has_it(box: Box) -> None:
    for id in ("o1", "o2"):
        box.outbox.commit(answer(id)).result(10)
    first, second = box.outbox.results()
    assert (first.id, second.id) == ("o1", "o2")
    box.outbox.answered(first.number)
    assert box.outbox.results() == [second]
    box.restart()
    assert box.outbox.results() == [second]


def test_an_answer_accepted_while_a_commit_ran_does_not_come_back() -> None:
    board, row, newer = Board(), ResultRow(1, "o1", b"{}"), ResultRow(2, "o2", b"{}")
    board.show(states={}, results=[row], last_sequence=0, waiting=Waiting(0, 0))
    board.answered(1)
    board.show(states={}, results=[row, newer], last_sequence=0, waiting=Waiting(0, 0))
    assert board.results() == [newer]
    board.show(states={}, results=[], last_sequence=0, waiting=Waiting(0, 0))
    assert board.results() == []


def test_of_a_flood_of_answers_the_newest_are_kept(box: Box) -> None:
    for n in range(300):
        box.outbox.commit(answer(f"o{n}"))
    box.outbox.commit(answer("last")).result(10)
    ids = [row.id for row in box.outbox.results()]
    assert len(ids) == 256 and ids[-1] == "last"


def test_a_parked_event_steps_aside_until_the_next_start(box: Box) -> None:
    box.commit("a", "b")
    box.outbox.parked(1, "too large")
    assert box.lanes() == ["b"]
    wait_for(lambda: box.outbox.waiting().parked == 1)
    assert box.outbox.waiting().events == 2
    box.restart()
    assert box.lanes() == ["a", "b"] and box.outbox.waiting().parked == 0


def test_far_more_than_memory_holds_is_offered_in_order(box: Box) -> None:
    for n in range(3000):
        box.outbox.commit(picks(f"{n}"))
    wait_for(lambda: box.outbox.last_sequence == 3000)
    offered, cursor = [], 0
    until_s = time.monotonic() + 20
    while len(offered) < 3000:
        assert time.monotonic() < until_s
        rows = box.outbox.after(cursor, 16)
        if not rows:
            time.sleep(0.001)  # the writer reads on; a spinning thread would keep it from doing so
        for row in rows:
            offered.append(row.sequence)
            cursor = row.sequence
            box.outbox.accepted(cursor)
    assert offered == list(range(1, 3001))
    wait_for(lambda: box.outbox.waiting().events == 0)


def test_the_uplink_is_woken_by_what_is_on_disk(tmp_path: Path) -> None:
    woken = threading.Event()
    outbox = Outbox(tmp_path / "outbox.sqlite", TOPICS, "b1")
    outbox.listen(woken.set)
    outbox.start()
    outbox.commit(picks("a"))
    assert woken.wait(10) and outbox.after(0, 1)
    outbox.stop()


def test_a_stop_writes_what_was_handed_over(box: Box) -> None:
    done = [box.outbox.commit(picks(f"{n}")) for n in range(200)]
    box.outbox.stop()
    assert all(future.result(0) for future in done)
    box.boot()
    assert len(box.lanes()) == 200


def test_faults_are_told_once_and_cleared_once_even_by_the_next_boot(box: Box) -> None:
    for _ in range(3):
        box.outbox.faults.raise_fault("uplink", "not_authorised", "mend it")
    wait_for(lambda: box.waiting() == ["b1/1 fault"])
    box.restart()
    assert box.outbox.faults.open("uplink") == {"not_authorised"}
    for _ in range(3):
        box.outbox.faults.clear("uplink", "not_authorised", "quota_exceeded")
    wait_for(lambda: box.waiting() == ["b1/1 fault", "b2/2 cleared"])
    box.restart()
    assert box.outbox.faults.open("uplink") == set()
