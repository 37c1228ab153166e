"""The command `shelfd`: run, check, replay, calibrate, doctor.

Exit codes as in sysexits.h: 64 usage, 65 a recording that cannot be read, 66 no such file, 70 a mistake of ours, 75 an
outbox that cannot be read now (systemd tries again), 78 a configuration that cannot be used. Imports are made by the
command that needs them, so that `--version` is quick on a slow card. Not here: what the commands do (app.py, config/,
recording/, commands/).
"""

from __future__ import annotations

import argparse
import logging
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import NoReturn

from agent.versions import shelfd_version

GUIDED = {
    "calibrate": "find tare and counts per gram of each cell, or `calibrate camera` its marks, step by step",
    "doctor": "what is plugged in, what answers, what to do next",
}


class Parser(argparse.ArgumentParser):
    """argparse with sysexits' code for wrong usage."""

    def error(self, message: str) -> NoReturn:
        self.print_usage(sys.stderr)
        self.exit(os.EX_USAGE, f"{self.prog}: {message}; see {self.prog} --help\n")


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command; its exit code."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    args = build_parser(given).parse_args(given)
    try:
        code: int = args.command(args)
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # whoever read us has seen enough
        return os.EX_OK
    return code


def build_parser(given: Sequence[str]) -> Parser:
    """The command line. Of the guided commands only the one that is `given` is imported."""
    parser = Parser(prog="shelfd", description="A smart shelf's senses and judgement.")
    parser.add_argument("--version", action="version", version=f"shelfd {shelfd_version()}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND", parser_class=Parser)
    command = commands.add_parser("run", help="weigh, judge and tell the broker, until stopped")
    command.add_argument("file", type=Path, help="the shelf's configuration (TOML)")
    command.add_argument("--log", choices=("debug", "info", "warning"), default="info", help="how much to say")
    command.set_defaults(command=run)
    command = commands.add_parser("check", help="tell every mistake in a configuration at once")
    command.add_argument("file", type=Path, help="the shelf's configuration (TOML)")
    command.set_defaults(command=check)
    command = commands.add_parser("replay", help="play a recorded segment through the core again")
    command.add_argument("file", type=Path, help="a segment of recording.dir (.jsonl.gz)")
    command.add_argument("--json", action="store_true", help="one JSON object a line: time, topic, payload")
    command.set_defaults(command=replay)
    for name, purpose in GUIDED.items():
        command = commands.add_parser(name, help=purpose, description=purpose)
        if name in given:
            module = import_module(f"agent.commands.{name}{_part_of(name, given)}")
            module.add_arguments(command)
            command.set_defaults(command=module.main)
    return parser


def _part_of(name: str, given: Sequence[str]) -> str:
    """`calibrate camera` is a module of its own."""
    return "_camera" if name == "calibrate" and "camera" in given[given.index(name) + 1 :][:1] else ""


def run(args: argparse.Namespace) -> int:
    """`shelfd run FILE`."""
    from agent.app import App
    from agent.config.check import demand
    from agent.config.load import load
    from agent.config.problem import ConfigError
    from agent.notify import Notifier
    from agent.outbox.protocol import OutboxError
    from agent.uplink.protocol import UplinkError

    _log_to_stderr(args.log)
    os.umask(0o077)  # where people stood, what was sold and who may command is nobody else's on this device
    try:
        config = load(args.file)
        for warning in demand(config):
            logging.getLogger("agent.config").warning("%s: %s", args.file, warning)
    except OSError as error:
        return _complain(f"{args.file} cannot be read: {error.strerror}", os.EX_NOINPUT)
    except ConfigError as error:
        return _complain(f"{args.file} cannot be used; shelfd check tells the lines:\n{error}", os.EX_CONFIG)
    try:
        return App(config, Notifier.from_environment()).run()
    except UplinkError as error:
        return _complain(str(error), os.EX_CONFIG)
    except OutboxError as error:
        return _complain(str(error), os.EX_TEMPFAIL)


def check(args: argparse.Namespace) -> int:
    """`shelfd check FILE`."""
    from agent.config.command import run_check

    return run_check(args.file, sys.stdout)


def replay(args: argparse.Namespace) -> int:
    """`shelfd replay FILE`."""
    from agent.recording.protocol import RecordingError
    from agent.recording.replay import run_replay

    if not args.file.exists():
        return _complain(f"{args.file}: there is no such file", os.EX_NOINPUT)
    try:
        return run_replay(args.file, as_json=args.json, out=sys.stdout.buffer, err=sys.stderr)
    except RecordingError as error:
        return _complain(str(error), os.EX_DATAERR)


def _log_to_stderr(level: str) -> None:
    """One line a message; the journal adds the time itself, and is told how grave it is (sd-daemon(3)), so that
    `journalctl -p warning` finds it."""
    journal = "JOURNAL_STREAM" in os.environ
    form = "<%(priority)d>%(name)s: %(message)s" if journal else "%(asctime)s %(levelname)s %(name)s: %(message)s"
    logging.basicConfig(level=level.upper(), format=form, stream=sys.stderr)
    if journal:
        logging.getLogger().handlers[0].addFilter(_grade)


def _grade(record: logging.LogRecord) -> bool:
    """Adds syslog's priority: 3 error, 4 warning, 6 info, 7 debug."""
    grades = {logging.ERROR: 3, logging.WARNING: 4, logging.INFO: 6}
    record.priority = next((grade for level, grade in grades.items() if record.levelno >= level), 7)
    return True


def _complain(sentence: str, code: int) -> int:
    print(f"shelfd: {sentence}", file=sys.stderr)
    return code


if __name__ == "__main__":
    sys.exit(main())
