"""A source model: opened, mapped onto new networks, and reported."""

import itertools
import json
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import keras

from tfgan_transfer.errors import UserError
from tfgan_transfer.training import checkpoint
from tfgan_transfer.training.run_directory import RunDirectory, write_atomically
from tfgan_transfer.transfer import mapping
from tfgan_transfer.transfer.ends import Ends
from tfgan_transfer.transfer.report import Row, record, table


class Source(NamedTuple):
    """An opened source.

    Attributes:
        record: What the new run remembers of it, JSON values.
        arrays: Group -> weight path -> array.
        ends: Network -> what it takes and gives.
    """

    record: dict
    arrays: checkpoint.Groups
    ends: Mapping[str, Ends]


def opened(
    found: checkpoint.Checkpoint, name: str, ends: Mapping[str, Ends]
) -> Source:
    """Reads the weights of a source.

    Args:
        found: Its checkpoint.
        name: What the user calls it.
        ends: Network -> what it takes and gives.
    """
    about = {
        "source": name,
        "step": found.step,
        "manifest_sha256": found.manifest["manifest_sha256"],
        "data": found.manifest["run"]["data"]["fingerprint"],
    }
    return Source(about, checkpoint.load(found.path), ends)


def map_network(
    network: keras.Model, arrays: Mapping, source: Ends, target: Ends
) -> mapping.Mapped:
    """Maps one network; prints what cannot be, and says so in one line."""
    try:
        return mapping.map_weights(network, arrays, source, target)
    except UserError as error:
        # The list goes first, so that the error itself stays one line.
        sentence, _, problems = error.command_line.partition(":\n")
        print(problems, flush=True)
        raise UserError(f"{sentence} (listed above)") from error


def report(
    run: RunDirectory, source: Source, rows: Mapping[str, Sequence[Row]]
) -> None:
    """Prints the mapping and keeps it as `transfer.json`."""
    # The plan has a line for the source too: why it was chosen.
    where = source.record
    about = f"weights   from {where['source']}, step {where['step']}"
    print(about, table(itertools.chain(*rows.values())), sep="\n", flush=True)
    kept = {
        **source.record,
        **{name: record(its) for name, its in rows.items()},
    }
    write_atomically(run.path / "transfer.json", json.dumps(kept, indent=1))
