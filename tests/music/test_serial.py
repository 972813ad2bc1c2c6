"""A piece written as JSON comes back the same."""

from __future__ import annotations

import json

import pytest
from hypothesis import given

from generator.music import serial
from generator.music.piece import Note, Part, Piece
from tests.music.pieces import pieces


@given(pieces)
def test_any_piece_survives_json_exactly(piece):
    again = serial.loads(json.loads(json.dumps(serial.dumps(piece))))
    assert again == piece
    assert again.source == piece.source


def test_a_plain_note_takes_three_numbers():
    piece = Piece((Part("Voice", (Note(0, 24, 60),)),), (0, 96))
    assert serial.dumps(piece)["parts"][0]["notes"] == [[0, 24, 60]]


def test_a_record_of_a_later_version_is_refused():
    record = {**serial.dumps(Piece((), (0, 96))), "version": serial.VERSION + 1}
    with pytest.raises(serial.UnknownVersion, match="reads up to"):
        serial.loads(record)
