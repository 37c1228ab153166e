"""The thread `screen`: labels at once, answers within milliseconds, the loop meanwhile; sleeps until something is due.

A panel that is away costs nothing but the showing; when it is back, labels and loop are drawn anew.
Not here: what plays (programme.py), labels and cards (face.py), pixels (strip.py), a panel that hangs (panelist.py).
"""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from msgspec import structs

from agent.config import schema
from agent.config.schema import Config
from agent.messages import Labels, LabelsShown, Observation, Play
from agent.screen.clip import Clips
from agent.screen.colours import rgb
from agent.screen.containers import PictureError
from agent.screen.coupon import CouponError, text_of
from agent.screen.driver import open_panel
from agent.screen.face import Face
from agent.screen.geometry import Rect
from agent.screen.panelist import Panelist
from agent.screen.pictures import Look
from agent.screen.programme import Programme
from agent.screen.protocol import Panel, Picture
from agent.screen.qr import CodeError
from agent.screen.stage import Content, News, Stage
from agent.screen.strip import Strip
from wire.documents import Item

BEAT_S = 0.5  # longest sleep
SPARE_S = 0.02  # a clip is made ready where nothing is due for so long, between frames of an animation too
LOOK_S = (
    2.0  # between two looks whether the panel is still there, where nothing was drawn: half of what a loss may take
)
LATENCIES, UNTOLD = 1000, 500

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Latency:
    """An answer on its way to the panel; all of one monotonic clock."""

    decision: str
    decided_s: float  # the core knew what happened
    began_s: float  # drawing began
    drawn_s: float  # its pixels were in the buffer


