"""Documents change a shelf, or are refused with every reason: versions, keys, addresses, contents."""

from __future__ import annotations

from pathlib import Path

import pytest

from agent.documents.protocol import Signs
from tests.documents_scene import (
    HEALTHY,
    NEW,
    OLD,
    STRANGER,
    Disk,
    Shelf,
    lane,
    local_config,
    priced,
    trusted,
)
from tools.publish.signing import sign
from wire.documents import ConfigDocument, Policy, Rule


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf(tmp_path)


def test_a_price_is_tried_watched_and_good(shelf: Shelf) -> None:
    assert shelf.hub.config(priced("4.50")).state == "probation"
    assert (shelf.price, shelf.parts.version) == ("4.50", 1)
    shelf.wait(40)
    told = shelf.told["config"]
    assert (told.state, told.version, told.desired_version, told.by) == ("applied", 1, 1, "li.wei")
    assert told.hash == told.desired_hash and told.since == "2026-03-14T09:26:39.000Z"


def test_a_good_one_outlives_restarts_and_crashes(shelf: Shelf) -> None:
    shelf.hub.config(priced("4.50"))
    shelf.settle()
    for end in (shelf.restart, shelf.crash):
        end()
        assert (shelf.price, shelf.state()) == ("4.50", "applied")


def test_what_the_broker_repeats_at_each_connect_is_no_news(shelf: Shelf) -> None:
    shelf.hub.config(priced("4.50"))
    shelf.settle()
    changes = shelf.parts.changes
    assert shelf.hub.repeats().state == "applied"
    shelf.restart()
    assert shelf.hub.repeats().state == "applied"
    assert shelf.parts.changes == changes


def test_a_key_that_a_document_does_not_name_is_as_in_the_devices_file(shelf: Shelf) -> None:
    shelf.hub.config({"visits": {"dwell_s": 9.0}})
    shelf.settle()
    assert (shelf.config.visits.dwell_s, shelf.price) == (9.0, "1.00")
    shelf.hub.config({"scale": [{"name": "main", "rate_hz": 40.0}]})
    assert (shelf.config.visits.dwell_s, shelf.config.scales[0].rate_hz) == (3.0, 40.0)
    assert shelf.config.scales[0].port == "/dev/ttyUSB0"


def test_versions_grow(shelf: Shelf) -> None:
    shelf.hub.config(priced("4.50"), version=7)
    shelf.settle()
    for version in (6, 7):
        assert shelf.hub.config(priced("9.99"), version=version).state == "rejected"
        assert "version" in shelf.reasons() and "8 or higher" in shelf.reasons()
    assert shelf.price == "4.50"
    assert shelf.hub.config(priced("5.00"), version=8).state == "probation"


def test_no_version_closes_its_kind(shelf: Shelf) -> None:
    shelf.hub.config(priced("4.50"), version=3)
    for version in (2**53 - 1, 4 + 2**32):
        assert shelf.hub.config(priced("9.99"), version=version).state == "rejected"
        assert "version" in shelf.reasons()
    assert shelf.hub.config(priced("5.00"), version=3 + 2**32).state == "probation", "a slip as far as it can go"
    assert shelf.hub.config(priced("5.50"), version=4 + 2**32).state == "probation"


def test_nothing_is_tried_before_it_is_known_how_the_shelf_does_without(shelf: Shelf) -> None:
    shelf.signs = lambda config: Signs(frozenset(), connected=True, core_answers=True, rss_mb=60.0)
    shelf.start()
    assert shelf.hub.config(priced("4.50")).state == "loading"
    shelf.signs = lambda config: HEALTHY
    shelf.wait(1)
    assert shelf.state() == "probation"
    shelf.settle()
    shelf.signs = lambda config: Signs(frozenset(), connected=True, core_answers=True, rss_mb=60.0)
    shelf.restart()
    shelf.hub.config(priced("5.00"))
    shelf.wait(11)
    assert shelf.state() == "probation", "a scale that is dead is no reason to wait for ever"


