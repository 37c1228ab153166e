"""Starts and stops the parts of the demo: broker, shop, agent. Nothing is left behind, however it ends.

A live play has its line to the broker cut now and then, and its camera covered; a play known beforehand has not.
Not here: what the agent says (board.py), how it looks (screen.py), what a browser is told (tools/bench/console/).
"""

from __future__ import annotations

import contextlib
import ctypes
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from agent.config.schema import Broker, Config, Outbox
from tools.bench.cable import Fault
from tools.bench.camera.live import Easel
from tools.bench.camera.painter import camera as painted
from tools.bench.live.play import LivePlay
from tools.bench.live.relay import Relay
from tools.bench.live.shop import LiveShop
from tools.bench.shop import Shop
from tools.bench.world import Play
from tools.demo.broker import start_broker
from tools.demo.looking import Looking
from tools.demo.settings import to_toml

STOP_S = 8.0
PR_SET_PDEATHSIG = 1  # linux/prctl.h: a child gets this signal when its parent dies, even by kill -9


@dataclass(frozen=True, slots=True)
class House:
    """Everything that runs."""

    port: int
    shop: Shop
    agent: subprocess.Popen[bytes]
    config: Config
    log: Path
    relay: Relay | None = None  # the agent's line to the broker, of a live play
    easel: Easel | None = None  # what it looks at, where it has eyes

    def complaint(self) -> str | None:
        """Why the agent is gone, with the end of its log; None while it runs."""
        if self.agent.poll() is None:
            return None
        told = self.log.read_text(errors="replace").strip().splitlines()[-15:]
        return "\n".join([f"the agent ended with exit code {self.agent.returncode}; it said:", *told])


@contextlib.contextmanager
def house(
    play: Play,
    faults: Sequence[Fault] = (),
    seed: int = 0,
    looking: Looking | None = None,
    live: LivePlay | None = None,
    dress: Callable[[Config, Path], Config] | None = None,
) -> Iterator[House]:
    """The house while the block lasts. `looking` None: an outside tracker tells where hands are. `live`: the play's own
    growing. `dress`: what else the shelf is to have; its files lie in the folder."""
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="shelfd-")))
        broker, port = start_broker(folder)
        stack.callback(broker.stop)
        relay = None if live is None else Relay(port)
        if relay is not None:
            stack.callback(relay.close)
        if live is None:
            shop = Shop(play if looking is None else replace(play, tracks=[]), folder, faults, seed)
        else:
            shop = LiveShop(live, folder, tracked=looking is None, seed=seed)
        stack.callback(shop.close)
        config, easel = _wired(play.config, shop, port if relay is None else relay.port, folder), None
        if looking is not None:
            config = _seeing(config, looking, play, folder)
            if looking.camera is None:
                easel = Easel(play, Path(config.camera.device), shop.now_s, None if live is None else live.lock)
                stack.callback(easel.close)
        if dress is not None:
            config = dress(config, folder)
        log = folder / "agent.log"
        agent = _start_agent(config, folder, log)
        stack.callback(_stop, agent)
        yield House(port, shop, agent, config, log, relay, easel)


def _wired(config: Config, shop: Shop, port: int, folder: Path) -> Config:
    scale = replace(config.scales[0], port=str(shop.port), baud=921_600)
    return replace(
        config,
        scales=(scale,),
        broker=Broker(host="127.0.0.1", port=port),
        outbox=Outbox(path=str(folder / "outbox.sqlite")),
        tracks=replace(config.tracks, socket=str(shop.tracks_socket)),
    )


def _seeing(config: Config, looking: Looking, play: Play, folder: Path) -> Config:
    """With eyes of its own, and no outside tracker. Before a camera of somebody's own no scale stands."""
    config = replace(config, tracks=replace(config.tracks, socket=""), vision=looking.vision)
    if looking.camera is None:
        return replace(config, camera=painted(play, str(folder / "camera")))
    scale = replace(config.scales[0], port=str(folder / "no-scale"))
    return replace(config, camera=looking.camera, scales=(scale,))


def _start_agent(config: Config, folder: Path, log: Path) -> subprocess.Popen[bytes]:
    settings = folder / "shelf.toml"
    settings.write_text(to_toml(config))
    with log.open("wb") as told:
        return subprocess.Popen(
            [sys.executable, "-m", "agent", "run", str(settings)],
            stdin=subprocess.DEVNULL,
            stdout=told,
            stderr=subprocess.STDOUT,
            cwd=Path(__file__).resolve().parents[2],
            start_new_session=True,  # Ctrl-C is for the demo, which then stops the agent in order
            preexec_fn=_die_with_parent,
        )


def _die_with_parent() -> None:
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(STOP_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait(STOP_S)
