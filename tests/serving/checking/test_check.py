"""`export --check` refuses what TensorFlow Serving would, and says why."""

import os

import numpy as np
import pytest
import tensorflow as tf
from tensorflow_serving.apis import prediction_log_pb2

from tests.support import bad_exports
from tests.support.hand_made import record, warm_up
from tests.support.judging import judged
from tfgan_transfer.serving import check, records, servable, status
from tfgan_transfer.serving.checking import cloader, dynamic_rules, trial

# Rule, name of a version, what is said of it when it is asked.
ALSO_BROKEN = [
    (13, "jit", "XLA compilation disabled"),
    (13, "keras_variables", "Could not find variable"),
    (15, "random", "answers the same request otherwise when asked again"),
    (16, "training", "answers a row otherwise beside 1 more"),
    (18, "good", "takes a row too wide in 'number'"),
]
# Name of a version -> rule, level, and what is said of it.
BROKEN = {
    "latest": (1, "error", "from a directory named 'latest'; rename it"),
    "no_index": (1, "error", "no file variables/variables.index"),
    "closed": (1, "warning", "1 cannot be read by other users"),
    "tags": (2, "error", "the tag serve alone, received 1 (gpu,serve)"),
    "other": (3, "error", "no signature serving_default (received other)"),
    "no_input": (3, "error", "'serving_default' has no input"),
    "half": (4, "error", "output 'half' of 'serving_default' is bfloat16"),
    "fixed": (5, "error", "input 'number' of 'serving_default' has a fixed"),
    "scalar": (5, "error", "input 'number' of 'serving_default' is a scalar"),
    "text": (6, "error", "call it text_bytes to have it in base64"),
    "b64": (6, "error", "input of 'serving_default' is called b64"),
    "jit": (7, "error", "'serving_default' calls a jit-compiled function"),
    "python": (8, "error", "needs Python code, which the server does not"),
    "random": (9, "error", "random numbers of its own (RandomStandardNormal)"),
    "training": (9, "error", "changes a variable (AssignVariableOp)"),
    "keras_variables": (10, "error", "6 variables are used but not stored"),
    "doubled": (10, "error", "144 numbers are stored and 72 used; weights"),
    "idle": (10, "warning", "572 numbers are stored and 72 used"),
    "good": (11, "warning", "no assets.extra/tf_serving_warmup_requests"),
    "many_records": (11, "error", "warmup records exceeds the maximum (1000)"),
    "no_record": (11, "error", "Failed to parse warmup record: 0"),
    "cut_off": (12, "error", ""),
    "one_row": (13, "error", "answers one row but not 2"),
    "mean": (16, "error", "answers a row otherwise beside 1 more: 'centred'"),
    "ragged": (17, "error", "'twice' of 'serving_default' is [4, 4] for 2"),
    "unpacked": (18, "error", "a meaning in 'data' with code 15 instead of 3"),
    "fails_warm_up": (19, "error", "warm-up request 2 fails (Expects arg[0]"),
    "large": (20, "warning", "has 4,194,320 bytes, more than the 4,194,304"),
}  # fmt: skip


@pytest.fixture(scope="module")
def versions(tmp_path_factory):
    return bad_exports.write(tmp_path_factory.mktemp("versions"))


@pytest.fixture(scope="module")
def reports(versions):
    found = judged(*versions.values())
    return dict(zip(versions, found, strict=True))


def findings(report, rule):
    return [f for f in report["findings"] if f["rule"] == rule]


@pytest.mark.parametrize("name", BROKEN)
def test_each_rule_finds_what_breaks_it(reports, name):
    rule, level, said = BROKEN[name]
    found = findings(reports[name], rule)
    assert {f["level"] for f in found} == {level}, reports[name]
    assert any(said in f["message"] for f in found)
    assert reports[name]["accepted"] == (level == "warning")


def test_every_rule_has_been_broken():
    # Equality (14) has a test of its own.
    broken = {rule for rule, *_ in [*BROKEN.values(), *ALSO_BROKEN]}
    assert broken | {14} == {*range(1, 21)}


