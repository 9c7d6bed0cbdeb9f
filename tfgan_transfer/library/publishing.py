"""Models for TensorFlow Serving."""

import pathlib

import keras

from tfgan_transfer.families import exporting
from tfgan_transfer.library import records


def export(
    gan: keras.Model | str,
    model_base: str | pathlib.Path,
    *,
    ema: bool = True,
    check: bool = False,
) -> pathlib.Path | None:
    """Writes the next version of a model for TensorFlow Serving.

    Args:
        gan: A model, or what `from_preset` takes.
        model_base: Directory of the versions 1, 2, ...; it is made.
        ema: Whether to take the averaged weights.
        check: Whether the version is judged first, in a process of its own, by
            the rules and the loader of the server.

    Returns:
        The directory of the new version; None if it was refused.

    Raises:
        UserError: If there is no such model, or the place cannot be written.

    Example:
        >>> import tempfile
        >>> import tfgan_transfer as tt
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     tt.export("zoo:faces_32", folder).name
        '1'
    """
    with records.on_disk(gan) as path:
        return exporting.export(path, str(model_base), ema=ema, checked=check)
