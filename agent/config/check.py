"""What keys must mean together: identity, broker and wiring here, camera and marks in camera_check.py, the planogram in
planogram_check.py, labels and prices in screen_check.py, the length of messages in told_check.py.

Each rule is a generator over a whole `Config`; all run, so that all problems are told at once. Not here: single
keys, their types and bounds (reading.py), whether files and ports are there (`shelfd doctor`).
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Iterable, Iterator

from agent.config.buttons_check import BUTTON_RULES
from agent.config.camera_check import CAMERA_RULES
from agent.config.documents_check import DOCUMENTS_RULES
from agent.config.planogram_check import PLANOGRAM_RULES
from agent.config.problem import ConfigError, Problem, in_order
from agent.config.schema import Broker, Config, Scale
from agent.config.screen_check import SCREEN_RULES
from agent.config.told_check import TOLD_RULES
from wire.topics import NAME

NAME_CHARACTERS = 64
MODBUS_REGISTERS = 65_536
MANY_CELLS = ("shelfd-lines", "modbus-rtu")  # drivers whose frames carry several cells; all others carry one
STREAMING = ("shelfd-lines", "openscale", "cas-22", "toledo-continuous")  # there is no question to ask them
MODBUS_CELLS = 62  # two registers each of the 125 of one answer
OPENSCALE_FIELDS = ("millis", "weight", "unit", "raw", "local_c", "remote_c")  # in the order of its lines
SOCKET_PATH_BYTES = 107  # sun_path of Linux and its closing zero
SEVEN_BITS = (7, "E", 1)  # Toledo 8217 is 7E1, source: drivers of point-of-sale programs
Rule = Callable[[Config], Iterator[Problem]]


def check(config: Config) -> list[Problem]:
    """Every error and warning that a well-written configuration may still have, sorted by path."""
    rules = (*RULES, *CAMERA_RULES, *BUTTON_RULES, *DOCUMENTS_RULES, *PLANOGRAM_RULES, *SCREEN_RULES, *TOLD_RULES)
    return in_order(problem for rule in rules for problem in rule(config))


def demand(config: Config) -> list[Problem]:
    """The warnings of `check`; ConfigError with every problem where there is an error among them."""
    problems = check(config)
    if any(problem.severity == "error" for problem in problems):
        raise ConfigError(problems)
    return problems


def identity(config: Config) -> Iterator[Problem]:
    """Store and device become levels of topics."""
    for path, name in (("device.store", config.device.store), ("device.id", config.device.id)):
        if not NAME.fullmatch(name):
            wanted = "letters, digits, _ . - (at most 64), starting with a letter or digit"
            yield Problem(path, f"{name!r} cannot be part of a topic: use {wanted}")


def broker_address(config: Config) -> Iterator[Problem]:
    """A host and nothing but a host; in the open only with TLS."""
    broker = config.broker
    if not re.fullmatch(r"[A-Za-z0-9._:%-]+", broker.host):
        yield Problem(
            "broker.host", f"{broker.host!r} is no host: write a name or address alone, without mqtt:// or port"
        )
    elif not broker.tls and not is_loopback(broker.host):
        yield Problem("broker.tls", f"{broker.host} is not this machine: set tls = true, so that nobody reads along")
    if broker.port == (1883 if broker.tls else 8883):
        usual = "8883 with TLS" if broker.tls else "1883 without TLS"
        yield Problem("broker.port", f"brokers listen on {usual}; make sure that {broker.port} is meant", "warning")


def broker_identity(config: Config) -> Iterator[Problem]:
    """What belongs together: TLS and its authority, certificate and key, name and password."""
    broker = config.broker
    if broker.tls and not broker.ca_file:
        yield Problem("broker.ca_file", "TLS without it trusts nobody: name the PEM of the authority of the broker")
    if not broker.tls and (broker.ca_file or broker.cert_file or broker.key_file):
        yield Problem("broker.tls", "certificates are named but tls is off: set tls = true or remove them")
    yield from _both(broker, "cert_file", "key_file")
    yield from _both(broker, "username", "password_file")


def _both(broker: Broker, one: str, other: str) -> Iterator[Problem]:
    for given, missing in ((one, other), (other, one)):
        if getattr(broker, given) and not getattr(broker, missing):
            yield Problem(f"broker.{missing}", f"{given} is of no use without it: name both or neither")


def scale_names(config: Config) -> Iterator[Problem]:
    """Names end up in health, faults and lanes: each once, and fit to be read."""
    if not config.scales:
        yield Problem("", "no [[scale]]: this shelf weighs nothing", "warning")
    yield from named_once([(f"scale[{i}].name", scale.name) for i, scale in enumerate(config.scales)], "scale")
    cells = [(f"scale[{i}].cell[{k}].name", c.name) for i, s in enumerate(config.scales) for k, c in enumerate(s.cells)]
    yield from named_once(cells, "cell")
    ports: dict[str, int] = {}
    for i, scale in enumerate(config.scales):
        first = ports.setdefault(scale.port, i)
        if not scale.port:
            yield Problem(f"scale[{i}].port", "empty: name the device, `shelfd doctor` lists what is plugged in")
        elif first != i:
            yield Problem(f"scale[{i}].port", f"scale[{first}] already reads {scale.port}: one table for each port")


def scale_cells(config: Config) -> Iterator[Problem]:
    """As many cells as the driver's frames carry, each with a usable calibration."""
    for i, scale in enumerate(config.scales):
        path, count = f"scale[{i}].cell", len(scale.cells)
        if not count:
            yield Problem(path, f'scale "{scale.name}" has no cell: add [[scale.cell]] below it')
        if count > 1 and scale.driver not in MANY_CELLS:
            yield Problem(path, f"{scale.driver} sends one weight, {count} cells are named: keep one")
        for k, cell in enumerate(scale.cells):
            if cell.counts_per_gram == 0:
                yield Problem(
                    f"{path}[{k}].counts_per_gram", "0 turns every weight into nothing: run `shelfd calibrate`"
                )
            if 0 < cell.saturation_counts <= abs(cell.tare_counts):
                full = f"the empty cell would already be at full scale ({cell.saturation_counts:g})"
                yield Problem(f"{path}[{k}].tare_counts", f"{full}: tare it again with `shelfd calibrate`")


