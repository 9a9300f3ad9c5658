"""What a run has measured, one row an epoch."""

from collections.abc import Iterator
from dataclasses import dataclass, field


@dataclass(repr=False)
class History:
    """One row an epoch: `epoch` (from 1), `loss`, and with validation data `valid_loss` and more.

    `history["loss"]` is a column, `history.last` the last row, `history.rows` all of them. Two
    histories are equal when every number is, to the last bit. No times are kept: they would make
    equal runs differ.
    """

    rows: list[dict[str, float]] = field(default_factory=list)

    @property
    def last(self) -> dict[str, float]:
        """The row of the last finished epoch; IndexError when there is none."""
        if not self.rows:
            raise IndexError("the history is empty: no epoch has finished yet")
        return self.rows[-1]

    @property
    def columns(self) -> list[str]:
        """The names of the columns, in order."""
        return list(self.rows[0]) if self.rows else []

    def __getitem__(self, column: str) -> list[float]:
        if column not in self.columns:
            raise KeyError(f"no column {column!r}; there are {', '.join(self.columns) or 'none'}")
        return [row[column] for row in self.rows]

    def to_dict(self) -> dict[str, list[float]]:
        """Each column's name and values, as `pandas.DataFrame` takes them."""
        return {column: self[column] for column in self.columns}

    def __len__(self) -> int:
        return len(self.rows)

    def __iter__(self) -> Iterator[dict[str, float]]:
        return iter(self.rows)

    def __repr__(self) -> str:
        last = ", ".join(f"{k} {v:.4g}" for k, v in self.rows[-1].items()) if self.rows else "none"
        return f"History of {len(self)} epochs, last: {last}"
