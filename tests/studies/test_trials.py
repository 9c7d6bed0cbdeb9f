"""Studies and rankings with real, tiny trainings."""

import json
import shutil
import signal
import sys

import pytest
import tensorflow as tf

from tests.support.mean_colours import MeanColours
from tfgan_transfer.errors import UserError
from tfgan_transfer.studies import ranking, study, trials
from tfgan_transfer.training.interruption import EXIT_RUN_AGAIN
from tfgan_transfer.transfer.rank import Round

TINY = {
    "data": "digits",
    "channels": 1,
    "size": 8,
    "width": 4,
    "latent_size": 8,
    "batch_size": 8,
    "n_critic": 1,
    "holdout": 40,
    "steps": 4,
    "eval_every": 2,
    "eval_images": 20,
    "eval_metrics": "swd",
    "best_metric": "swd",
}


@pytest.fixture()
def forked(commands, monkeypatch):
    """Lets `trials` fork its processes, which is faster than starting them."""
    started = []

    class Finished:
        def __init__(self, words, **_):
            done = commands.run(words[2], *words[3:])
            started.append(words)
            self.returncode, self.stdout, self.stderr = done

    def wait_for(words, log):
        finished = Finished(words)
        log.write(finished.stdout + finished.stderr)
        return finished.returncode

    monkeypatch.setattr(trials.subprocess, "run", Finished)
    monkeypatch.setattr(trials, "wait_for", wait_for)
    return started


def test_a_study_runs_each_cell_once(forked, unbroken, tmp_path):
    named = study.variants(["scratch", "both"])
    settings = {k: v for k, v in TINY.items() if k != "data"}
    runs = study.Study(tmp_path / "study", settings, named, {"metrics": "swd"})
    grid = list(study.cells(["digits"], [str(unbroken)], [30], named, range(1)))
    for cell in grid:
        assert not runs.done(cell)
        row = runs.run(cell)
        assert [e["step"] for e in row["evaluations"]] == [2, 4]
        assert row["evaluations"][-1]["swd"] > 0
        assert row["floors"]["swd"]["n_real"] == 20
        assert row["final"]["swd"] > 0 and "swd" in row["protocols"]
        assert runs.done(cell)
    assert len(runs.rows()) == 2
    scratch, both = runs.rows()
    assert scratch["cell"]["source"] is None
    assert both["cell"]["source"] == str(unbroken)
    assert (tmp_path / "study/runs" / grid[1].name / "transfer.json").exists()
    assert not list(tmp_path.glob("study/runs/*/checkpoints"))


def test_sources_are_probed_by_successive_halving(forked, unbroken, tmp_path):
    tf.saved_model.save(MeanColours(), str(tmp_path / "net"))
    copies = [shutil.copytree(unbroken, tmp_path / name) for name in "bc"]
    sources = [str(unbroken), *map(str, copies)]
    given = {
        "data": "digits",
        "limit": 40,
        "inception": str(tmp_path / "net"),
        # Falls over the steps of a run, which a round prolongs.
        "lr_decay": "linear",
    }
    judge = ranking.Judge(sources, given)
    assert len(judge.target) == 40
    scores = judge.zero_cost(sources)
    # Copies of one model, which nothing can tell apart.
    for values in scores.values():
        assert len(set(values.values())) == 1
    folder = tmp_path / "runs"
    rounds = ranking.plan(sources, 120)
    assert rounds == [Round(3, 20), Round(2, 50)]
    results = ranking.probe(judge, sources, given, folder, rounds)
    (_, first), (_, second) = results
    assert list(first) == sources and list(second) == sources[:2]
    reached = [set(values.values()) for values in (first, second)]
    assert len(reached[0]) == len(reached[1]) == 1
    assert reached[0] != reached[1] != {scores["kid"][sources[0]]}
    text = ranking.table(scores, results)
    assert "regret of recall: 0.00000" in text
    assert text.splitlines()[0].split()[:2] == ["source", "fid"]
    # The same command again trains nothing and finds the same.
    forked.clear()
    assert ranking.probe(judge, sources, given, folder, rounds) == results
    assert not forked


