"""Small generators and critics with random weights, and their transfer."""

import numpy as np

from tfgan_transfer.networks import NETWORKS
from tfgan_transfer.transfer import mapping
from tfgan_transfer.transfer.ends import Ends

Z = 5


def ends(shape=(16, 16, 3), labels="", conditioning="none", latent_size=Z):
    """Ends whose labels are single letters."""
    return Ends(shape, latent_size, tuple(labels), conditioning)


def randomise(net, seed):
    """Gives every weight a value that an untrained net would not have."""
    random = np.random.default_rng(seed)
    for weight in net.weights:
        value = random.normal(size=weight.shape) / 3
        if weight.name in ("gamma", "moving_variance"):
            value = 0.5 + abs(value)
        weight.assign(value)


def generator(network, at, seed=0, width=2):
    net = NETWORKS[network].generator(
        at.image_shape,
        latent_size=at.latent_size,
        width=width,
        num_labels=len(at.vocabulary) if at.conditioning != "none" else 0,
        conditioning=at.conditioning,
    )
    randomise(net, seed)
    return net


def critic(network, at, seed=0, width=2, **arguments):
    net = NETWORKS[network].critic(
        at.image_shape,
        width=width,
        num_labels=len(at.vocabulary),
        **arguments,
    )
    randomise(net, seed)
    return net


def arrays(net):
    return {v.path: v.numpy() for v in net.variables}


def transfer(build, network, source, target):
    """Builds both ends and moves the weights.

    Returns:
        The source, the target after the transfer, the target's weights
        before it, and the mapping.
    """
    old = build(network, source, seed=1)
    new = build(network, target, seed=2)
    before = arrays(new)
    mapped = mapping.map_weights(new, arrays(old), source, target)
    mapping.assign(new, mapped)
    return old, new, before, mapped


def latents(count=4, size=Z):
    return np.float32(np.random.default_rng(7).normal(size=(count, size)))


def pixels(*shape):
    return np.float32(np.random.default_rng(8).uniform(-1, 1, shape))


def one_hot(index, size, count=4):
    return np.tile(np.eye(size, dtype="float32")[index], (count, 1))


def kinds(mapped):
    """Path -> (kind, note) of the weights that were not simply copied."""
    return {
        (row.path, row.kind): row.note
        for row in mapped.rows
        if row.kind != "copied"
    }
