"""Grids, rows and tables of a study, without training."""

import json

import pytest

from tfgan_transfer.errors import UserError
from tfgan_transfer.settings import recipes
from tfgan_transfer.studies import study
from tfgan_transfer.studies import tables as study_report


def row(variant, seed, kids, images=100, source="zoo:a", target="folder:t"):
    curve = [
        {"step": 10 * (i + 1), "kid@mixed_7": k, "fid@mixed_7": 10 * k}
        for i, k in enumerate(kids)
    ]
    cell = study.Cell(target, images, source, variant, seed)
    return {
        "cell": cell._asdict(),
        "flags": {},
        "evaluations": curve,
        "protocols": {"kid@mixed_7": "kid/unbiased"},
        "final": {"iw_distance": 2 * kids[-1]},
    }


def test_a_variant_from_nothing_is_run_once_for_all_sources():
    named = study.variants(["scratch", "both"])
    grid = list(study.cells(["t"], ["a", "b"], [5], named, range(2)))
    assert [(c.variant, c.source, c.seed) for c in grid] == [
        ("scratch", None, 0),
        ("both", "a", 0),
        ("both", "b", 0),
        ("scratch", None, 1),
        ("both", "a", 1),
        ("both", "b", 1),
    ]


def test_the_grid_of_the_flags_counts_seeds_from_the_first():
    own = dict.fromkeys(["target_sizes", "sources", "first_seed"])
    own |= {"target": ["digits"], "study_seeds": None}
    named = study.variants(["scratch"])
    assert [cell.seed for cell in study.grid(own, named)] == [0]
    own |= {"first_seed": 3, "study_seeds": 2, "target_sizes": ["9", "50"]}
    found = [(cell.seed, cell.images) for cell in study.grid(own, named)]
    assert found == [(3, 9), (3, 50), (4, 9), (4, 50)]


def test_variants_are_names_or_flags():
    assert study.variants(None).keys() == study.CONFIGURATIONS.keys()
    named = study.variants(["slow: --transfer=both --generator_lr=1e-5"])
    assert named == {"slow": {"transfer": "both", "generator_lr": "1e-5"}}
    for wrong in ("nothing", "x: --flag", ": --a=b"):
        with pytest.raises(UserError, match="variant: expected one of"):
            study.variants([wrong])


def test_a_variant_may_name_a_recipe(tmp_path):
    named = study.variants(
        [
            "best: --recipe=few_images --flip=false",
            "alone: --recipe=from_nothing",
        ]
    )
    grid = list(study.cells(["t"], ["a"], [5], named, range(1)))
    assert [(c.variant, c.source) for c in grid] == [
        ("best", "a"),
        ("alone", None),
    ]
    own = study.Study(tmp_path, {"size": "32", "batch_size": 8}, named)
    flags = own._flags(grid[0])
    recipe = recipes.read("few_images")
    changed = {
        "recipe": "few_images",
        "flip": "false",
        "size": "32",
        **{"data": "t", "limit": 5, "source": "a", "seed": 0},
    }
    assert flags == {**recipe, **changed}
    assert flags["batch_size"] == 64 and flags["critic_schedule"]
    with pytest.raises(UserError, match="recipe: .*few_imagse"):
        study.variants(["best: --recipe=few_imagse"])


def test_names_of_directories_tell_cells_apart():
    cell = study.Cell("zip:data/cats.zip#train", 100, "zoo:a", "both", 1)
    assert cell.name == "both_a_cats-train_100_1"
    assert cell._replace(images=None, source=None).name == (
        "both_none_cats-train_all_1"
    )


def test_best_is_the_evaluation_with_the_lowest_kid():
    measured = row("both", 0, [0.3, 0.1, 0.2])
    assert study_report.metric_of(measured, "kid", "best") == 0.1
    assert study_report.metric_of(measured, "kid", "last") == 0.2
    # The FID of that evaluation, not the lowest FID.
    measured["evaluations"][2]["fid@mixed_7"] = 0.5
    assert study_report.metric_of(measured, "fid", "best") == 1.0
    assert study_report.metric_of(measured, "iw_distance", "best") == 0.4
    assert study_report.metric_of(measured, "recall", "last") is None


def test_without_kid_the_first_metric_steers_and_has_a_column():
    measured = row("both", 0, [0.3, 0.1, 0.2])
    for evaluation, swd in zip(
        measured["evaluations"], (3.0, 2.0, 1.0), strict=True
    ):
        del evaluation["kid@mixed_7"], evaluation["fid@mixed_7"]
        evaluation["swd"] = swd
    assert study_report.metric_of(measured, "swd", "best") == 1.0
    assert study_report.metrics([measured]) == ["iw_distance", "swd"]
    text = study_report.configurations([measured], "last")
    assert "| both, a | 0.4 | 1 | 1 |" in text


def test_other_networks_have_other_names():
    assert study.find({"kd[net@pool]": 1}, "kid") == "kd[net@pool]"
    assert study.find({"kid_extra": 1}, "kid") is None
    values = {"per_class_fd[net@pool]/cat": 1, "per_class_fd[net@pool]": 2}
    assert study.find(values, "per_class_fid") == "per_class_fd[net@pool]"


