"""Grids, rows and tables of a study, without training."""

import json

import pytest

from tfgan_transfer.cli import study, study_report
from tfgan_transfer.errors import UserError


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


def test_variants_are_names_or_flags():
    assert study.variants(None).keys() == study.CONFIGURATIONS.keys()
    named = study.variants(["slow: --transfer=both --generator_lr=1e-5"])
    assert named == {"slow": {"transfer": "both", "generator_lr": "1e-5"}}
    for wrong in ("nothing", "x: --flag", ": --a=b"):
        with pytest.raises(UserError, match="--variant: expected one of"):
            study.variants([wrong])


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
    with pytest.raises(UserError, match="--steps=5 then, 6 now"):
        study.Study(tmp_path, {"steps": 6}, named).done(cell)