def test_unsigned_words_change_nothing_but_what_is_said(shelf: Shelf) -> None:
    shelf.hub.config(priced("4.50"))
    assert shelf.hear("config", b"{}").state == "rejected"
    assert shelf.price == "4.50"
    shelf.settle()
    assert (shelf.told["config"].version, shelf.state()) == (1, "rejected"), "its trial went on; the last word is wrong"
    assert shelf.hear("config", b"").state == "none"
    assert (shelf.price, shelf.told["config"].desired_hash) == ("4.50", None)
    assert shelf.hub.repeats().state == "applied"


def test_keys_are_exchanged_by_a_document_that_both_have_signed(shelf: Shelf) -> None:
    wanted = {"documents": {"key": [trusted(NEW)]}}
    for keys, state in (((OLD,), "rejected"), ((NEW,), "rejected"), ((OLD, NEW), "probation")):
        shelf.hub.keys = keys
        assert shelf.hub.config(wanted).state == state, keys
    shelf.settle()
    assert shelf.told["config"].trusts == ("hub-2027",)  # type: ignore[union-attr]
    shelf.hub.keys = (OLD,)
    assert shelf.hub.config(wanted).state == "rejected"
    shelf.hub.keys = (NEW,)
    assert shelf.hub.config({**wanted, **priced("4.50")}).state == "probation"


def test_a_list_of_keys_left_out_would_bring_the_old_ones_back(shelf: Shelf) -> None:
    shelf.hub.keys = (OLD, NEW)
    shelf.hub.config({"documents": {"key": [trusted(NEW)]}})
    shelf.settle()
    shelf.hub.keys = (NEW,)
    assert shelf.hub.config(priced("4.50")).state == "rejected"
    assert "documents.key" in shelf.reasons()
    shelf.hub.keys = (OLD, NEW)
    assert shelf.hub.config(priced("4.50")).state == "probation"


def test_nobody_can_be_locked_out_by_an_empty_list(shelf: Shelf) -> None:
    assert shelf.hub.config({"documents": {"key": []}}).state == "rejected"
    assert "no key would be trusted" in shelf.reasons()


def test_what_the_new_key_signed_early_is_judged_again_with_the_new_keys(shelf: Shelf) -> None:
    shelf.hub.keys = (NEW,)
    assert shelf.hub.policy(Policy()).state == "rejected"
    shelf.hub.keys = (OLD, NEW)
    shelf.hub.config({"documents": {"key": [trusted(NEW)]}})
    shelf.wait(2)
    assert shelf.state("policy") == "probation"


def test_another_ones_key_under_the_right_name(shelf: Shelf) -> None:
    shelf.hub.keys = (STRANGER,)
    assert shelf.hub.config(priced("4.50")).state == "rejected"
    assert shelf.told["config"].desired_version is None and shelf.price == "1.00"
    shelf.hub.keys = (STRANGER, OLD)
    assert shelf.hub.config(priced("4.50")).state == "probation", "one good signature suffices"


@pytest.mark.parametrize(
    ("head", "path"),
    [({"store": "other"}, "store"), ({"device": "e"}, "device"), ({"device": "d*"}, "device")],
)
def test_for_somebody_else(shelf: Shelf, head: dict[str, str], path: str) -> None:
    assert shelf.hub.config(priced("4.50"), **head).state == "rejected"
    assert [x.path for x in shelf.told["config"].findings] == [path]
    assert shelf.hub.config(priced("4.50"), device="*").state == "probation"