@pytest.mark.parametrize("rule, name, said", ALSO_BROKEN)
def test_what_is_seen_in_the_graph_is_met_when_asking(
    reports, rule, name, said
):
    assert any(said in f["message"] for f in findings(reports[name], rule))


def test_nothing_is_said_of_what_is_in_order(reports):
    report = reports["warm"]
    assert report["accepted"] and report["findings"] == []
    assert report["tried"] == [*range(1, 21)]
    assert report["loader"].endswith("the C++ loader, XLA turned off")


def test_an_input_is_found_without_records(reports):
    """An image for bytes; for words it takes a record."""
    assert reports["photo"]["tried"] == [*range(1, 21)]
    assert {f["rule"] for f in reports["photo"]["findings"]} == {11}
    (found,) = findings(reports["words"], 13)
    assert found["level"] == "warning"
    assert "not a word" in found["message"]
    assert "record a warm-up request" in found["message"]
    assert 15 not in reports["words"]["tried"]
    assert reports["told_words"]["findings"] == []
    assert reports["told_words"]["tried"] == [*range(1, 21)]


def test_rows_differ_where_they_can(versions):
    def rows(name, key):
        found = trial.Trial(versions[name], cloader.load).rows
        return [row[key].tolist() for row in found["serving_default"]]

    first, mirrored, again = rows("photo", "image_bytes")
    assert first != mirrored and first == again
    red, blue, _ = rows("told_words", "prompt")
    assert (red, blue) == ([b"red"], [b"blue"])
    assert len({tuple(row) for (row,) in rows("warm", "number")}) == 3


def test_another_process_or_eager_mode_may_answer_otherwise(versions):
    asked = trial.Trial(versions["good"], cloader.load)
    answers = asked.answers()
    assert [*dynamic_rules.repetition(asked, answers)] == []
    answers["serving_default"]["twice"] += 1
    (found,) = dynamic_rules.repetition(asked, answers)
    assert "otherwise in another process: 'twice' differs by 1" in found.message
    assert [*dynamic_rules.equality(asked, None)] == []
    asked.path = versions["mean"]
    (found,) = dynamic_rules.equality(asked, None)
    assert found.level == "error" and "its eager run" in found.message


def test_a_type_without_json_is_asked_all_the_same(reports):
    assert reports["half"]["tried"] == [*range(1, 21)]
    assert {f["rule"] for f in reports["half"]["findings"]} == {4, 11, 18}


def test_the_source_s_answers_are_compared(versions, tmp_path):
    number = np.arange(8, dtype=np.float32).reshape(2, 4)
    answers = {
        shift: [records.Record("", {"number": number}, (), {"twice": twice})]
        for shift in (0, 9e-6, 2e-5)
        for twice in [number * 2 + np.float32(shift)]
    }
    asked = trial.Trial(versions["good"], cloader.load)
    found = {}
    for shift, answer in answers.items():
        records.write(tmp_path / "expected", answer)
        found[shift] = [
            (f.level, f.message)
            for f in dynamic_rules.equality(asked, tmp_path / "expected")
        ]
    note = ("note", "1 signatures compared with the source's answers")
    assert found[0] == found[9e-6] == [note]
    (level, said), *_ = found[2e-5]
    assert level == "error" and "differs from the source's answer" in said


def test_without_the_c_library_python_s_session_is_used(versions, monkeypatch):
    def absent():
        raise OSError("no such file")

    # It would be off for all other tests of this process.
    calls = []
    monkeypatch.setattr(
        servable, "disable_xla", lambda: calls.append(1) or True
    )
    monkeypatch.setattr(cloader, "library", absent)
    load, described = check.loader()
    assert calls
    assert load is servable.python_session
    assert "Python's session" in described and "no such file" in described
    answers = trial.Trial(versions["once"], load).answers()
    monkeypatch.undo()
    expected = trial.Trial(versions["once"], cloader.load).answers()
    np.testing.assert_allclose(
        answers["serving_default"]["wide"],
        expected["serving_default"]["wide"],
        atol=1e-6,
    )


