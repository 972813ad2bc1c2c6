"""How scores are played: what must hold of every piece, and what the rules do to plain ones."""

from __future__ import annotations

import itertools
from collections import defaultdict
from dataclasses import replace
from statistics import pstdev

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from generator.music import serial
from generator.music.loudness import velocities
from generator.music.midi_holds import GRACE
from generator.music.performance import DEFAULT, Performance, Performer, notes_by_bar, perform, plan, played
from generator.music.performance_types import ScoreClock
from generator.music.piece import Mark, Metre, Note, Part, Piece, Tempo, note_id, regular_bars
from tests.music.pieces import pieces
from tests.music.strategies import SCORES

any_piece = SCORES | pieces
expressions = st.sampled_from((0.0, 0.3, DEFAULT, 1.0)) | st.floats(0, 1)
seeds = st.integers(0, 2**53)


def tune(bars: int = 8, bpm: float = 100, **fields: object) -> Piece:
    """A scale in quarters, four to a bar, over a bass in halves."""
    top = Part("Melody", tuple(Note(24 * n, 24, 67 + n % 5) for n in range(4 * bars)), 73)
    low = Part("Bass", tuple(Note(48 * n, 48, 43 + 5 * (n % 2)) for n in range(2 * bars)), 42)
    whole = Piece((top, low), regular_bars(bars, Metre(0, 4, 4)), tempos=(Tempo(0, bpm),))
    return replace(whole, **fields)  # type: ignore[arg-type]


def with_part(piece: Piece, index: int, **fields: object) -> Piece:
    parts = list(piece.parts)
    parts[index] = replace(parts[index], **fields)  # type: ignore[arg-type]
    return replace(piece, parts=tuple(parts))


def on(performance: Performance, part: int, note: Note) -> float:
    return next(one.on for one in performance.notes if one.id == note_id(part, note))


# -- Whatever the piece ------------------------------------------------------------------


@given(any_piece, seeds)
def test_without_expression_it_is_the_score_exactly(piece: Piece, seed: int) -> None:
    clock = ScoreClock(piece.tempos)
    wanted = []
    for index, part in enumerate(piece.parts):
        for note, velocity in zip(part.notes, velocities(part), strict=True):
            start = note.onset if note.duration else max(note.onset - GRACE, 0)
            stop = note.end if note.duration else start + GRACE
            wanted.append((clock(start), clock(stop), index, note.pitch, velocity))
    made = perform(piece, seed=seed, expression=0)
    assert sorted((note.on, note.off, note.part, note.pitch, note.velocity) for note in made.notes) == sorted(wanted)
    assert made.seconds == pytest.approx(clock(piece.length))


@given(SCORES, seeds, expressions)
def test_no_notes_of_a_part_change_places(piece: Piece, seed: int, expression: float) -> None:
    made = {note.id: note for note in perform(piece, seed=seed, expression=expression).notes}
    for index, part in enumerate(piece.parts):
        struck = defaultdict(list)
        for note in part.notes:
            start = note.onset if note.duration else max(note.onset - GRACE, 0)
            struck[start].append(made[note_id(index, note)].on)
        ordered = [struck[tick] for tick in sorted(struck)]
        assert all(max(one) < min(other) for one, other in itertools.pairwise(ordered))


@given(any_piece, seeds, expressions)
def test_every_note_begins_after_the_piece_does_and_ends_after_it_began(
    piece: Piece, seed: int, expression: float
) -> None:
    made = perform(piece, seed=seed, expression=expression)
    assert len(made.notes) == piece.note_count
    assert all(0 <= note.on < note.off and 1 <= note.velocity <= 127 for note in made.notes)
    assert all(0 <= one.value <= 127 and one.time >= 0 for one in made.controls)


@given(SCORES, seeds, st.data())
def test_streamed_bars_equal_the_final_render(piece: Piece, seed: int, data: st.DataObject) -> None:
    """Played while it is written, from a score without notes, and cut off anywhere: every bar is the same."""
    whole = list(played(piece, seed=seed))
    performer = Performer(piece.with_notes([]), seed=seed)
    written = data.draw(st.integers(0, piece.bar_count))
    for index, notes in enumerate(notes_by_bar(piece)[:written]):
        shuffled = data.draw(st.permutations(notes))  # a bar is heard at once, however it is told
        made = performer.bar(index, shuffled)
        assert (made.clock, made.controls) == (whole[index].clock, whole[index].controls)
        assert [made.notes[shuffled.index(note)] for note in notes] == list(whole[index].notes)


