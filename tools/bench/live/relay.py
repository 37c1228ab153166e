"""The line between a shelf and its broker, which can be cut: nobody says good-bye, nobody answers until it is mended.

Loopback only. Not here: a broker that goes away for everybody.
"""

from __future__ import annotations

import contextlib
import socket
import threading

BLOCK = 65_536
JOIN_S = 2.0


class Relay:
    """Carries connections from `port` to the broker's."""

    def __init__(self, broker_port: int) -> None:
        self._broker_port, self._cut = broker_port, False
        self._lock, self._ends = threading.Lock(), set[socket.socket]()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        self._thread = threading.Thread(target=self._accept, name="relay", daemon=True)
        self._thread.start()

    @property
    def cut(self) -> bool:
        """Nothing comes through."""
        return self._cut

    def switch(self, cut: bool) -> None:
        """Cuts the line, or mends it."""
        self._cut = cut
        if cut:
            self._hang_up()

    def close(self) -> None:
        """May be called twice."""
        self._cut = True
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._hang_up()
        self._thread.join(JOIN_S)

    def _hang_up(self) -> None:
        with self._lock:
            for end in self._ends:
                with contextlib.suppress(OSError):
                    end.shutdown(socket.SHUT_RDWR)

    def _accept(self) -> None:
        while True:
            try:
                shelf, _ = self._listener.accept()
            except OSError:  # closed
                return
            try:
                broker = None if self._cut else socket.create_connection(("127.0.0.1", self._broker_port), 2.0)
            except OSError:
                broker = None
            if broker is None:
                shelf.close()
                continue
            broker.settimeout(None)
            with self._lock:
                self._ends |= {shelf, broker}
            for source, sink in ((shelf, broker), (broker, shelf)):
                threading.Thread(target=self._carry, args=(source, sink), name="relay line", daemon=True).start()

    def _carry(self, source: socket.socket, sink: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(BLOCK):
                sink.sendall(data)
        with contextlib.suppress(OSError):
            sink.shutdown(socket.SHUT_RDWR)
        with self._lock:
            self._ends.discard(source)
        source.close()
