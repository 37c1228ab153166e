"""What the core has to say in a diagnosis: mode, streams, open faults, and every lane in a line.

Not here: what the shell finds out (errands/diagnose.py).
"""

from __future__ import annotations

import math
from collections.abc import Iterator

from agent.attendant import Attendant
from agent.health import Health
from agent.shelf.planogram import Stretch
from wire.state import StreamHealth


def figures(shelf: Attendant, health: Health) -> str:
    """Lines for people. The lanes come last: they are what may be cut off."""
    lines = [f"mode: {shelf.mode}", *(_stream(stream) for stream in health.streams())]
    standing = health.standing()
    lines += [f"fault {part}: {message}" for part, message in standing] if standing else ["faults: none"]
    lines += [line for stretch in shelf.planogram.stretches for line in _lanes(stretch, shelf)]
    return "\n".join(lines)


def _stream(stream: StreamHealth) -> str:
    rate = "no rate" if stream.rate_hz is None else f"{stream.rate_hz:g} a second"
    return f"{stream.stream}: {'alive' if stream.alive else 'silent'}, {rate}"


def _lanes(stretch: Stretch, shelf: Attendant) -> Iterator[str]:
    """Each lane of a stretch: its weight since the last tare, its count, and what is odd about it."""
    weigher, stock = shelf.weighers[stretch.scale], shelf.ledger.stock
    level_g = weigher.level_g(stretch.index)
    weight = (
        "no reading yet" if math.isnan(level_g) else f"{level_g:.1f} g, noise {weigher.noise_g(stretch.index):.1f} g"
    )
    odd = ", in motion" if weigher.moving(stretch.index) else ""
    if weigher.trimmed(stretch.index):
        odd += f", counts_per_gram learned ({', '.join(f'{x:.6g}' for x in weigher.counts_per_gram(stretch.index))})"
    for lane in stretch.lanes:
        units = stock.units[lane.name, lane.product.gtin]
        yield f"lane {lane.name}: {weight}, {'not counted' if units is None else f'{units} units'}{odd}"
