"""A version that is asked what a client would ask."""

import contextlib
import pathlib
from collections.abc import Mapping

import numpy as np
import tensorflow as tf

from tfgan_transfer.serving import records, samples, status
from tfgan_transfer.serving.servable import DEFAULT_SIGNATURE, Load, Servable

BATCHES = (1, 2, 3)
Answers = dict[str, dict[str, np.ndarray]]


class Trial:
    """A loaded version, and for each signature rows that it answers.

    Args:
        path: Directory of the version.
        load: Opens a session.

    Attributes:
        servable: The loaded version.
        rows: Signature -> rows [1, ...]; none where no input was found.
        failures: Signature -> what the likeliest input met, if it failed.
        recorded: Signatures with a recorded request.
        skipped: Signatures that take no rows: rule 5 refuses them.

    Raises:
        ServingError: If it cannot be loaded.
    """

    def __init__(self, path: pathlib.Path, load: Load):
        self.path = path
        self.servable = Servable(path, path.name, load)
        self.skipped = {
            name
            for name, signature in self._signatures().items()
            if not all(map(_free, signature.inputs.values()))
        }
        self.rows: dict[str, list[samples.Row]] = {}
        self.failures: dict[str, status.ServingError] = {}
        self.recorded: set[str] = set()
        for name, signature in self._signatures().items():
            if name not in self.skipped and signature.inputs:
                self.rows[name] = self._find(name, signature)

    def ask(self, name: str, row: samples.Row) -> dict[str, np.ndarray]:
        """The answer of a signature."""
        return self.servable.predict(name, row)

    def answers(self) -> Answers:
        """Signature -> its answer to all of its rows at once."""
        found = {}
        for name, rows in self.rows.items():
            if rows:
                # Rule 13 has said so where it takes no more than one.
                with contextlib.suppress(status.ServingError):
                    found[name] = self.ask(name, samples.joined(rows))
        return found

    def recording(self) -> list[records.Record]:
        """What was asked, with the answers, for another loader to repeat."""
        return [
            records.Record(name, samples.joined(self.rows[name]), (), answer)
            for name, answer in self.answers().items()
        ]

    def _signatures(self) -> Mapping:
        return {
            name: signature
            for name, signature in sorted(self.servable.signatures.items())
            if not name.startswith("__")
        }

    def _find(self, name: str, signature: object) -> list[samples.Row]:
        def run(row: samples.Row) -> None:
            try:
                self.ask(name, row)
            except status.ServingError as error:
                # The first failure is of the likeliest input.
                self.failures.setdefault(name, error)
                raise

        path, recorded = self.path / records.WARM_UP, []
        # Damaged ones are the business of another rule.
        with contextlib.suppress(status.ServingError, tf.errors.OpError):
            for record in records.read(path) if path.exists() else ():
                if (record.signature or DEFAULT_SIGNATURE) == name:
                    recorded.append(record.inputs)
                    self.recorded.add(name)
        return samples.find(run, recorded, signature.inputs, max(BATCHES))


def _free(info: object) -> bool:
    shape = info.tensor_shape
    return shape.unknown_rank or (bool(shape.dim) and shape.dim[0].size < 0)
