"""One side of the device as `shelfd doctor` saw it. Not here: looking (doctor_strip.py, doctor_pins.py,
doctor_documents.py, doctor_clock.py), the page (doctor_report.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from agent.weighing.diagnose import Finding


@dataclass(frozen=True, slots=True)
class Part:
    """`lines` are for people, the first without indent; `facts` are the same for machines, plain values."""

    name: str
    lines: tuple[str, ...]
    findings: tuple[Finding, ...] = ()
    facts: Mapping[str, Any] = field(default_factory=dict)
