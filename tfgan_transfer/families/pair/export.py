"""What is exported of two translators."""

from tfgan_transfer.serving.export import signatures as serving
from tfgan_transfer.serving.export import translation
from tfgan_transfer.trained.opening import Opened
from tfgan_transfer.trained.translators import Translators


def signatures(opened: Opened, ema: bool) -> dict[str, serving.Signature]:
    """The ways in which exported translators can be called.

    Args:
        opened: The model.
        ema: Whether to take the averaged weights.
    """
    model = _translators(opened, ema)
    fit = opened.record["flags"]["fit"]
    return translation.of_translators(model.networks, model.image_shape, fit)


def tensors(opened: Opened, ema: bool) -> dict[str, serving.Signature]:
    """The same for runtimes that take numbers only, no files."""
    model = _translators(opened, ema)
    return translation.of_images(model.networks, model.image_shape)


def _translators(opened: Opened, ema: bool) -> Translators:
    [found] = opened.checkpoints
    return Translators.of(found, ema=ema)


def card(opened: Opened, ema: bool) -> dict:
    """What the card of exported translators says of them."""
    run = opened.record
    flags = run["flags"]
    kept = ("fingerprint", "images_a", "images_b", "holdout")
    return {
        "image_shape": run["translator"]["image_shape"],
        "fit": flags["fit"],
        "weights": "averaged translators" if ema else "translators",
        "data": {
            "source_a": flags["data_a"],
            "source_b": flags["data_b"],
            **{name: run["data"].get(name) for name in kept},
        },
    }
