"""What a piece costs by each protocol, averaged over keys and networks without ever looking ahead.

An *expert* is one network reading the piece in one of a fixed set of keys; all of them see the same
past. Their predictions are combined by weights that depend on that past alone: at every step an
expert's weight is the softmax of its own (faded) log-likelihood of the music so far, and an expert is
left out once a note already heard has no place in its range. The combination is a renormalised
geometric mean, a product of experts (Hinton 2002), flattened a little; on validation an arithmetic mean
with the same weights came within 0.0003 of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from tqdm import tqdm

from generator.training import jsb_chords, jsb_features
from generator.training.jsb import Chorale
from generator.training.jsb_chords import CLASSES
from generator.training.jsb_features import LOW, PITCHES, SLOTS, Sheet
from generator.training.jsb_model import FrameModel
from generator.training.jsb_recipe import CHORDS, HALF, SHIFTS, Asked, collate

MIDI = 129  # absolute symbols: 0 a rest, else a MIDI pitch plus one
UNHEARD = -30.0  # log-probability of what an expert has no symbol for, before all are renormalised
FLOOR = 1e-6  # of every prediction is spread evenly, so that no music is impossible
Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Mixing:
    """How experts are combined: their keys, how far their record counts, how fast it fades, and an exponent."""

    shifts: tuple[int, ...] = SHIFTS
    trust: float = 0.3  # weight of a nat of past log-likelihood
    fading: float = 0.99  # of that record, a step
    sharpness: float = 0.95  # exponent of the mean: networks are a little too sure


@dataclass(frozen=True)
class Prediction:
    """Log-probabilities of one piece: `chords` (J, 2, 50) and `notes` (J, 8, 129), S B A T of both halves."""

    chords: Floats
    notes: Floats

    def nats(self, sheet: Sheet) -> Floats:
        """(T, 5): chord, S, B, A, T of every frame."""
        target = sheet.target.reshape(-1, 2, HALF)
        notes = self.notes.reshape(len(sheet), 2, HALF - 1, MIDI)
        symbol = np.where(target[..., 1:] > 0, target[..., 1:] + 1, 0)
        of_notes = np.take_along_axis(notes, symbol[..., None], -1)[..., 0]
        of_chords = np.take_along_axis(self.chords, target[..., :1], -1)
        return -np.concatenate([of_chords, of_notes], -1).reshape(-1, HALF)[: sheet.frames]


@torch.no_grad()
def experts(network: FrameModel, sheet: Sheet, shifts: Sequence[int], told: bool) -> Prediction:
    """One network in each key, moved back to the piece's own: chords (E, J, 2, 50), notes (E, J, 8, 129)."""
    steps = np.full(len(sheet), told)
    outputs = network(collate([Asked(sheet, shift, steps) for shift in shifts]))
    slots = [output.numpy() for output in outputs]
    chords = np.stack([slots[place] for place in CHORDS], 2)
    notes = np.stack([slots[place] for place in range(SLOTS) if place not in CHORDS], 2)
    absolute = np.full((*notes.shape[:-1], MIDI), UNHEARD, dtype=np.float32)
    absolute[..., 0] = notes[..., 0]
    for expert, shift in enumerate(shifts):
        chords[expert] = chords[expert][..., jsb_chords.transposed(np.arange(CLASSES), shift)]
        absolute[expert][..., 1 + LOW - shift : 1 + LOW - shift + PITCHES] = notes[expert][..., 1:]
    return Prediction(chords, absolute)


def heard_in_range(sheet: Sheet, shift: int) -> NDArray[np.bool_]:
    """(J,) whether every note before each step has a place in a network's range when moved by `shift`."""
    notes = sheet.target[:, [place for place in range(SLOTS) if place not in CHORDS]]
    outside = ((notes > 0) & ((notes + shift < LOW) | (notes + shift >= LOW + PITCHES))).any(1)
    return ~np.concatenate([[False], np.cumsum(outside)[:-1] > 0])


def record(nats: Floats, fading: float) -> Floats:
    """(E, J) nats of each step -> (E, J) faded log-likelihood of all steps before each."""
    found = np.zeros_like(nats)
    for step in range(1, nats.shape[1]):
        found[:, step] = fading * (found[:, step - 1] - nats[:, step - 1])
    return found


