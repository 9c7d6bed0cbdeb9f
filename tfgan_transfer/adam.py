"""Adam by TensorFlow's own kernel, in one pass over weights and moments."""

import keras
import tensorflow as tf


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
