"""Freezing by description: which layers keep the source's weights.

`critic:0-2,generator:all-but-norm`. A selector is a stage or a range of
stages, counted from the pixels in both networks; `all-but-norm`, which trains
only the norms' scales and offsets (Noguchi & Harada 2019, arXiv:1904.01774);
or a pattern with `*` and `?` for names of stages or layers. FreezeD (Mo et al.
2020, arXiv:2002.10964) is `critic:0-2`: the critic's layers at the pixels.

A frozen batch norm normalises by its moving statistics, also in training, and
stops moving them.
"""

import dataclasses
import fnmatch
import re

import keras

from tfgan_transfer.errors import UserError, choices
from tfgan_transfer.transfer import structure

NETWORKS = ("generator", "critic")
ALL_BUT_NORM = "all-but-norm"
_RANGE = re.compile(r"(\d+)(?:-(\d+))?")


@dataclasses.dataclass(frozen=True)
class Coverage:
    """What is frozen in a network.

    Attributes:
        network: Name of the network.
        stages: Names of the stages with a frozen layer, pixels first; one that
            is frozen in part is followed by `(part)`.
        layers: Names of the frozen layers.
        parameters: Number of parameters in them.
        total: Number of parameters of the network. Both numbers count what
            moves in training, so statistics too.
    """

    network: str
    stages: tuple[str, ...]
    layers: tuple[str, ...]
    parameters: int
    total: int

    def __str__(self) -> str:
        share = 100 * self.parameters / self.total
        return (
            f"{self.network}: frozen {', '.join(self.stages)}, "
            f"{share:.0f} % of {self.total:,} parameters"
        )


def parse(
    text: str, networks: tuple[str, ...] = NETWORKS
) -> tuple[tuple[str, str], ...]:
    """Splits the description into networks and selectors.

    Args:
        text: `network:selector`, several separated by commas; may be empty.
        networks: Names of the networks there are.

    Returns:
        Pairs of network and selector, in the order given.

    Raises:
        UserError: If a part has another form or names another network.
    """
    pairs = []
    for part in filter(None, (part.strip() for part in text.split(","))):
        network, _, selector = (side.strip() for side in part.partition(":"))
        if not selector:
            raise UserError(
                f"--freeze: expected network:selector, received {part!r}; "
                "write for example --freeze=critic:0-2."
            )
        if network not in networks:
            raise UserError(choices("--freeze", network, networks))
        pairs.append((network, selector))
    return tuple(pairs)


def freeze(network: keras.Model, selector: str) -> Coverage:
    """Freezes layers; has to precede the building of the optimizers.

    Args:
        network: A generator or critic. What is frozen in it remains so.
        selector: A stage `K`, stages `A-B`, `all-but-norm` or a pattern.

    Returns:
        All that is now frozen in the network.

    Raises:
        UserError: If the selector matches nothing or nothing would be left to
            train; the network is as before then.
    """
    stages = structure.stages(network)
    chosen = _chosen(selector, stages)
    named = f"its stages are {_listed(stages)}"
    if not chosen:
        raise UserError(
            f"--freeze: {network.name}:{selector} matches no layer, expected "
            f"a stage, a range, {ALL_BUT_NORM} or a pattern; {named}."
        )
    if all(
        layer.name in chosen or not layer.trainable_weights
        for group in stages.values()
        for layer in group
    ):
        raise UserError(
            f"--freeze: {network.name}:{selector} leaves nothing to train, "
            f"freeze less of it; {named}."
        )
    for group in stages.values():
        for layer in group:
            if layer.name in chosen:
                layer.trainable = False
    return _coverage(network, stages)


def _chosen(selector: str, stages: dict) -> set[str]:
    """Names of the layers that a selector means."""
    every = [layer for group in stages.values() for layer in group]
    if selector == ALL_BUT_NORM:
        return {layer.name for layer in every if not _is_norm(layer)}
    found = _RANGE.fullmatch(selector)
    if found:
        first = int(found[1])
        last = int(found[2] or first)
        if first > last or last >= len(stages):
            return set()
        groups = list(stages.values())[first : last + 1]
        return {layer.name for group in groups for layer in group}
    return {
        layer.name
        for name, group in stages.items()
        for layer in group
        if fnmatch.fnmatchcase(layer.name, selector)
        or fnmatch.fnmatchcase(name, selector)
    }


def _is_norm(layer: keras.layers.Layer) -> bool:
    return "gamma" in {weight.name for weight in layer.weights}


def _listed(stages: dict) -> str:
    return ", ".join(f"{i} {name}" for i, name in enumerate(stages))


def _coverage(network: keras.Model, stages: dict) -> Coverage:
    names, layers, parameters = [], [], 0
    for name, group in stages.items():
        frozen = [layer for layer in group if not layer.trainable]
        if frozen:
            part = "" if len(frozen) == len(group) else " (part)"
            names.append(name + part)
        layers += [layer.name for layer in frozen]
        parameters += sum(layer.count_params() for layer in frozen)
    return Coverage(
        network.name,
        tuple(names),
        tuple(layers),
        parameters,
        network.count_params(),
    )
