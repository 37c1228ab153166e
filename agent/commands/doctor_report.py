"""What `shelfd doctor` saw, and its layout: a page for people, JSON for machines. Measures and judges nothing."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Any

from agent.commands.doctor_part import Part
from agent.commands.look import CameraReport
from agent.commands.ports import Port
from agent.config.schema import Cell, Scale
from agent.weighing.diagnose import CellFigures, Finding, StreamFigures


@dataclass(frozen=True, slots=True)
class ScaleReport:
    """What was seen of one configured scale. `stream` None: it could not be opened or was lost."""

    scale: Scale
    stream: StreamFigures | None
    cells: tuple[CellFigures, ...]
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class Report:
    """Everything seen, and everything found, worst first within each scale."""

    ports: tuple[Port, ...]
    scales: tuple[ScaleReport, ...]
    findings: tuple[Finding, ...]
    cameras: tuple[str, ...] = ()  # plugged in
    camera: CameraReport | None = None  # the configured one, where it was looked at
    parts: tuple[Part, ...] = ()  # agent, strip, buttons, documents, clock, as far as there is something to say

    @property
    def healthy(self) -> bool:
        return not any(finding.level == "wrong" for finding in self.findings)


COLUMNS = ("cell", "level g", "noise g", "drift g", "values", "missing", "full scale", "jumps")


def as_json(report: Report) -> str:
    """One object: `healthy`, `ports`, `scales` (with `stream` and `cells`), `cameras`, `camera`, `parts` by
    name, `findings`."""
    whole = {
        "healthy": report.healthy,
        "ports": [asdict(port) for port in report.ports],
        "scales": [_scale_as_json(scale) for scale in report.scales],
        "cameras": list(report.cameras),
        "camera": None if report.camera is None else _camera_as_json(report.camera),
        "parts": {part.name: dict(part.facts) for part in report.parts},
        "findings": [asdict(finding) for finding in report.findings],
    }
    return json.dumps(whole, ensure_ascii=False, allow_nan=False)


def as_text(report: Report) -> str:
    """What is plugged in, a table a scale, and what to do next."""
    lines = ["serial devices", *_ports(report.ports)]
    for scale in report.scales:
        lines += ["", *_scale(scale)]
    lines += _cameras(report)
    for part in report.parts:
        lines += ["", *part.lines]
    lines += ["", "what to do next"]
    lines += [f"  {i}. {f.subject}: {f.sentence}" for i, f in enumerate(report.findings, 1)]
    if report.healthy:
        lines.append("  nothing is wrong; shelfd check FILE looks at the planogram, shelfd run FILE starts")
    return "\n".join(lines)


def _scale_as_json(report: ScaleReport) -> dict[str, Any]:
    return {
        "name": report.scale.name,
        "driver": report.scale.driver,
        "port": report.scale.port,
        "configured_rate_hz": report.scale.rate_hz,
        "stream": None if report.stream is None else asdict(report.stream),
        "cells": [
            {"name": cell.name, **asdict(figures)}
            for cell, figures in zip(report.scale.cells, report.cells, strict=False)
        ],
    }


def _ports(ports: tuple[Port, ...]) -> list[str]:
    if not ports:
        return ["  none: plug the box in; on a Pi's own pins, switch the UART on with raspi-config"]
    return [f"  {port.device:14} {port.description:24} {port.stable or ''}".rstrip() for port in ports]


def _cameras(report: Report) -> list[str]:
    """Nothing where there is none, neither plugged in nor configured."""
    lines = ["", "cameras on USB", *(f"  {name}" for name in report.cameras)] if report.cameras else []
    seen = report.camera
    if seen is None:
        return lines
    camera = seen.camera
    lines += ["", f"camera: {camera.driver}, {camera.device or 0}, {camera.width}x{camera.height}"]
    if not seen.pictures:
        return [*lines, f"  cannot be read: {seen.findings[0].code.replace('_', ' ')}"]
    rate = "no rate" if seen.rate_hz is None else f"{seen.rate_hz:.1f} a second"
    return [*lines, f"  {seen.pictures} pictures, {rate} (configured {camera.rate_hz:g}), {len(camera.marks)} marks"]


def _camera_as_json(seen: CameraReport) -> dict[str, Any]:
    camera = seen.camera
    return {
        "driver": camera.driver,
        "device": camera.device,
        "configured_rate_hz": camera.rate_hz,
        "pictures": seen.pictures,
        "rate_hz": seen.rate_hz,
        "brightness": seen.brightness,
        "marks": len(camera.marks),
    }


def _scale(report: ScaleReport) -> list[str]:
    scale, stream = report.scale, report.stream
    line = f"{scale.baud} baud {scale.bytesize}{scale.parity}{scale.stopbits}"
    lines = [f"scale {scale.name}: {scale.driver}, {scale.port}, {line}"]
    if stream is None:
        return [*lines, f"  cannot be read: {report.findings[0].code.replace('_', ' ')}"]
    rate = "no rate" if stream.rate_hz is None else f"{stream.rate_hz:.2f} samples/s"
    lines.append(
        f"  {stream.samples} samples in {stream.seconds:g} s, {rate} (configured {scale.rate_hz:g}),"
        f" longest pause {stream.longest_pause_s:.2f} s" + (f", {stream.lost} lost" if stream.lost else "")
    )
    if stream.samples:
        rows = [COLUMNS, *(_row(*pair) for pair in zip(scale.cells, report.cells, strict=True))]
        lines += _table(rows)
    return lines


def _row(cell: Cell, figures: CellFigures) -> tuple[str, ...]:
    def grams(counts: float | None, tare: float = 0.0) -> str:
        return "-" if counts is None or not cell.counts_per_gram else f"{(counts - tare) / cell.counts_per_gram:.1f}"

    noise = grams(figures.noise_counts).removeprefix("-") or "-"
    level, drift = grams(figures.level_counts, cell.tare_counts), grams(figures.drift_counts)
    counted = (figures.unique_values, figures.missing, figures.saturated, figures.glitches)
    return (cell.name, level, noise, drift, *(str(number) for number in counted))


def _table(rows: list[tuple[str, ...]]) -> list[str]:
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    return [
        "  "
        + "  ".join([row[0].ljust(widths[0]), *(text.rjust(w) for text, w in zip(row[1:], widths[1:], strict=True))])
        for row in rows
    ]
