"""One directory per run, one process per directory, one set of settings."""

import json
import subprocess
import sys

import pytest
from absl import flags as absl_flags

from tfgan_transfer.errors import UserError
from tfgan_transfer.training import checkpoint
from tfgan_transfer.training.run_directory import (
    SAFE,
    RunDirectory,
    refuse_changes,
    rows,
    write_atomically,
)

STORED = {
    "run_dir": "runs/first",
    "data": "folder:my photos",
    "batch_size": 64,
    "generator_lr": 1e-4,
    "seed": 0,
    "steps": 1000,
    "lr_decay": "none",
    "flip": False,
    "limit": None,
}


def config(**flags: object) -> dict:
    return {"flags": {**STORED, **flags}, "data": {"fingerprint": "f"}}


def test_nothing_is_made_before_create(tmp_path):
    run = RunDirectory(tmp_path / "a" / "run")
    assert run.read_config() is None
    assert list(tmp_path.iterdir()) == []
    run.create()
    assert run.samples.is_dir()
    assert run.read_config() is None


HOLDER = """
import sys
from tfgan_transfer.training.run_directory import RunDirectory
run = RunDirectory(sys.argv[1])
run.create()
print("locked", flush=True)
sys.stdin.read()
"""


def test_a_second_process_is_refused_until_the_first_has_gone(tmp_path):
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout.readline() == "locked\n"
        with pytest.raises(UserError, match="another process is training in"):
            RunDirectory(tmp_path).create()
        process.kill()
    RunDirectory(tmp_path).create()


def test_release_gives_the_lock_back(tmp_path):
    run = RunDirectory(tmp_path)
    run.create()
    run.release()
    RunDirectory(tmp_path).create()


def test_a_directory_that_cannot_be_made(tmp_path):
    (tmp_path / "file").write_text("")
    run = RunDirectory(tmp_path / "file" / "run")
    with pytest.raises(UserError, match="is not a directory"):
        run.read_config()
    with pytest.raises(UserError, match="cannot write to .* give a directory"):
        run.create()


