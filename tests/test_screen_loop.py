"""What stands on the strip, and what the core is told of it."""

from __future__ import annotations

import random
import threading
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from agent.config.schema import Lane
from agent.documents.signing import SecretKey
from agent.messages import CouponClaim, LabelsShown, SensorBack, SensorLost, Shown
from agent.screen import panelist
from agent.screen.coupon import tag
from agent.screen.face import Face
from agent.screen.fake import FakePanel
from agent.screen.loop import ScreenLoop
from agent.screen.protocol import ScreenError
from agent.screen.stage import Stage
from tests.screen_scene import BLUE, COLA, GREEN, RED, StripScene, config, labels, play
from tools.verify_coupon.verdict import verdict
from wire.documents import Coupon, Item


@pytest.fixture
def strip(tmp_path: Path) -> StripScene:
    return StripScene(tmp_path)


def looped(strip: StripScene, name: str, colour: tuple[int, int, int], **more: object) -> Item:
    return Item(name=name, plays="loop", asset=strip.picture(name, colour), **more)  # type: ignore[arg-type]


def answer(strip: StripScene, name: str, colour: tuple[int, int, int]) -> Item:
    return Item(name=name, plays="answer", asset=strip.picture(name, colour))


def test_labels_are_told_when_their_pixels_are_there(strip: StripScene) -> None:
    strip.turn()
    assert strip.take(LabelsShown) == []  # nobody has said what they say
    strip.stage.labels(labels(1))
    strip.turn()
    assert strip.take(LabelsShown) == [LabelsShown(100.0, 1)]
    before = strip.panel.picture
    strip.stage.labels(labels(2, cola="9.99"))
    strip.turn()
    assert strip.take(LabelsShown) == [LabelsShown(100.0, 2)]
    changed = (strip.panel.picture != before).any(axis=2)
    assert changed[:, :240].any() and not changed[:, 240:].any(), "cola's label, not tea's"


def test_an_answer_cuts_in_whole_and_the_loop_fades_back(strip: StripScene) -> None:
    strip.content(looped(strip, "loop", BLUE), answer(strip, "answer", RED))
    strip.pass_s(2.0)
    assert strip.colour == BLUE
    shows = strip.panel.shows
    strip.stage.play(play("answer"))
    strip.turn()
    assert strip.colour == RED and (strip.area == RED).all() and strip.panel.shows == shows + 1
    strip.pass_s(5.05)
    assert strip.colour not in (RED, BLUE), "on the way"
    strip.pass_s(0.5)
    assert strip.colour == BLUE
    assert strip.shown() == [("answer", "d1-1", 5.0)]


def test_a_fade_has_its_25_pictures_a_second(strip: StripScene) -> None:
    strip.content(looped(strip, "one", BLUE, seconds=4.0), looped(strip, "two", RED, seconds=4.0))
    strip.pass_s(3.9)
    before = len(strip.panel.frames)
    strip.pass_s(0.5)
    colours = [tuple(strip.part(frame.picture)[20, 200]) for frame in list(strip.panel.frames)[before:]]
    assert len(colours) >= 0.3 * 25 and colours[-1] == RED
    assert all(a[0] <= b[0] and a[2] >= b[2] for a, b in pairwise(colours))


def test_on_a_slow_panel_a_fade_has_fewer_pictures_and_takes_no_longer(strip: StripScene) -> None:
    strip.content(looped(strip, "one", BLUE, seconds=4.0), looped(strip, "two", RED, seconds=4.0))
    strip.panel.slow(0.05)
    strip.pass_s(20.0)
    before = len(strip.panel.frames)
    strip.pass_s(8.0)
    assert 2 <= len(strip.panel.frames) - before <= 8, "two fades"
    strip.panel.slow(0.4)
    strip.pass_s(40.0)
    before = len(strip.panel.frames)
    strip.pass_s(9.0)
    assert len(strip.panel.frames) - before <= 3, "at once"


