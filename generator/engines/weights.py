"""Shipped weights into a network."""

from __future__ import annotations

from pathlib import Path

from safetensors.torch import load_file
from torch import nn


def load_weights(network: nn.Module, path: Path, device: str) -> None:
    """Fill a network from safetensors, in float32."""
    state = {name: tensor.float() for name, tensor in load_file(path, device=device).items()}
    network.load_state_dict(state)
