"""All settings in groups, and which command has which."""

import re
from collections.abc import Sequence

from tfgan_transfer.settings import (
    critic,
    data,
    model,
    options,
    samples,
    training,
)
from tfgan_transfer.settings.setting import Setting

# What one does with them, in the order of the help.
GROUPS: dict[str, Sequence[Setting]] = {
    "the run": data.RUN,
    "what is checked": options.CHECK,
    "what is drawn": samples.GENERATE,
    "what is translated": samples.TRANSLATE,
    "what is measured": options.EVALUATE,
    "which sources": options.SOURCES,
    "how much to spend": options.RANK,
    "the grid": options.STUDY,
    "what is reported": options.REPORT,
    "what is exported": options.EXPORT,
    "what is served": options.SERVE,
    "the road": training.ROAD,
    "data": data.DATA,
    "data of --model=cyclegan": data.PAIRS,
    "model": model.MODEL,
    "critic": critic.CRITIC,
    "labels": model.LABELS,
    "second stage": model.STACK,
    "translation": model.TRANSLATION,
    "transfer": training.TRANSFER,
    "training": training.TRAINING,
    "planning": options.PLAN,
    "watching": training.WATCHING,
    "evaluation": training.EVALUATION,
    "feature network": training.INCEPTION,
    "devices": training.DEVICES,
}

# In the order of `config.json`.
SETTINGS = (
    *data.RUN,
    *training.ROAD,
    *data.DATA,
    *model.MODEL,
    *model.LABELS,
    *model.STACK,
    *training.TRANSFER,
    *training.TRAINING,
    *training.DEVICES,
    *training.WATCHING,
    *training.EVALUATION,
    *training.INCEPTION,
    *data.PAIRS,
    *model.TRANSLATION,
    *critic.CRITIC,
)
BY_NAME = {row.name: row for row in SETTINGS}

_TRIALS = (
    "the road",
    "data",
    "model",
    "critic",
    "labels",
    "transfer",
    "training",
    "watching",
    "feature network",
    "devices",
)
COMMANDS = {
    "train": (
        "the run",
        *_TRIALS,
        "data of --model=cyclegan",
        "second stage",
        "translation",
        "planning",
        "evaluation",
    ),
    "check": ("what is checked",),
    "generate": ("the run", "what is drawn"),
    "translate": ("the run", "what is translated"),
    "evaluate": (
        "the run",
        "what is measured",
        "data",
        "data of --model=cyclegan",
        "feature network",
    ),
    "rank_sources": ("which sources", "how much to spend", "the run", *_TRIALS),
    "study": ("which sources", "the grid", *_TRIALS, "evaluation"),
    "report": ("the run", "what is reported"),
    "export": ("the run", "what is exported"),
    "serve": ("what is served",),
}


def of_command(command: str) -> dict[str, Sequence[Setting]]:
    """The groups of a command, in the order of its help.

    Args:
        command: A key of `COMMANDS`.
    """
    return {
        title: rows
        for title, rows in GROUPS.items()
        if title in COMMANDS[command]
    }


def default_of(row: Setting) -> str:
    """A sentence about the default of a setting, if it has one of its own."""
    value = row.default
    if value in (None, ""):
        return ""
    if isinstance(value, bool):
        value = "yes" if value else "no"
    return (
        f" Default: {value:g}."
        if row.kind == "number"
        else (f" Default: {value}.")
    )


def markdown(names: Sequence[str]) -> str:
    """Settings of a run as a table for the documentation.

    Args:
        names: Which, in order.
    """
    lines = ["| flag | what |", "|---|---|"]
    for name in names:
        row = BY_NAME[name]
        values = "=" + "\\|".join(row.choices) if row.choices else ""
        about = re.sub(r"--\w+(=\w+)?", r"`\g<0>`", row.help)
        lines.append(f"| `--{name}{values}` | {about}{default_of(row)} |")
    return "\n".join(lines)
