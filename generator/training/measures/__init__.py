"""Measures of music, generated beside real: what the ear wants, in terms that can be computed.

Every measure is a function of one `View` and gives a `Tally`: how much of something, out of how
many chances. A piece's figure is the amount over the chances; a set's is the sum of amounts over
the sum of chances, so that a piece without chances says nothing. The measures are in files by
subject; `sheet` collects them.
"""

from __future__ import annotations

from typing import NamedTuple


class Tally(NamedTuple):
    """An amount and the chances it had."""

    amount: float
    chances: float

    @property
    def rate(self) -> float:
        """Amount over chances; NaN where there was no chance."""
        return self.amount / self.chances if self.chances else float("nan")

    def plus(self, other: Tally) -> Tally:
        """Both together."""
        return Tally(self.amount + other.amount, self.chances + other.chances)
