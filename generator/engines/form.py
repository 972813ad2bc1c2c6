"""Plans as people read them, and plans drawn from real music.

`Brief.plan` names sections, returns, phrase ends and chords bar by bar; `plan.py` holds the same as the rows that
the network reads. A plan nobody gave is drawn whole from a real piece of that metre and length: returns, phrases
and cadences belong together.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from generator.engines import Brief, PlannedBar
from generator.engines import plan as planning
from generator.engines.plan import CADENCES, COLUMN, LIKENESS, MOST_BACK, MOST_LEFT, NEAR, Ints
from generator.music.harmony import Chord
from generator.music.piece import Key

Plans = Sequence[Mapping[str, Any]]
NEAREST = 8  # real plans among which the seed chooses
CHUNK = 16  # longer pieces are put together from sections of at most so many bars
_QUALITIES = ("", "m", "dim", "7", "aug")  # one of each of plan.GROUPS
_ALIKE = LIKENESS.index("varied")
_CLOSE = LIKENESS.index("close")
_NEW = (0, 0, LIKENESS.index("new"))


# -- Between people's plans and the network's ---------------------------------------------


def rows_of(bars: Sequence[PlannedBar], key: Key) -> Ints:
    """What the network reads of a plan in `key`: (bars, len(plan.STORED))."""
    rows = planning.empty(len(bars))
    tonic = key.tonic.pitch_class
    for number, bar in enumerate(bars):
        rows[number, planning.FORM] = _form(bar, number)
        chords = [planning.chord_values(Chord.parse(symbol), tonic) for symbol in bar.chords]
        if chords:
            rows[number, planning.HARMONY] = (*chords[0], *chords[-1])
    rows[:, planning.PHRASE] = _phrases(bars)
    return rows


def _form(bar: PlannedBar, number: int) -> tuple[int, int, int]:
    likeness = LIKENESS.index(bar.likeness) if bar.likeness else 0
    if bar.returns_to is None or number - bar.returns_to > MOST_BACK:
        return 0, 0, likeness
    return number - bar.returns_to, 1 + NEAR + bar.transposed, likeness or _CLOSE


def _phrases(bars: Sequence[PlannedBar]) -> Ints:
    """(bars, 2): bars left to the phrase's end, and its cadence."""
    found = np.zeros((len(bars), 2), dtype=np.int64)
    end: int | None = None
    for number in range(len(bars) - 1, -1, -1):
        if bars[number].ends:
            end = number
        if end is not None:
            found[number] = 1 + min(end - number, MOST_LEFT), CADENCES.index(bars[end].ends or "other")
    return found


def bars_of(rows: Ints, key: Key) -> tuple[PlannedBar, ...]:
    """A plan of rows as people read it."""
    letters = sections(rows)
    return tuple(_bar(rows, number, letters[number], key) for number in range(len(rows)))


def _bar(rows: Ints, number: int, letter: str, key: Key) -> PlannedBar:
    row = dict(zip(planning.STORED, rows[number].tolist(), strict=True))
    chords = [_symbol(row["chord"], row["bass"], key), _symbol(row["second"], row["second_bass"], key)]
    named = [symbol for symbol in chords if symbol]
    return PlannedBar(
        section=letter,
        returns_to=number - row["back"] if row["back"] else None,
        transposed=planning.semitones(row["transposed"]),
        likeness=LIKENESS[row["likeness"]] or None,
        ends=CADENCES[row["cadence"]] or "other" if row["phrase_left"] == 1 else None,
        chords=tuple(named[:1] if len(set(named)) == 1 else named),
    )


def _symbol(chord: int, bass: int, key: Key) -> str:
    if not chord:
        return ""
    root, group = divmod(chord - 1, 5)
    tonic = key.tonic.pitch_class
    pitch_class = (root + tonic) % 12
    return Chord(0, pitch_class, _QUALITIES[group], (bass - 1 + tonic) % 12 if bass else pitch_class).figure(key)


# -- Sections --------------------------------------------------------------------------------


