"""The demo's last line, for a machine and as a sentence.

Not here: what is known (board.py), what is drawn while it runs (screen.py).
"""

from __future__ import annotations

from collections import Counter

from tools.demo.board import Board


def summary(board: Board, now_s: float) -> dict[str, float | None]:
    """The machine's line: what was said, what was so, how well they agree. None: nothing happened that could tell."""
    past, matches, score = board.now(now_s)
    without = board.without_visitor(now_s)
    delays = sorted(event.decided_s - entry["t_s"] for event, entry in matches.pairs)
    asked = [entry for entry in past if entry["type"] != "restock"]
    said = Counter(move.kind for move, _ in board.moves())
    return {
        "events": said["pick"] + said["put"],
        "truth": len(asked),
        "f1": None if score is None else round(score, 4),
        "f1_without_visitor": None if without is None else round(without, 4),
        "missed": len(matches.missed),
        "wrong": len(matches.wrong) if board.scored else None,
        "delay_p95_s": round(delays[min(len(delays) - 1, int(0.95 * len(delays)))], 3) if delays else None,
    }


def goodbye(board: Board, now_s: float) -> str:
    """The same as a sentence."""
    told = summary(board, now_s)
    f1, delay_s = told["f1"], told["delay_p95_s"]
    if not board.scored:
        return f"{told['events']} told; nobody knows what happened"
    right = len(board.now(now_s)[1].pairs)
    line = f"{told['events']} told, {told['truth']} happened: {right} right, {told['missed']} missed, "
    line += f"{told['wrong']} wrong, F1 {'-' if f1 is None else f'{f1:.3f}'}"
    return line if delay_s is None else f"{line}, decided within {delay_s:.2f} s (p95)"
