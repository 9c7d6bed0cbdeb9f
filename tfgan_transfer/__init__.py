"""Start a GAN from another GAN: transfer learning for few images."""

import importlib
import sys
import types

__version__ = "0.1.0"

# Public name -> the module that has it. Nothing is imported before it is used,
# so that commands start at once.
_PLACES = {
    "load_images": "library.photos",
    "load_domains": "library.photos",
    "presets": "library.presets",
    "from_preset": "library.presets",
    "save_to_preset": "library.presets",
    "adapt": "library.adaptation",
    "build": "library.adaptation",
    "generate": "library.drawing",
    "translate": "library.drawing",
    "evaluate": "library.measuring",
    "export": "library.publishing",
    "SampleGrid": "library.sample_grid",
    "WGANGP": "library.models",
    "ACGAN": "library.models",
    "StackGAN": "library.models",
    "CycleGAN": "library.models",
    "UserError": "errors",
}
_ROOMS = ("networks", "metrics")
__all__ = sorted([*_PLACES, *_ROOMS])


class _Package(types.ModuleType):
    """Keeps `export` the function where a program imports the command."""

    def __setattr__(self, name: str, value: object) -> None:
        if not (name in _PLACES and isinstance(value, types.ModuleType)):
            super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Package


def __getattr__(name: str) -> object:
    if name in _ROOMS:
        return importlib.import_module(f"{__name__}.{name}")
    if name not in _PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = getattr(
        importlib.import_module(f"{__name__}.{_PLACES[name]}"), name
    )
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


if "keras" in sys.modules:
    # Whoever uses Keras already may load a saved model without a word to us.
    importlib.import_module(f"{__name__}.library.models")
