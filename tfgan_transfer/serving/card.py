"""The model card that lies in a version."""

import json
import math
import pathlib
from collections.abc import Mapping

# Folder of a SavedModel that servers leave alone, and the card in it.
EXTRA, FILE = "assets.extra", "model.json"


def read(path: pathlib.Path) -> dict:
    """The model card of a version, {} where it has none that can be read."""
    for place in (path / EXTRA / FILE, path / FILE):
        try:
            found = json.loads(place.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            continue
        if isinstance(found, dict):
            return found
    return {}


def sentence(card: Mapping) -> str:
    """Which step a version holds, and how good it was measured to be.

    Args:
        card: What `read` returned; anybody may have written it.
    """
    step, weights = card.get("step"), card.get("weights")
    told = f"step {step:,}" if isinstance(step, int) else "unknown step"
    if isinstance(weights, str) and weights:
        told += f", {weights}"
    scores = card.get("metrics")
    values = [
        _value(name, score)
        for name, score in (
            scores.items() if isinstance(scores, Mapping) else ()
        )
        # Those of single classes would fill the screen.
        if "/" not in str(name)
    ]
    known = [value for value in values if value]
    if not known:
        return f"{told}; nothing was measured of it, `evaluate` does"
    if any("protocol" in s for s in scores.values() if isinstance(s, Mapping)):
        known.append(f"how: metrics in {FILE}")
    return f"{told}; {'; '.join(known)}"


def _value(name: str, score: object) -> str:
    """A metric with what real pictures get, and of how many it is."""
    if not isinstance(score, Mapping):
        score = {"value": score}
    if not _number(score.get("value")):
        return ""
    text = f"{name} {score['value']:.4g}"
    floor = score.get("floor")
    if isinstance(floor, Mapping) and _number(floor.get("value")):
        text += f", real pictures {floor['value']:.4g}"
    said = [
        f"{score[key]:,} {word}"
        for key, word in (("n_real", "real"), ("n_fake", "generated"))
        if isinstance(score.get(key), int)
    ]
    return f"{text} ({' and '.join(said)})" if said else text


def _number(value: object) -> bool:
    return isinstance(value, int | float) and math.isfinite(value)
