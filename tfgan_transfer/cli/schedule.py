"""Learning-rate schedules that Keras lacks."""

import keras
from keras import ops


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
