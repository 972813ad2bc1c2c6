"""From a brief to a score to be filled: open controls settled, lanes, bars and cells laid down.

Whatever a brief leaves open is taken from one real piece near what it fixes
(`bank`: Features of corpus pieces, shipped with the model card), so that tempo,
metre, density and the rest belong together.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from generator.engines import Brief, ImpossibleBrief, conditions, form, plan
from generator.engines.layout import Cells, Ints
from generator.engines.tokens import LANES, ONSETS
from generator.music.ensembles import ENSEMBLES, Lane, lane_kind, lane_places, parts_of
from generator.music.piece import TICKS_PER_QUARTER, Key, Metre, Part, Piece, Tempo, regular_bars

Bank = Sequence[Mapping[str, Any]]
NEAREST = 12  # real pieces among which the seed chooses


@dataclass(frozen=True)
class Score:
    """What is to be filled: the skeleton (with its given notes), a Lane for each place, cells to write."""

    piece: Piece
    lanes: tuple[Lane, ...]
    write: Cells
    ends: bool
    planned: Ints | None = None

    @property
    def plan(self) -> Ints:
        """(bars, len(plan.STORED)); without one, everything is open."""
        return plan.empty(self.piece.bar_count) if self.planned is None else self.planned


def resolve(brief: Brief, bank: Bank, plans: form.Plans = ()) -> Brief:
    """The brief with seed, key, metre, tempo, style and levels settled, and a plan where there are any to draw from."""
    seed = brief.seed if brief.seed is not None else int(np.random.default_rng().integers(2**53))
    rng = np.random.default_rng(seed)
    near = sorted(bank, key=lambda real: (_unlike(brief, real), rng.random()))[:NEAREST]
    real = near[int(rng.integers(len(near)))]
    key = brief.key or str(Key.from_fifths(real["fifths"], real["mode"]))
    settled = {
        name: getattr(brief, name) if getattr(brief, name) is not None else real[name]
        for name in ("metre", "tempo", "style", *conditions.LEVELLED)
    }
    brief = brief.model_copy(update={"seed": seed, "key": key, **settled})
    if plans and brief.plan is None and brief.task == "compose":
        rows = form.draw(brief, plans, rng)
        brief = brief.model_copy(update={"plan": form.bars_of(rows, Key.parse(key))})
    return brief


def _unlike(brief: Brief, real: Mapping[str, Any]) -> float:
    """How far a real piece is from what the brief fixes."""
    far = 8.0 * (real["ensemble"] != brief.ensemble)
    far += 4.0 * (brief.style is not None and real["style"] != brief.style)
    far += 3.0 * (brief.metre is not None and real["metre"] != brief.metre)
    far += 2.0 * (brief.key is not None and real["mode"] != Key.parse(brief.key).mode)
    if brief.tempo is not None:
        far += 2.0 * abs(float(np.log2(real["tempo"] / brief.tempo)))
    wishes = [(getattr(brief, name), real[name]) for name in conditions.LEVELLED]
    return far + sum(2.0 * abs(wish - has) for wish, has in wishes if wish is not None)


def condition_values(brief: Brief, begins: bool, ends: bool) -> dict[str, Any]:
    """What the network is told of a resolved brief: values of `conditions.VOCABULARY`."""
    key = Key.parse(brief.key or "C major")
    tonic = key.tonic.pitch_class
    return {
        "mode": key.mode,
        "shift": tonic - 12 if tonic > 6 else tonic,
        "metre": brief.metre,
        "tempo": conditions.tempo_bin(brief.tempo or 96),
        "ensemble": brief.ensemble,
        "style": brief.style,
        "begins": begins,
        "ends": ends,
        "pickup": False,
        **{name: conditions.level_bin(getattr(brief, name)) for name in conditions.LEVELLED},
    }


def lay_down(brief: Brief, given: Piece | None) -> Score:
    """The score a resolved brief asks for. Raises ImpossibleBrief naming the field to change."""
    if brief.task == "compose":
        return _composed(brief)
    if brief.plan is not None:
        raise ImpossibleBrief(f"A 'plan' is for composing from nothing; leave it out to {brief.task}.")
    if given is None:
        raise ImpossibleBrief(f"'{brief.task}' needs a piece to start from: set 'source' to a track's code.")
    if any(metre.bar_ticks > ONSETS for metre in given.metres):
        raise ImpossibleBrief("The source has bars longer than 12/8; choose another 'source'.")
    if brief.task == "continue":
        return _continued(brief, given)
    if brief.task == "infill":
        return _infilled(brief, given)
    return _accompanied(brief, given)


def _composed(brief: Brief) -> Score:
    lanes = ENSEMBLES[brief.ensemble]
    numerator, denominator = (brief.metre or "4/4").split("/")
    metre = Metre(0, int(numerator), int(denominator))
    key = Key.parse(brief.key or "C major")
    piece = Piece(
        parts_of(lanes),
        regular_bars(brief.bars, metre),
        (metre,),
        (key,),
        (Tempo(0, float(brief.tempo or 96)),),
    )
    planned = form.rows_of(brief.plan, key) if brief.plan else None
    return Score(piece, lanes, np.ones((brief.bars, LANES), dtype=bool), ends=True, planned=planned)


def _continued(brief: Brief, given: Piece) -> Score:
    """`bars` more bars in the metre and key in which the source stops."""
    step = given.metre_at(given.length).bar_ticks
    more = tuple(given.length + step * (bar + 1) for bar in range(brief.bars))
    piece = replace(given, bars=given.bars + more)
    write = np.zeros((piece.bar_count, LANES), dtype=bool)
    write[given.bar_count :] = True
    return Score(piece, lanes_of(given), write, ends=True)


def _infilled(brief: Brief, given: Piece) -> Score:
    """Bars `first_bar`..`last_bar` of `parts` (all of them if left out) are written anew."""
    first = brief.first_bar or 0
    last = given.bar_count - 1 if brief.last_bar is None else brief.last_bar
    if not first <= last < given.bar_count:
        raise ImpossibleBrief(f"'last_bar' must lie between 'first_bar' and {given.bar_count - 1}.")
    places = lane_places(given)
    wanted = range(len(given.parts)) if brief.parts is None else brief.parts
    if unknown := [part for part in wanted if not 0 <= part < len(given.parts)]:
        raise ImpossibleBrief(f"'parts' names {unknown[0]}, but the source has parts 0 to {len(given.parts) - 1}.")
    write = np.zeros((given.bar_count, LANES), dtype=bool)
    write[first : last + 1, [lane for lane, (part, _) in enumerate(places) if part in wanted]] = True
    return Score(_without(given, write), lanes_of(given), write, ends=last == given.bar_count - 1)


def _accompanied(brief: Brief, given: Piece) -> Score:
    """The source's melody as the top lane of the ensemble; every other lane is written."""
    lanes = ENSEMBLES[brief.ensemble]
    if len(lanes) < 2:
        raise ImpossibleBrief(f"'ensemble' {brief.ensemble!r} has one part only; choose one with an accompaniment.")
    index = (brief.parts or (0,))[0]
    if index >= len(given.parts):
        raise ImpossibleBrief(f"'parts' names {index}, but the source has parts 0 to {len(given.parts) - 1}.")
    tune = given.parts[index]
    parts = parts_of(lanes)
    top = replace(parts[0], notes=tuple(replace(note, staff=1) for note in _melody(tune)))
    piece = replace(given, parts=(top, *parts[1:]))
    write = np.ones((given.bar_count, LANES), dtype=bool)
    write[:, 0] = False
    heard = [note.pitch for note in top.notes] or [60]
    reach = replace(lanes[0], low=min(lanes[0].low, *heard), high=max(lanes[0].high, *heard))
    return Score(piece, (reach, *lanes[1:]), write, ends=True)


