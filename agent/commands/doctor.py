"""`shelfd doctor FILE`: what is plugged in, what answers, how well, and what to do next.

Changes nothing, and looks at the configuration that is in force: the file with the hub's document over it. Where an
agent runs, what it has is left alone (doctor_beside.py). Not here: what counts as wrong (weighing/diagnose.py, look.py,
doctor_strip.py, doctor_pins.py, doctor_documents.py, doctor_clock.py), how the answer is laid out (doctor_report.py).
"""

from __future__ import annotations

import argparse
import sys
import time
from dataclasses import replace
from pathlib import Path

from agent.clock import WallClock
from agent.commands.doctor_beside import beside, running_agent
from agent.commands.doctor_clock import examine_clock
from agent.commands.doctor_closed import damaged_models, missing_ports
from agent.commands.doctor_documents import examine_documents, hub_manifest
from agent.commands.doctor_kept import Kept, in_force, read_kept
from agent.commands.doctor_part import Part
from agent.commands.doctor_pins import Open as OpenPins
from agent.commands.doctor_pins import examine_pins
from agent.commands.doctor_report import Report, ScaleReport, as_json, as_text
from agent.commands.doctor_strip import Open as OpenPanel
from agent.commands.doctor_strip import examine_strip
from agent.commands.given import OK, WRONG, CommandError, choose_scale, listening_s, load_config
from agent.commands.listen import Clock, Listener, Open, Stretch
from agent.commands.look import Open as OpenCamera
from agent.commands.look import examine_camera, examine_models, plugged_in_cameras
from agent.commands.ports import Port, plugged_in
from agent.config.schema import Config, Scale
from agent.sensors.scale.protocol import Scale as OpenScale
from agent.sensors.scale.protocol import ScaleError
from agent.weighing.diagnose import (
    Finding,
    judge_cell,
    judge_stream,
    measure_cell,
    measure_stream,
)

SECONDS = 10.0  # a cell's drift and hum show in it, and a person waits for it


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command line."""
    parser.add_argument("file", type=Path, help="the shelf's configuration")
    parser.add_argument("--scale", help="look at this scale only")
    parser.add_argument("--seconds", type=listening_s, default=SECONDS, help="listen this long (default %(default)g)")
    parser.add_argument("--json", action="store_true", help="answer for machines")


def main(args: argparse.Namespace) -> int:
    """Exit code 0: all is well; 1: something is wrong; 64, 66, 78: nothing was looked at."""
    try:
        local = load_config(args.file)
        process = running_agent(local, args.file)
        kept = read_kept(local, running=process is not None)
        config, unfit = in_force(local, kept)
        scales = (choose_scale(config, args.scale),) if args.scale else config.scales
    except CommandError as error:
        print(f"shelfd doctor: {error}", file=sys.stderr)
        return error.code
    report = alone(args, config, kept, scales) if process is None else in_company(config, kept, process)
    report = with_parts(report, hub(kept, unfit))
    print(as_json(report) if args.json else as_text(report))
    return OK if report.healthy else WRONG


def alone(args: argparse.Namespace, config: Config, kept: Kept, scales: tuple[Scale, ...]) -> Report:
    """Nobody else has the devices: all are opened."""
    from agent.screen.driver import open_panel
    from agent.sensors.buttons.driver import open_pins
    from agent.sensors.camera.driver import open_camera
    from agent.sensors.scale.driver import open_scale

    opening = open_scale if args.json else announcing(open_scale, args.seconds)
    report = examine(config, scales, plugged_in(), args.seconds, opening, time.monotonic)
    if args.scale:
        return report
    report = with_camera(report, config, plugged_in_cameras(), args.seconds, open_camera, time.monotonic)
    report = with_models(report, config, hub_manifest(config, kept))
    return with_parts(report, *surroundings(config, kept, open_panel, open_pins))


def in_company(config: Config, kept: Kept, process: int) -> Report:
    """An agent runs: what can be seen without opening anything."""
    ports = plugged_in()
    found = (*judge_wiring(config, ports), *missing_ports(config), *damaged_models(config))
    report = Report(tuple(ports), (), found, tuple(plugged_in_cameras()))
    return with_parts(report, beside(process), *surroundings(config, kept, None, None))


def surroundings(
    config: Config, kept: Kept, open_panel: OpenPanel | None, open_pins: OpenPins | None
) -> tuple[Part | None, ...]:
    """Everything but scales and camera. None to open with: the agent has it."""
    return (
        examine_strip(config, open_panel),
        examine_pins(config.buttons, open_pins),
        examine_documents(config, kept),
        examine_clock(config.store, WallClock().tick()),
    )


def with_parts(report: Report, *parts: Part | None) -> Report:
    """The same and these, as far as there is something to say."""
    there = tuple(part for part in parts if part is not None)
    findings = (finding for part in there for finding in part.findings)
    return replace(report, parts=(*report.parts, *there), findings=(*report.findings, *findings))


def hub(kept: Kept, unfit: tuple[str, ...]) -> Part | None:
    """What the hub's configuration has to do with all this; None: there is none."""
    standing = kept.standing.get("config")
    if standing is None:
        return None
    line = f"configuration: the file and over it version {standing.held.version} of {standing.held.by}"
    findings = [Finding("wrong", "documents/config", "unfit", f"{why}: it is left out, mend either") for why in unfit]
    return Part("configuration", (line,), tuple(findings), {"version": standing.held.version})