def test_tables_have_mean_and_spread_over_seeds():
    rows = [row("both", s, [0.5, 0.1 + 0.2 * s]) for s in (0, 1)]
    rows.append(row("scratch", 0, [0.9, 0.8], source=None))
    text = study_report.configurations(rows, "last")
    assert "| both, a | 0.2 ± 0.1 | 2 ± 1 | 0.4 ± 0.3 | 2 |" in text
    assert "| scratch | 0.8 | 8 | 1.6 | 1 |" in text
    sizes = study_report.target_sizes(
        [*rows, row("both", 0, [0.05], images=500)], "kid", "last"
    )
    assert "| kid, last | 100 | 500 |" in sizes
    assert "| both, a | 0.2 ± 0.1 | 0.05 |" in sizes
    assert "| scratch | 0.8 | - |" in sizes
    sources = study_report.sources(
        [*rows, row("both", 0, [0.3], source="zoo:b")], "kid", "last"
    )
    assert "| kid, last | a | scratch | b |" in sources
    assert "| t, 100 | 0.2 ± 0.1 | 0.8 | 0.3 |" in sources


def conditional_row(variant, seed, kids, images=100):
    """A row whose class `cat` has the KIDs, and class `dog` ten times them."""
    measured = row(variant, seed, kids, images)
    for evaluation, kid in zip(measured["evaluations"], kids, strict=True):
        evaluation["per_class_kid@mixed_7/cat"] = kid
        evaluation["per_class_kid@mixed_7/dog"] = 10 * kid
        evaluation["per_class_kid@mixed_7"] = 5.5 * kid
        evaluation["kid@mixed_7"] = 3 * kid
    measured["floors"] = {
        name: {"value": 0.001, "n_real": 50, "n_fake": 25}
        for name in evaluation
        if "dog" not in name
    }
    return measured


def test_a_column_for_each_class_at_three_checkpoints():
    rows = [
        conditional_row("both", seed, [0.8, 0.4, 0.2, 0.02 + 0.04 * seed])
        for seed in (0, 1)
    ]
    text = study_report.per_class(rows, "kid")
    assert text.splitlines()[2:] == [
        "| kid | steps | cat | dog | Avg. | All |",
        "| --- | --- | --- | --- | --- | --- |",
        "| both, a | 10 | 0.8 ± 0 | 8 ± 0 | 4.4 ± 0 | 2.4 ± 0 |",
        "| both, a | 20 | 0.4 ± 0 | 4 ± 0 | 2.2 ± 0 | 1.2 ± 0 |",
        "| both, a | 40 | 0.04 ± 0.03 | 0.4 ± 0.3 | 0.22 ± 0.2 | 0.12 ± 0.08 |",
        "| real images |  | 0.001 ± 0 (25 of 50) | - "
        "| 0.001 ± 0 (25 of 50) | 0.001 ± 0 (25 of 50) |",
    ]
    assert study_report.per_class(rows, "fid") == ""
    shown = study.last(rows[0])
    assert shown["per_class_kid@mixed_7"] == pytest.approx(0.11)
    assert not any("cat" in name for name in shown)
    # Single classes are no columns of the other tables, the mean is one.
    head = study_report.configurations(rows, "last").splitlines()[2]
    assert head == (
        "| configuration | kid | fid | iw_distance | per_class_kid | seeds |"
    )


def test_checkpoints_are_the_ends_and_the_geometric_middle():
    for steps, shown in (
        ([250, 2500, 12500, 25000], [250, 2500, 25000]),
        ([5, 10], [5, 10]),
        ([5], [5]),
    ):
        evaluations = [{"step": step} for step in steps]
        assert study_report.checkpoints([{"evaluations": evaluations}]) == shown


def test_images_of_each_class_are_an_axis(tmp_path):
    rows = [
        conditional_row("both", 0, [0.8, 0.4], images) for images in (100, 400)
    ]
    text = study_report.write(rows, tmp_path, "python -m x").read_text()
    assert "## Table 7: images of each class, about" in text
    assert "| per_class_kid, last | 50 | 200 |" in text
    assert "## Table 6: classes" in text and "cat:" not in text
    plain = study_report.write([row("both", 0, [1])], tmp_path, "x").read_text()
    assert "Table 6" not in plain and "Table 7" not in plain


def test_report_and_plot_are_written(tmp_path):
    rows = [row("both", s, [0.5, 0.1]) for s in (0, 1)]
    report = study_report.write(rows, tmp_path, "python -m x")
    text = report.read_text()
    assert text.startswith("`python -m x`")
    assert "- kid@mixed_7: kid/unbiased" in text
    assert (tmp_path / "t.png").read_bytes().startswith(b"\x89PNG")


def test_a_finished_cell_is_not_run_again_with_other_flags(tmp_path):
    cell = study.Cell("folder:t", 100, None, "scratch", 0)
    named = study.variants(["scratch"])
    old = study.Study(tmp_path, {"steps": 5}, named)
    assert not old.done(cell)
    finished = {"cell": cell._asdict(), "flags": old._flags(cell)}
    (tmp_path / study.ROWS).write_text(json.dumps(finished) + "\n")
    assert old.done(cell)
    assert not old.done(cell._replace(seed=1))
    with pytest.raises(UserError, match="steps=5 then, 6 now"):
        study.Study(tmp_path, {"steps": 6}, named).done(cell)
