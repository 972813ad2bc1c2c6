"""Names of notes as musicians of each tongue say them: the B of English is the H of German."""

from __future__ import annotations

from django.utils.translation import pgettext_lazy

NOTE_NAMES = {
    "C♭": pgettext_lazy("note", "C♭"),
    "C": pgettext_lazy("note", "C"),
    "C♯": pgettext_lazy("note", "C♯"),
    "D♭": pgettext_lazy("note", "D♭"),
    "D": pgettext_lazy("note", "D"),
    "D♯": pgettext_lazy("note", "D♯"),
    "E♭": pgettext_lazy("note", "E♭"),
    "E": pgettext_lazy("note", "E"),
    "E♯": pgettext_lazy("note", "E♯"),
    "F♭": pgettext_lazy("note", "F♭"),
    "F": pgettext_lazy("note", "F"),
    "F♯": pgettext_lazy("note", "F♯"),
    "G♭": pgettext_lazy("note", "G♭"),
    "G": pgettext_lazy("note", "G"),
    "G♯": pgettext_lazy("note", "G♯"),
    "A♭": pgettext_lazy("note", "A♭"),
    "A": pgettext_lazy("note", "A"),
    "A♯": pgettext_lazy("note", "A♯"),
    "B♭": pgettext_lazy("note", "B♭"),
    "B": pgettext_lazy("note", "B"),
    "B♯": pgettext_lazy("note", "B♯"),
}


def note_name(spelled: str) -> str:
    """`Bb` as it is printed: B♭, in German B."""
    printed = spelled[:1] + spelled[1:].replace("b", "♭").replace("#", "♯")
    return str(NOTE_NAMES.get(printed, printed))