def combine(predictions: Prediction, sheet: Sheet, shifts: Sequence[int], mixing: Mixing, told: bool) -> Prediction:
    """One prediction from the experts'; `shifts` names the key of each expert."""
    own = [Prediction(*pair) for pair in zip(predictions.chords, predictions.notes, strict=True)]
    nats = np.stack([_step_nats(one, sheet, told) for one in own])
    alive = np.stack([heard_in_range(sheet, shift) for shift in shifts])
    scores = np.where(alive, mixing.trust * record(nats, mixing.fading), -np.inf)
    scores = np.exp(scores - np.maximum(scores.max(0), -1e9))
    total = scores.sum(0)
    shares = np.where(total > 0, scores / np.where(total > 0, total, 1), 1 / len(shifts))
    weights = (shares * mixing.sharpness).astype(np.float32)
    return Prediction(_product(predictions.chords, weights), _product(predictions.notes, weights))


def _step_nats(prediction: Prediction, sheet: Sheet, told: bool) -> Floats:
    """(J,) nats of each whole step, of the notes and, where they are told, the chords."""
    nats = prediction.nats(sheet)[:, 0 if told else 1 :].sum(1)
    padded = np.concatenate([nats, np.zeros(len(nats) % 2, dtype=nats.dtype)])
    return padded.reshape(-1, 2).sum(1)  # type: ignore[no-any-return]


def _product(logs: Floats, weights: Floats) -> Floats:
    """(E, J, K, S) log-probabilities and (E, J) weights -> (J, K, S), renormalised."""
    mean = np.einsum("ejks,ej->jks", logs, weights)
    odds = np.exp(mean - mean.max(-1, keepdims=True))
    share = odds / odds.sum(-1, keepdims=True)
    return np.log((1 - FLOOR) * share + FLOOR / share.shape[-1])  # type: ignore[no-any-return]


@dataclass(frozen=True)
class Costs:
    """(T, 5) nats of a piece's chords and notes: notes without chords, with them, and of a single pass."""

    alone: Floats
    told: Floats
    single: Floats


def costs(networks: Sequence[FrameModel], sheet: Sheet, mixing: Mixing) -> Costs:
    """Both protocols; `single` is the first network in the written key."""
    alone, told = (predict(networks, sheet, mixing, chords) for chords in (False, True))
    single = experts(networks[0], sheet, (0,), told=False)
    first = Prediction(single.chords[0], single.notes[0])
    return Costs(alone.nats(sheet), told.nats(sheet), first.nats(sheet))


def predict(networks: Sequence[FrameModel], sheet: Sheet, mixing: Mixing, told: bool) -> Prediction:
    """All networks in all keys, combined. The probabilities at step j depend on nothing after it."""
    found = [experts(network, sheet, mixing.shifts, told) for network in networks]
    every = Prediction(np.concatenate([one.chords for one in found]), np.concatenate([one.notes for one in found]))
    return combine(every, sheet, mixing.shifts * len(networks), mixing, told)


def measured(networks: Sequence[FrameModel], pieces: Sequence[Chorale], mixing: Mixing) -> dict[str, float]:
    """`protocols` of a split, rounded to four places."""
    sheets = (jsb_features.read(piece.frames) for piece in tqdm(pieces, desc="chorales", unit="piece"))
    found = protocols([costs(networks, sheet, mixing) for sheet in sheets])
    return {name: round(value, 4) for name, value in found.items()}


def protocols(pieces: Sequence[Costs]) -> dict[str, float]:
    """The benchmark's four figures, in nats a token.

    jsb_note_nll, jsb_note_nll_single: four tokens a frame, every token from the first frame on, rests
    too, mean over all tokens (Huang et al. 2019). jsb_tonicnet_all: five tokens a frame, the first
    chord given, mean of each piece, then over pieces; jsb_tonicnet_notes: of the four notes, the true
    chord given (Peracha 2019).
    """
    alone = np.concatenate([piece.alone[:, 1:].ravel() for piece in pieces])
    single = np.concatenate([piece.single[:, 1:].ravel() for piece in pieces])
    return {
        "jsb_note_nll": float(alone.mean()),
        "jsb_note_nll_single": float(single.mean()),
        "jsb_tonicnet_all": float(np.mean([piece.told.ravel()[1:].mean() for piece in pieces])),
        "jsb_tonicnet_notes": float(np.mean([piece.told[:, 1:].mean() for piece in pieces])),
    }