def scale_line(config: Config) -> Iterator[Problem]:
    """What the protocols say about the serial line and the bus."""
    for i, scale in enumerate(config.scales):
        line = (scale.bytesize, scale.parity, scale.stopbits)
        if scale.driver == "toledo-8217" and line != SEVEN_BITS:
            shown = f"{scale.bytesize}{scale.parity}{scale.stopbits}"
            yield Problem(f"scale[{i}].parity", f"Toledo 8217 boxes talk 7E1, this says {shown}", "warning")
        if scale.driver == "modbus-rtu" and _registers_end(scale) > MODBUS_REGISTERS:
            over = f"{len(scale.cells)} cells need two registers each, beyond register {MODBUS_REGISTERS - 1}"
            yield Problem(f"scale[{i}].modbus_register", f"{over}: begin lower")


def scale_talk(config: Config) -> Iterator[Problem]:
    """What the driver can ask for, and what it can read."""
    for i, scale in enumerate(config.scales):
        if scale.poll_s > 0 and scale.driver in STREAMING:
            yield Problem(f"scale[{i}].poll_s", f"{scale.driver} boxes stream and are never asked: remove it")
        if scale.driver == "modbus-rtu" and len(scale.cells) > MODBUS_CELLS:
            yield Problem(f"scale[{i}].cell", f"one Modbus question carries {MODBUS_CELLS} cells: keep as many")
        order = [OPENSCALE_FIELDS.index(name) for name in scale.openscale_fields if name in OPENSCALE_FIELDS]
        if order != sorted(set(order)) or not {1, 2} <= set(order):
            lines = ", ".join(OPENSCALE_FIELDS)
            yield Problem(f"scale[{i}].openscale_fields", f"each once, weight and unit always, in the order {lines}")


def tracker(config: Config) -> Iterator[Problem]:
    """A Unix socket has a path of its own, which the kernel bounds."""
    path = config.tracks.socket
    if path and not path.startswith("/"):
        yield Problem("tracks.socket", f'"{path}" depends on where the agent was started: write it from / on')
    if len(path.encode()) > SOCKET_PATH_BYTES:
        yield Problem("tracks.socket", f"Linux allows {SOCKET_PATH_BYTES} bytes for the path of a socket: shorten it")


def _registers_end(scale: Scale) -> int:
    return scale.modbus_register + 2 * len(scale.cells)


def named_once(names: Iterable[tuple[str, str]], what: str) -> Iterator[Problem]:
    """Problems of names that are empty, unreadable or taken; `names` are pairs of path and name."""
    first: dict[str, str] = {}
    for path, name in names:
        if not name or not name.isprintable() or len(name) > NAME_CHARACTERS:
            yield Problem(
                path, f"{name[:NAME_CHARACTERS]!r} is no name: use 1 to {NAME_CHARACTERS} printable characters"
            )
        elif first.setdefault(name, path) != path:
            yield Problem(
                path, f'{what} "{name}" is already at {first[name].rpartition(".")[0]}: give each its own name'
            )


def is_loopback(host: str) -> bool:
    """Only what is surely this machine: a name other than localhost could lead anywhere tomorrow."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


RULES: tuple[Rule, ...] = (
    identity,
    broker_address,
    broker_identity,
    scale_names,
    scale_cells,
    scale_line,
    scale_talk,
    tracker,
)
