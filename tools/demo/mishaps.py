"""When the demo's line misbehaves: soon, so that it is seen, and from then on about once a minute.

Not here: what each kind does to the bytes (tools/bench/cable.py), which for the soak also draws purely random moments.
"""

from __future__ import annotations

import numpy as np

from tools.bench.cable import KINDS, Fault

FIRST_S = (10.0, 15.0)  # the shelf has found its level by then, and nobody waits long
EVERY_S = (50.0, 70.0)  # from begin to begin; longer than the longest fault lasts
CALM_S = 5.0  # at the end, so that what a fault leaves behind is still seen


def mishaps(rng: np.random.Generator, until_s: float) -> list[Fault]:
    """Faults of a play that lasts `until_s`; no kind comes again before each has been there."""
    faults: list[Fault] = []
    kinds: list[str] = []
    t_s = float(rng.uniform(*FIRST_S))
    while t_s < until_s - CALM_S:
        kinds = kinds or [str(kind) for kind in rng.permutation(list(KINDS))]
        kind = kinds.pop()
        end_s = t_s + float(rng.uniform(*KINDS[kind]))
        faults.append(Fault(kind, t_s, min(end_s, until_s - CALM_S)))
        t_s += float(rng.uniform(*EVERY_S))
    return faults