def test_unknown_home_is_a_name_like_any_other(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert RunDirectory("~nobody-of-that-name/run").read_config() is None


@pytest.mark.parametrize(
    "content", ["", "{", "[]", "3", "null", '{"flags": {}}', "\udcff"]
)
def test_a_damaged_config_is_named(tmp_path, content):
    (tmp_path / "config.json").write_bytes(
        content.encode("utf-8", "surrogateescape")
    )
    with pytest.raises(UserError, match="config.json cannot be read") as caught:
        RunDirectory(tmp_path).read_config()
    assert "\n" not in caught.value.command_line


def test_checkpoints_without_a_config_are_not_a_new_run(tmp_path):
    (tmp_path / "checkpoints").mkdir()
    with pytest.raises(UserError, match="config.json .*missing"):
        RunDirectory(tmp_path).read_config()


def test_config_round_trip(tmp_path):
    run = RunDirectory(tmp_path)
    run.write_config(config(data="folder:Ünïcode photos #1"))
    assert run.read_config() == config(data="folder:Ünïcode photos #1")


def test_flags_txt_is_a_flagfile_of_the_same_settings(tmp_path):
    data = "folder:/my photos/#1 é"
    RunDirectory(tmp_path).write_config(config(data=data))
    values = absl_flags.FlagValues()
    for name in ("run_dir", "data", "lr_decay"):
        absl_flags.DEFINE_string(name, None, "", flag_values=values)
    for name in ("batch_size", "seed", "steps", "limit"):
        absl_flags.DEFINE_integer(name, None, "", flag_values=values)
    absl_flags.DEFINE_float("generator_lr", None, "", flag_values=values)
    absl_flags.DEFINE_bool("flip", None, "", flag_values=values)
    absl_flags.DEFINE_string("flagfile", None, "", flag_values=values)
    values(["train", f"--flagfile={tmp_path / 'flags.txt'}"])
    assert {name: values[name].value for name in STORED} == {
        **STORED,
        "data": data,
    }


def test_no_changes_and_safe_ones_pass():
    refuse_changes(STORED, {})
    refuse_changes(STORED, {"batch_size": 64, "generator_lr": 1e-4})
    refuse_changes(STORED, dict.fromkeys(SAFE, "anything"))


def test_every_difference_is_listed():
    with pytest.raises(UserError) as caught:
        refuse_changes(
            STORED, {"batch_size": 32, "seed": 1, "flip": True, "steps": 5}
        )
    message = caught.value.command_line
    assert "--batch_size=32 (the run has 64)" in message
    assert "--seed=1 (the run has 0)" in message
    assert "--flip=True (the run has False)" in message
    assert "--steps" not in message
    assert "\n" not in message


def test_linear_decay_fixes_the_number_of_steps():
    linear = {**STORED, "lr_decay": "linear"}
    refuse_changes(linear, {})
    refuse_changes(linear, {"steps": 1000})
    with pytest.raises(UserError, match="steps=2000 .*falls linearly"):
        refuse_changes(linear, {"steps": 2000})


def test_safe_settings_do_not_decide_weights():
    decisive = """batch_size n_critic seed size channels fit flip limit holdout
    network width latent_size latent_prior critic_norm spectral_norm
    sync_batch_norm adversarial_loss gradient_penalty r1 r2 clip ema_decay
    generator_lr critic_lr adam_beta1 adam_beta2 lr_decay precision model"""
    assert not SAFE & set(decisive.split())


def test_metrics_are_cut_back_to_a_step(tmp_path):
    run = RunDirectory(tmp_path)
    for step in (5, 10, 15):
        run.append_metrics({"step": step, "loss": 0.1 * step})
    with run.metrics.open("a") as file:
        file.write('{"step": 20, "lo')
    run.truncate_metrics(10)
    lines = run.metrics.read_text().splitlines()
    assert [json.loads(line)["step"] for line in lines] == [5, 10]
    run.append_metrics({"step": 15})
    assert len(run.metrics.read_text().splitlines()) == 3


def test_a_row_that_lost_its_beginning_is_dropped(tmp_path):
    run = RunDirectory(tmp_path)
    run.metrics.write_text('7}\n{"step": 5}\n[1]\n{"loss": 1}\n"step"\n')
    run.truncate_metrics(10)
    assert run.metrics.read_text() == '{"step": 5}\n'


def test_truncating_what_is_not_there(tmp_path):
    RunDirectory(tmp_path).truncate_metrics(10)
    assert list(tmp_path.iterdir()) == []


def test_atomic_write_keeps_the_old_text_when_it_fails(tmp_path, monkeypatch):
    path = tmp_path / "file.txt"
    write_atomically(path, "old")

    def fail(descriptor):
        raise OSError("disk full")

    monkeypatch.setattr("os.fsync", fail)
    with pytest.raises(OSError, match="disk full"):
        write_atomically(path, "new")
    assert path.read_text() == "old"


def test_a_row_cut_off_by_a_kill_is_left_out(tmp_path):
    run = RunDirectory(tmp_path)
    assert run.evaluations() == []
    scores = [{"name": "kid", "value": 0.5}]
    run.append_metrics({"step": 1, "critic_loss": 2.0})
    run.append_metrics({"step": 2, "evaluation": scores})
    with run.metrics.open("a") as file:
        file.write('{"step": 3, "evalua')
    assert [row["step"] for row in rows(run.metrics)] == [1, 2]
    assert run.evaluations() == [{"step": 2, "evaluation": scores}]
    run.truncate_metrics(step=1)
    assert run.metrics.read_text() == '{"step": 1, "critic_loss": 2.0}\n'


def test_rows_of_other_bytes_or_types_are_left_out(tmp_path):
    run = RunDirectory(tmp_path)
    good = {"step": 1, "evaluation": [{"name": "kid", "value": 0.5}]}
    bad = [
        b'{"step": "2"}',
        b'{"step": null}',
        b'{"step": 2, "evaluation": 3}',
        b'{"step": 2, "evaluation": [3]}',
        b'{"step": 2, "evaluation": [{"name": "kid", "value": "low"}]}',
        b'{"step": 2, "evaluation": [{"value": 1}]}',
        b"\xff\xfe\x00",
        b"[" * 100_000,
    ]
    lines = [*bad, json.dumps(good).encode()]
    run.metrics.write_bytes(b"\n".join(lines) + b"\n")
    assert run.evaluations() == [good]
    run.truncate_metrics(10)
    assert run.metrics.read_text() == json.dumps(good) + "\n"


RECORD = {
    "flags": {"batch_size": 64, "steps": 1000, "log_every": 5, "xla": "off"},
    "data": {"fingerprint": "f"},
    "latent_prior": "normal",
}


@pytest.mark.parametrize(
    "flags, words",
    [
        ({"batch_size": 32}, "flags.batch_size is 32, the run was started"),
        ({"batch_size": "64"}, "flags.batch_size is '64'"),
        ({"batch_size": None}, "flags.batch_size is None"),
        ({"steps": "many"}, "flags.steps is 'many'"),
        ({"steps": 10.5}, "flags.steps is 10.5"),
        ({"log_every": 0}, "flags.log_every is 0"),
        ({"log_every": [5]}, "flags.log_every is"),
        ({"xla": 3}, "flags.xla is 3"),
    ],
)
def test_an_edited_config_is_refused(tmp_path, flags, words):
    run = RunDirectory(tmp_path)
    checkpoint.save(run.checkpoints, 5, {}, run=RECORD)
    run.write_config({**RECORD, "flags": RECORD["flags"] | flags})
    with pytest.raises(UserError, match="is not what the run wrote") as caught:
        run.read_config()
    assert (
        words in caught.value.command_line
        and "step 5" in caught.value.command_line
        and "cannot be read" not in caught.value.command_line
    )


def test_a_setting_that_was_taken_out_of_the_config_is_named(tmp_path):
    run = RunDirectory(tmp_path)
    checkpoint.save(run.checkpoints, 5, {}, run=RECORD)
    left = {k: v for k, v in RECORD["flags"].items() if k != "batch_size"}
    run.write_config({**RECORD, "flags": left})
    with pytest.raises(UserError, match="batch_size is missing"):
        run.read_config()
    run.write_config({**RECORD, "latent_prior": "uniform"})
    with pytest.raises(UserError, match="latent_prior is not what the run"):
        run.read_config()


def test_what_a_run_may_change_itself_is_no_edit(tmp_path):
    run = RunDirectory(tmp_path)
    checkpoint.save(run.checkpoints, 5, {}, run=RECORD)
    grown = {**RECORD["flags"], "steps": 2000, "xla": "on", "new": 1}
    config = {**RECORD, "flags": grown, "library": "9"}
    run.write_config(config)
    assert run.read_config() == config


def test_a_new_plan_that_no_checkpoint_tells_of_is_no_edit(tmp_path):
    """A process that is killed after it, before its next checkpoint."""
    run = RunDirectory(tmp_path)
    plan = {"critic_schedule": "network:9,both:8", "lr_constant_steps": 0}
    record = {**RECORD, "timetable": [[0, 1.0], [17, 9.0]]}
    record["flags"] = {**RECORD["flags"], **plan, "steps": 17}
    checkpoint.save(run.checkpoints, 5, {}, run=record)
    changed = {"critic_schedule": "network:9,both:5", "steps": 14}
    config = {**record, "flags": record["flags"] | changed}
    config["timetable"] = [[0, 1.0], [14, 9.0]]
    run.write_config(config)
    assert run.read_config() == config
    run.write_config({**config, "flags": config["flags"] | {"batch_size": 8}})
    with pytest.raises(UserError, match="batch_size is 8"):
        run.read_config()
    # Without hours nothing but its user changes a schedule.
    alone = {k: v for k, v in config.items() if k != "timetable"}
    run.write_config(alone)
    with pytest.raises(UserError, match="critic_schedule is 'network:9,both:5"):
        run.read_config()


def test_a_full_disk_leaves_no_half_written_file(tmp_path, monkeypatch):
    write_atomically(tmp_path / "file.txt", "old")

    def fail(descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", fail)
    with pytest.raises(OSError, match="No space left"):
        write_atomically(tmp_path / "file.txt", "new")
    with pytest.raises(OSError, match="No space left"):
        checkpoint.save(tmp_path / "checkpoints", 1, {"net": {}})
    assert [p.name for p in tmp_path.iterdir() if p.is_file()] == ["file.txt"]
    assert list((tmp_path / "checkpoints").iterdir()) == []