@given(SCORES, seeds)
def test_a_saved_piece_is_played_as_the_streamed_one(piece: Piece, seed: int) -> None:
    assert list(played(serial.loads(serial.dumps(piece)), seed=seed)) == list(played(piece, seed=seed))


@given(any_piece)
def test_phrases_are_planned_before_a_note_is_known(piece: Piece) -> None:
    ends = plan(piece)
    assert ends == plan(piece.with_notes([]))
    assert list(ends) == sorted(set(ends))
    assert ends[0] > 0
    assert ends[-1] == piece.length


@given(SCORES, seeds, expressions)
def test_time_only_goes_forward(piece: Piece, seed: int, expression: float) -> None:
    clock = perform(piece, seed=seed, expression=expression).clock
    assert all(a < b for a, b in zip(clock.seconds, clock.seconds[1:], strict=False))
    for tick in range(0, piece.length, 7):
        assert clock.tick_at(clock(tick)) == pytest.approx(tick, abs=1e-3)


@settings(max_examples=20)
@given(SCORES, seeds)
def test_the_same_seed_plays_the_same(piece: Piece, seed: int) -> None:
    assert perform(piece, seed=seed) == perform(piece, seed=seed)


@pytest.mark.parametrize("expression", [-0.1, 1.1])
def test_expression_lies_between_nothing_and_all(expression: float) -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        perform(tune(), expression=expression)


# -- What the rules do --------------------------------------------------------------------


def pace(piece: Piece, bar: int, made: Performance | None = None) -> float:
    """How long a bar lasts, of what the score says."""
    made, score = made or perform(piece), ScoreClock(piece.tempos)
    a, b = piece.bars[bar], piece.bars[bar + 1]
    return (made.clock(b) - made.clock(a)) / (score(b) - score(a))


def test_the_last_two_bars_slow_down_to_little_more_than_half_the_tempo() -> None:
    piece = tune(16)
    made = perform(piece)
    assert pace(piece, 15, made) > 1.2 > pace(piece, 14, made) > 1.02
    last = (made.clock(piece.length) - made.clock(piece.length - 12)) / 0.3
    assert 1.5 < last < 1 / 0.55 + 0.1


def test_a_short_piece_slows_down_in_its_last_bar_only() -> None:
    piece = tune(4)
    assert pace(piece, 3) > 1.2
    assert pace(piece, 2) < 1.05


def test_a_phrase_is_slower_at_its_ends_than_in_its_middle_by_a_twentieth() -> None:
    piece = tune(16)
    assert plan(piece) == (384, 768, 1152, 1536)
    assert 1.01 < pace(piece, 0) / pace(piece, 1) < 1.06
    assert pace(piece, 1) < 1


def test_a_breath_is_taken_before_the_next_phrase() -> None:
    piece = tune(16)
    made = perform(piece)
    ends = [note for note in made.notes if note.part == 1 and note.off <= made.clock(384)]
    assert made.clock(384) - ends[-1].off > 0.15
    assert made.clock(384) - made.clock(372) > 0.3 * 1.2


def test_a_fermata_is_held_longer() -> None:
    piece = tune(16)
    notes = [replace(note, articulations=("fermata",)) if note.onset == 552 else note for note in piece.parts[0].notes]
    held = perform(with_part(piece, 0, notes=tuple(notes)))
    assert (held.clock(576) - held.clock(552)) / 0.6 == pytest.approx(1.7, abs=0.25)
    assert pace(piece, 5, held) > 1.15


def test_the_melody_is_louder_and_a_little_early() -> None:
    piece = tune(16)
    made = perform(piece)
    low = {note.onset: note for note in piece.parts[1].notes}
    early, louder = [], []
    force = {one.id: one.velocity for one in made.notes}
    for note in piece.parts[0].notes:
        if note.onset in low and note.onset:
            early.append(on(made, 1, low[note.onset]) - on(made, 0, note))
            louder.append(force[note_id(0, note)] - force[note_id(1, low[note.onset])])
    assert sum(early) / len(early) == pytest.approx(0.015, abs=0.004)
    assert 5 < sum(louder) / len(louder) < 11


def test_first_beats_are_louder_than_what_lies_between_beats() -> None:
    part = Part("Flute", tuple(Note(12 * n, 12, 72) for n in range(128)), 73)
    piece = Piece((part,), regular_bars(16, Metre(0, 4, 4)))
    made = perform(piece).notes
    first = [one.velocity for one, note in zip(made, part.notes, strict=True) if note.onset % 96 == 0]
    between = [one.velocity for one, note in zip(made, part.notes, strict=True) if note.onset % 24]
    assert sum(first) / len(first) > sum(between) / len(between) + 8


