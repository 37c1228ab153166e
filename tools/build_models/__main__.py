"""`python -m tools.build_models [build]`: what is missing of models/; silent and offline when nothing is.

    check       builds everything once more, elsewhere, and compares with the manifest
    calibrate   finds the ranges again (pictures of $SHELFD_SHARED) and writes models/calibration/
    pin         builds, and writes sha256, size and input scale of what came out into models/manifest.toml
    measure     accuracy, size and time of each variant; `--quick`: only what the manifest names

Exit code 1 with one sentence where something is missing or other than it should be.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from agent.vision.protocol import VisionError
from tools.build_models.build import Places, built, install, models_of, source_of
from tools.build_models.errors import BuildError

COMMANDS = ("build", "check", "calibrate", "pin", "measure")


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m tools.build_models", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("command", nargs="?", default="build", choices=COMMANDS)
    parser.add_argument("--quick", action="store_true", help="measure the built models only")
    options = parser.parse_args(arguments)
    try:
        return _do(options.command, Places(), quick=options.quick)
    except (BuildError, VisionError) as error:
        print(error, file=sys.stderr)
        return 1


def _do(command: str, places: Places, *, quick: bool) -> int:
    if command == "build":
        return _build(places)
    if command == "check":
        return _check(places)
    if command == "calibrate":
        return _calibrate(places)
    if command == "pin":
        return _pin(places)
    from tools.build_models.measure import measure  # needs a TFLite runtime and PyAV, which building does not
    from tools.build_models.pictures import Shared

    return measure(places, Shared(_shared()), quick=quick)


def _build(places: Places) -> int:
    """All that can be built; one that cannot is said and keeps none of the others back."""
    failed = 0
    for model in models_of(places):
        try:
            install(model, places)
        except BuildError as error:
            print(f"models/{model.file} is missing: {error}", file=sys.stderr)
            failed = 1
    return failed


def _check(places: Places) -> int:
    """Whether a build of today gives the bytes of the manifest."""
    other = [m.file for m in models_of(places) if hashlib.sha256(built(m, places)).hexdigest() != m.sha256]
    print(f"other bytes than models/manifest.toml: {', '.join(other)}" if other else "built again: the same bytes")
    return 1 if other else 0


def _calibrate(places: Places) -> int:
    from tools.build_models import calibrate, quantise
    from tools.build_models.pictures import Shared

    for model in models_of(places):
        ranges = calibrate.calibrated(model, quantise.prepared(source_of(model, places)), Shared(_shared()))
        calibrate.write(ranges, places.ranges(model))
        print(f"{places.ranges(model).name}: {len(ranges['ranges'])} ranges from {ranges['pictures']} pictures")
    return 0


def _pin(places: Places) -> int:
    """Bytes, hash and input scale of today's build take the place of the old ones in the manifest."""
    from agent.vision.runtime import open_interpreter

    text = places.manifest.read_text("utf-8")
    for model in models_of(places):
        data = built(model, places)
        scale, zero_point = open_interpreter(data).interpreter.get_input_details()[0]["quantization"]
        text = text.replace(model.sha256, hashlib.sha256(data).hexdigest())
        text = text.replace(f"bytes = {model.bytes}\n", f"bytes = {len(data)}\n")
        text = text.replace(f"scale = {model.input.scale!r}, zero_point = {model.input.zero_point}",
                            f"scale = {scale!r}, zero_point = {zero_point}")  # fmt: skip
        (places.models / model.file).write_bytes(data)
        print(f"models/{model.file}: {len(data)} bytes")
    places.manifest.write_text(text, "utf-8")
    return 0


def _shared() -> Path:
    return Path(os.environ.get("SHELFD_SHARED", "../shared"))


if __name__ == "__main__":
    sys.exit(main())