def test_an_answer_that_another_cuts_short_is_told_with_its_true_seconds(strip: StripScene) -> None:
    strip.content(answer(strip, "one", RED), answer(strip, "two", BLUE))
    strip.stage.play(play("one", "d1-1", 8.0))
    strip.pass_s(3.0)
    strip.stage.play(play("two", "d1-2", 4.0))
    strip.pass_s(5.0)
    assert strip.shown() == [("one", "d1-1", 3.0), ("two", "d1-2", 4.0)]


def test_no_label_is_ever_covered(strip: StripScene) -> None:
    strip.stage.labels(labels())
    strip.content(
        looped(strip, "one", BLUE, seconds=2.0), looped(strip, "two", RED, seconds=2.0), answer(strip, "a", GREEN)
    )
    strip.turn()
    expected = Face(strip.config, 480, 128)
    expected.set(labels().labels)
    strip.pass_s(5.0)
    strip.stage.play(play("a"))
    strip.pass_s(8.0)
    for frame in list(strip.panel.frames)[1:]:
        strip.part(frame.picture)[...] = strip.part(expected.picture())
        assert (frame.picture == expected.picture()).all()


def test_a_price_changes_while_an_answer_plays(strip: StripScene) -> None:
    strip.stage.labels(labels(1))
    strip.content(answer(strip, "a", GREEN))
    strip.stage.play(play("a"))
    strip.pass_s(1.0)
    before = strip.panel.picture
    strip.stage.labels(labels(2, cola="0.99"))
    strip.turn()
    assert strip.colour == GREEN and (strip.panel.picture != before).any()
    assert strip.take(LabelsShown)[-1].edition == 2
    strip.pass_s(5.0)
    assert strip.shown() == [("a", "d1-1", 5.0)]


def test_the_loop_is_summed_up_every_quarter_of_an_hour_and_at_the_end(strip: StripScene) -> None:
    strip.content(looped(strip, "one", BLUE, seconds=10.0), looped(strip, "two", RED, seconds=20.0))
    strip.pass_s(899.0)
    assert strip.take(Shown) == []
    strip.pass_s(2.0)
    one, two = strip.take(Shown)
    assert (one.content, one.plays, one.decision) == ("one", 30, None) and one.visible_s == pytest.approx(300, abs=5)
    assert (two.content, two.plays) == ("two", 30) and two.visible_s == pytest.approx(600, abs=5)
    strip.pass_s(3.0)
    strip.stage.close()
    strip.loop.run()
    (rest,) = strip.take(Shown)
    assert (rest.content, round(rest.visible_s, 1), rest.t) == ("one", 4.0, strip.now_s), "time never goes back"


def test_what_the_core_has_no_room_for_is_told_later(strip: StripScene) -> None:
    strip.content(answer(strip, "a", GREEN))
    strip.turn()
    strip.full = True
    strip.stage.labels(labels())
    strip.stage.play(play("a", seconds=1.0))
    strip.pass_s(2.0)
    strip.full = False
    strip.pass_s(1.0)
    assert len(strip.take(LabelsShown)) == 1 and strip.shown() == [("a", "d1-1", 1.0)]


def test_an_animation_plays_and_begins_again(strip: StripScene) -> None:
    asset = strip.animation("moving", RED, BLUE, GREEN)
    strip.content(Item(name="moving", plays="answer", asset=asset))
    strip.turn()
    strip.stage.play(play("moving", seconds=2.0))
    seen = []
    for _ in range(7):
        strip.pass_s(0.1)
        seen.append(strip.colour)
        strip.pass_s(0.1)
    assert seen == [RED, BLUE, GREEN, RED, BLUE, GREEN, RED]


def test_a_content_that_nobody_knows_shows_nothing(strip: StripScene, caplog: pytest.LogCaptureFixture) -> None:
    strip.content(looped(strip, "loop", BLUE))
    strip.pass_s(2.0)
    strip.stage.play(play("nothing"))
    strip.pass_s(10.0)
    assert strip.colour == BLUE and strip.shown() == []
    assert "content nothing: it is not on this device" in caplog.text


