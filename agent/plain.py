"""Snapshots as plain JSON values, and back: for recordings, and for going on after a restart.

NaN becomes None, infinities become `{"float": "inf"}`; everything else is as it is.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np


def plain(value: Any) -> Any:
    """numpy and non-finite numbers to JSON values."""
    if isinstance(value, np.ndarray):
        return plain(value.tolist())
    if isinstance(value, float):
        if math.isnan(value):
            return None
        return value if math.isfinite(value) else {"float": str(value)}  # no bare string: a visitor may be called inf
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    return [plain(item) for item in value] if isinstance(value, (list, tuple)) else value


def revive(value: Any) -> Any:
    """Infinities back to numbers; None stays None, each part knows where it stands for NaN."""
    if isinstance(value, dict):
        infinite = next((x for x in (math.inf, -math.inf) if value == {"float": str(x)}), None)
        return {key: revive(item) for key, item in value.items()} if infinite is None else infinite
    return [revive(item) for item in value] if isinstance(value, list) else value
