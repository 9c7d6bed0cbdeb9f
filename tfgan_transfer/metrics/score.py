"""The one type every metric returns: a number that carries its protocol."""

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np

from tfgan_transfer.errors import UserError


@dataclasses.dataclass(frozen=True)
class Score:
    """A measured value with what is needed to read and to compare it.

    Attributes:
        name: Metric, e.g. `"kid"`.
        value: The number.
        spread: Its uncertainty, of the kind `spread_kind`; `None` if the
            metric has none for a single measurement.
        spread_kind: What `spread` is, e.g. `"standard error"`.
        n_real: Real examples that went into the value (0 if none did).
        n_fake: Generated examples that went into the value.
        protocol: Everything else that fixes the number. Two values may be
            compared only if their protocols are the same string.
    """

    name: str
    value: float
    spread: float | None
    spread_kind: str
    n_real: int
    n_fake: int
    protocol: str

    def under(self, name: str, protocol: str) -> "Score":
        """Renames the score and adds what the caller knows to the protocol.

        Args:
            name: New name, e.g. `"fid@mixed_7"`.
            protocol: Added to the protocol, e.g. an extractor's identity.

        Returns:
            The same value under the fuller description.
        """
        return dataclasses.replace(
            self, name=name, protocol=f"{self.protocol}; {protocol}"
        )

    def record(self) -> dict[str, Any]:
        """Returns the score as a dict of JSON types."""
        return dataclasses.asdict(self)

    def __str__(self) -> str:
        spread = "" if self.spread is None else f" +- {self.spread:.2g}"
        kind = f" ({self.spread_kind})" if spread else ""
        return (
            f"{self.name} = {self.value:.6g}{spread}{kind}, "
            f"{self.n_real} real / {self.n_fake} generated, {self.protocol}"
        )


@dataclasses.dataclass(frozen=True)
class Row:
    """One line of an evaluation.

    Attributes:
        score: The measured value, with its protocol.
        floor: The same of real images in the place of samples, or None.
        note: What a reader has to know to judge the value.
    """

    score: Score
    floor: Score | None = None
    note: str = ""

    def record(self) -> dict:
        """The row as JSON types."""
        floor = self.floor.record() if self.floor else None
        return {**self.score.record(), "floor": floor, "note": self.note}


def over_seeds(scores: Sequence[Score]) -> Score:
    """Mean over sampling seeds, with their standard deviation.

    A single measurement keeps its own kind of spread.
    """
    if len(scores) == 1:
        return scores[0]
    values = [score.value for score in scores]
    return dataclasses.replace(
        scores[0],
        value=float(np.mean(values)),
        spread=float(np.std(values, ddof=1)),
        spread_kind=f"s.d. over {len(scores)} sampling seeds",
    )


def require_comparable(first: Score, second: Score) -> None:
    """Refuses to let two values be compared that do not mean the same.

    Args:
        first: One score.
        second: Another one.

    Raises:
        UserError: The names, protocols or sample counts differ.
    """
    for field in ("name", "protocol", "n_real", "n_fake"):
        one, other = getattr(first, field), getattr(second, field)
        if one != other:
            raise UserError(
                f"These {first.name} values cannot be compared: expected the "
                f"same {field}, received {one!r} and {other!r}; evaluate both "
                f"with the same --metrics, --inception, --inception_layer and "
                f"--num_images."
            )


def check_features(features: np.ndarray, name: str) -> None:
    """Checks that features can be measured.

    Args:
        features: Should be a matrix [N >= 2, D].
        name: What to call it in a message.

    Raises:
        ValueError: It is no such matrix.
        UserError: It holds NaN or infinity.
    """
    if features.ndim != 2 or len(features) < 2:
        raise ValueError(
            f"{name} features: expected [N >= 2, D], got {features.shape}"
        )
    # A sum is finite only if all its terms are, and needs no N x D mask.
    if not np.isfinite(np.sum(features, dtype=np.float64)):
        raise UserError(
            f"The {name} features hold NaN or infinite values, expected "
            f"finite numbers: the images behind them are broken; look at "
            f"them, or evaluate an earlier --checkpoint."
        )


def check_pair(real: np.ndarray, fake: np.ndarray) -> None:
    """Checks that two sets of features can be compared.

    Args:
        real: Should be a matrix [N >= 2, D].
        fake: Should be a matrix [M >= 2, D].

    Raises:
        ValueError: One is no such matrix, or the widths differ.
        UserError: One holds NaN or infinity.
    """
    check_features(real, "real")
    check_features(fake, "generated")
    if real.shape[1] != fake.shape[1]:
        raise ValueError(f"widths {real.shape[1]} and {fake.shape[1]}")
