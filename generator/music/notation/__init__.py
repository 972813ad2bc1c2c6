"""Piece <-> MusicXML, Humdrum and ABC, through music21."""

from generator.music.notation.reading import read, read_tunes
from generator.music.notation.reading_errors import UnreadableScore
from generator.music.notation.writing import MeasureWriter, write

__all__ = ["MeasureWriter", "UnreadableScore", "read", "read_tunes", "write"]