def test_what_cannot_be_drawn_is_left_out_and_said_once(strip: StripScene, caplog: pytest.LogCaptureFixture) -> None:
    damaged = looped(strip, "damaged", GREEN, seconds=1.0)
    (strip.folder / str(damaged.asset)).write_bytes(b"\x89PNG\r\n\x1a\nand no more")
    gone = Item(name="gone", plays="loop", asset="f" * 64, seconds=1.0)
    strip.content(damaged, looped(strip, "loop", BLUE, seconds=1.0), gone)
    strip.pass_s(30.0)
    strip.stage.play(play("gone"))
    strip.pass_s(1.0)
    assert strip.colour == BLUE and strip.shown() == []
    assert [r.getMessage().split(":")[0] for r in caplog.records if "left out" in r.getMessage()] == [
        "content damaged is left out", "content gone is left out",
    ]  # fmt: skip


def test_an_animation_whose_file_goes_while_it_plays_gives_way(strip: StripScene) -> None:
    asset = strip.animation("moving", RED, GREEN)
    strip.content(Item(name="moving", plays="loop", asset=asset), looped(strip, "still", BLUE))
    strip.turn()
    (strip.folder / asset).unlink()
    strip.pass_s(2.0)
    assert strip.colour == BLUE


def test_dayparts_begin_and_end_on_the_minute(strip: StripScene) -> None:
    night = looped(
        strip, "night", RED, priority=5, valid_from="2026-03-14T22:00:00Z", valid_until="2026-03-14T22:00:04Z"
    )
    strip.content(night, looped(strip, "day", BLUE, seconds=60.0))
    strip.pass_s(10.0)
    assert strip.colour == BLUE
    strip.tick(1_773_525_595.0)  # 2026-03-14 21:59:55
    strip.pass_s(4.5)
    assert strip.colour == BLUE
    strip.pass_s(2.0)
    assert strip.colour == RED
    strip.pass_s(5.0)
    assert strip.colour == BLUE


def test_content_that_is_taken_back_is_off_the_screen_at_once(strip: StripScene) -> None:
    kept, recalled = looped(strip, "kept", BLUE), answer(strip, "recalled", RED)
    strip.content(kept, recalled)
    strip.stage.play(play("recalled", seconds=60.0))
    strip.pass_s(1.0)
    strip.content(kept)
    strip.pass_s(0.5)
    assert strip.colour == BLUE and strip.shown() == [("recalled", "d1-1", 1.0)]


def test_a_strip_that_shows_itself_flashes_and_is_then_as_it_was(strip: StripScene) -> None:
    strip.stage.labels(labels())
    strip.content(answer(strip, "a", GREEN))
    strip.stage.play(play("a", seconds=6.0))
    strip.pass_s(1.0)
    before = strip.panel.picture
    strip.stage.identify(3.0)
    strip.turn()
    assert (strip.panel.picture == 255 - before).all()
    frames = len(strip.panel.frames)
    strip.pass_s(3.3)
    assert (strip.panel.picture == before).all()
    assert len(strip.panel.frames) - frames <= 3 * 4, "no more than 2 flashes a second"
    strip.pass_s(3.0)
    ((content, decision, visible_s),) = strip.shown()
    assert (content, decision) == ("a", "d1-1") and 2.7 <= visible_s <= 3.0, "what flashed was not seen"


def test_a_panel_that_is_pulled_out_is_a_fault_and_comes_back(strip: StripScene) -> None:
    strip.stage.labels(labels())
    strip.content(looped(strip, "loop", BLUE), answer(strip, "a", GREEN))
    strip.pass_s(2.0)
    strip.stage.play(play("a", seconds=30.0))
    strip.pass_s(1.0)
    strip.take(LabelsShown)
    strip.panel.unplug()
    strip.stage.labels(labels(2, cola="0.50"))
    strip.pass_s(60.0)
    (lost,) = strip.take(SensorLost)
    assert (lost.stream, lost.code) == ("screen", "unplugged") and strip.take(LabelsShown) == []
    assert ("a", "d1-1", 1.0) in strip.shown()
    strip.stage.play(play("a", "d1-2"))
    strip.pass_s(1.0)
    strip.panel.plug_in()
    strip.pass_s(5.0)
    assert len(strip.take(SensorBack)) == 1 and strip.colour == BLUE
    assert strip.take(LabelsShown)[0].edition == 2 and strip.take(SensorLost) == []
    assert strip.shown() == []


