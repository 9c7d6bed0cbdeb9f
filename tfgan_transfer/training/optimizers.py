"""Adam in one pass over weights and moments, and rates that Keras lacks."""

from collections.abc import Mapping

import keras
import tensorflow as tf
from keras import ops


@keras.saving.register_keras_serializable(package="tfgan_transfer")
class FusedAdam(keras.optimizers.Adam):
    """`keras.optimizers.Adam`, without the dozen passes that it takes.

    Kingma and Ba 2015 (arXiv:1412.6980), algorithm 1 in the order of section
    2's last paragraph: epsilon is added to the root of the raw second moment.

    Args: those of `keras.optimizers.Adam`, without `amsgrad`.
    """

    def update_step(self, gradient, variable, learning_rate):
        """Moves a variable and its moments; called by Keras."""
        index = self._get_variable_index(variable)
        step = tf.cast(self.iterations + 1, variable.dtype)
        tf.raw_ops.ResourceApplyAdam(
            var=variable.handle,
            m=self._momentums[index].value.handle,
            v=self._velocities[index].value.handle,
            beta1_power=tf.pow(self.beta_1, step),
            beta2_power=tf.pow(self.beta_2, step),
            lr=tf.cast(learning_rate, variable.dtype),
            beta1=self.beta_1,
            beta2=self.beta_2,
            epsilon=self.epsilon,
            grad=tf.cast(gradient, variable.dtype),
        )


@keras.saving.register_keras_serializable(package="tfgan_transfer")
class ConstantThenLinear(keras.optimizers.schedules.LearningRateSchedule):
    """A rate that stays for a while and then falls linearly towards zero.

    Zhu et al. 2017 (arXiv 1703.10593), section 4. Update n of N, counted from
    0, has the rate times min(1, (N - n) / (N - constant)): the last one still
    moves the weights.

    Args:
        rate: The rate at first.
        constant: For how many updates it stays.
        total: N.
    """

    def __init__(self, rate: float, constant: int, total: int):
        self.rate = rate
        self.constant = constant
        self.total = total

    def __call__(self, step):
        """Returns the learning rate of an update, the first one being 0."""
        left = ops.cast(self.total - ops.cast(step, "int64"), "float32")
        share = left / (self.total - self.constant)
        return self.rate * ops.clip(share, 0.0, 1.0)

    def get_config(self):
        """Returns the constructor's arguments."""
        return {
            "rate": self.rate,
            "constant": self.constant,
            "total": self.total,
        }


@keras.saving.register_keras_serializable(package="tfgan_transfer")
class Delayed(keras.optimizers.schedules.LearningRateSchedule):
    """Another schedule, or a constant, with a rate of zero at first.

    Args:
        rate: A float, or a schedule; its step 0 is the optimizer's step 0.
        steps: For how many updates the rate is zero.
    """

    def __init__(
        self,
        rate: float | keras.optimizers.schedules.LearningRateSchedule,
        steps: int,
    ):
        self.rate = rate
        self.steps = steps

    def __call__(self, step):
        """Returns the learning rate of an update, the first one being 0."""
        rate = self.rate(step) if callable(self.rate) else self.rate
        return ops.where(step < self.steps, 0.0, rate)

    def get_config(self):
        """Returns the constructor's arguments."""
        return {"rate": self.rate, "steps": self.steps}


def set_rates(model: keras.Model, config: Mapping, scale: float) -> None:
    """Overrides the constant rates that came back with the optimizers.

    Args:
        model: Restored from a checkpoint.
        config: Resolved configuration.
        scale: Factor on the rates, below 1 after a rollback.
    """
    if config["lr_decay"] != "none":
        return
    for name, owner in model.state.items():
        role = name.split("_")[0]
        if role not in ("critic", "feature"):
            role = "generator"
        if not isinstance(owner, keras.optimizers.Optimizer):
            continue
        if role != "generator" or not config["critic_warmup"]:
            owner.learning_rate = config[f"{role}_lr"] * scale
