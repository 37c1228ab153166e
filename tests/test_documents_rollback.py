"""What does harm is taken back, whoever dies on the way, and a shelf that keeps crashing is built of less."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.documents_scene import (
    HEALTHY,
    Died,
    Disk,
    Shelf,
    cannot,
    local_config,
    no_camera,
    priced,
)
from wire.documents import Policy


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf(tmp_path)


def test_the_camera_is_lost_and_the_price_goes_back(shelf: Shelf) -> None:
    shelf.signs = lambda config: HEALTHY if config.lanes[0].price != "9.99" else no_camera(HEALTHY)
    local = local_config(shelf.folder, camera={"driver": "v4l2", "device": "/dev/video0", "width": 640})
    shelf.start(local)
    shelf.hub.config(priced("4.50"))
    shelf.settle()
    assert shelf.hub.config(priced("9.99")).state == "probation"
    shelf.wait(25)
    assert (shelf.state(), shelf.price, shelf.parts.version) == ("rolled_back", "4.50", 1)
    assert "camera lived before the change" in shelf.reasons()
    assert (shelf.told["config"].version, shelf.told["config"].desired_version) == (1, 2)
    assert shelf.parts.restarts == []


def test_what_was_taken_back_is_never_tried_again_while_it_stays(shelf: Shelf) -> None:
    shelf.parts.when = lambda config: None
    shelf.signs = lambda config: replace(HEALTHY, core_answers=config.lanes[0].price != "9.99")
    shelf.hub.config(priced("9.99"))
    shelf.settle()
    shelf.signs = lambda config: HEALTHY
    changes = shelf.parts.changes
    for _ in range(3):
        shelf.crash()
        assert shelf.state() == "rolled_back"
        assert shelf.hub.repeats().state == "rolled_back"
        assert "core does not answer" in shelf.reasons()
    shelf.settle()
    assert (shelf.parts.changes, shelf.price) == (changes, "1.00")
    assert shelf.hub.config(priced("9.99")).state == "probation"  # a newer version is another document


def test_the_process_dies_on_trial(shelf: Shelf) -> None:
    shelf.hub.config(priced("4.50"))
    shelf.settle()
    shelf.hub.config(priced("9.99"))
    shelf.crash()
    assert (shelf.beginning.config.lanes[0].price, shelf.state()) == ("4.50", "rolled_back")
    assert shelf.hub.repeats().state == "rolled_back"


def test_an_end_in_order_begins_the_probation_again(shelf: Shelf) -> None:
    shelf.hub.config(priced("4.50"))
    shelf.wait(29)
    shelf.restart()
    assert (shelf.price, shelf.state(), shelf.beginning.version) == ("4.50", "probation", 1)
    shelf.wait(29)
    assert shelf.state() == "probation"
    shelf.wait(2)
    assert shelf.state() == "applied"


def test_a_crash_after_an_end_in_order_is_a_crash(shelf: Shelf) -> None:
    shelf.hub.config(priced("4.50"))
    shelf.restart()
    shelf.crash()
    assert (shelf.price, shelf.state()) == ("1.00", "rolled_back")


def test_a_change_that_never_comes_to_rest_is_taken_back(shelf: Shelf) -> None:
    shelf.hub.config(priced("4.50"))
    for _ in range(6):
        shelf.restart()
    assert (shelf.price, shelf.state()) == ("1.00", "rolled_back")


def test_after_a_restart_it_is_still_known_what_lived_before(shelf: Shelf) -> None:
    shelf.start(local_config(shelf.folder, camera={"driver": "v4l2", "device": "/dev/video0"}))
    shelf.hub.config(priced("4.50"))
    shelf.signs = lambda config: no_camera(HEALTHY)
    shelf.restart()
    shelf.wait(25)
    assert (shelf.state(), shelf.price) == ("rolled_back", "1.00")


def test_a_camera_that_is_no_longer_wanted_is_not_missed(shelf: Shelf) -> None:
    shelf.start(local_config(shelf.folder, camera={"driver": "v4l2", "device": "/dev/video0"}))
    shelf.signs = lambda config: HEALTHY if config.camera.driver else no_camera(HEALTHY)
    shelf.hub.config({"camera": {"driver": ""}})
    shelf.settle()
    assert shelf.state() == "applied"


def test_a_broker_that_is_away_is_no_reason(shelf: Shelf) -> None:
    shelf.hub.config(priced("4.50"))
    shelf.signs = lambda config: replace(HEALTHY, connected=False)
    shelf.settle()
    assert shelf.state() == "applied"


def test_a_broker_that_is_away_is_one_where_the_change_leads_there(shelf: Shelf) -> None:
    shelf.hub.config({"broker": {"port": 1999}})
    shelf.signs = lambda config: replace(HEALTHY, connected=config.broker.port != 1999)
    shelf.settle()
    assert (shelf.state(), shelf.config.broker.port) == ("rolled_back", 1883)


@pytest.mark.parametrize(
    ("accepted", "held", "state", "reason"),
    [
        (True, True, "applied", ""),
        (False, True, "rolled_back", "takes nothing of what this device sends"),
        (True, False, "rolled_back", "does not hold this document"),
    ],
)
def test_a_move_to_another_broker_has_to_prove_itself_there(
    shelf: Shelf, accepted: bool, held: bool, state: str, reason: str
) -> None:
    shelf.signs = lambda config: replace(HEALTHY, accepted=accepted, heard=shelf.hub.hash if held else "")
    shelf.hub.config({"broker": {"port": 1999}})
    shelf.restart()  # the trial goes on, and so do its terms
    shelf.settle()
    assert (shelf.state(), shelf.config.broker.port) == (state, 1999 if state == "applied" else 1883)
    assert reason in shelf.reasons()


def test_who_stays_at_the_broker_need_not_hear_it_again(shelf: Shelf) -> None:
    shelf.signs = lambda config: replace(HEALTHY, accepted=False, heard="")
    shelf.hub.config(priced("4.50"))
    shelf.settle()
    assert shelf.state() == "applied"


def test_memory(shelf: Shelf) -> None:
    shelf.signs = lambda config: replace(HEALTHY, rss_mb=60.0 if config.lanes[0].price != "9.99" else 400.0)
    shelf.hub.config(priced("9.99"))
    shelf.wait(25)
    assert (shelf.state(), shelf.price) == ("rolled_back", "1.00")
    assert "400 MB" in shelf.reasons()


def test_a_limit_set_too_low_does_not_keep_its_own_correction_out(shelf: Shelf) -> None:
    shelf.hub.config({"documents": {"most_memory_mb": 50.0}})
    shelf.settle()
    assert shelf.state() == "applied"
    shelf.hub.config({"documents": {"most_memory_mb": 180.0}})
    shelf.settle()
    assert shelf.state() == "applied"


def test_what_does_not_heal_by_the_way_back_is_started_anew(shelf: Shelf) -> None:
    shelf.hub.config(priced("9.99"))
    shelf.signs = lambda config: replace(HEALTHY, rss_mb=400.0)  # a leak stays
    shelf.settle()
    assert shelf.price == "1.00" and len(shelf.parts.restarts) == 1
    shelf.settle()
    assert len(shelf.parts.restarts) == 1


def test_a_change_that_cannot_be_made_goes_back_at_once(shelf: Shelf) -> None:
    def refuse(config: object) -> None:
        if config is not None and config != shelf.local:
            raise cannot("no such port")

    shelf.parts.when = refuse
    assert shelf.hub.config(priced("4.50")).state == "rolled_back"
    assert "no such port" in shelf.reasons() and shelf.price == "1.00"


def test_the_power_goes_while_it_is_applied(shelf: Shelf) -> None:
    def die(config: object) -> None:
        raise Died

    shelf.parts.when = die
    with pytest.raises(Died):
        shelf.hub.config(priced("4.50"))
    shelf.parts.when = lambda config: None
    shelf.crash()
    assert (shelf.price, shelf.state()) == ("1.00", "rolled_back")


def test_a_newer_document_need_not_wait_for_the_trial_of_the_one_before(shelf: Shelf) -> None:
    shelf.hub.config(priced("4.50"))
    shelf.wait(5)
    shelf.hub.config(priced("5.00"))
    assert (shelf.price, shelf.state()) == ("5.00", "probation")
    shelf.crash()
    assert shelf.price == "1.00", "neither had proven itself"


def test_what_a_replaced_trial_broke_is_held_against_the_next(shelf: Shelf) -> None:
    shelf.start(local_config(shelf.folder, camera={"driver": "v4l2", "device": "/dev/video0"}))
    shelf.hub.config(priced("4.50"))
    shelf.signs = lambda config: HEALTHY if config.lanes[0].price == "1.00" else no_camera(HEALTHY)
    shelf.wait(3)
    shelf.hub.config(priced("5.00"))
    shelf.settle()
    assert (shelf.state(), shelf.price) == ("rolled_back", "1.00")


def test_all_that_is_on_trial_goes_back_together(shelf: Shelf) -> None:
    shelf.hub.config(priced("9.99"))
    shelf.hub.policy(Policy(holdout=0.1))
    shelf.signs = lambda config: replace(HEALTHY, core_answers=config.lanes[0].price != "9.99")
    shelf.wait(25)
    assert (shelf.state(), shelf.state("policy")) == ("rolled_back", "rolled_back")
    assert (shelf.price, shelf.parts.policy) == ("1.00", None)
    assert "may be either" in shelf.reasons("policy")


def test_the_disk_fills_up_during_the_trial(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    disk = Disk().install(monkeypatch)
    shelf.hub.config(priced("4.50"))
    disk.full = True
    shelf.settle()
    assert shelf.state() == "probation", "good, but not written down: tried again"
    shelf.crash()
    assert shelf.price == "1.00"
    disk.full = False
    shelf.crash()
    assert (shelf.price, shelf.state()) == ("1.00", "rolled_back")


def test_a_document_whose_contents_end_the_process_is_not_looked_at_twice(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    def end(*_: object) -> None:
        raise Died

    with monkeypatch.context() as patch:
        patch.setattr("agent.documents.config_document.lay", end)
        with pytest.raises(Died):
            shelf.hub.config(priced("4.50"))
    shelf.crash()
    assert shelf.hub.repeats().state == "rolled_back"


def test_five_starts_that_did_not_live(shelf: Shelf) -> None:
    """Less and less of the hub's wishes is built in, and prices stay as long as they can."""
    shelf.hub.config({**priced("4.50"), "visits": {"dwell_s": 9.0}, "broker": {"port": 1999}})
    shelf.hub.policy(Policy(holdout=0.1))
    shelf.settle()
    shelf.stop()
    seen = []
    for _ in range(21):
        shelf.crash()
        config = shelf.config
        seen.append((shelf.price, config.visits.dwell_s, config.broker.port, shelf.state(), bool(shelf.parts.policy)))
    assert seen == (
        [("4.50", 9.0, 1999, "applied", True)] * 5
        + [("4.50", 3.0, 1999, "rolled_back", False)] * 5
        + [("1.00", 3.0, 1999, "rolled_back", False)] * 5
        + [("1.00", 3.0, 1883, "rolled_back", False)] * 5
        + [("4.50", 9.0, 1999, "applied", True)]
    )