def _melody(part: Part) -> list[Any]:
    """The top note of every onset on the first staff."""
    top = {note.onset: note for note in part.notes if note.staff == 1 and note.duration}
    return list(top.values())


def _without(piece: Piece, write: Cells) -> Piece:
    """The piece less the notes that start in cells to write; notes held into them are cut."""
    lane_of = {place: lane for lane, place in enumerate(lane_places(piece))}

    def kept(part: int, note: Any) -> bool:
        lane = lane_of.get((part, note.staff))
        return lane is None or not write[piece.bar_at(note.onset), lane]

    return piece.with_notes((part, note) for part, note in piece.notes() if kept(part, note))


def lanes_of(piece: Piece) -> tuple[Lane, ...]:
    """Lanes for any score: the ensemble's own where the kind is known, widened to what is really played."""
    places = lane_places(piece)
    if not 0 < len(places) <= LANES:
        raise ImpossibleBrief(f"The source has {len(places)} staves; between 1 and {LANES} can be written for.")
    lanes = []
    for part, staff in places:
        own = piece.parts[part]
        pitches = [note.pitch for note in own.notes if note.staff == staff] or [60]
        low, high = min(pitches), max(pitches)
        template = _TEMPLATES.get(lane_kind(own, staff))
        voices = template.voices if template else 1 + 3 * (own.staves > 1)
        lowest = min(low, template.low) if template else low - 5
        highest = max(high, template.high) if template else high + 5
        lanes.append(
            Lane(own.name, lane_kind(own, staff), own.program, lowest, highest, (low, high), staff=staff, voices=voices)
        )
    return tuple(lanes)


_TEMPLATES = {lane.kind: lane for lanes in ENSEMBLES.values() for lane in reversed(lanes)}


def beat_of(piece: Piece) -> int:
    """Ticks of the felt beat where the piece ends, at most half its last bar."""
    metre = piece.metre_at(piece.length)
    last = piece.bars[-1] - piece.bars[-2]
    return min(max(metre.beat_ticks, TICKS_PER_QUARTER), last)
