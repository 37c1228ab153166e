"""The side of the device that people see and touch: strip, light and buttons, and errands for which there is no core.

Builds these parts and hands them what the core says. Not here: what any of them does (screen/, sensors/buttons/,
errands/), who else hears the core (app.py).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

from agent.config.schema import Config
from agent.errands.diagnose import DiagnoseWork
from agent.errands.errands import Errands
from agent.errands.identify import Flash, IdentifyWork
from agent.errands.protocol import RESTART_EXIT, Work
from agent.errands.record import RecordWork
from agent.messages import Errand, Labels, Lamp, Observation, Output, Play, Tick
from agent.recording.aside import Aside
from agent.recording.protocol import Header
from agent.screen.loop import ScreenLoop
from agent.screen.stage import Stage
from agent.sensors.buttons.lamp import Light
from agent.sensors.buttons.reader import ButtonsReader
from agent.supervisor import Beat, Supervisor

Sign = Callable[[bytes], bytes]
Facts = Callable[[], Iterable[str]]


class Front:
    """Parts are added in `add`; `hand_on` belongs to the core's thread."""

    def __init__(
        self, config: Config, supervisor: Supervisor, put: Callable[[Observation], object], sign: Sign | None
    ) -> None:
        self._supervisor, self._put, self._sign = supervisor, put, sign
        self.stage = Stage() if config.screen.driver else None
        pins = config.buttons
        self._light = Light() if max(pins.tare_pin, pins.staff_pin, pins.led_pin) >= 0 else None  # logs presses, too
        self._errands: Errands | None = None
        self._screen: ScreenLoop | None = None

    def add(
        self, config: Config, aside: Aside, now: Callable[[], Config], header: Callable[[], Header], facts: Facts
    ) -> None:
        """Adds the parts that this configuration has. `now`: the configuration in force; `header`: of a recording;
        `facts`: what the process knows of itself, for a diagnosis."""
        if self.stage is not None:
            beat = Beat()
            self._screen = ScreenLoop(config, self.stage, self._put, self._sign, beat)
            self._supervisor.add_thread("screen", self._screen.run, self._screen.stop, beat)
        if self._light is not None:
            beat = Beat()
            buttons = ButtonsReader(config.buttons, self._put, self._light, beat=beat)
            self._supervisor.add_thread("buttons", buttons.run, buttons.stop, beat)
        beat = Beat()
        works = self._works(config, aside, now, header, facts)
        errands = self._errands = Errands(works, self._put, self._restart, beat=beat)
        self._supervisor.add_thread("errands", errands.run, errands.stop, beat)

    def hand_on(self, output: Output) -> None:
        """What the core says, where it is for people here or for the shell."""
        match output:
            case Play() if self.stage is not None:
                self.stage.play(output)
            case Labels() if self.stage is not None:
                self.stage.labels(output)
            case Lamp() if self._light is not None:
                self._light.show(output)
            case Errand() if self._errands is not None:
                self._errands.put(output)
            case _:
                pass

    def wall(self, tick: Tick) -> None:
        """What time it is."""
        if self.stage is not None:
            self.stage.wall(tick)

    def shows(self) -> bool | None:
        """Does the panel show? None: there is none to be."""
        return None if self._screen is None else self._screen.shows

    def configure(self, config: Config) -> None:
        """From here on this configuration is in force."""
        if self.stage is not None:
            self.stage.configure(config)

    def _works(
        self, config: Config, aside: Aside, now: Callable[[], Config], header: Callable[[], Header], facts: Facts
    ) -> dict[str, Work]:
        flashes: dict[str, Flash] = {}
        if self.stage is not None:
            flashes["the strip"] = self.stage.identify
        if self._light is not None and config.buttons.led_pin >= 0:
            flashes["the light"] = self._light.flash
        works: dict[str, Work] = {"identify": IdentifyWork(flashes), "diagnose": DiagnoseWork(now, facts)}
        folder = config.recording.dir or config.documents.dir
        if folder:
            works["record"] = RecordWork(Path(folder) / "asked", aside, header)
        return works

    def _restart(self) -> None:
        self._supervisor.end("restarting: it was ordered", RESTART_EXIT)