def test_articulations_say_how_long_a_note_is_held() -> None:
    piece = tune(16)
    names = ("staccato", "tenuto")
    notes = [replace(note, articulations=(names[n % 2],)) for n, note in enumerate(piece.parts[0].notes)]
    made = {one.id: one for one in perform(with_part(piece, 0, notes=tuple(notes))).notes}
    lengths = [made[note_id(0, note)] for note in notes[16:24]]
    shares = [(one.off - one.on) / 0.6 for one in lengths]
    assert all(0.45 < share < 0.62 for share in shares[::2])
    assert all(0.9 < share < 1.1 for share in shares[1::2])


def test_a_slur_joins_its_notes() -> None:
    piece = with_part(tune(16), 0, marks=(Mark("slur", 96, 168),))
    made = {one.id: one for one in perform(piece).notes}
    joined = [made[note_id(0, note)] for note in piece.parts[0].notes[4:8]]
    for one, following in itertools.pairwise(joined):
        assert abs(one.off - following.on) < 0.05


def test_written_dynamics_and_hairpins_are_honoured() -> None:
    marks = (Mark("dynamic", 0, value="p"), Mark("crescendo", 384, 768), Mark("dynamic", 768, value="ff"))
    made = [one for one in perform(with_part(tune(16), 0, marks=marks)).notes if one.part == 0]
    soft, growing, loud = (sum(one.velocity for one in made[a:b]) / (b - a) for a, b in ((0, 16), (16, 32), (32, 64)))
    assert soft < growing - 8 < loud - 16


def test_the_tempo_map_is_honoured() -> None:
    piece = tune(16, tempos=(Tempo(0, 60), Tempo(768, 120)))
    assert perform(piece).clock(768) == pytest.approx(32, rel=0.03)
    assert pace(piece, 9) == pytest.approx(1, abs=0.05)


def test_noise_has_the_deviation_it_was_given() -> None:
    part = Part("Bass", tuple(Note(24 * n, 24, 48) for n in range(800)), 42)
    high = Part("Top", tuple(Note(24 * n, 24, 72) for n in range(800)), 73)
    piece = Piece((high, part), regular_bars(200, Metre(0, 4, 4)))
    made = perform(piece, seed=3)
    off = [
        one.on - made.clock(note.onset) for one, note in zip((n for n in made.notes if n.part), part.notes, strict=True)
    ]
    assert pstdev(off) == pytest.approx(0.006, rel=0.25)


def test_another_seed_plays_otherwise() -> None:
    assert perform(tune(), seed=1).notes != perform(tune(), seed=2).notes


def test_plain_music_is_played_with_a_spread_of_loudness() -> None:
    assert 8 <= pstdev(note.velocity for note in perform(tune(16)).notes) <= 18


# -- Pedals and swells ----------------------------------------------------------------------


def pedals(piece: Piece, expression: float = DEFAULT) -> list[tuple[int, bool]]:
    """(tick, down) of every move of the pedal."""
    made = perform(piece, expression=expression)
    return [(round(made.clock.tick_at(one.time)), one.value >= 64) for one in made.controls if one.number == 64]


def chords(**fields: object) -> Piece:
    notes = [Note(48 * n, 48, pitch) for n, chord in enumerate(((48, 64), (43, 62)) * 8) for pitch in chord]
    return Piece((Part("Piano", tuple(notes), 0, **fields),), regular_bars(8, Metre(0, 4, 4)))  # type: ignore[arg-type]


def test_the_pedal_is_taken_anew_after_each_chord() -> None:
    moves = pedals(chords())
    assert moves[:5] == [(2, True), (48, False), (50, True), (96, False), (98, True)]
    assert moves[-1] == (768, False)


def test_a_written_pedal_is_left_as_it_is() -> None:
    piece = chords(marks=(Mark("pedal", 0, 192), Mark("pedal", 192, 480)))
    for expression in (0.0, 1.0):
        assert set(pedals(piece, expression)) <= {(0, True), (192, False), (192, True), (480, False)}
        assert {(0, True), (480, False)} <= set(pedals(piece, expression))


def test_nobody_pedals_the_score_itself() -> None:
    assert perform(chords(), expression=0).controls == ()


def test_long_notes_of_strings_swell_and_those_of_a_piano_do_not() -> None:
    part = Part("Cello", tuple(Note(96 * n, 96, 48) for n in range(8)), 42)
    bowed = Piece((part,), regular_bars(8, Metre(0, 4, 4)))
    values = [one.value for one in perform(bowed).controls if one.number == 11]
    assert max(values) > 120
    assert min(values) < 110
    assert not [one for one in perform(with_part(bowed, 0, program=0)).controls if one.number == 11]