def test_what_was_left_out_at_this_start_comes_back_after_a_steady_one(shelf: Shelf) -> None:
    shelf.hub.config({**priced("4.50"), "visits": {"dwell_s": 9.0}})
    shelf.settle()
    for _ in range(7):
        shelf.crash()
    assert shelf.hub.repeats().state == "rolled_back" and "only lane is in force" in shelf.reasons()
    assert shelf.told["config"].version is None
    shelf.wait(61)
    shelf.crash()
    assert (shelf.config.visits.dwell_s, shelf.state()) == (9.0, "applied")


def test_a_document_mends_a_shelf_that_keeps_crashing(shelf: Shelf) -> None:
    shelf.hub.config({**priced("4.50"), "visits": {"dwell_s": 9.0}})
    shelf.settle()
    for _ in range(7):
        shelf.crash()
    shelf.hub.config({**priced("4.60"), "visits": {"dwell_s": 8.0}})
    assert (shelf.price, shelf.config.visits.dwell_s) == ("4.60", 8.0)
    shelf.signs = lambda config: replace(HEALTHY, core_answers=False)
    shelf.wait(25)
    assert (shelf.price, shelf.config.visits.dwell_s) == ("4.50", 3.0), (
        "back to what this start had, not to what crashed"
    )


def test_the_devices_file_changed_and_the_good_one_no_longer_fits(shelf: Shelf) -> None:
    shelf.hub.config({**priced("4.50"), "scale": [{"name": "main", "baud": 9600}]})
    shelf.settle()
    shelf.stop()
    scale = {"name": "other", "driver": "shelfd-lines", "port": "/dev/ttyUSB0", "cell": [{"name": "c1"}]}
    shelf.start(local_config(shelf.folder, scale=[scale]))
    assert (shelf.price, shelf.state(), shelf.beginning.version) == ("4.50", "rolled_back", None)
    assert "no longer fits" in shelf.reasons() and "config.scale[0].name" in shelf.reasons()
    scale["cell"] = [{"name": "x"}]
    shelf.start(local_config(shelf.folder, scale=[scale], lane=[]))
    assert shelf.config == shelf.local
    shelf.start(local_config(shelf.folder))
    assert (shelf.state(), shelf.config.scales[0].baud) == ("applied", 9600)


