"""One function over many things, on several processes, with a progress bar; what is done can be kept."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from multiprocessing import get_context
from pathlib import Path
from typing import Any, TypeVar

import torch
from tqdm import tqdm

Task = TypeVar("Task")
Result = TypeVar("Result")
FEW = 64  # things that are done before other processes have started


def mapped(function: Callable[[Task], Result], tasks: Sequence[Task], processes: int, name: str) -> list[Result]:
    """`function` of every task, in order. Leaving early (Ctrl-C) ends the processes."""
    few = len(tasks) <= FEW
    return list(tqdm(_each(function, tasks, 1 if few else processes), total=len(tasks), desc=name, unit="piece"))


def kept(
    path: Path, function: Callable[[Task], Any], tasks: dict[str, Task], resume: bool, processes: int
) -> dict[str, Any]:
    """`function` of every task by its key, as JSON values; each is kept in `path` (a line each) as it is done.

    With `resume` those that an interrupted run kept are not done again.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = path.read_text("utf8").split("\n")[:-1] if resume and path.exists() else []
    done = {key: value for key, value in map(json.loads, lines) if key in tasks}
    missing = [key for key in tasks if key not in done]
    with path.open("w", encoding="utf8") as file:
        file.writelines(json.dumps(pair) + "\n" for pair in done.items())
        values = _each(function, [tasks[key] for key in missing], processes)
        for key, value in zip(missing, tqdm(values, total=len(missing), desc=path.stem, unit="piece"), strict=True):
            done[key] = value
            file.write(json.dumps((key, value)) + "\n")
            file.flush()
    return {key: done[key] for key in tasks}


def _each(function: Callable[[Task], Result], tasks: Sequence[Task], processes: int) -> Iterator[Result]:
    """Results in order as they come."""
    if processes <= 1 or len(tasks) < 2:
        yield from map(function, tasks)
        return
    with get_context("spawn").Pool(processes, torch.set_num_threads, (1,)) as pool:
        yield from pool.imap(function, tasks, chunksize=1 + len(tasks) // 200)
