"""Pictures of a study: learning curves, and samples side by side."""

import pathlib
import statistics
from collections.abc import Sequence

from tfgan_transfer.studies.study import (
    Cell,
    cells_where,
    distinct,
    short,
    steering,
)


def _figure(panels: int, width: float, height: float):
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    return pyplot.subplots(
        1, panels, figsize=(width * panels, height), squeeze=False
    )


def _save(figure, path: pathlib.Path) -> None:
    from matplotlib import pyplot

    figure.tight_layout()
    figure.savefig(path, dpi=120, bbox_inches="tight")
    pyplot.close(figure)


def curves(rows: Sequence[dict], path: pathlib.Path) -> None:
    """Draws a metric over steps: a panel per size, a line per variant.

    The metric is KID or, where it was not measured, the first one that was.

    Args:
        rows: Rows of one target.
        path: File to write.
    """
    metric = steering(rows[0]["evaluations"][0])
    sizes = distinct(rows, "images")
    figure, axes = _figure(len(sizes), 4, 3.2)
    for axis, size in zip(axes[0], sizes, strict=True):
        here = cells_where(rows, images=size)
        for variant in distinct(here, "variant"):
            points: dict[int, list[float]] = {}
            for row in cells_where(here, variant=variant):
                for evaluation in row["evaluations"]:
                    if metric in evaluation:
                        value = evaluation[metric]
                        points.setdefault(evaluation["step"], []).append(value)
            steps = sorted(points)
            axis.errorbar(
                steps,
                [statistics.fmean(points[s]) for s in steps],
                [
                    statistics.stdev(points[s]) if len(points[s]) > 1 else 0
                    for s in steps
                ],
                label=variant,
                capsize=2,
                marker=".",
            )
        axis.set(title=f"{size or 'all'} images", xlabel="steps")
        axis.set(ylabel=metric, yscale="log")
    axes[0][0].legend(fontsize=7)
    _save(figure, path)


def samples(rows: Sequence[dict], study_dir: pathlib.Path) -> None:
    """Sets real images beside the last samples of each run of one seed.

    Writes `TARGET_SIZE_samples.png` for each size into the study's directory.

    Args:
        rows: Rows of one target.
        study_dir: The study's directory, which holds the runs.
    """
    from PIL import Image

    for size in distinct(rows, "images"):
        here = cells_where(rows, images=size)
        here = cells_where(here, seed=here[0]["cell"]["seed"])
        panels = {}
        for row in here:
            cell = Cell(**row["cell"])
            folder = study_dir / "runs" / cell.name / "samples"
            grids = sorted(folder.glob("ema-*.png"))
            if grids:
                source = f", {short(cell.source)}" if cell.source else ""
                panels.setdefault("real", folder / "real.png")
                panels[cell.variant + source] = grids[-1]
        if not panels:
            continue
        figure, axes = _figure(len(panels), 3, 3.2)
        for axis, (title, file) in zip(axes[0], panels.items(), strict=True):
            with Image.open(file) as grid:
                axis.imshow(grid.convert("RGB"))
            axis.set(title=title)
            axis.axis("off")
        name = f"{short(rows[0]['cell']['target'])}_{size or 'all'}_samples.png"
        _save(figure, study_dir / name)
