"""Proves new models on this very device before they replace the old ones, in a process that may crash, hang or swell.

Some files take the whole interpreter with them (a file cut short, a sparse model asked for its tensors, both seen), so
none is opened here. The child (trial_child.py) loads them, holds inputs and outputs to manifest and decoders, shows
them pictures and times them beside the models in use; here it is watched, ended where it takes too long or too much,
and its verdict is read. Not here: hashes and the manifest's text (model_document.py).
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import msgspec

import agent
from agent.documents.protocol import Beat
from agent.documents.trial_child import Step, Verdict, Wrong

LOOK_S = 0.05
READ_BYTES = 65_536
STDERR_BYTES = 300
PASSED_ON = ("PATH", "LANG", "LD_LIBRARY_PATH", "TMPDIR")

_decoder = msgspec.json.Decoder(Step | Verdict)


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialLimits:
    """What new models may take."""

    seconds: float = 60.0  # for all of it; 1.0 s here with the models of models/manifest.toml
    memory_mb: float = 200.0  # of the process, with new and old models loaded; 111 MB with these
    slower: float = 2.0  # than the models in use
    alone_ms: float = 2000.0  # a picture, where there are none to compare with


def prove(
    manifest: Path, old: Path | None, threads: int, beat: Beat, limits: TrialLimits | None = None
) -> tuple[Wrong, ...]:
    """Why the models of this manifest cannot be used; empty: they have proven themselves. Calls `beat` many times a
    second, and lets whatever it raises pass, with the process ended."""
    limits = limits or TrialLimits()
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        try:
            process = start(manifest, threads, old, out, err)
        except OSError as error:
            return (Wrong(file="", reason=f"the models could not be tried: {error}"),)
        try:
            given_up = watch(process, beat, limits)
        finally:
            if process.poll() is None:
                process.kill()
            process.wait()
        step, verdict = heard(out)
        reason = given_up or failure(process.returncode, err)
        if reason or verdict is None:
            doing = f"{step.step} {step.file}".strip() if step else "start"
            return (Wrong(file=step.file if step else "", reason=f"{reason or 'no verdict'}; it was about to {doing}"),)
    return verdict.wrong or too_slow(verdict, limits)


def start(manifest: Path, threads: int, old: Path | None, out: IO[bytes], err: IO[bytes]) -> subprocess.Popen[bytes]:
    """OSError where no process can be started. It sees nothing of our environment that it does not need."""
    home = str(Path(agent.__file__).resolve().parent.parent)
    environment = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
    environment |= {"PYTHONPATH": home, "OPENBLAS_NUM_THREADS": "1"}
    arguments = [str(manifest.absolute()), str(threads), *([str(old.absolute())] if old else [])]
    return subprocess.Popen(
        [sys.executable, "-P", "-m", "agent.documents.trial_child", *arguments],
        stdin=subprocess.DEVNULL,
        stdout=out,
        stderr=err,
        cwd="/",
        env=environment,
        start_new_session=True,  # Ctrl-C at a terminal is for the agent, which ends it
    )


def watch(process: subprocess.Popen[bytes], beat: Beat, limits: TrialLimits) -> str:
    """Why it was given up; empty: it ended by itself."""
    until_s = time.monotonic() + limits.seconds
    while True:
        try:
            process.wait(LOOK_S)
            return ""
        except subprocess.TimeoutExpired:
            beat()
        if time.monotonic() > until_s:
            return f"the trial was not over within {limits.seconds:.0f} s"
        if (taken := rss_mb(process.pid)) > limits.memory_mb:
            return f"the trial took {taken:.0f} MB of memory; {limits.memory_mb:.0f} MB are the most"


def rss_mb(pid: int) -> float:
    """0 where it cannot be read: it has just ended."""
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    except (OSError, IndexError, ValueError):
        return 0.0
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def heard(out: IO[bytes]) -> tuple[Step | None, Verdict | None]:
    """The last step begun, and the verdict; whatever else was written is passed over."""
    out.seek(0)
    step: Step | None = None
    for line in out.read(READ_BYTES).splitlines():
        try:
            said = _decoder.decode(line)
        except msgspec.DecodeError:
            continue
        if isinstance(said, Verdict):
            return step, said
        step = said
    return step, None


def failure(code: int, err: IO[bytes]) -> str:
    """How it died; empty: it did not."""
    if code == 0:
        return ""
    if code < 0:
        return f"the trial was ended by {signal.Signals(-code).name}"
    err.seek(0, os.SEEK_END)
    err.seek(max(0, err.tell() - STDERR_BYTES))
    last = err.read(STDERR_BYTES).decode(errors="replace").strip().rpartition("\n")[2]
    return f"the trial failed: {last}"


def too_slow(verdict: Verdict, limits: TrialLimits) -> tuple[Wrong, ...]:
    new, old = verdict.new_ms, verdict.old_ms
    if new is None:
        return (Wrong(file="", reason="the trial was not timed"),)
    if old is None and new > limits.alone_ms:
        reason = f"they take {new:.0f} ms a picture; {limits.alone_ms:.0f} ms are the most"
        return (Wrong(file="", reason=reason),)
    if old is not None and new > limits.slower * old:
        reason = f"they take {new:.1f} ms a picture and those in use {old:.1f} ms; {limits.slower:g} times is the most"
        return (Wrong(file="", reason=reason),)
    return ()
