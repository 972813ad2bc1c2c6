"""Batches and loss of the frame model: pieces of like length, each in a key drawn for it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from generator.training import jsb_chords
from generator.training import jsb_features as features
from generator.training.jsb import Chorale, signature
from generator.training.jsb_features import BEFORE, NO_CHORD, SLOTS, Ints, Sheet
from generator.training.jsb_model import Batch, FrameModel

SHIFTS = tuple(range(-6, 6))
HALF = SLOTS // 2
CHORDS = (0, HALF)  # places of the chord slots


@dataclass
class Score:
    """A piece and, once asked for, what the model reads of it and the shift that brings it to C major or A minor."""

    frames: Ints

    @cached_property
    def sheet(self) -> Sheet:
        return features.read(self.frames)

    @cached_property
    def home(self) -> int:
        return (6 - signature(self.frames)) % 12 - 6


@dataclass(frozen=True)
class Asked:
    """A piece in a key, and at which steps its chords are told: bool (J,)."""

    sheet: Sheet
    shift: int
    told: NDArray[np.bool_]


def collate(asked: Sequence[Asked]) -> Batch:
    """Padded to the longest piece."""
    count = max(len(each.sheet) for each in asked)
    _, _, trunk_kinds, slot_kinds = features.sizes()
    told = _padded([each.told for each in asked], count)
    slots = []
    for slot in range(SLOTS):
        rows = [features.transposed(each.sheet.slots[slot], slot_kinds[slot], each.shift) for each in asked]
        columns = _padded(rows, count)
        if slot not in CHORDS:
            for place, kind in enumerate(slot_kinds[slot]):
                if kind in ("chord", "relative"):
                    columns[..., place] = torch.where(told, columns[..., place], NO_CHORD)
        slots.append(columns)
    return Batch(
        trunk=_padded([features.transposed(each.sheet.trunk, trunk_kinds, each.shift) for each in asked], count),
        slots=slots,
        metre=_padded([each.sheet.metre for each in asked], count),
        target=_padded([_moved(each.sheet.target, each.shift) for each in asked], count),
        own=_padded([_moved(each.sheet.own, each.shift) for each in asked], count),
        repeat=_padded([_moved(each.sheet.repeat, each.shift) for each in asked], count),
        weight=_padded([_real(each.sheet) for each in asked], count),
        told=told,
    )


def _padded(rows: Sequence[NDArray[np.generic]], count: int) -> Tensor:
    filled = np.zeros((len(rows), count, *rows[0].shape[1:]), dtype=rows[0].dtype)
    for line, row in zip(filled, rows, strict=True):
        line[: len(row)] = row
    return torch.from_numpy(filled)


def _moved(values: Ints, shift: int) -> Ints:
    """(J, 10) of chord classes and MIDI pitches -> of the piece moved, as symbols; -1 -> NO_CHORD, BEFORE."""
    moved = features.symbols(values, shift)
    for place in CHORDS:
        chord = jsb_chords.transposed(values[:, place], shift)
        moved[:, place] = np.where(values[:, place] < 0, NO_CHORD, chord)
    return moved


def _real(sheet: Sheet) -> NDArray[np.float32]:
    weight = np.ones((len(sheet), SLOTS), dtype=np.float32)
    if sheet.frames % 2:
        weight[-1, HALF:] = 0
    return weight


class FrameRecipe:
    """What `train.Training` trains. `at_home`: how often a piece is read in C major or A minor rather than anywhere."""

    def __init__(
        self, network: FrameModel, train: Sequence[Chorale], valid: Sequence[Chorale],
        seed: int = 0, size: int = 2048, at_home: float = 0.5,
    ) -> None:  # fmt: skip
        self.network, self.seed, self.size, self.at_home = network, seed, size, at_home
        read: dict[int, Score] = {}  # a piece that is listed twelve times is read once
        self.train = [read.setdefault(id(each), Score(each.frames)) for each in train]
        self.valid = [Score(each.frames) for each in valid]

    def batches(self, seed: int) -> Iterator[Batch]:
        """Whole pieces of like length, some `size` steps a batch, for ever."""
        rng = np.random.default_rng((self.seed, seed))
        while True:
            lengths = np.array([len(each.frames) for each in self.train])
            order = np.argsort(lengths * rng.uniform(0.85, 1.15, len(lengths)))
            groups = list(_groups(order.tolist(), lengths // 2, self.size))
            for place in rng.permutation(len(groups)):
                yield collate([self._asked(self.train[index], rng) for index in groups[place]])

    def _asked(self, score: Score, rng: np.random.Generator) -> Asked:
        shift = score.home if rng.random() < self.at_home else int(rng.choice(SHIFTS))
        return Asked(score.sheet, shift, rng.random(len(score.sheet)) < 0.5)

    def loss(self, network: nn.Module, batch: Batch) -> Tensor:
        """Nats a note, those of its chord included at a quarter of a chord a note."""
        nats = network.nats(batch) * batch.weight  # type: ignore[operator]
        return nats.sum() / (0.8 * batch.weight.sum())

    def validate(self, network: nn.Module) -> dict[str, float]:
        """Nats a note in the home key without and with the chords, and of the chords: monitors, not the protocols."""
        return figures(network, self.valid)


@torch.no_grad()
def figures(network: nn.Module, scores: Sequence[Score]) -> dict[str, float]:
    """Single-pass nats a note (`loss`), with true chords (`notes`), and a chord (`chord`)."""
    sums = np.zeros(4)
    ordered = sorted(scores, key=lambda score: len(score.frames))
    for start in range(0, len(ordered), 16):
        for told in (False, True):
            chosen = ordered[start : start + 16]
            asked = [Asked(one.sheet, one.home, np.full(len(one.sheet), told)) for one in chosen]
            batch = collate(asked)
            nats = network.nats(batch) * batch.weight  # type: ignore[operator]
            chords = float(nats[..., list(CHORDS)].sum())
            sums += [told * chords, (1 - told) * (float(nats.sum()) - chords), told * (float(nats.sum()) - chords),
                     told * float(batch.weight.sum())]  # fmt: skip
    tokens = sums[3]
    shares = {"loss": sums[1] / tokens / 0.8, "notes": sums[2] / tokens / 0.8, "chord": sums[0] / tokens / 0.2}
    return {name: float(value) for name, value in shares.items()}


def _groups(order: list[int], lengths: NDArray[np.int64], size: int) -> Iterator[list[int]]:
    group: list[int] = []
    longest = 0
    for index in order:
        longest = max(longest, int(lengths[index]))
        if group and longest * (len(group) + 1) > size:
            yield group
            group, longest = [], int(lengths[index])
        group.append(index)
    yield group


__all__ = ["BEFORE", "SHIFTS", "Asked", "FrameRecipe", "Score", "collate", "figures"]
