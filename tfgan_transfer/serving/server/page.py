"""The page at `/`: the model card, and a form that draws images."""

import html
import json
import pathlib

import tensorflow as tf

from tfgan_transfer.serving import card
from tfgan_transfer.serving.servable import Servable
from tfgan_transfer.serving.server.versions import Version

_TEMPLATE = pathlib.Path(__file__).with_name("page.html")


def render(model: str, version: Version) -> str:
    """The page for a loaded version.

    Args:
        model: Name of the model.
        version: It must stay loaded meanwhile.
    """
    about = card.read(version.servable.path)
    data = {
        "model": model,
        "version": version.number,
        "card": about,
        "quality": card.sentence(about) if about else "",
        "signatures": drawing(version.servable),
    }
    # "<" would end the script element that holds the data.
    text = json.dumps(data).replace("<", "\\u003c")
    page = _TEMPLATE.read_text(encoding="utf-8")
    page = page.replace("{{title}}", html.escape(f"{model} {version.number}"))
    return page.replace("{{data}}", text)


def failure(message: str) -> str:
    """The page while no version is served."""
    return (
        f"<!doctype html><title>no model</title><p>{html.escape(message)}</p>"
    )


def drawing(servable: Servable) -> dict[str, dict]:
    """What the form has to know of each signature that returns images.

    Returns:
        Signature -> {"inputs": {name: {"dtype", "shape"}}, "output": name}.
        Shapes are those of one row.
    """
    found = {}
    for name, signature in sorted(servable.signatures.items()):
        images = [key for key in signature.outputs if key.endswith("_bytes")]
        if images and signature.inputs:
            found[name] = {
                "output": images[0],
                "outputs": len(signature.outputs),
                "inputs": {
                    key: _describe(info)
                    for key, info in sorted(signature.inputs.items())
                },
            }
    return found


def _describe(info: object) -> dict:
    dims = [dim.size for dim in info.tensor_shape.dim]
    dtype = tf.dtypes.as_dtype(info.dtype)
    kind = "integer" if dtype.is_integer else "number"
    if dtype == tf.string:
        kind = "string"
    return {"dtype": kind, "shape": dims[1:]}
