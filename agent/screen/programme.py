"""What plays in the content area at each moment: the loop, an answer over it, the frames and the fade between them.

Owns no clock: `step(t)` gives the picture that is due, `due_s` says when to ask again, `drawn(t)` hears that it is on
the screen. An answer cuts in with its first frame whole; the loop fades. Not here: choosing of the loop's items
(playlist.py), frames (clip.py), the panel (loop.py), why an answer was chosen (triggers/).
"""

from __future__ import annotations

import logging
import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from agent.messages import Play, Shown, Tick
from agent.screen.clip import Clip, Clips, PathOf
from agent.screen.containers import PictureError
from agent.screen.fade import Fade, Pace
from agent.screen.pictures import Frame, Look
from agent.screen.playlist import Playlist, never
from agent.screen.proof import Proof
from agent.screen.protocol import Picture
from wire.documents import Item

AGAIN_S = 1.0  # between two looks at what may play now

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Playing:
    """One content in the area. `item` None: nothing may play, the background stands there."""

    item: Item | None
    decision: str | None
    until_s: float
    frames: Iterator[Frame]
    next_frame_s: float = math.inf
    among: tuple[Item, ...] = ()  # of the loop, that shared the time with it
    paid_s: float = 0.0  # of its time on the screen, written down already


class Programme:
    """The content area of one strip. Used by one thread."""

    def __init__(self, clips: Clips, look: Look, fade_s: float, now_s: float) -> None:
        self.clips, self.fade_s, self.pace = clips, fade_s, Pace()
        self.playlist = Playlist(())
        self.proof = Proof(now_s)
        self._nothing = np.full((look.height_px, look.width_px, 3), look.background, np.uint8)
        self.picture: Picture = self._nothing  # as it is to be seen
        self._playing: Playing | None = None
        self._on_screen: Playing | None = None
        self._is_new = False  # what plays has not been drawn yet
        self._covered = False
        self._fade: Fade | None = None
        self._step_s = math.inf  # of the fade: when the next is due
        self._look_s = now_s  # when to see again what may play
        self._tick: Tick | None = None

    def content(self, items: tuple[Item, ...], path_of: PathOf) -> None:
        """What may play from here on. What plays goes on where it is still among it, as it was."""
        self.clips.set(items, path_of)
        before, self.playlist = self.playlist, Playlist(items)
        self.playlist.follow(before)
        for name in never(items):
            log.warning("content %s never plays: the shares of the others leave it no time", name)
        if self._playing is not None and self._playing.item not in (*items, None):
            self._playing.until_s = -math.inf
        self._look_s = -math.inf

    def wall(self, tick: Tick | None) -> None:
        """The newest time that is known."""
        self._tick = tick

    def answer(self, item: Item, play: Play, t: float, code: str | None = None) -> bool:
        """Cuts in: the next `step` gives its first frame. False: it cannot be drawn."""
        clip = self.clips.get(item, code)
        if clip is None:
            log.warning("answer %s shows nothing: content %s cannot be drawn", play.decision, item.name)
            return False
        self._begin(Playing(item, play.decision, t + play.seconds, clip.play()), t, 0.0)
        return True

    @property
    def due_s(self) -> float:
        """When `step` has something to do next."""
        if self._playing is None or self._is_new:
            return -math.inf
        frame_s = self._step_s if self._fade is not None else self._playing.next_frame_s
        return min(frame_s, self._playing.until_s, math.inf if self._playing.decision else self._look_s)

    @property
    def fades(self) -> bool:
        """From one content to the next, at this moment."""
        return self._fade is not None

    def step(self, t: float) -> Picture | None:
        """The picture that is due, None where the one on the screen stays."""
        if self._is_new:
            return self.picture
        if self._over(t):
            self._next(t)
        elif self._fade is not None:
            if t < self._step_s:
                return None
            self._blend(t)
        elif self._playing is not None and t >= self._playing.next_frame_s:
            self._frame(t)
        else:
            return None
        return self.picture

    def drawn(self, t: float, took_s: float) -> tuple[Shown, ...]:
        """The picture of the last `step` is on the screen."""
        if self._fade is not None:
            self.pace.took(took_s)
        if not self._is_new or self._playing is None:
            return ()
        told = self.ended(t)
        self._is_new, self._on_screen = False, self._playing
        if self._playing.item is not None:
            self.proof.begin(self._playing.item.name, self._playing.decision, t)
            self.covered(self._covered, t)
        return told

    def covered(self, covered: bool, t: float) -> None:
        """Something lies over the area from here on, or does not any more."""
        self._covered = covered
        if self.proof.showing is not None:
            (self.proof.showing.cover if covered else self.proof.showing.uncover)(t)

    def ended(self, t: float) -> tuple[Shown, ...]:
        """What is on the screen is seen no more."""
        self._pay(t)
        self._on_screen = None
        return self.proof.end(t)

    def _pay(self, t: float) -> None:
        """The time on the screen so far is written down for the shares of voice."""
        showing, playing = self.proof.showing, self._on_screen
        if showing is not None and playing is not None:
            seconds = showing.visible_s(t) - playing.paid_s
            self.playlist.played(showing.content, seconds, playing.among)
            playing.paid_s += seconds

    def close(self, t: float) -> tuple[Shown, ...]:
        """The screen shows nothing of this any more, and all is told; the next `step` begins the loop anew."""
        told = self.ended(t)
        self._playing, self._fade, self._is_new, self.picture = None, None, False, self._nothing
        self._covered = False
        return *told, *self.proof.sums(t)

    def _over(self, t: float) -> bool:
        """What plays has had its time, may play no more, or something of higher priority may."""
        playing = self._playing
        if playing is None or t >= playing.until_s:
            return True
        if playing.decision is not None or t < self._look_s:
            return False
        self._look_s = t + AGAIN_S
        among = self._eligible(t)
        return bool(among) if playing.item is None else playing.item not in among

    def _next(self, t: float) -> None:
        """Of the loop whatever can be drawn; nothing where nothing may play."""
        self._look_s = t + AGAIN_S
        self._pay(t)
        while (item := self.playlist.next(*self._wall(t), self.clips.broken)) is not None:
            clip: Clip | None = self.clips.get(item)
            if clip is not None:
                among = tuple(self._eligible(t))
                self._begin(Playing(item, None, t + item.seconds, clip.play(), among=among), t, self.fade_s)
                return
        nothing = iter((Frame(self._nothing, None),))
        self._begin(Playing(None, None, math.inf, nothing), t, self.fade_s)

    def _begin(self, playing: Playing, t: float, fade_s: float) -> None:
        """The first frame of a clip is always there, so none can fail here."""
        first = next(playing.frames)
        before, self._playing, self._is_new = self.picture, playing, True
        self._fade = None
        if fade_s and self.pace.worth_it(fade_s) and not np.array_equal(before, first.picture):
            self._fade = Fade(before, first.picture, t, fade_s)
            self.picture = self._fade.at(t + self.pace.step_s)
            self._step_s = t + self.pace.step_s
            t += fade_s
        else:
            self.picture = first.picture
        if first.hold_s is not None:
            playing.next_frame_s = t + first.hold_s

    def _blend(self, t: float) -> None:
        if self._fade is not None:
            self.picture, self._step_s = self._fade.at(t), t + self.pace.step_s
            if t >= self._fade.ends_s:
                self._fade = None

    def _frame(self, t: float) -> None:
        """The next of an animation. Where the device is too slow for it, it plays slower."""
        playing = self._playing
        if playing is None or playing.item is None:
            return
        try:
            frame = next(playing.frames)
        except PictureError as error:
            self.clips.broke(playing.item, error)
            self._next(t)
            return
        self.clips.trim()
        self.picture = frame.picture
        hold_s = math.inf if frame.hold_s is None else frame.hold_s
        playing.next_frame_s = max(t, playing.next_frame_s + hold_s)

    def _eligible(self, t: float) -> list[Item]:
        return self.playlist.eligible(*self._wall(t), self.clips.broken)

    def _wall(self, t: float) -> tuple[float | None, int | None]:
        tick = self._tick
        if tick is None or tick.wall_s is None:
            return None, None
        return tick.wall_s + t - tick.t, tick.utc_offset_s
