"""Models for TensorFlow Serving, phones, browsers and other programs."""

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
    format: str = "saved_model",
) -> pathlib.Path | None:
    """Writes the next version of a model for other programs.

    Args:
        gan: A model, or what `from_preset` takes.
        model_base: Directory of the versions 1, 2, ...; it is made.
        ema: Whether to take the averaged weights.
        check: Whether the version is judged first, in a process of its own, by
            the rules and the loader of the server; `"saved_model"` only.
        format: `"saved_model"` for TensorFlow Serving; `"tflite"` or
            `"onnx"` for versions in a folder of that name, a file for each
            way to call the model. They take `latent`, float32 [B, Z], and
            `label`, int64 [B], or float32 [B, L] where an image may have
            several, and give `images`, float32 [B, H, W, C] in [-1, 1], at
            most 0.1 of 255 grey levels from the model's own; those of
            translators take such images as `image`.

    Returns:
        The directory of the new version; None if it was refused.

    Raises:
        UserError: If there is no such model, the place cannot be written, a
            package for the format is not installed, or it does not take the
            model.

    Example:
        >>> import tempfile
        >>> import tfgan_transfer as tt
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     tt.export("zoo:faces_32", folder).name
        '1'
    """
    base = records.place(model_base, "model_base")
    with records.on_disk(gan) as path:
        return exporting.export(
            path, str(base), ema=ema, checked=check, format=format
        )
