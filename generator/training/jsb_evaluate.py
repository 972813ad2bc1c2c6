"""`manage.py evaluate transformer --benchmark jsb --data DIR [--split valid|test]`: the shipped weights, measured."""

from __future__ import annotations

from typing import Any

import torch

from generator.engines import WEIGHTS
from generator.training import EvaluationOptions, checkpoint, jsb, jsb_score, jsb_train


def run(options: EvaluationOptions) -> dict[str, Any]:
    """Four figures by two protocols (jsb_score.protocols).

    Raises jsb.BenchmarkMissing without `options.data`, or where it has no such split.
    """
    if options.data is None:
        raise jsb.BenchmarkMissing("--benchmark jsb needs --data DIR, a folder with train/ and valid/ in it.")
    torch.set_num_threads(max(options.processes, 1))
    pieces = jsb.read_split(options.data, options.split)
    networks, mixing = list(jsb_train.members(WEIGHTS)), jsb_train.mixing(WEIGHTS)
    return {
        "engine": "transformer",
        "weights": checkpoint.weights_hash(WEIGHTS / f"{jsb_train.NAME}.safetensors"),
        "data": f"{options.data} {options.split}",
        "metrics": jsb_score.measured(networks, pieces, mixing),
    }
