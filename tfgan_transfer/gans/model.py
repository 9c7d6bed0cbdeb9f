"""What all GANs are beside their games: models of Keras that can be asked."""

import json
import pathlib
from collections.abc import Callable, Iterable, Mapping, Sequence

import keras
import numpy as np

import tfgan_transfer
from tfgan_transfer.errors import UserError, shown
from tfgan_transfer.gans import feeding, loop

_NO_LOSS = (
    "a loss says nothing of how good a GAN is; measure it with "
    "tfgan_transfer.evaluate(gan, photos)"
)


class GAN:
    """Fitting, saving and asking, the same for every game.

    It stands before `keras.Model` among the bases of a model. What takes the
    rooms above (files, labels by name, metrics) is a function of the package;
    methods here hand the model over to it, as a user would.

    Attributes:
        family: What settings and records call this kind of model.
        parts: Names of its networks, attributes of it.
        game: Arguments of `compile` that are attributes as they were given.
        shows_clock: Whether `fit` logs `data_wait`, the seconds for which
            each step waited for its batch, beside losses.
        steps_ahead: Steps that the weights are ahead of what `fit` has told
            its callbacks, see `train_in_calls`.
        transfer_report: What became of every weight of the source, printable;
            None of a model that `adapt` has not made.
    """

    family = ""
    parts: tuple[str, ...] = ()
    game: tuple[str, ...] = ()
    shows_clock = False
    steps_ahead = 0
    transfer_report = None
    _record = None

    @property
    def record(self) -> dict | None:
        """What a checkpoint of the model says about it, JSON values.

        None of a model that was made from networks alone.
        """
        return self._record and json.loads(self._record)

    @record.setter
    def record(self, record: Mapping | None) -> None:
        # As text, since Keras would track what is in a dict.
        self._record = None if record is None else json.dumps(record)

    @property
    def networks(self) -> dict[str, keras.Model]:
        """The networks that learn, and the averages, by name."""
        return {name: getattr(self, name) for name in self.parts}

    @property
    def steps_done(self) -> int:
        """Updates of the generators since their optimizers were made."""
        kind, known = keras.optimizers.Optimizer, self.state.values()
        first = next(owner for owner in known if isinstance(owner, kind))
        return int(first.iterations.numpy())

    def generate(
        self,
        count: int = 16,
        *,
        seed: int = 0,
        labels: Sequence[str] | str | np.ndarray | None = None,
        tags: str | None = None,
        truncation: float = 1.0,
    ) -> np.ndarray:
        """Draws images, as `tfgan_transfer.generate` does."""
        return tfgan_transfer.generate(
            self,
            count,
            seed=seed,
            labels=labels,
            tags=tags,
            truncation=truncation,
        )

    def save_to_preset(self, path: str | pathlib.Path) -> None:
        """Keeps the model, as `tfgan_transfer.save_to_preset` does."""
        tfgan_transfer.save_to_preset(self, path)

    def fit(self, x: object = None, *, shuffle: bool = False, **options):
        """Trains as `keras.Model.fit` does; batches are shuffled already.

        Raises:
            UserError: If batches are not those that the model takes, or are
                to be judged by, for which there is no loss.
        """
        if options.keys() & {"validation_data", "validation_split"}:
            raise UserError(f"--validation_data: {_NO_LOSS}")
        if self.compiled:
            feeding.check_batches(self, x)
        return super().fit(x, shuffle=shuffle, **options)

    def evaluate(self, *given: object, **options: object) -> None:
        """Says what measures such a model.

        Raises:
            UserError: Always.
        """
        raise UserError(f"evaluate: {_NO_LOSS}")

    def predict(self, *given: object, **options: object) -> None:
        """Says what draws with such a model.

        Raises:
            UserError: Always.
        """
        raise UserError(
            "predict: a model of two games has no one output; draw with its "
            "generate(), or translate with tfgan_transfer.translate"
        )

    def get_config(self) -> dict:
        """Configuration that `from_config` rebuilds the networks from."""
        serialize = keras.saving.serialize_keras_object
        networks = {n: serialize(net) for n, net in self.networks.items()}
        return {**networks, "name": self.name, "record": self._record}

    @classmethod
    def from_config(cls, config: dict) -> "GAN":
        """Rebuilds the model (fresh weights) from `get_config`."""
        deserialize = keras.saving.deserialize_keras_object
        arguments = {
            name: deserialize(value) if isinstance(value, dict) else value
            for name, value in config.items()
        }
        record = arguments.pop("record", None)
        made = cls(**arguments)
        made._record = record
        return made

    def get_compile_config(self) -> dict:
        """Arguments of `compile` that a saved model is compiled with again.

        A regulariser is not among them: what it ties the weights to is of the
        run that made it.
        """
        if not self.compiled:
            return {}
        serialize = keras.saving.serialize_keras_object
        kept = {name: getattr(self, name) for name in self.game}
        return {
            name: value if value is None else serialize(value)
            for name, value in {**kept, **self.game_config()}.items()
        }

    def compile_from_config(self, config: dict) -> None:
        """Compiles the model as `get_compile_config` says."""
        deserialize = keras.saving.deserialize_keras_object
        self.compile(**{name: deserialize(v) for name, v in config.items()})

    def save_own_variables(self, store: dict) -> None:
        """Keeps what belongs to no layer: pools, chances of augmentation."""
        for number, variable in enumerate(self._memory()):
            store[str(number)] = variable.numpy()

    def load_own_variables(self, store: Mapping) -> None:
        """Takes back what `save_own_variables` has kept."""
        for number, variable in enumerate(self._memory()):
            variable.assign(store[str(number)])

    def _memory(self) -> list[keras.Variable]:
        if not self.compiled:
            return []
        known = (keras.layers.Layer, keras.optimizers.Optimizer)
        owners = [o for o in self.state.values() if not isinstance(o, known)]
        return [variable for owner in owners for variable in owner.variables]

    def make_train_function(self, force: bool = False) -> Callable:
        """Makes what `fit` calls, see `loop.train_function`."""
        if self.train_function is None or force:
            self.train_function = loop.train_function(self)
        return self.train_function

    def train_in_calls(self, lengths: Iterable[int]) -> None:
        """Makes `fit` train several steps in one call, see `loop.in_calls`.

        Callbacks are told of every step, but may look at the weights only
        after the last one of a call, where `steps_ahead` is 0.

        Args:
            lengths: Steps of each call, as many as `fit` will need.
        """
        self.train_function = loop.in_calls(self, lengths)

    def _maybe_symbolic_build(self, iterator=None, data_batch=None) -> None:
        # There is nothing left to build, and Keras cannot reduce the dict
        # that it draws for it over several workers.
        pass


def copy_of(network: keras.Model) -> keras.Model:
    """A network of the same architecture, with the same weights.

    Raises:
        UserError: If it is no network.
    """
    if not isinstance(network, keras.Model):
        raise UserError(
            "--networks: expected models of Keras, such as those of "
            f"tfgan_transfer.networks, received {shown(network)}"
        )
    copy = keras.models.clone_model(network)
    copy.set_weights(network.get_weights())
    return copy