def test_every_mistake_is_named_with_its_path(shelf: Shelf) -> None:
    wrong = {
        "lane": [lane("cola", price="4,50"), lane("tea", prise="1.00", cells=["c9"])],
        "broker": {"host": "elsewhere", "tls": True},
        "scale": [{"name": "mian", "baud": 9600}],
    }
    assert shelf.hub.config(wrong).state == "rejected"
    assert [x.path for x in shelf.told["config"].findings] == ["config.broker.tls", "config.scale[0].name"]
    del wrong["scale"], wrong["broker"]
    shelf.hub.config(wrong)
    assert [x.path for x in shelf.told["config"].findings] == ["config.lane[0].price", "config.lane[1].prise"]
    assert "did you mean `price`?" in shelf.reasons()
    wrong["lane"] = [lane("cola"), lane("tea", cells=["c9"])]
    shelf.hub.config(wrong)
    assert "config.lane[1].cells" in shelf.reasons() and shelf.price == "1.00"


def test_a_problem_of_a_scale_is_told_by_the_wishs_own_place(shelf: Shelf, tmp_path: Path) -> None:
    cells = [{"name": "c3"}]
    first = {"name": "first", "driver": "cas-22", "port": "/dev/ttyUSB1", "cell": cells}
    main = {"name": "main", "driver": "shelfd-lines", "port": "/dev/ttyUSB0", "cell": [{"name": "c1"}]}
    shelf.start(local_config(tmp_path, scale=[first, main]))
    assert shelf.hub.config({"scale": [{"name": "main", "baud": 7}]}).findings[0].path == "config.scale[0].baud"


@pytest.mark.parametrize(
    ("own_box", "told"),
    [
        ({}, "config.screen.labels: no lane has a box, so none has a label"),
        ({"left_m": 0.0, "right_m": 0.3, "top_m": 0.3}, "config.lane: priced, and without a label on the strip: cola"),
    ],
)
def test_a_document_that_takes_labels_from_the_strip_is_told_of(
    tmp_path: Path, own_box: dict[str, float], told: str
) -> None:
    boxes = [lane("own", price="1.00", left_m=0.0, right_m=0.3, top_m=0.3)]
    local = local_config(tmp_path, screen={"driver": "framebuffer", "device": "/dev/fb0"}, lane=boxes)
    shelf = Shelf(tmp_path, local)
    shelf.hub.config({"lane": [lane("own", price="1.00", **own_box), lane("cola", cells=["c2"], price="1.20")]})
    shelf.settle()
    assert shelf.state() == "applied" and told in shelf.reasons() and "left_m and right_m" in shelf.reasons()


def test_policy_has_its_own_life(shelf: Shelf) -> None:
    policy = Policy(rules=(Rule(name="r", on=("dwell",), show=("spring",)),))
    assert shelf.hub.policy(policy).state == "probation"
    assert shelf.parts.policy == policy
    shelf.wait(16)
    assert shelf.state("policy") == "applied"
    shelf.crash()
    assert shelf.parts.policy == policy, "it is put in force at each start"


def test_a_full_disk_refuses_and_is_asked_again(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    disk = Disk().install(monkeypatch)
    disk.full = True
    assert shelf.hub.config(priced("4.50")).state == "rejected"
    assert "cannot keep" in shelf.reasons() and shelf.price == "1.00"
    disk.full = False
    shelf.wait(61)
    assert (shelf.state(), shelf.price) == ("probation", "4.50")


def test_findings_are_bounded(shelf: Shelf) -> None:
    told = shelf.hub.config({f"k{i}": i for i in range(5000)})
    assert len(told.findings) == 50 and told.findings[-1].reason == "and 4951 more"


def test_a_device_without_a_folder_obeys_nobody(tmp_path: Path) -> None:
    from agent.documents.beginning import begin

    beginning = begin(local_config(tmp_path, documents={"dir": ""}))
    assert beginning.store is None and beginning.config is beginning.local


def test_signed_for_another_kind(shelf: Shelf) -> None:
    document = ConfigDocument(version=1, store="s", device="d", by="x", issued="2026", config={})
    assert shelf.hear("policy", sign(document, [OLD])).findings[0].path == "payloadType"