def test_a_panel_that_goes_while_a_still_picture_stands_is_missed_within_seconds(strip: StripScene) -> None:
    strip.content(looped(strip, "loop", BLUE, seconds=120.0))
    strip.pass_s(10.0)
    written = len(strip.panel.frames)
    strip.panel.unplug()
    strip.pass_s(2.5)
    assert len(strip.take(SensorLost)) == 1
    strip.panel.plug_in()
    strip.pass_s(2.5)
    assert len(strip.take(SensorBack)) == 1 and len(strip.panel.frames) <= written + 12


def test_a_panel_that_is_busy_at_the_start_costs_nothing_else(strip: StripScene) -> None:
    strip.panel.busy()
    strip.stage.labels(labels())
    strip.pass_s(20.0)
    assert [x.code for x in strip.take(SensorLost)] == ["busy"] and strip.beats > 20
    strip.panel.busy(False)
    strip.pass_s(2.5)
    assert len(strip.take(SensorBack)) == 1 and len(strip.take(LabelsShown)) == 1


def test_another_configuration_shows_at_once(strip: StripScene) -> None:
    strip.stage.labels(labels())
    strip.content(answer(strip, "a", GREEN), looped(strip, "loop", BLUE))
    strip.stage.play(play("a", seconds=30.0))
    strip.pass_s(1.0)
    priced = replace(strip.config, lanes=(replace(strip.config.lanes[0], price="3.00"), strip.config.lanes[1]))
    strip.stage.configure(priced)
    strip.pass_s(1.0)
    assert strip.colour == GREEN and strip.shown() == [], "a price is no reason to stop what plays"
    strip.stage.configure(replace(priced, screen=replace(priced.screen, content="none")))
    strip.pass_s(1.0)
    assert strip.shown() == [("a", "d1-1", 2.0)] and strip.panel.openings == 1
    strip.stage.play(play("a", "d1-2"))
    strip.pass_s(6.0)
    assert strip.shown() == [], "there is no room for content"
    strip.stage.configure(replace(priced, screen=replace(priced.screen, device="other")))
    strip.pass_s(3.0)
    assert strip.panel.openings == 2 and strip.colour == BLUE


def test_another_planogram_moves_the_labels_and_what_plays_stays(strip: StripScene) -> None:
    strip.stage.labels(labels())
    strip.content(looped(strip, "loop", BLUE, seconds=100.0))
    strip.pass_s(1.0)
    lane = Lane(name="cola", cells=(), gtin=COLA, left_m=0.0, right_m=0.6, bottom_m=0.0, top_m=0.3)
    strip.stage.configure(replace(strip.config, lanes=(lane,)))
    strip.turn()
    strip.stage.labels(replace(labels(2), labels=labels(2).labels[:1]))
    strip.turn()
    assert strip.take(LabelsShown)[-1].edition == 2


CLAIM = CouponClaim("00ff00ff00ff00ff", "spring", "1.00 off", 3600, 1_790_000_000.0)
OFFER = Item(
    name="offer", plays="answer", headline="Tea", coupon=Coupon(campaign="spring", says="1.00 off", valid_s=3600)
)


def test_a_coupon_is_signed_when_it_is_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    key, codes = SecretKey(bytes(32)), []
    real = Face.card

    def card(face: Face, item: Item, code: str | None = None) -> np.ndarray:
        codes.append(code)
        return real(face, item, code)

    monkeypatch.setattr(Face, "card", card)
    strip = StripScene(tmp_path, sign=key.sign, content="left")
    strip.content(OFFER)
    strip.stage.play(play("offer", coupon=CLAIM))
    strip.turn()
    code = codes[-1]
    assert code is not None
    good = verdict(code, {tag("shop/d1"): [("shop/d1", key.public)]}, CLAIM.made_wall_s)
    assert (good.number, good.campaign) == (CLAIM.number, "spring")
    strip.pass_s(6.0)
    assert strip.shown() == [("offer", "d1-1", 5.0)]


