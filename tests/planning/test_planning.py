"""Sources and times as they really are."""

from tests.support.running import TRAIN
from tfgan_transfer.planning import budget, sources
from tfgan_transfer.trained import saved
from tfgan_transfer.trained.sampling import Sampler


def test_samples_of_a_model_are_nearest_to_it(monkeypatch):
    monkeypatch.setattr(sources, "SAMPLES", 64)
    found = saved.find("zoo:anime_32", "--source")
    sampler = Sampler(saved.generator(found), found.manifest["run"], seed=9)
    ranked = sources.nearest(sampler.draw(64))
    assert [*ranked][0] == "zoo:anime_32" and len(ranked) == 3
    values = [*ranked.values()]
    assert values == sorted(values) and values[0] < values[1] / 5


def test_each_part_of_a_recipe_is_tried(tmp_path, monkeypatch):
    monkeypatch.setattr(budget, "LONGEST", 0.01)
    parts = budget.tried(
        {
            "data": "digits",
            "run_dir": str(tmp_path / "run"),
            "source": "zoo:faces_32",
            "adversarial_loss": "hinge",
            "batch_size": 2,
            "grow": "32:30,40:12",
        }
    )
    assert [part.steps for part in parts] == [30, 12]
    assert [part.size for part in parts] == ["32x32", "40x40"]
    assert all(part.each > 0 for part in parts)
    copied = {row.network for row in parts[0].rows if row.kind == "copied"}
    assert copied == {"generator", "critic"}
    assert not list(tmp_path.iterdir())


def test_a_dry_run_of_two_sets_counts_both(commands, tmp_path):
    flags = ("--data_a=shapes", "--data_b=shapes#outline")
    flags += ("--model=cyclegan", "--steps=2", "--size=24", "--width=2")
    flags += ("--recipe=pairs", "--batch_size=2", "--feature_size=32")
    flags += (f"--run_dir={tmp_path}/run",)
    shown = commands.run(TRAIN, *flags, "--dry_run")
    assert shown.code == 0, shown.err
    pictures = next(x for x in shown.out.splitlines() if "pictures" in x)
    assert "in shapes, " in pictures and "in shapes#outline, " in pictures
    assert "pairs, as asked" in shown.out


def test_a_folder_and_nothing_else(commands, tmp_path):
    """Digits are small and grey: 32 px, one channel, from the zoo."""
    run = tmp_path / "run"
    flags = ("--data=digits", "--limit=60", "--holdout=20", "--steps=4")
    shown = commands.run(TRAIN, *flags, f"--run_dir={run}", "--dry_run")
    assert shown.code == 0, shown.err
    assert not run.exists() and not shown.err
    lines = shown.out.splitlines()
    plan = lines[lines.index(next(x for x in lines if "pictures" in x)) :]
    assert len(plan) <= 12
    for word in ("recipe    few_images", "1, the images are grey", "100% of"):
        assert word in shown.out
    assert f"--run_dir={run}" in plan[-2] and "--holdout=20 " in plan[-2]
    done = commands.run(
        TRAIN, *flags, f"--run_dir={run}", "--batch_size=4", "--hours=0.01"
    )
    assert done.code == 0, done.err
    again = commands.run(TRAIN, f"--run_dir={run}")
    assert "nothing to do" in again.out
