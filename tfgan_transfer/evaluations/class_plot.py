"""AC-GAN's joint picture: are the classes that look right also varied?"""

import pathlib

import numpy as np

from tfgan_transfer.errors import UserError
from tfgan_transfer.metrics.evaluate import Evaluation, require_for_picture
from tfgan_transfer.metrics.label_accuracy import class_accuracies
from tfgan_transfer.metrics.ms_ssim import Diversity, intra_class_ms_ssim

# The two metrics that it is drawn of.
SHOWN = ("label_accuracy", "class_ms_ssim")


def save_class_plot(run: Evaluation, path: str) -> str:
    """Draws each label's accuracy over the similarity of its samples.

    Odena et al. (2017), figure 10. The line is the most uniform real class:
    to its right, a class has collapsed.

    Args:
        run: An evaluation with labels.
        path: File to write.

    Returns:
        One line: the file, the number of labels, and r^2.

    Raises:
        UserError: If there are no labels, or the file cannot be written.
    """
    require_for_picture("--class_plot", SHOWN, run.material)
    labels, samples = run.labels, run.samples[0]
    asked = labels.samples[0]
    accuracy = class_accuracies(run.judge, samples, asked)
    diversity = intra_class_ms_ssim(run.real, labels.real, samples, asked)
    shown = sorted(accuracy.keys() & diversity.fake.keys())
    points = np.array([[diversity.fake[c].value, accuracy[c]] for c in shown])
    r2 = np.nan
    if len(shown) > 2 and points.std(axis=0).all():
        r2 = np.corrcoef(points.T)[0, 1] ** 2
    names = [labels.vocabulary[c] for c in shown]
    try:
        _draw(points, names, diversity, pathlib.Path(path))
    except (OSError, ValueError) as error:
        raise UserError(
            f"--class_plot: {path!r} cannot be written ({error}); give a place "
            "that can be, and a suffix such as .png"
        ) from error
    return f"{path}: {len(shown)} labels, r^2 = {r2:.2f}"


def _draw(
    points: np.ndarray,
    names: list[str],
    diversity: Diversity,
    path: pathlib.Path,
) -> None:
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, axis = pyplot.subplots(figsize=(6, 4.5))
    axis.scatter(*points.T, s=14)
    for name, point in zip(names, points, strict=True):
        axis.annotate(name, point, fontsize=7)
    most = max(score.value for score in diversity.real.values())
    axis.axvline(most, linestyle="--", label="most uniform real class")
    axis.set(xlabel="MS-SSIM within the class", ylabel="accuracy", ylim=(0, 1))
    axis.legend(fontsize=7)
    figure.tight_layout()
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=120)
    pyplot.close(figure)
