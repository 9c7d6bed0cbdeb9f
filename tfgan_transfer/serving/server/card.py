"""The model card that lies in a version."""

import json
import pathlib

FILE = "model.json"


def read(path: pathlib.Path) -> dict:
    """The model card of a version, {} where it has none that can be read."""
    for place in (path / "assets.extra" / FILE, path / FILE):
        try:
            found = json.loads(place.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            continue
        if isinstance(found, dict):
            return found
    return {}