def test_the_next_one_waits_until_the_way_back_has_come_to_rest(shelf: Shelf) -> None:
    shelf.signs = lambda config: replace(HEALTHY, core_answers=config.lanes[0].price != "9.99")
    shelf.hub.config(priced("9.99"))
    while shelf.state() == "probation":
        shelf.wait(1)
    assert (shelf.state(), shelf.hub.config(priced("4.50")).state) == ("rolled_back", "loading")
    shelf.wait(10)
    assert (shelf.state(), shelf.price) == ("loading", "1.00")
    shelf.wait(15)
    assert (shelf.state(), shelf.price) == ("probation", "4.50")


def test_nothing_is_begun_once_a_fresh_start_was_asked_for(shelf: Shelf) -> None:
    """It would be on trial while the process ends."""
    shelf.hub.config(priced("9.99"))
    shelf.signs = lambda config: replace(HEALTHY, rss_mb=400.0)
    while shelf.state() == "probation":
        shelf.wait(1)
    shelf.hub.config(priced("4.50"))
    shelf.settle()
    assert len(shelf.parts.restarts) == 1
    assert (shelf.state(), shelf.price) == ("loading", "1.00")
    shelf.restart()
    shelf.signs = lambda config: HEALTHY
    assert shelf.hub.repeats().state == "probation"


def test_a_disk_that_takes_nothing_is_asked_seldom_and_told_once(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    disk = Disk().install(monkeypatch)
    shelf.hub.config(priced("4.50"))
    disk.full, disk.refused = True, 0
    shelf.wait(1800)
    lines = [record.getMessage() for record in caplog.records if "written" in record.getMessage()]
    assert (len(lines), shelf.state()) == (3, "probation"), lines  # of each copy of the index, and what it means
    assert disk.refused < 80, "two copies, about once a minute"
    disk.full = False
    shelf.wait(61)
    assert shelf.state() == "applied"
    shelf.crash()
    assert shelf.price == "4.50"
