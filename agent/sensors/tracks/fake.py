"""The other end of the door: a tracker that says what it is told to.

Serves tests, demos and whoever wants to see how a tracker speaks. One listening socket, any number of agents; what is
sent while nobody listens is gone, as with a real camera.
"""

from __future__ import annotations

import socket
import threading
from pathlib import Path

from agent.messages import Part
from agent.sensors.tracks.lines import encode_frame


class FakeTracker:
    """Listens at `path` from the moment it is made; `close` takes the socket away as if the tracker had died."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._server = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._server.bind(str(path))
        self._server.listen()
        self._server.setblocking(False)
        self._lock = threading.Lock()
        self._agents: list[socket.socket] = []

    def send(self, parts: tuple[Part, ...], t: float | None = None) -> int:
        """One frame to every agent; returns how many got it."""
        return self.send_raw(encode_frame(t, parts))

    def send_raw(self, data: bytes) -> int:
        """Bytes as they are, also such as no tracker should send."""
        with self._lock:
            self._accept()
            self._agents = [agent for agent in self._agents if _sent(agent, data)]
            return len(self._agents)

    def hang_up(self) -> None:
        """Ends the connections and goes on listening."""
        with self._lock:
            self._accept()
            for agent in self._agents:
                agent.close()
            self._agents.clear()

    def close(self) -> None:
        """May be called twice."""
        if self._server.fileno() < 0:
            return
        self.hang_up()
        self._server.close()
        self.path.unlink(missing_ok=True)

    def _accept(self) -> None:
        while True:
            try:
                agent, _ = self._server.accept()
            except BlockingIOError:
                return
            agent.settimeout(0.2)  # an agent that does not read must not stop the tracker
            self._agents.append(agent)


def _sent(agent: socket.socket, data: bytes) -> bool:
    try:
        agent.sendall(data)
    except OSError:
        agent.close()
        return False
    return True
