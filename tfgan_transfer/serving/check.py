"""Whether TensorFlow Serving will take a SavedModel, and what it will answer.

  python -m tfgan_transfer.serving.check DIR [DIR ...]

judges version directories, whoever wrote them, each in a new process that has
imported nothing but TensorFlow and these rules. Needs tensorflow and numpy
only. The exit code is 0 if all are accepted, 1 if one is refused, and 2 if
there is nothing to judge.
"""

import argparse
import multiprocessing
import os
import pathlib
import subprocess
import sys
from collections.abc import Callable, Sequence
from multiprocessing.connection import Connection
from typing import NamedTuple

if __name__ == "__main__":
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    # Sums on a GPU come out otherwise, and its memory may be taken.
    os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")

import tensorflow as tf
from google.protobuf import message

from tfgan_transfer.errors import UserError
from tfgan_transfer.serving import records, servable, status
from tfgan_transfer.serving.checking import (
    cloader,
    dynamic_rules,
    graph_rules,
    interface_rules,
)
from tfgan_transfer.serving.checking.findings import (
    ERROR,
    WARNING,
    Finding,
    Report,
)
from tfgan_transfer.serving.checking.saved_graph import SavedGraph
from tfgan_transfer.serving.checking.trial import Trial

EXIT_ACCEPTED, EXIT_REFUSED, EXIT_USER_ERROR = 0, 1, 2

LONGEST = 600  # Seconds until a model counts as stuck.
_STATIC, _OPERATIONS = range(1, 12), 8
_LOADS, _ANSWERS = 12, range(13, 21)
_FORK = multiprocessing.get_context("fork")
_NOT_RUN = "judged by its files alone; it was not run"


class Task(NamedTuple):
    """One directory to be judged.

    Attributes:
        path: Directory of a SavedModel.
        expected: File of requests with the source's answers, or None.
        record: Where to write such a file, or None.
        draft: Whether the directory's name is not final.
    """

    path: pathlib.Path
    expected: str | None = None
    record: str | None = None
    draft: bool = False


