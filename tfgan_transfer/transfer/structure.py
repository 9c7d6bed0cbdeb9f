"""What a network's graph says about its layers: ends, stages, flat maps.

Weight paths are `layer/weight`. Stages are numbered from the pixels inwards
(`up1`, `down1`), so networks of different sizes share the names next to the
pixels and differ in the deepest ones. What a network has grown at the pixel end
is in stages of its own, named after the height in pixels (`grown64`).
"""

import dataclasses
import re
from collections.abc import Iterable

import keras

_STAGE = re.compile(r"([a-z]+\d+|input|output)(?:_|$)")
_BLOCK = re.compile(r"(?:up|down)(\d+)(?:_|$)")
_GROWN = re.compile(r"grown(\d+)(?:_|$)")


@dataclasses.dataclass(frozen=True)
class Place:
    """Where a layer stands in its network.

    Attributes:
        sees: `"image"` or `"latent"` if it is the first layer with weights
            behind the network's first input, else None.
        makes: `"image"` or `"score"` if it is the last one before an output,
            class logits counting as scores; else None.
        base: `(height, width)` of the map that a dense layer makes or reads
            flattened; `(1, 1)` for all others.
        transposed: Whether it is a transposed convolution, whose kernel is
            `[height, width, outputs, inputs]`.
    """

    sees: str | None = None
    makes: str | None = None
    base: tuple[int, int] = (1, 1)
    transposed: bool = False


def layer_of(path: str) -> str:
    """The layer's name in a weight path."""
    return path.rsplit("/", 1)[0]


def stage(layer: str) -> str:
    """The stage of a layer: `up2` of `up2_conv1`, or the layer itself."""
    found = _STAGE.match(layer)
    return found[1] if found else layer


def block(layer: str) -> int:
    """The number of a layer's growing or shrinking block, 0 outside them."""
    found = _BLOCK.match(layer)
    return int(found[1]) if found else 0


def grown(layer: str) -> int:
    """The height to which a layer made its network grow, 0 if it did not."""
    found = _GROWN.match(layer)
    return int(found[1]) if found else 0


def depth(paths: Iterable[str]) -> int:
    """The number of the deepest block among weight paths, 0 if none."""
    return max(map(block, paths), default=0)


def stages(network: keras.Model) -> dict[str, list[keras.layers.Layer]]:
    """Groups the layers with weights, the stage nearest the pixels first.

    Args:
        network: A functional generator or critic.

    Returns:
        Stage name -> its layers, in the order of the network.
    """
    found: dict[str, list[keras.layers.Layer]] = {}
    for layer in network.layers:
        if layer.weights:
            found.setdefault(stage(layer.name), []).append(layer)
    if len(network.inputs[0].shape) != 4:
        found = dict(reversed(found.items()))
    # Layers of a correction are as far from the pixels as some others.
    return dict(sorted(found.items(), key=lambda item: -grown(item[0])))


def places(network: keras.Model) -> dict[str, Place]:
    """Finds the place of every layer with weights.

    Args:
        network: A functional model. Inputs and outputs of rank 4 are images.

    Returns:
        Layer name -> place.
    """
    makers = {
        id(tensor): layer
        for layer in network.layers
        for tensor in keras.tree.flatten(layer.output)
    }
    entry = network.inputs[0]
    sees = "image" if len(entry.shape) == 4 else "latent"
    makes = "image" if len(network.outputs[0].shape) == 4 else "score"
    last = _behind(network.outputs, makers)
    return {
        layer.name: Place(
            sees if entry.name in _behind(layer.input, makers) else None,
            makes if layer.name in last else None,
            _base(layer, network, makers),
            isinstance(layer, keras.layers.Conv2DTranspose),
        )
        for layer in network.layers
        if layer.weights
    }


def _behind(tensors: object, makers: dict) -> set[str]:
    """The nearest layers with weights, or inputs, that tensors depend on."""
    names = set()
    for tensor in keras.tree.flatten(tensors):
        layer = makers[id(tensor)]
        if layer.weights or isinstance(layer, keras.layers.InputLayer):
            names.add(layer.name)
        else:
            names |= _behind(layer.input, makers)
    return names


def _base(
    layer: keras.layers.Layer, network: keras.Model, makers: dict
) -> tuple[int, int]:
    if isinstance(layer, keras.layers.Dense):
        before = makers[id(layer.input)]
        if isinstance(before, keras.layers.Flatten):
            return before.input.shape[1:3]
        for after in network.layers:
            if isinstance(after, keras.layers.Reshape):
                if after.input is layer.output and len(after.output.shape) == 4:
                    return after.output.shape[1:3]
    return 1, 1
