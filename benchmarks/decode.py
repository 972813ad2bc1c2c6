"""Notes a CPU-second at batch 1: our engine against Hugging Face `generate` on a flat token stream.

    python -m benchmarks.decode [--ensemble satb] [--bars 16] [--pieces 6] [--threads 1] [--json]

Both write the same music in the same run, with equal threads and precision: the
other model is GPT-2-shaped, has the same number of parameters and random weights
(what a model has learnt does not change its speed), keeps its cache on, and
writes each of our pieces as three tokens a note (place, player and pitch,
length), without a token for barlines. The bound is what the measured memory
bandwidth would allow if every weight were read once a note and nothing else took time.
"""

from __future__ import annotations

import argparse
import json
import math
import time
from collections.abc import Callable
from dataclasses import dataclass

import torch
from safetensors import safe_open
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]
from transformers import GPT2Config, GPT2LMHeadModel

from generator import engines
from generator.engines import Brief, Engine
from generator.engines.tokens import DURATIONS, LANES, ONSETS, PITCHES

TOKENS_A_NOTE = 3
VOCABULARY = ONSETS + LANES * PITCHES + len(DURATIONS)
POSITIONS = 1024
HEADS = 4


@dataclass(frozen=True)
class Speed:
    """What was written, and the CPU time (all threads) and wall time it took."""

    notes: int
    bars: int
    cpu: float
    wall: float


def timed(write: Callable[[], tuple[int, int]]) -> Speed:
    """Run `write`, which returns the notes and bars it wrote."""
    wall, cpu = time.perf_counter(), time.process_time()
    notes, bars = write()
    return Speed(notes, bars, time.process_time() - cpu, time.perf_counter() - wall)


def total(speeds: list[Speed]) -> Speed:
    return Speed(
        sum(one.notes for one in speeds), sum(one.bars for one in speeds),
        sum(one.cpu for one in speeds), sum(one.wall for one in speeds),
    )  # fmt: skip


def ours(engine: Engine, brief: Brief) -> tuple[int, int]:
    """Compose one brief; notes and bars."""
    written = [len(bar.notes) for bar in engine.compose(brief) if isinstance(bar, engines.Bar)]
    return sum(written), len(written)


def shipped_parameters() -> int:
    """How many numbers the Transformer's weights hold."""
    with safe_open(engines.WEIGHTS / "transformer.safetensors", "pt") as weights:
        return sum(math.prod(weights.get_slice(name).get_shape()) for name in list(weights.keys()))


def gpt2_like(parameters: int) -> GPT2LMHeadModel:
    """A GPT-2-shaped float32 model with `parameters` to within a twentieth, with as few layers to run as can be."""
    shapes = [(layers, width) for layers in range(4, 13) for width in range(64, 1025, 16)]

    def count(shape: tuple[int, int]) -> int:
        layers, width = shape
        return layers * (12 * width**2 + 13 * width) + (VOCABULARY + POSITIONS + 2) * width

    layers, width = next(shape for shape in shapes if abs(count(shape) / parameters - 1) <= 0.05)
    config = GPT2Config(
        vocab_size=VOCABULARY, n_positions=POSITIONS, n_embd=width, n_layer=layers, n_head=HEADS,
        bos_token_id=0, eos_token_id=None, pad_token_id=0,
    )  # fmt: skip
    torch.manual_seed(0)
    return GPT2LMHeadModel(config).eval()


def theirs(model: GPT2LMHeadModel, notes: int, bars: int, brief: Brief) -> tuple[int, int]:
    """Sample as many tokens as `notes` need, beginning anew where the context is full."""
    left = notes * TOKENS_A_NOTE
    start = torch.zeros((1, 1), dtype=torch.long)
    while left:
        count = min(left, POSITIONS - 1)
        with torch.inference_mode():
            written = model.generate(
                start, attention_mask=torch.ones_like(start), use_cache=True, do_sample=True, top_k=0,
                temperature=brief.temperature, top_p=brief.top_p, max_new_tokens=count, min_new_tokens=count,
            )  # fmt: skip
        left -= written.shape[1] - 1
    return notes, bars


def bandwidth() -> float:
    """Bytes a CPU-second read and written by a large copy, the best of five."""
    source = torch.ones(64 * 2**20)
    target = torch.empty_like(source)
    speeds = []
    for _ in range(5):
        begun = time.process_time()
        target.copy_(source)
        speeds.append(2 * source.nbytes / (time.process_time() - begun))
    return max(speeds)


def measure(brief: Brief, pieces: int, threads: int) -> dict[str, float]:
    """All figures of one run; the two engines take turns, so that a busy machine slows both."""
    torch.set_num_threads(threads)
    threadpool_limits(threads)
    engine, parameters = engines.load("transformer"), shipped_parameters()
    seeds = [brief.model_copy(update={"seed": seed}) for seed in range(pieces + 1)]
    model = gpt2_like(parameters)
    ours(engine, seeds[0])  # to warm up
    theirs(model, 8, 0, brief)
    mine, other = [], []
    for one in seeds[1:]:
        mine.append(timed(lambda one=one: ours(engine, one)))  # type: ignore[misc]
        last = mine[-1]
        other.append(timed(lambda last=last: theirs(model, last.notes, last.bars, brief)))  # type: ignore[misc]
    return report(total(mine), total(other), parameters, model, bandwidth())


def report(mine: Speed, other: Speed, parameters: int, model: GPT2LMHeadModel, copied: float) -> dict[str, float]:
    size = 4  # bytes of a float32, which both compute in
    return {
        "ours_notes_per_cpu_second": mine.notes / mine.cpu,
        "ours_notes_per_second": mine.notes / mine.wall,
        "ours_bars_per_second": mine.bars / mine.wall,
        "huggingface_notes_per_cpu_second": other.notes / other.cpu,
        "huggingface_bars_per_second": other.bars / other.wall,
        "ratio": (mine.notes / mine.cpu) / (other.notes / other.cpu),
        "ours_parameters": parameters,
        "huggingface_parameters": sum(weight.numel() for weight in model.parameters()),
        "huggingface_layers": model.config.n_layer,
        "huggingface_width": model.config.n_embd,
        "notes": mine.notes,
        "copy_gigabytes_per_cpu_second": copied / 1e9,
        "bound_notes_per_cpu_second": copied / (parameters * size),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--ensemble", default="satb")
    parser.add_argument("--bars", type=int, default=16)
    parser.add_argument("--pieces", type=int, default=6)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    brief = Brief.model_validate({"ensemble": options.ensemble, "bars": options.bars, "key": "D minor", "metre": "4/4"})
    figures = measure(brief, options.pieces, options.threads)
    if options.json:
        print(json.dumps(figures))
    else:
        print("\n".join(f"{name:<34}{value:>14,.2f}" for name, value in figures.items()))


if __name__ == "__main__":
    main()
