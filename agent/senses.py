"""The threads that read the world: one a scale, the tracker's, the camera's and its models'.

Knows how to start them, and which of them another configuration concerns. Not here: the drivers (sensors/, vision/),
when parts are exchanged (changes.py).
"""

from __future__ import annotations

from collections.abc import Callable

from agent.config import schema
from agent.config.schema import Config
from agent.messages import Counts, Observation
from agent.sensors.camera.reader import CameraReader
from agent.sensors.scale.driver import open_scale
from agent.sensors.scale.protocol import Scale
from agent.sensors.scale.reader import ScaleReader
from agent.sensors.tracks.reader import TracksReader
from agent.supervisor import Beat, Supervisor
from agent.vision.eyes import build_vision
from agent.vision.loop import VisionLoop
from agent.vision.slot import Slot
from agent.vision.stir import Stir

EYES = ("vision", "camera")


class Senses:
    """All of one device. `put` takes what they see."""

    def __init__(self, supervisor: Supervisor, put: Callable[[Observation], None]) -> None:
        self._supervisor, self._put = supervisor, put
        self._stir: Stir | None = None

    def concerned(self, old: Config, new: Config) -> tuple[str, ...]:
        """Names of the parts that must be ended or started where `new` follows `old`."""
        before, after = _needs(old), _needs(new)
        return tuple(name for name in {**before, **after} if before.get(name) != after.get(name))

    def add(self, config: Config, names: tuple[str, ...] | None = None) -> None:
        """Adds those of `names` that this configuration has; None: all."""
        self._stir = Stir(config.scales) if config.camera.driver else None
        if config.tracks.socket and _among("tracks", names):
            beat = Beat()
            tracks = TracksReader(config.tracks.socket, self._put, beat=beat)
            self._supervisor.add_thread("tracks", tracks.run, tracks.stop, beat)
        if config.camera.driver and _among(EYES[0], names):
            self._add_eyes(config)
        for scale in config.scales:
            if _among(f"scale/{scale.name}", names):
                self._add_scale(scale, Beat())

    def _add_eyes(self, config: Config) -> None:
        """Pictures wait in the slot for a moment, and go no further than the vision thread."""
        slot, beat, camera_beat = Slot(), Beat(), Beat()
        vision = VisionLoop(slot, build_vision(config), self._put, lanes_until_s=self._lanes_until_s, beat=beat)
        self._supervisor.add_thread("vision", vision.run, vision.stop, beat)
        camera = CameraReader(config.camera, slot, self._put, beat=camera_beat)
        self._supervisor.add_thread("camera", camera.run, camera.stop, camera_beat)

    def _lanes_until_s(self) -> float:
        """Until when lanes in motion keep the eyes open."""
        return float("-inf") if self._stir is None else self._stir.until_s

    def _add_scale(self, config: schema.Scale, beat: Beat) -> None:
        def open_watched(config: schema.Scale, clock: Callable[[], float]) -> Scale:
            beat()
            return WatchedScale(open_scale(config, clock), beat)

        reader = ScaleReader(config, self._weighed, open_scale=open_watched)
        self._supervisor.add_thread(reader.stream, reader.run, reader.stop, beat)

    def _weighed(self, observation: Observation) -> None:
        """A reading for the core; a lane in motion opens the eyes."""
        if self._stir is not None:
            self._stir.hear(observation)
        self._put(observation)


class WatchedScale:
    """A scale that beats at each read: what shows the supervisor that its reader does not hang."""

    def __init__(self, scale: Scale, beat: Beat) -> None:
        self._scale, self._beat = scale, beat

    @property
    def lost(self) -> int:
        return self._scale.lost

    def read(self) -> Counts | None:
        self._beat()
        return self._scale.read()

    def close(self) -> None:
        self._scale.close()


def _needs(config: Config) -> dict[str, object]:
    """Part -> all of the configuration that it is built from."""
    needs: dict[str, object] = {f"scale/{scale.name}": scale for scale in config.scales}
    if config.tracks.socket:
        needs["tracks"] = config.tracks.socket
    if config.camera.driver:
        needs |= dict.fromkeys(EYES, (config.camera, config.vision))
    return needs


def _among(name: str, names: tuple[str, ...] | None) -> bool:
    return names is None or name in names
