"""The strict mapping of a source's weights onto a new network.

Weights are matched by path. Each one of the target is copied, adapted by a
rule (`rules.py`) or left fresh for a reason (`excuses.py`); each one of the
source is used or dropped for a reason. What nothing explains stops the
transfer, and all of it is listed.
"""

import dataclasses
from collections.abc import Mapping
from typing import NamedTuple

import keras
import numpy as np

from tfgan_transfer.errors import UserError
from tfgan_transfer.transfer import excuses, label_rules, rules, structure
from tfgan_transfer.transfer.ends import Ends, Weight
from tfgan_transfer.transfer.excuses import Arrays, Pair
from tfgan_transfer.transfer.report import Row
from tfgan_transfer.transfer.structure import Place, layer_of


@dataclasses.dataclass(frozen=True)
class Mapped:
    """A mapping that explains every weight.

    Attributes:
        values: Weight path -> float32 values, for every weight of the target.
        rows: What became of each weight of the target, in the target's order,
            and then of those of the source that are not used.
    """

    values: dict[str, np.ndarray]
    rows: tuple[Row, ...]


class _Fate(NamedTuple):
    """What a target weight becomes."""

    kind: str
    note: str
    value: np.ndarray


def map_weights(
    network: keras.Model, arrays: Arrays, source: Ends, target: Ends
) -> Mapped:
    """Finds the value of every weight of a network from those of another.

    Nothing is assigned. The network's weights are taken for its initial ones:
    what stays fresh keeps them.

    Args:
        network: The target, a built generator or critic.
        arrays: The source's weights by path, float16 or float32.
        source: What the source takes and gives.
        target: What the target takes and gives.

    Returns:
        The new values, and what became of each weight.

    Raises:
        UserError: If a weight of either end is not explained, or one of the
            source's is not finite: a sentence, and then a line for each. `-`
            has no source, `+` no target, `!` does not fit by any rule.
    """
    own = {v.path: v.numpy().astype(np.float32) for v in network.variables}
    arrays = {p: np.asarray(a, np.float32) for p, a in arrays.items()}
    pair = Pair(arrays, own, source, target)
    places = structure.places(network)
    fates = {
        path: _fate(path, places.get(layer_of(path), Place()), pair)
        for path in own
    }
    _renew_whole_layers(fates, own)
    dropped = _dropped(fates, pair)
    _check(network.name, pair, fates, dropped)
    rows = [
        Row(network.name, path, fate.kind, fate.note, fate.value.size)
        for path, fate in fates.items()
    ]
    rows += [
        Row(network.name, path, "dropped", note, arrays[path].size)
        for path, note in dropped.items()
    ]
    values = {path: fate.value for path, fate in fates.items()}
    return Mapped(values, tuple(rows))


def assign(network: keras.Model, mapped: Mapped) -> None:
    """Gives a network the values of a mapping.

    Args:
        network: The network that was mapped, or another with the same weight
            paths, such as its moving average.
        mapped: What `map_weights` returned.

    Raises:
        ValueError: If the paths differ; nothing is assigned then.
    """
    variables = {v.path: v for v in network.variables}
    if variables.keys() != mapped.values.keys():
        raise ValueError(
            "The mapping was made for a network with other weights. "
            f"Received: {sorted(variables.keys() ^ mapped.values.keys())} "
            "on one side only"
        )
    for path, variable in variables.items():
        variable.assign(mapped.values[path])


def _fate(path: str, place: Place, pair: Pair) -> _Fate | None:
    own = pair.own[path]
    reason = excuses.of_fresh(path, pair)
    if reason:
        return _Fate("fresh", reason, own)
    if path not in pair.arrays:
        made = label_rules.new_embedding(path, own)
        return _Fate("adapted", made[1], made[0]) if made else None
    layer, name = path.rsplit("/", 1)
    weight = Weight(
        layer=layer,
        name=name,
        place=place,
        base=_source_base(place, pair),
        source=pair.source,
        target=pair.target,
        kernel=pair.arrays.get(f"{layer}/kernel"),
        embedding=pair.arrays.get(label_rules.EMBEDDING),
    )
    adapted = rules.adapt(weight, pair.arrays[path], own)
    if adapted:
        value, notes = adapted
        kind = "adapted" if notes else "copied"
        return _Fate(kind, "; ".join(notes), value)
    reason = excuses.of_innermost(place, pair)
    return _Fate("fresh", reason, own) if reason else None


def _source_base(place: Place, pair: Pair) -> tuple[int, int]:
    """The base at the source of a layer with a flattened map."""
    if place.base == (1, 1) or not pair.resized:
        return place.base
    before, after = pair.depths
    sides = zip(
        place.base,
        pair.source.image_shape,
        pair.target.image_shape,
        strict=False,
    )
    height, width = (
        max(1, (base * old << after) // (new << before))
        for base, old, new in sides
    )
    return height, width


def _renew_whole_layers(fates: dict[str, _Fate | None], own: Arrays) -> None:
    """Leaves no old bias beside a kernel that is fresh for other channels."""
    notes = {
        layer_of(path): fate.note
        for path, fate in fates.items()
        if fate and fate.note in excuses.MEETS
    }
    for path in fates:
        if layer_of(path) in notes:
            fates[path] = _Fate("fresh", notes[layer_of(path)], own[path])


def _dropped(fates: dict[str, _Fate | None], pair: Pair) -> dict[str, str]:
    """Why each source weight that is not used is not; empty if unexplained."""
    dropped = {}
    for path in pair.arrays:
        fate = fates.get(path)
        if fate is None:
            dropped[path] = excuses.of_dropped(path, pair)
        elif fate.kind == "fresh":
            dropped[path] = fate.note
    return dropped


def _check(name: str, pair: Pair, fates: Mapping, dropped: Mapping) -> None:
    problems = []
    for path in sorted({*pair.own, *pair.arrays}):
        unexplained = path in pair.own and fates[path] is None
        if path in pair.arrays and not np.isfinite(pair.arrays[path]).all():
            problems.append(f"! {path} is not finite in the source")
        elif unexplained and path in pair.arrays:
            problems.append(
                f"! {path} has shape {pair.own[path].shape} in the target, "
                f"{pair.arrays[path].shape} in the source"
            )
        elif unexplained:
            problems.append(f"- {path} is not in the source")
        elif path not in pair.own and not dropped[path]:
            problems.append(f"+ {path} is not in the target")
    if problems:
        raise UserError(
            f"--source: {len(problems)} of its weights or the {name}'s cannot "
            "be matched, expected the source's --network, --width, "
            "--critic_norm and weight names; give the flags that the source "
            "was trained with:\n" + "\n".join(problems)
        )