def main(argv: Sequence[str] | None = None) -> int:
    """Judges the directories that the command line names."""
    parser = argparse.ArgumentParser(
        prog="python -m tfgan_transfer.serving.check",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("path", nargs="+", metavar="DIR")
    parser.add_argument(
        "--expected", help="File of requests with the source's answers."
    )
    parser.add_argument(
        "--record", help="Where to write what it answers, for --expected."
    )
    parser.add_argument(
        "--draft", action="store_true", help="Its name is not final."
    )
    parser.add_argument(
        "--json", action="store_true", help="One JSON object a line."
    )
    asked = parser.parse_args(argv)
    if asked.record and len(asked.path) > 1:
        parser.error("--record: expected one DIR")
    if asked.expected and not os.path.isfile(asked.expected):
        parser.error(f"--expected: no file {asked.expected!r}")
    try:
        tasks = [
            Task(find(path), asked.expected, asked.record, asked.draft)
            for path in asked.path
        ]
    except UserError as error:
        print(f"error: {error.command_line}", file=sys.stderr)
        return EXIT_USER_ERROR
    accepted = True
    for task in tasks:
        report = judge_apart(task)
        print(report.json() if asked.json else report.text(), flush=True)
        accepted &= report.accepted
    return EXIT_ACCEPTED if accepted else EXIT_REFUSED


def in_new_process(
    path: pathlib.Path,
    expected: pathlib.Path | None = None,
    *,
    draft: bool = False,
    as_json: bool = False,
) -> int:
    """Starts this module's command, which prints its report.

    Args:
        path: Directory of a SavedModel.
        expected: File of requests with the source model's answers, or None.
        draft: Whether its name is not final.
        as_json: Whether the report is for programs.

    Returns:
        Its exit code: 0 accepted, 1 refused.
    """
    command = [sys.executable, "-m", "tfgan_transfer.serving.check", str(path)]
    command += [f"--expected={expected}"] if expected else []
    command += ["--draft"] if draft else []
    command += ["--json"] if as_json else []
    sys.stdout.flush()
    # What TensorFlow says while it is imported is held back.
    finished = subprocess.run(command, stderr=subprocess.PIPE, text=True)
    if finished.returncode not in (EXIT_ACCEPTED, EXIT_REFUSED):
        raise RuntimeError(f"the check itself failed:\n{finished.stderr}")
    return finished.returncode


def find(path: str) -> pathlib.Path:
    """The directory of a SavedModel.

    Raises:
        UserError: If there is none.
    """
    found = pathlib.Path(path)
    if not found.is_dir():
        raise UserError(
            f"--check: no directory {path!r}; expected a version that `export` "
            "wrote, or another SavedModel"
        )
    if not (found / "saved_model.pb").is_file():
        inside = sorted(p.parent.name for p in found.glob("*/saved_model.pb"))
        hint = f"; did you mean {found / inside[-1]}?" if inside else ""
        raise UserError(
            f"--check: no saved_model.pb in {path!r}, expected the directory "
            f"of one version{hint}"
        )
    return found


def judge_apart(task: Task) -> Report:
    """Judges a directory in processes of its own.

    Two of them, for an answer must not depend on the process; and a model that
    ends a process ends neither this one nor the next report. One whose graph
    cannot be read, or may reach beyond the model, is never run.
    """
    report = _reported(task, _judge_graph)
    if not _harmless(report):
        return report
    twin_answers, from_twin = _FORK.Pipe(False)
    twin = _FORK.Process(target=_answer, args=(task, from_twin))
    twin.start()
    # Only the twin may hold this end, or nobody would notice its death.
    from_twin.close()
    try:
        return _reported(task, _judge, report, twin_answers)
    finally:
        twin.kill()
        twin.join()


def _reported(task: Task, judge: Callable, *known: object) -> Report:
    """What a judge in a process of its own sends, or that it has died."""
    reports, from_judge = _FORK.Pipe(False)
    judging = _FORK.Process(target=judge, args=(task, *known, from_judge))
    judging.start()
    from_judge.close()
    try:
        said = f"takes more than {LONGEST} seconds"
        if reports.poll(LONGEST):
            return reports.recv()
    except EOFError as error:
        judging.join()
        if judging.exitcode > 0:
            raise RuntimeError(
                f"{task.path}: the rules failed, see above"
            ) from error
        said = f"ends the process that loads it (signal {-judging.exitcode})"
    finally:
        judging.kill()
        judging.join()
    return Report(str(task.path), "", [Finding(_LOADS, ERROR, said)], [_LOADS])


def loader() -> tuple[servable.Load, str]:
    """What opens sessions here, and its description."""
    here = f"TensorFlow {tf.__version__} on the CPU"
    disabled = servable.disable_xla()
    xla = "XLA turned off" if disabled else "XLA could not be turned off"
    try:
        cloader.library()
    except (OSError, AttributeError) as error:
        return servable.python_session, (
            f"{here}, Python's session, {xla} (no C++ loader: {error})"
        )
    return cloader.load, f"{here}, the C++ loader, {xla}"


def _answer(task: Task, answers: Connection) -> None:
    """The twin: is asked what the judge asks, and passes it on."""
    try:
        answers.send(Trial(task.path, loader()[0]).answers())
    except status.ServingError:
        answers.send(None)


def _judge(
    task: Task, static: Report, twin: Connection, reports: Connection
) -> None:
    load, described = loader()
    report = static._replace(loader=described)
    try:
        trial = Trial(task.path, load)
        report.tried.append(_LOADS)
    except status.ServingError as error:
        message = error.message.splitlines()[0]
        report.findings.append(Finding(_LOADS, ERROR, message))
    else:
        _judge_answers(trial, task.expected, twin, report)
        if task.record:
            records.write(pathlib.Path(task.record), trial.recording())
    report.findings.sort(key=lambda finding: finding.rule)
    reports.send(report)


def _judge_graph(task: Task, reports: Connection) -> None:
    reports.send(judge_graph(task))


def judge_graph(task: Task) -> Report:
    """Judges a directory by its files alone: rules 1 to 11."""
    report = Report(str(task.path), _NOT_RUN, [], [1])
    named = not task.draft
    report.findings.extend(interface_rules.directory(task.path, named=named))
    try:
        saved = SavedGraph(task.path)
    except (OSError, message.DecodeError) as error:
        said = f"saved_model.pb cannot be read ({error}); export it again"
        report.findings.append(Finding(2, ERROR, said))
        return report
    for rule in (*interface_rules.RULES, *graph_rules.RULES):
        report.findings.extend(rule(saved))
    report.findings.extend(interface_rules.warm_up(task.path, saved))
    report.tried[:] = _STATIC
    return report


def _harmless(report: Report) -> bool:
    """Whether the graph was read, and reaches for nothing outside it."""
    refused = {f.rule for f in report.findings if f.level == ERROR}
    return _OPERATIONS in report.tried and _OPERATIONS not in refused


def _judge_answers(
    trial: Trial,
    expected: str | None,
    twin: Connection,
    report: Report,
) -> None:
    report.findings.extend(dynamic_rules.answers(trial))
    report.findings.extend(dynamic_rules.replay(trial))
    report.tried.extend((13, 19))
    if not any(trial.rows.values()):
        return
    try:
        elsewhere = twin.recv()
    except EOFError:
        elsewhere = None
        said = "the second process died; compared within one only"
        report.findings.append(Finding(15, WARNING, said))
    report.findings.extend(dynamic_rules.repetition(trial, elsewhere))
    report.findings.extend(dynamic_rules.equality(trial, expected))
    report.findings.extend(dynamic_rules.wrong_requests(trial))
    report.findings.extend(dynamic_rules.sizes(trial))
    report.tried[:] = [*_STATIC, _LOADS, *_ANSWERS]


if __name__ == "__main__":
    sys.exit(main())
