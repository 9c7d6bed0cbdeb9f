"""What every train step shares: scaling by replicas, XLA, applying, EMA.

Keras optimizers SUM gradients over the replicas of a strategy. The losses
here are means over the global batch, so the mean over a replica's share is
divided by the number of replicas in exactly one place: `global_mean`.
"""

import functools
from collections.abc import Callable, Sequence

import keras
import tensorflow as tf

from tfgan_transfer.ops import phases

Batch = dict[str, tf.Tensor]
# Columns of a batch's `noise`: real, generated and mixed images of an example
# are judged under noise of their own.
REAL, FAKE, MIXED = range(3)


def critic_slot(batch: Batch, slot: int) -> Batch:
    """The part of a batch that one critic iteration uses.

    Args:
        batch: Tensors laid out [B, n_critic or n_critic + 1, ...].
        slot: Critic iteration, 0 <= slot < n_critic; n_critic selects the
            generator's own latents.

    Returns:
        Tensors [B, ...]. The generator's slot sees the last real images
        again: there are only n_critic of them.
    """
    return {
        name: values[:, min(slot, values.shape[1] - 1)]
        for name, values in batch.items()
    }


def joined(first: tf.Tensor | None, second: tf.Tensor | None):
    """Two batches as one, or None where there are none."""
    return None if first is None else tf.concat([first, second], axis=0)


def halves(both: tf.Tensor | None) -> tuple:
    """What `joined` has put together, apart again."""
    return (None, None) if both is None else tuple(tf.split(both, 2))


def by_example(values: tf.Tensor) -> tf.Tensor:
    """Mean over the heads or patches that judge one image.

    Args:
        values: Float32 [B], or [B, ...] with a value for each of them.

    Returns:
        Float32 [B].
    """
    if values.shape.rank == 1:
        return values
    return tf.reduce_mean(tf.reshape(values, [tf.shape(values)[0], -1]), axis=1)


def global_mean(values: tf.Tensor) -> tf.Tensor:
    """Share of this replica in the mean over the global batch.

    Args:
        values: One value per example of this replica, float32 [B / replicas].

    Returns:
        A scalar whose sum over all replicas is the mean over all examples.
    """
    replicas = tf.distribute.get_strategy().num_replicas_in_sync
    return tf.reduce_mean(values) / replicas


def compiled(function: Callable, xla: bool) -> Callable:
    """Puts a pure gradient function under XLA, or leaves it in the graph.

    On several replicas only the pure part may be compiled: XLA around a whole
    `train_step` or around `strategy.run` fails there. On one, these functions
    are part of the compiled step (`loop.train_function`).
    """
    return tf.function(function, jit_compile=True) if xla else function


def gradients_of(
    tape: tf.GradientTape, loss: tf.Tensor, *networks: keras.Model
) -> list[tf.Tensor]:
    """Gradients of a scaled loss for all trainable weights of networks."""
    weights = [
        weight.value
        for network in networks
        for weight in network.trainable_variables
    ]
    return tape.gradient(loss, weights)


def gradient_norm(gradients: Sequence[tf.Tensor]) -> tf.Tensor:
    """Length of a replica's gradient, undoing the division by replicas.

    On one replica this is the norm of the gradient that is applied; on
    several, Keras logs the mean over replicas of their own norms.
    """
    replicas = tf.distribute.get_strategy().num_replicas_in_sync
    return tf.linalg.global_norm([g for g in gradients if g is not None]) * (
        replicas
    )


def in_turn(
    updates: keras.Variable,
    every: int,
    penalised: Callable[[Batch], tuple],
    otherwise: Callable[[Batch], tuple],
    slot: Batch,
) -> tuple:
    """Lazy regularisation (Karras et al. 2020, arXiv 1912.04958, appendix B).

    Whose turn it is follows from the number of updates made, which a checkpoint
    holds: every `every`-th, so that the iteration that is logged is one if that
    many are made in a step.

    Args:
        updates: Of the critic so far.
        every: Its iterations from one penalty to the next, at least 1.
        penalised: What is done with a slot in its turn.
        otherwise: What is done with the others.
        slot: What they take.
    """
    if every == 1:
        return penalised(slot)
    number = tf.convert_to_tensor(updates) + 1
    return tf.cond(
        number % every == 0, lambda: penalised(slot), lambda: otherwise(slot)
    )


def apply(
    optimizer: keras.optimizers.Optimizer,
    gradients: Sequence[tf.Tensor],
    network: keras.Model,
) -> None:
    """Applies gradients (summed over replicas by Keras) to a network.

    No weight is changed before all gradients are there. A penalty reads
    biases, on which its gradient does not depend, and TensorFlow's graph
    optimizer forgets that an update has to wait for such a reading.
    """
    with tf.control_dependencies([g for g in gradients if g is not None]):
        gradients = [g if g is None else tf.identity(g) for g in gradients]
    optimizer.apply(gradients, network.trainable_variables)


def update_weights(
    rule: Callable, targets: Sequence, *sources: Sequence
) -> None:
    """Assigns `rule(target, *sources)` to each target on every replica.

    Mirrored variables can't be assigned from inside a replica; the update
    has to leave to the cross-replica context first.

    Args:
        rule: Maps the values of one target and its sources to the new value.
        targets: Keras variables to assign.
        *sources: Sequences of Keras variables, as long as `targets`.
    """
    rows = [
        [variable.value for variable in row]
        for row in zip(targets, *sources, strict=True)
    ]

    def update(strategy: tf.distribute.Strategy) -> None:
        for target, *others in rows:
            strategy.extended.update(
                target,
                lambda variable, *values: variable.assign(
                    rule(variable, *values)
                ),
                args=tuple(others),
                group=False,
            )

    tf.distribute.get_replica_context().merge_call(update)


def clip(network: keras.Model, bound: float) -> None:
    """Clips all trainable weights of a network to [-bound, bound]."""
    update_weights(
        lambda weight: tf.clip_by_value(weight, -bound, bound),
        network.trainable_variables,
    )


def equalise_phases(network: keras.Model) -> None:
    """Leaves flat maps flat in what enlarges and trains, see `phases`."""
    for layer in enlarging(network):
        if layer.trainable:
            rule = functools.partial(phases.equalised, strides=layer.strides)
            update_weights(rule, [layer.kernel])


def enlarging(network: keras.Model) -> list[keras.layers.Conv2DTranspose]:
    """The transposed convolutions that enlarge maps."""
    return [
        layer
        for layer in network.layers
        if isinstance(layer, keras.layers.Conv2DTranspose)
        and max(layer.strides) > 1
    ]


def update_spectral_norm(network: keras.Model) -> None:
    """One power iteration in each spectrally normalised layer."""
    for layer in network.layers:
        if hasattr(layer, "update_spectral_norm"):
            layer.update_spectral_norm()


def update_ema(
    average: keras.Model, network: keras.Model, decay: float, step: tf.Tensor
) -> None:
    """Moves the averaged network towards the trained one.

    All weights are averaged, batch-norm statistics too. The decay ramps up
    as (1 + step) / (10 + step) so that the average forgets the first,
    meaningless weights quickly.

    Args:
        average: Network that holds the averages.
        network: Network that is being trained.
        decay: Final decay per step, in [0, 1).
        step: Number of generator steps done so far, integer scalar.
    """
    step = tf.cast(step, tf.float32)
    decay = tf.minimum(decay, (1 + step) / (10 + step))
    # A value used by every replica's update must not belong to one replica.
    update_weights(
        lambda average, weight, decay=decay: (
            weight + decay * (average - weight)
        ),
        average.variables,
        network.variables,
    )
