"""The baseline: an interpolated Kneser-Ney 5-gram over whole-note symbols, with field back-off.

A sequence is an integer array (n, 4) of rows: onset in the bar, lane, pitch,
duration (see `generator.engines.tokens`). A whole row is one symbol. What the
5-gram has not seen is left to a chain of four smaller Kneser-Ney models, one a
field, down to a uniform choice; so every row has a probability and all of them
sum to one. Chen & Goodman (1998), "An empirical study of smoothing techniques
for language modeling", section 4.1.6 for the three discounts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Row = tuple[int, int, int, int]
NOWHERE = -1  # the id of what training never saw


class Sizes(NamedTuple):
    """How many values each field has; the last onset value closes a bar (its other fields are 0)."""

    onsets: int
    lanes: int
    pitches: int
    durations: int

    @property
    def barline(self) -> int:
        return self.onsets - 1


def find(keys: Ints, wanted: Ints) -> Ints:
    """Index of every `wanted` in sorted `keys`, or NOWHERE."""
    place = np.searchsorted(keys, wanted).clip(0, max(len(keys) - 1, 0))
    if not len(keys):
        return np.full(len(wanted), NOWHERE)
    return np.where(keys[place] == wanted, place, NOWHERE)


@dataclass(frozen=True)
class _Order:
    """Counts of one order: cells are (context, target) pairs, sorted by `context * targets + target`."""

    contexts: Ints  # sorted keys (farthest column, id of the nearer context) -> context id
    cells: Ints  # sorted keys (context id, target)
    counts: Ints  # a cell's count
    kept: Floats  # a cell's count less its discount
    total: Ints  # a context's sum of counts
    freed: Floats  # a context's sum of discounts
    upto: Floats  # running sum of `kept`, for drawing


class KneserNey:
    """p(target | context columns), from the longest context seen down to a given base distribution."""

    def __init__(self, table: Ints, targets: int) -> None:
        """Count `table` (n, k): the farthest context column first, the target last, all values >= 0."""
        table = np.asarray(table, dtype=np.int64)
        self.targets, self.width = targets, table.shape[1] - 1
        self.radix = int(table.max(initial=0)) + 2
        contexts, ids = [np.zeros(1, dtype=np.int64)], [np.zeros(len(table), dtype=np.int64)]
        for back in range(1, self.width + 1):
            keys, own = np.unique(ids[-1] * self.radix + table[:, -1 - back], return_inverse=True)
            contexts.append(keys)
            ids.append(own)
        self.orders = list(reversed(list(self._count(table[:, -1], contexts, ids))))

    def _count(self, target: Ints, contexts: list[Ints], ids: list[Ints]) -> Iterator[_Order]:
        """Orders from the longest context down: raw counts first, then counts of distinct continuations."""
        firsts = None
        for own, keys in zip(reversed(ids), reversed(contexts), strict=True):
            cells, first, inverse, raw = np.unique(
                own * self.targets + target, return_index=True, return_inverse=True, return_counts=True
            )
            counts = raw if firsts is None else np.bincount(inverse[firsts], minlength=len(cells))
            firsts = first
            discount = _discounts(counts)[np.minimum(counts, 3)]
            context, kept = cells // self.targets, counts - discount
            total = np.bincount(context, weights=counts, minlength=len(keys)).astype(np.int64)
            freed = np.bincount(context, weights=discount, minlength=len(keys)).astype(np.float64)
            yield _Order(keys, cells, counts, kept, total, freed, np.cumsum(kept))

    def prob(self, table: Ints, base: Floats) -> Floats:
        """(n,) probabilities of the last column of `table` (n, k), `base` (n,) where nothing is known."""
        found, share = np.zeros(len(table), dtype=np.int64), base.astype(float)
        for back, order in enumerate(self.orders):
            if back:
                found = self._context(order, found, table[:, -1 - back])
            seen = found >= 0
            context = found[seen]
            cell = find(order.cells, context * self.targets + table[seen, -1])
            kept = np.where((cell >= 0) & (table[seen, -1] >= 0), order.kept[cell], 0.0)
            share[seen] = (kept + order.freed[context] * share[seen]) / order.total[context]
        return share

    def _context(self, order: _Order, nearer: Ints, column: Ints) -> Ints:
        known = (nearer >= 0) & (column >= 0) & (column < self.radix)
        return np.where(known, find(order.contexts, nearer * self.radix + column), NOWHERE)

    def draw(self, context: Sequence[int], rng: np.random.Generator) -> int:
        """One target after `context` (farthest first), or NOWHERE when the base is to decide."""
        found, chain = 0, [(self.orders[0], 0)]
        for column, order in zip(reversed(context), self.orders[1:], strict=True):
            key = found * self.radix + column
            place = int(np.searchsorted(order.contexts, key))
            if column < 0 or place == len(order.contexts) or order.contexts[place] != key:
                break
            found = place
            chain.append((order, found))
        for order, found in reversed(chain):
            start = int(np.searchsorted(order.cells, found * self.targets))
            before = order.upto[start - 1] if start else 0.0
            wanted = before + rng.random() * order.total[found]
            if wanted < before + order.total[found] - order.freed[found]:
                cell = min(int(np.searchsorted(order.upto, wanted, "right")), len(order.cells) - 1)
                return int(order.cells[cell] % self.targets)
        return NOWHERE


def _discounts(counts: Ints) -> Floats:
    """(4,) the discount for a count of 0, 1, 2, 3 and more, estimated from counts of counts."""
    ones, twos, threes, fours = (max(int((counts == count).sum()), 1) for count in (1, 2, 3, 4))
    share = ones / (ones + 2 * twos)
    raw = [0, 1 - 2 * share * twos / ones, 2 - 3 * share * threes / twos, 3 - 4 * share * fours / threes]
    return np.clip(raw, [0, 0.1, 0.1, 0.1], [0, 0.95, 1.9, 2.8])


# -- Rows as symbols and as fields ---------------------------------------------------


class _Past(NamedTuple):
    """What a field may look at, an array (n,) each; values that do not exist yet are one past the last."""

    onset: Ints  # of the row before
    onset_2: Ints  # of the row before that
    lane: Ints  # of the row before
    duration: Ints  # of the row before
    lane_pitch: Ints  # of the row before in this row's own lane
    lane_pitch_2: Ints
    lane_duration: Ints


def _past(rows: Ints, sequence: Ints, sizes: Sizes) -> _Past:
    """The past of every row of concatenated sequences; `sequence` numbers them."""
    everyone = np.arange(len(rows))
    lane = np.where(rows[:, 0] == sizes.barline, sizes.lanes, rows[:, 1])
    own = np.lexsort((everyone, lane, sequence))
    group = sequence * (sizes.lanes + 1) + lane

    def before(column: int, steps: int, order: Ints, same: Ints) -> Ints:
        values, groups = rows[order, column], same[order]
        shifted = np.full(len(rows), sizes[column], dtype=np.int64)
        inside = groups[steps:] == groups[:-steps]
        shifted[order[steps:][inside]] = values[:-steps][inside]
        return shifted

    return _Past(
        onset=before(0, 1, everyone, sequence),
        onset_2=before(0, 2, everyone, sequence),
        lane=before(1, 1, everyone, sequence),
        duration=before(3, 1, everyone, sequence),
        lane_pitch=before(2, 1, own, group),
        lane_pitch_2=before(2, 2, own, group),
        lane_duration=before(3, 1, own, group),
    )


def _field_tables(rows: Ints, past: _Past) -> list[Ints]:
    """A table a field: its contexts, the least telling first, and the field itself."""
    onset, lane, pitch, duration = rows.T
    together = (onset == past.onset).astype(np.int64)
    return [
        np.column_stack([past.onset_2, past.lane, past.onset, onset]),
        np.column_stack([onset, past.lane, together, lane]),
        np.column_stack([past.lane_pitch_2, together, past.lane_pitch, lane, pitch]),
        np.column_stack([past.duration, onset, past.lane_duration, lane, duration]),
    ]


class NGram:
    """The fitted baseline."""

    def __init__(self, symbols: Ints, whole: KneserNey, fields: list[KneserNey], sizes: Sizes) -> None:
        self.symbols, self.whole, self.fields, self.sizes = symbols, whole, fields, sizes

    @classmethod
    def fit(cls, sequences: Sequence[NDArray[np.integer]], sizes: Sizes, order: int = 5) -> NGram:
        """Count `sequences` of (n, 4) rows. Raises ValueError when there is nothing to count."""
        if not len(sequences):
            raise ValueError("Cannot fit an n-gram to no sequences; build a corpus first.")
        rows, sequence = _concatenate(sequences)
        packed = _pack(rows, sizes)
        symbols = np.unique(packed)
        notes = rows[:, 0] != sizes.barline
        tables = _field_tables(rows, _past(rows, sequence, sizes))
        fields = [KneserNey(tables[0], sizes.onsets)]
        fields += [KneserNey(table[notes], size) for table, size in zip(tables[1:], sizes[1:], strict=True)]
        window = _window(find(symbols, packed), sequence, order)
        return cls(symbols, KneserNey(window, len(symbols)), fields, sizes)

    def probs(self, sequences: Sequence[NDArray[np.integer]]) -> list[Floats]:
        """For every sequence the (n,) probabilities of its rows, each given those before it."""
        rows, sequence = _concatenate(sequences)
        window = _window(find(self.symbols, _pack(rows, self.sizes)), sequence, self.whole.width + 1)
        share = self.whole.prob(window, self._field_probs(rows, _past(rows, sequence, self.sizes)))
        return np.split(share, np.cumsum([len(one) for one in sequences])[:-1])

    def nll(self, sequence: NDArray[np.integer]) -> float:
        """Nats of a whole sequence, barlines included."""
        return float(-np.log(self.probs([sequence])[0]).sum())

    def nll_per_note(self, sequences: Sequence[NDArray[np.integer]]) -> float:
        """All nats of all sequences (barlines included) a note."""
        notes = sum(int((one[:, 0] != self.sizes.barline).sum()) for one in sequences)
        return float(-sum(np.log(share).sum() for share in self.probs(sequences))) / notes

    def _field_probs(self, rows: Ints, past: _Past) -> Floats:
        tables = _field_tables(rows, past)
        chain = [
            field.prob(table, np.full(len(rows), 1 / size))
            for field, table, size in zip(self.fields, tables, self.sizes, strict=True)
        ]
        return np.where(rows[:, 0] == self.sizes.barline, chain[0], np.prod(chain, axis=0))

    # -- Drawing ----------------------------------------------------------------------

    def sample(
        self, rng: np.random.Generator, bars: int, admissible: Callable[[Row, Row, int], bool], patience: int = 200
    ) -> Ints:
        """Rows of `bars` bars; a row that is not `admissible(row, last, bar)` is drawn again, at last a barline."""
        rows: list[Row] = []
        ids, barline = [0] * self.whole.width, (self.sizes.barline, 0, 0, 0)
        bar = 0
        while bar < bars and len(rows) < 20_000:
            last = rows[-1] if rows else barline
            drawn = (self._draw(ids, rows, rng) for _ in range(patience))
            row = next((one for one in drawn if one == barline or admissible(one, last, bar)), barline)
            rows.append(row)
            bar += row == barline
            symbol = int(find(self.symbols, _pack(np.array([row]), self.sizes))[0])
            ids = [*ids[1:], NOWHERE if symbol == NOWHERE else symbol + 1]
        return np.array(rows, dtype=np.int64).reshape(-1, 4)

    def _draw(self, ids: list[int], rows: list[Row], rng: np.random.Generator) -> Row:
        symbol = self.whole.draw(ids, rng)
        if symbol != NOWHERE:
            return _unpack(int(self.symbols[symbol]), self.sizes)
        return self._draw_fields(rows, rng)

    def _draw_fields(self, rows: list[Row], rng: np.random.Generator) -> Row:
        """One row from the field chain, each field looking at those drawn before it."""
        row = [0, 0, 0, 0]
        for place, (field, size) in enumerate(zip(self.fields, self.sizes, strict=True)):
            table = np.array([*rows[-400:], row], dtype=np.int64)
            past = _Past(*(column[-1:] for column in _past(table, np.zeros(len(table), dtype=np.int64), self.sizes)))
            context = _field_tables(table[-1:], past)[place][0, :-1]
            drawn = field.draw([int(value) for value in context], rng)
            row[place] = int(rng.integers(size)) if drawn == NOWHERE else drawn
            if row[0] == self.sizes.barline:
                break
        return row[0], row[1], row[2], row[3]


def _concatenate(sequences: Sequence[NDArray[np.integer]]) -> tuple[Ints, Ints]:
    """All rows as int64 (n, 4), and the number of the sequence each belongs to."""
    rows = np.concatenate([np.asarray(one, dtype=np.int64) for one in sequences])
    return rows, np.repeat(np.arange(len(sequences)), [len(one) for one in sequences])


def _pack(rows: Ints, sizes: Sizes) -> Ints:
    onset, lane, pitch, duration = rows.T
    return ((onset * sizes.lanes + lane) * sizes.pitches + pitch) * sizes.durations + duration


def _unpack(packed: int, sizes: Sizes) -> Row:
    packed, duration = divmod(packed, sizes.durations)
    packed, pitch = divmod(packed, sizes.pitches)
    onset, lane = divmod(packed, sizes.lanes)
    return onset, lane, pitch, duration


def _window(ids: Ints, sequence: Ints, order: int) -> Ints:
    """(n, order): the contexts of every symbol, counted from 1 (0 before the start, NOWHERE unseen), and itself."""
    columns = [ids]
    for back in range(1, order):
        before = np.zeros(len(ids), dtype=np.int64)
        inside = sequence[back:] == sequence[:-back]
        before[back:][inside] = np.where(ids[:-back] >= 0, ids[:-back] + 1, NOWHERE)[inside]
        columns.insert(0, before)
    return np.column_stack(columns)