def phrases(rows: Ints) -> list[tuple[int, int]]:
    """First and last bar (exclusive) of every phrase."""
    left = rows[:, COLUMN["phrase_left"]]
    ends = [number + 1 for number in range(len(rows)) if left[number] == 1]
    edges = sorted({0, *ends, len(rows)})
    return list(pairwise(edges))


def sections(rows: Ints) -> list[str]:
    """A letter for each bar: phrases that return to an earlier one share its letter, with a prime where varied."""
    letters: list[str] = []
    used = 0
    for first, last in phrases(rows):
        model, closeness = _model(rows, first, last)
        if model is None:
            letter, used = chr(ord("A") + used % 26), used + 1
        else:
            letter = letters[model].rstrip("'") + ("" if closeness >= _CLOSE else "'")
        letters += [letter] * (last - first)
    return letters


def _model(rows: Ints, first: int, last: int) -> tuple[int | None, float]:
    """An earlier bar that more than half of this phrase's bars return beside, and how closely they do."""
    returning = [
        (number - int(rows[number, COLUMN["back"]]), int(rows[number, COLUMN["likeness"]]))
        for number in range(first, last)
        if rows[number, COLUMN["likeness"]] >= _ALIKE
    ]
    earlier = [(target, likeness) for target, likeness in returning if target < first]
    if 2 * len(earlier) <= last - first:
        return None, 0.0
    return min(target for target, _ in earlier), float(np.mean([likeness for _, likeness in earlier]))


# -- Drawing ----------------------------------------------------------------------------------


def draw(brief: Brief, plans: Plans, rng: np.random.Generator) -> Ints:
    """A plan of `brief.bars` bars from real ones near the brief; without any, everything stays open."""
    if not plans:
        return planning.empty(brief.bars)
    longest = max(len(each["rows"]) for each in plans)
    if brief.bars <= longest:
        return _drawn(brief, brief.bars, plans, rng)
    return _put_together(brief, min(longest, CHUNK), plans, rng)


def _drawn(brief: Brief, bars: int, plans: Plans, rng: np.random.Generator) -> Ints:
    fitting = [each for each in plans if len(each["rows"]) >= bars]
    near = sorted(fitting, key=lambda each: (_unlike(brief, bars, each), rng.random()))[:NEAREST]
    return shortened(np.array(near[int(rng.integers(len(near)))]["rows"], dtype=np.int64), bars)


def _unlike(brief: Brief, bars: int, real: Mapping[str, Any]) -> float:
    mode = Key.parse(brief.key).mode if brief.key else real["mode"]
    far = 1.0 * abs(len(real["rows"]) - bars) + 4.0 * (real["metre"] != brief.metre)
    return far + 2.0 * (real["ensemble"] != brief.ensemble) + 3.0 * (real["mode"] != mode)


def shortened(rows: Ints, bars: int) -> Ints:
    """The last `bars` bars, so that the ending is kept; returns to what is cut off become new."""
    kept = rows[len(rows) - bars :].copy()
    lost = kept[:, COLUMN["back"]] > np.arange(bars)
    kept[lost, planning.FORM] = _NEW
    return kept


def _put_together(brief: Brief, longest: int, plans: Plans, rng: np.random.Generator) -> Ints:
    """Sections of about equal length in a usual order; a section that comes again returns to its first time."""
    count = -(-brief.bars // longest)
    lengths = [len(part) for part in np.array_split(np.arange(brief.bars), count)]
    letters = _ORDERS.get(count, "ABAC" * count)[:count]
    made: list[Ints] = []
    for number, letter in enumerate(letters):
        section = _drawn(brief, lengths[number], plans, rng)
        before = [place for place in range(number) if letters[place] == letter]
        if before and number < count - 1:
            _return(section, sum(lengths[before[-1] : number]), lengths[before[-1]])
        made.append(section)
    return np.concatenate(made)


_ORDERS = {2: "AB", 3: "ABA", 4: "AABA", 5: "ABACA", 6: "AABBAC"}


def _return(section: Ints, back: int, length: int) -> None:
    """All but the last bar come back from `back` bars earlier, as far as a plan can look back."""
    if back <= MOST_BACK:
        section[: min(length, len(section)) - 1, planning.FORM] = back, 1 + NEAR, _CLOSE