def test_regret_is_that_of_the_last_round_of_a_choice():
    scores = {
        "fid": {"a": 1.0, "b": 2.0, "c": 3.0},
        "recall": {"a": 0.0, "b": 0.1, "c": 0.3},
    }
    results = [
        (Round(3, 20), {"a": 0.1, "b": 0.2, "c": 0.5}),
        (Round(2, 50), {"a": 0.09, "b": 0.06}),
    ]
    text = ranking.table(scores, results)
    # Of a it is known after 50 steps, of c, which fell out, after 20.
    assert "regret of fid: 0.03000 (KID at 50 steps" in text
    assert "regret of recall: 0.40000 (KID at 20 steps" in text
    assert [line[0] for line in text.splitlines()[1:4]] == ["b", "a", "c"]


def test_a_budget_too_small_for_probes_is_refused():
    with pytest.raises(UserError, match="budget: 10 steps are too few"):
        ranking.plan(["a", "b"], 10)


def test_sources_are_judged_at_the_size_of_the_target(unbroken, tmp_path):
    tf.saved_model.save(MeanColours(), str(tmp_path / "net"))
    given = {"data": "digits", "limit": 40, "inception": str(tmp_path / "net")}
    seen = {}
    for size in (None, "8", "12"):
        asked = given if size is None else {**given, "size": size}
        judge = ranking.Judge([str(unbroken)], asked)
        seen[size] = judge.size, judge.zero_cost([str(unbroken)])["kid"]
    assert seen[None] == seen["8"] and seen["12"][0] == "12"
    assert seen["12"][1] != seen["8"][1]


def test_sources_of_one_name_are_refused(unbroken, tmp_path):
    with pytest.raises(UserError, match="sources: two are called 'run'"):
        ranking.Judge([str(tmp_path / "a/run"), str(tmp_path / "b/run")], {})


def test_what_a_failed_run_said_is_passed_on(tmp_path):
    with pytest.raises(UserError, match="code 2: error: .*steps"):
        trials.train({"run_dir": tmp_path / "run", "steps": -5})
    assert "--steps" in (tmp_path / "run.log").read_text()


def test_a_stopped_run_is_not_a_failure(tmp_path, monkeypatch):
    monkeypatch.setattr(trials, "wait_for", lambda *_: EXIT_RUN_AGAIN)
    with pytest.raises(trials.Interrupted):
        trials.train({"run_dir": tmp_path / "run"})


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_lets_the_run_save(tmp_path, number):
    saving = (
        "import os, signal, sys, time\n"
        "def stop(*_):\n    time.sleep(0.5)\n    sys.exit(3)\n"
        "signal.signal(signal.SIGTERM, stop)\n"
        "signal.signal(signal.SIGINT, stop)\n"
        f"os.kill(os.getppid(), {int(number)})\n"
        # A terminal sends SIGINT to both.
        f"os.kill(os.getpid(), {int(number)})\n"
        "time.sleep(60)\n"
    )
    with (tmp_path / "log").open("w") as log:
        assert trials.wait_for([sys.executable, "-c", saving], log) == 3


def test_flags_are_spelt_as_absl_reads_them():
    words = trials.command(
        "train", {"flip": False, "ema": True, "limit": None, "steps": 3}
    )
    assert words[1:] == [
        "-m",
        "tfgan_transfer.train",
        "--noflip",
        "--ema",
        "--steps=3",
    ]


def test_protocols_are_those_of_the_last_evaluation(tmp_path):
    rows = [
        {"step": n, "evaluation": [{"name": "kid", "value": n, "protocol": p}]}
        for n, p in ((1, "old"), (2, "new"))
    ]
    text = "\n".join(json.dumps(row) for row in [{"step": 1}, *rows])
    (tmp_path / "metrics.jsonl").write_text(text)
    assert trials.protocols(tmp_path) == {"kid": "new"}
    assert trials.floors(tmp_path) == {}
    assert trials.evaluations(tmp_path) == [
        {"step": 1, "kid": 1},
        {"step": 2, "kid": 2},
    ]


@pytest.mark.parametrize("module", ["study", "rank_sources"])
def test_missing_flags_are_named(commands, module):
    finished = commands.run(f"tfgan_transfer.{module}")
    assert finished.code == 2
    assert "needed" in finished.err and len(finished.err.splitlines()) == 1