def announcing(open_scale: Open, seconds: float) -> Open:
    """`open_scale` that tells the person to wait, once there is something to listen to."""

    def opened(scale: Scale, clock: Clock) -> OpenScale:
        device = open_scale(scale, clock)
        print(f"scale {scale.name}: listening for {seconds:g} s; keep hands off the shelf", file=sys.stderr)
        return device

    return opened


def examine(
    config: Config, scales: tuple[Scale, ...], ports: list[Port], seconds: float, open_scale: Open, clock: Clock
) -> Report:
    """Listens to each scale in turn and puts together what is known."""
    reports = tuple(examine_scale(scale, seconds, open_scale, clock) for scale in scales)
    findings = [*judge_wiring(config, ports), *(finding for report in reports for finding in report.findings)]
    return Report(tuple(ports), reports, tuple(findings))


def with_camera(
    report: Report, config: Config, cameras: list[str], seconds: float, open_camera: OpenCamera, clock: Clock
) -> Report:
    """The same and what there is to say of cameras; the configured one is looked at."""
    if not config.camera.driver:
        return replace(report, cameras=tuple(cameras))
    seen = examine_camera(config.camera, seconds, cameras, open_camera, clock)
    return replace(report, cameras=tuple(cameras), camera=seen, findings=(*report.findings, *seen.findings))


def with_models(report: Report, config: Config, sent: Path | None = None) -> Report:
    """The same and whether the models can look, where there is a camera. `sent`: manifest of the hub's."""
    visions = [config.vision] if sent is None else [replace(config.vision, manifest=str(sent)), config.vision]
    found = [finding for vision in visions for finding in examine_models(vision)] if config.camera.driver else []
    return replace(report, findings=(*report.findings, *found))


def examine_scale(scale: Scale, seconds: float, open_scale: Open, clock: Clock) -> ScaleReport:
    """One scale: open, listen, measure, judge. A scale that cannot be read is a finding, not an end."""
    try:
        stretch = _listen(scale, seconds, open_scale, clock)
    except ScaleError as error:
        return ScaleReport(
            scale, None, (), (Finding("wrong", f"scale/{scale.name}", error.code, _without_name(scale, error)),)
        )
    stream = measure_stream(stretch.t_s, stretch.seconds, stretch.lost)
    cells = tuple(measure_cell(stretch.counts[:, i], cell.saturation_counts) for i, cell in enumerate(scale.cells))
    findings = judge_stream(scale, stream)
    if stream.rate_hz is not None:
        for cell, figures in zip(scale.cells, cells, strict=True):
            findings += judge_cell(scale, cell, figures)
    return ScaleReport(scale, stream, cells, tuple(findings))


def _listen(scale: Scale, seconds: float, open_scale: Open, clock: Clock) -> Stretch:
    listener = Listener(open_scale(scale, clock), len(scale.cells), clock)
    try:
        return listener.stretch(seconds)
    finally:
        listener.close()


def _without_name(scale: Scale, error: ScaleError) -> str:
    """The driver's sentence; the finding names the scale already."""
    return str(error).removeprefix(f'scale "{scale.name}": ')


def judge_wiring(config: Config, ports: list[Port]) -> list[Finding]:
    """Configuration against what is plugged in: nothing configured, a port that is not there, a name that wanders."""
    if not config.scales:
        free = next((port.stable or port.device for port in ports), "/dev/serial/by-id/...")
        sentence = f'the file names no scale: add [[scale]] with port = "{free}", docs/scales.md shows how'
        return [Finding("wrong", "config", "no_scale", sentence)]
    stable = {port.device: port.stable for port in ports if port.stable}
    return [
        Finding(
            "note",
            f"scale/{scale.name}",
            "wandering_name",
            f'{scale.port} may be another box after replugging: write port = "{stable[scale.port]}"',
        )
        for scale in config.scales
        if scale.port in stable
    ]
