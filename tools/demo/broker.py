"""An MQTT 5 broker from a pip package, on loopback and a free port, for demo and bench.

It ends with this process. Not here: brokers of the field, which do TLS.
"""

from __future__ import annotations

import socket
from pathlib import Path

from iotcore import Broker

_SETTINGS = """\
id = 0
[router]
id = 0
max_connections = 100
max_outgoing_packet_count = 200
max_segment_size = 10485760
max_segment_count = 10
[v5.1]
name = "demo"
listen = "127.0.0.1:{port}"
next_connection_delay_ms = 1
[v5.1.connections]
connection_timeout_ms = 60000
max_payload_size = 262144
max_inflight_count = 100
dynamic_filters = true
"""


def start_broker(folder: Path) -> tuple[Broker, int]:
    """The running broker and its port; its settings lie in `folder`."""
    port = free_port()
    settings = folder / "broker.toml"
    settings.write_text(_SETTINGS.format(port=port))
    return Broker(config_path=str(settings)).start(), port


def free_port() -> int:
    """A TCP port of loopback that nobody uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def is_free(port: int) -> bool:
    """Nobody listens on this port of loopback."""
    if not 0 < port < 65_536:
        return False
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as the server does
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