class ScreenLoop:
    """`run` is the body of the thread; `stop` may come from any other and wakes it. `sign`: Ed25519 by the device's
    key, None where it has none."""

    def __init__(
        self,
        config: Config,
        stage: Stage,
        put: Callable[[Observation], object],
        sign: Callable[[bytes], bytes] | None = None,
        beat: Callable[[], None] = lambda: None,
        clock: Callable[[], float] = time.monotonic,
        open_panel: Callable[[schema.Screen], Panel] = open_panel,
    ) -> None:
        self._config, self._stage, self._put, self._sign = config, stage, put, sign
        self._beat, self._clock, self._device = beat, clock, f"{config.device.store}/{config.device.id}"
        self._panelist = Panelist(open_panel, self._tell, beat, clock)
        self._face: Face | None = None  # these two while there is a panel
        self._strip: Strip | None = None
        self._programme: Programme | None = None  # stays while the panel is away
        self._made_for: tuple[Look | None, schema.Screen, schema.Store] | None = None
        self._labels: Labels | None = None
        self._content = Content((), lambda sha256: None)
        self._untold: deque[Observation] = deque(maxlen=UNTOLD)  # what the core's queue had no room for
        self._complained: set[str] = set()
        self.latencies: deque[Latency] = deque(maxlen=LATENCIES)

    def run(self) -> None:
        """Shows until `stop`."""
        while not self._stage.closed:
            self.turn(self._wait_s())
        self._leave()
        self._panelist.stop()

    @property
    def shows(self) -> bool:
        """There is a panel, and the strip is on it. Of any thread."""
        return self._strip is not None

    def stop(self) -> None:
        """Ends `run`, also when it sleeps."""
        self._stage.close()

    def turn(self, wait_s: float) -> None:
        """Hears what has come, waiting so long at most, and draws what is due."""
        self._beat()
        self._tell()
        news = self._stage.take(wait_s)
        self._remember(news)
        begun = self._strip is None and self._begin()
        if self._strip is None:
            if news.play is not None:
                log.info("answer %s shows nothing: there is no panel", news.play.decision)
            return
        if news.play is not None:
            self._answer(news.play)
        if news.labels is not None and not begun:
            self._draw_labels()
        if news.identify_s is not None:
            self._strip.identify(news.identify_s, self._clock())
        self._draw_due()
        if self._strip is not None and self._clock() - self._panelist.shown_s >= LOOK_S:
            self._strip.show()  # what stands there is not written again, but a panel that has gone is noticed
        if self._panelist.panel is None:
            self._leave()

    def _wait_s(self) -> float:
        """Until something is due; 0 where there is a clip to make ready and time for it."""
        now_s = self._clock()
        if self._strip is None:
            return min(BEAT_S, max(0.0, self._panelist.again_s - now_s))
        due_s = self._strip.flash_due_s
        if self._programme is not None:
            due_s = min(due_s, self._programme.due_s)
            spare = due_s - now_s > SPARE_S and not self._programme.fades and not self._stage.waits
            if spare and self._programme.clips.prepare():
                return 0.0
        return min(BEAT_S, max(0.0, due_s - self._clock()))

    def _remember(self, news: News) -> None:
        """What holds from here on, whether there is a panel or not."""
        if news.content is not None:
            self._content = news.content
            if self._programme is not None:
                self._programme.content(news.content.items, news.content.path_of)
        if news.labels is not None:
            self._labels = news.labels
        if news.config is not None:
            self._configure(news.config)

    def _configure(self, config: Config) -> None:
        """The panel is opened anew only where it is another one; what plays ends only where it would look different."""
        before, self._config = self._config, config
        panel, panel_before = ((x.driver, x.device, x.rotate) for x in (config.screen, before.screen))
        if panel != panel_before:
            self._leave()
            self._panelist.close()
        elif (config.screen, config.store) != (before.screen, before.store):
            self._leave()
        elif self._strip is not None and config.lanes != before.lanes:
            self._face = Face(config, self._strip.width, self._strip.height)
            self._draw_labels()

    def _begin(self) -> bool:
        """The panel, where it can be had, and the whole strip on it."""
        panel = self._panelist.open(self._config.screen) if self._config.screen.driver else None
        if panel is None:
            return False
        self._face = Face(self._config, panel.width, panel.height)
        self._dress(self._face, panel.width, panel.height)
        self._draw_labels()
        return True

    def _dress(self, face: Face, width: int, height: int) -> None:
        """Pixels and programme for the area that the labels leave. The programme of before goes on where nothing about
        it has changed, and its clips are ready."""
        content, screen, before = _room(face), self._config.screen, self._programme
        self._strip = Strip(self._panelist, width, height, content)
        look = None if content is None else Look(content.width, content.height, rgb(screen.background))
        made_for = (look, screen, self._config.store)
        if made_for != self._made_for:
            self._made_for = made_for
            self._programme = None if look is None else self._programme_of(look, before)
            if before is not None:
                self._tell(*before.close(self._clock()))
        if self._programme is not None:
            self._strip.keep(self._programme.picture)

    def _programme_of(self, look: Look, before: Programme | None) -> Programme:
        programme = Programme(Clips(look, self._card), look, self._config.screen.fade_s, self._clock())
        programme.content(self._content.items, self._content.path_of)
        if before is not None:
            programme.playlist.follow(before.playlist)
        return programme

    def _card(self, item: Item, code: str | None) -> Picture:
        """Of an item that brings no picture. Where its link has no room it is shown without."""
        if self._face is None:
            raise PictureError("there is no panel to make it for")
        try:
            return self._face.card(item, code)
        except CodeError as error:
            if code is not None:
                raise PictureError(str(error)) from error
            log.warning("content %s is shown without its code: %s", item.name, error)
            return self._face.card(structs.replace(item, link=None))
        except ValueError as error:
            raise PictureError(str(error)) from error

    def _leave(self) -> None:
        """Nothing of ours is seen any more: what was on the screen is told."""
        if self._programme is not None:
            self._tell(*self._programme.close(self._clock()))
        self._face = self._strip = None

    def _draw_labels(self) -> None:
        """Told once their pixels are there; a price is never older on the strip than this takes."""
        if self._face is None or self._strip is None:
            return
        if self._labels is not None:
            self._face.set(self._labels.labels)
        if _room(self._face) != self._strip.area:
            self._dress(self._face, self._strip.width, self._strip.height)
        shown = self._strip.labels(self._face.picture())
        for complaint in set(self._face.complaints) - self._complained:
            self._complained.add(complaint)
            log.warning("%s", complaint)
        if shown and self._labels is not None:
            self._tell(LabelsShown(self._clock(), self._labels.edition, self._face.left_out))

    def _answer(self, play: Play) -> None:
        """Its first frame, at once."""
        began_s = self._clock()
        item = None if self._programme is None else self._programme.clips.item(play.content)
        if self._programme is None or item is None:
            why = "the strip has no area for content" if self._programme is None else "it is not on this device"
            log.warning("answer %s shows nothing of content %s: %s", play.decision, play.content, why)
            return
        try:
            code = None if play.coupon is None else text_of(play.coupon, self._device, self._sign)
        except CouponError as error:  # an offer that no till could check is not made
            log.warning("answer %s shows nothing: %s", play.decision, error)
            return
        if self._programme.answer(item, play, began_s, code) and self._draw_content():
            self.latencies.append(Latency(play.decision, play.t, began_s, self._clock()))

    def _draw_due(self) -> None:
        now_s = self._clock()
        if self._strip is not None and now_s >= self._strip.flash_due_s:
            self._strip.flash(now_s)
            if self._programme is not None:
                self._programme.covered(self._strip.flashes, now_s)
        if self._programme is not None:
            self._programme.wall(self._stage.tick)
            if now_s >= self._programme.due_s:
                self._draw_content()
            self._tell(*self._programme.proof.due(now_s))

    def _draw_content(self) -> bool:
        """The picture that is due, where one is; true when the panel has it."""
        if self._programme is None or self._strip is None:
            return False
        began_s = self._clock()
        picture = self._programme.step(began_s)
        if picture is None or not self._strip.content(picture):
            return False
        now_s = self._clock()
        self._tell(*self._programme.drawn(now_s, now_s - began_s))
        return True

    def _tell(self, *observations: Observation) -> None:
        """To the core; what it has no room for is told again later, in its order."""
        self._untold.extend(observations)
        while self._untold and self._put(self._untold[0]) is not False:
            self._untold.popleft()


def _room(face: Face) -> Rect | None:
    """Where content plays; None also where that has no pixels."""
    room = face.content
    return room if room is not None and min(room.width, room.height) > 0 else None
