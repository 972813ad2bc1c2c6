"""What goes wrong when a score is read."""


class UnreadableScore(ValueError):
    """The file is no score that can be read; the message says why in a sentence for its owner."""
