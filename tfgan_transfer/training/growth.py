"""The state of a model that has grown in the middle of its run."""

import re

from tfgan_transfer.training.checkpoint import Groups

_GROWN = re.compile(r"(?:\w+/)?grown\d+_")


def grown(before: Groups, new: Groups) -> Groups:
    """Carries the state of a smaller model over to a larger one.

    Weights, averages and Adam's moments go on where they stopped, and so do
    its counts of steps; what the larger model has grown is as it was made.
    Pure, so that a run that is killed while it grows does it again, with the
    same result.

    Args:
        before: What `checkpoint.gather` returned for the smaller model.
        new: The same for the larger one, as built.

    Returns:
        What the larger model starts from: the groups and paths of `new`.

    Raises:
        ValueError: If a weight of the smaller model is not in the larger one,
            or has another shape there, or the larger one has others that are
            not grown; each one is listed.
    """
    differences = []
    for name in sorted({*before, *new}):
        old, own = before.get(name, {}), new.get(name, {})
        for path in sorted({*old, *own}):
            if path not in own:
                differences.append(f"+ {name}/{path} is not in the model")
            elif path not in old:
                if not _GROWN.match(path):
                    differences.append(f"- {name}/{path} has not grown")
            elif old[path].shape != own[path].shape:
                differences.append(
                    f"! {name}/{path} has shape {own[path].shape} in the "
                    f"model, {old[path].shape} before"
                )
    if differences:
        raise ValueError(
            "The model has not grown from the one before:\n"
            + "\n".join(differences)
        )
    return {
        name: {
            path: before[name].get(path, value) for path, value in own.items()
        }
        for name, own in new.items()
    }