def test_texts_pass_through_the_c_library(tmp_path):
    """Short ones lie in the tensor itself, long ones elsewhere."""
    texts = [b"", b"a", b"x" * 22, b"y" * 23, b"\x00\xff" * 5000, b"z" * 10**6]

    def same(text):
        return {"text_bytes": tf.identity(text)}

    path = bad_exports.save(
        tmp_path / "1",
        same,
        [tf.TensorSpec([None, 2], tf.string, "text")],
    )
    made = servable.Servable(path, "texts", cloader.load)
    asked = np.array(texts, object).reshape(3, 2)
    for _ in range(3):
        answer = made.predict("", {"text": asked})["text_bytes"]
        assert answer.tolist() == asked.tolist()
    with pytest.raises(status.ServingError, match="to be string but float32"):
        made.predict("", {"text": np.ones((1, 2), np.float32)})
    made.close()


def test_a_model_that_ends_its_process_is_refused(versions, monkeypatch):
    monkeypatch.setattr(check, "_judge", lambda *_: os.kill(os.getpid(), 9))
    monkeypatch.setattr(check, "_answer", lambda *_: None)
    report = check.judge_apart(check.Task(versions["good"]))
    assert not report.accepted
    assert "ends the process that loads it (signal 9)" in report.text()


@pytest.mark.parametrize("name", ["prints", "saves", "dumps"])
def test_a_model_that_writes_files_is_never_run(tmp_path, name):
    mark = tmp_path / "mark"
    write = bad_exports.writes(mark)[name]
    path = bad_exports.save(tmp_path / name / "1", write, bad_exports.NUMBER)
    (report,) = judged(path)
    assert list(tmp_path.iterdir()) == [tmp_path / name]
    (found,) = findings(report, 8)
    assert "'serving_default' needs files of the machine" in found["message"]
    assert report["tried"] == [*range(1, 12)]
    assert report["loader"] == "judged by its files alone; it was not run"


def test_what_runs_while_a_model_is_loaded_is_judged(tmp_path):
    """TensorFlow names it in a signature; Python also calls functions."""

    class Resource(tf.saved_model.experimental.TrackableResource):
        def _create_resource(self):
            return tf.raw_ops.VarHandleOp(dtype=tf.float32, shape=[])

        def _initialize(self):
            tf.io.write_file(str(tmp_path / "mark"), "here")

    path = tmp_path / "loading" / "1"
    bad_exports.save(path, bad_exports.good, bad_exports.NUMBER, one=Resource())
    (tmp_path / "mark").unlink(missing_ok=True)
    (report,) = judged(path)
    assert not (tmp_path / "mark").exists()
    (found,) = findings(report, 8)
    assert found["message"].startswith("'loading' needs files of the machine")


def test_words_for_the_log_are_no_files(tmp_path):
    def prints(number):
        tf.print("here")
        return {"twice": number * 2}

    path = bad_exports.save(tmp_path / "1", prints, bad_exports.NUMBER)
    (report,) = judged(path)
    assert report["accepted"] and findings(report, 8) == []


def test_records_are_the_server_s_messages(tmp_path):
    inputs = {"seed": np.array([1, 2]), "text": np.array([b"a", b""], object)}
    written = records.Record("prompt", inputs, ("b", "a"), {"x": np.eye(2)})
    records.write(tmp_path / "records", [written])
    (line,) = tf.data.TFRecordDataset(
        str(tmp_path / "records")
    ).as_numpy_iterator()
    log = prediction_log_pb2.PredictionLog.FromString(line).predict_log
    assert log.request.model_spec.signature_name == "prompt"
    assert list(log.request.output_filter) == ["b", "a"]
    assert tf.make_ndarray(log.request.inputs["seed"]).tolist() == [1, 2]
    assert tf.make_ndarray(log.response.outputs["x"]).tolist() == [
        [1, 0],
        [0, 1],
    ]
    warm_up(tmp_path, record("prompt", **inputs))
    (read,) = records.read(tmp_path / records.WARM_UP)
    assert read.signature == "prompt" and read.outputs == {}
    for name, value in inputs.items():
        assert read.inputs[name].tolist() == value.tolist()
