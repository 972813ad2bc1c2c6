"""Checkpoints of a running training, and the weights and model card that ship."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file
from torch import Tensor

MAX_BYTES = 30_000_000


def save(path: Path, state: Mapping[str, Any]) -> None:
    """Write a checkpoint whole or not at all: a power cut leaves the last one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_suffix(".partial")
    torch.save(dict(state), fresh)
    os.replace(fresh, path)


def load(path: Path, device: str = "cpu") -> dict[str, Any]:
    """A checkpoint of ours. Only tensors and plain values are read, never code."""
    return torch.load(path, map_location=device, weights_only=True)  # type: ignore[no-any-return]


def export(folder: Path, name: str, weights: Mapping[str, Tensor], card: Mapping[str, Any]) -> str:
    """Write NAME.safetensors and NAME.json; returns the weights' hash. Raises ValueError above 30 MB."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.safetensors"
    save_file({key: value.detach().contiguous().cpu() for key, value in weights.items()}, path)
    if path.stat().st_size > MAX_BYTES:
        raise ValueError(f"{path.name} has {path.stat().st_size:,} bytes; shipped weights hold at most {MAX_BYTES:,}.")
    digest = weights_hash(path)
    text = json.dumps({**card, "weights": digest}, indent=1, ensure_ascii=False)
    (folder / f"{name}.json").write_text(text + "\n", "utf8")
    return digest


def weights_hash(path: Path) -> str:
    """First 16 hex digits of the file's SHA-256."""
    return hashlib.sha256(path.read_bytes()).hexdigest()[:16]