def test_a_coupons_code_stands_beside_its_picture(tmp_path: Path) -> None:
    strip = StripScene(tmp_path, sign=SecretKey(bytes(32)).sign, content="left")
    strip.content(Item(name="offer", plays="answer", asset=strip.picture("offer", RED), coupon=OFFER.coupon))
    strip.stage.play(play("offer", coupon=CLAIM))
    strip.turn()
    area = strip.area
    code = area[:, -area.shape[0] :]
    assert (area[area.shape[0] // 2, 5] == RED).all() and not (code == RED).all(axis=2).any()
    assert (code == 0).all(axis=2).any() and (code == 255).all(axis=2).any()


def test_a_coupon_without_room_for_its_code_is_said_when_the_content_comes(
    strip: StripScene, caplog: pytest.LogCaptureFixture
) -> None:
    strip.content(OFFER)
    strip.pass_s(2.0)
    assert "content offer is left out" in caplog.text and "code" in caplog.text


def test_without_a_key_no_coupon_is_promised(strip: StripScene, caplog: pytest.LogCaptureFixture) -> None:
    strip.content(OFFER)
    strip.stage.play(play("offer", coupon=CLAIM))
    strip.pass_s(6.0)
    assert strip.shown() == [] and "no key for coupons" in caplog.text


def test_the_way_of_each_answer_is_timed(strip: StripScene) -> None:
    strip.content(answer(strip, "a", GREEN))
    strip.pass_s(1.0)
    strip.panel.slow(0.25)
    strip.stage.play(replace(play("a"), t=strip.now_s - 0.5))
    strip.turn()
    (latency,) = strip.loop.latencies
    assert (latency.began_s - latency.decided_s, latency.drawn_s - latency.began_s) == pytest.approx((0.5, 0.25))


class HangingPanel:
    """A driver that does not come back until it is let go."""

    width, height = 480, 128

    def __init__(self) -> None:
        self.go, self.closed, self.shows = threading.Event(), 0, 0

    def show(self, picture: np.ndarray, left: int = 0, top: int = 0) -> None:
        self.shows += 1
        assert self.go.wait(20)

    def close(self) -> None:
        self.closed += 1


def test_while_the_driver_hangs_the_thread_goes_on_beating(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(panelist, "STUCK_S", 0.1)
    monkeypatch.setattr(panelist, "SLICE_S", 0.02)
    panel, stage, beat, lost, back = (
        HangingPanel(),
        Stage(),
        threading.Semaphore(0),
        threading.Event(),
        threading.Event(),
    )

    def put(observation: object) -> None:
        if isinstance(observation, SensorLost):
            assert observation.code == "stuck"
            lost.set()
        elif isinstance(observation, SensorBack):
            back.set()

    screen = ScreenLoop(config(), stage, put, beat=beat.release, open_panel=lambda _: panel)
    thread = threading.Thread(target=screen.run)
    thread.start()
    assert lost.wait(10)
    while beat.acquire(blocking=False):
        pass
    assert all(beat.acquire(timeout=10) for _ in range(3)) and panel.shows == 1
    panel.go.set()
    assert back.wait(10) and panel.closed >= 1
    screen.stop()
    thread.join(10)
    assert not thread.is_alive()


def test_a_bug_in_a_driver_ends_the_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threading, "excepthook", lambda args: None)

    def broken(_: object) -> HangingPanel:
        raise ZeroDivisionError

    with pytest.raises(RuntimeError, match="panel's thread has failed"):
        ScreenLoop(config(), Stage(), lambda _: None, open_panel=broken).turn(0.0)


def test_without_a_driver_there_is_nothing_to_lose(tmp_path: Path) -> None:
    strip = StripScene(tmp_path, driver="")
    strip.stage.labels(labels())
    strip.stage.play(play("a"))
    strip.pass_s(5.0)
    assert strip.told == [] and strip.beats >= 10


def test_a_panel_that_refuses_for_another_reason_says_so_once_more(strip: StripScene) -> None:
    codes = iter(["silent", "unplugged", "not_found", "busy", "too_short", "unsupported", "unsupported"])

    def refuse(_: object) -> HangingPanel:
        raise ScreenError(next(codes, "unsupported"), "no")

    strip.loop._panelist._open = refuse  # type: ignore[assignment]
    strip.pass_s(20.0)
    assert [x.code for x in strip.take(SensorLost)] == ["silent", "unsupported"]


def test_an_animation_in_the_loop_does_not_keep_answers_from_being_made_ready(strip: StripScene) -> None:
    moving = Item(name="moving", plays="loop", asset=strip.animation("moving", RED, BLUE, duration_ms=40))
    strip.content(moving, answer(strip, "a", GREEN))
    strip.pass_s(1.0)
    for path in strip.folder.iterdir():
        path.unlink()
    strip.stage.play(play("a"))
    strip.turn()
    assert strip.colour == GREEN, "without its file"


@pytest.mark.parametrize("seed", range(4))
def test_whatever_comes_in_whatever_order_the_strip_holds(tmp_path: Path, seed: int) -> None:
    """Labels are never covered, what is told does not overlap, time never goes back, and there is always a beat."""
    rng, strip, decisions, edition = random.Random(seed), StripScene(tmp_path), 0, 0
    assets = [strip.picture("red", RED), strip.picture("blue", BLUE), strip.animation("moving", RED, GREEN), "e" * 64]
    told: list[Shown] = []
    for _ in range(150):
        match rng.randrange(9):
            case 0:
                edition += 1
                strip.stage.labels(labels(edition, cola=f"{rng.randrange(1, 99)}.00"))
            case 1 | 2 | 3:
                decisions += 1
                strip.stage.play(play(f"item {rng.randrange(6)}", f"d1-{decisions}", rng.uniform(1, 6)))
            case 4:
                strip.content(*(_drawn(rng, assets, n) for n in range(rng.randrange(2, 7))))
            case 5:
                strip.panel.unplug() if rng.random() < 0.2 else strip.panel.plug_in()
            case 6:
                strip.stage.identify(rng.uniform(0, 2))
            case 7:
                strip.tick(rng.choice([None, 1_800_000_000.0]))
            case 8:
                strip.stage.configure(
                    config(background=rng.choice(["#ffffff", "#202020"]), fade_s=rng.choice([0.0, 0.5]))
                )
        before = strip.beats
        strip.pass_s(rng.choice([0.0, 0.05, 0.4, 3.0]))
        assert strip.beats > before
        told += strip.take(Shown)
    strip.stage.close()
    strip.loop.run()
    told += strip.take(Shown)
    assert [x.t for x in told] == sorted(x.t for x in told) and len({x.decision for x in told if x.decision}) > 5
    answers = [x for x in told if x.decision is not None]
    assert len({x.decision for x in answers}) == len(answers)
    assert all(0 <= x.visible_s <= x.ended_s - x.began_s + 0.001 for x in answers)
    assert all(a.ended_s <= b.began_s for a, b in pairwise(answers))


def _drawn(rng: random.Random, assets: list[str], n: int) -> Item:
    asset = rng.choice([*assets, None])
    return Item(
        name=f"item {n}", plays=rng.choice(["loop", "answer"]), asset=asset, headline="Tea", seconds=rng.uniform(1, 4),
        priority=rng.randrange(2), share=rng.choice([None, 0.3]), valid_from=rng.choice([None, "2026-01-01T00:00:00Z"]),
    )  # fmt: skip


@pytest.mark.parametrize("size", [(1, 1), (16, 8), (128, 480), (480, 128), (1920, 158), (1920, 360)])
def test_any_panel_will_do(tmp_path: Path, size: tuple[int, int]) -> None:
    strip = StripScene(tmp_path)
    strip.panel = FakePanel(*size, clock=strip.clock)
    strip.loop = ScreenLoop(strip.config, strip.stage, strip.told.append, open_panel=strip.panel.open)
    strip.stage.labels(labels())
    strip.content(looped(strip, "loop", BLUE), Item(name="card", plays="loop", headline="Tea", line="two for one"))
    for _ in range(20):
        strip.turn()
    assert len(strip.take(LabelsShown)) == 1
