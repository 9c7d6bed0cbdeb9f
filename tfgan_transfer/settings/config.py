"""Settles every setting of a run: explicit > stored > derived."""

import math
from collections.abc import Mapping

from tfgan_transfer.errors import UserError
from tfgan_transfer.settings import schedule
from tfgan_transfer.settings.choices import BEST_METRICS
from tfgan_transfer.settings.rules import RULES
from tfgan_transfer.settings.setting import ALWAYS, SAME_LOSS, SAME_MODEL
from tfgan_transfer.settings.sizes import parse_size as parse_size
from tfgan_transfer.settings.table import BY_NAME, SETTINGS

# None means: derived from the data or from the other settings in `resolve`.
DEFAULTS = {row.name: row.default for row in SETTINGS}


def resolve(
    explicit: Mapping,
    stored: Mapping | None,
    *,
    side: int,
    count: int,
    source: Mapping | None = None,
    label_mode: str = "none",
) -> dict:
    """Settles every setting of a training run.

    Args:
        explicit: Setting -> value, as given by the user.
        stored: The same of the run that is continued, or None.
        side: Smaller side of a typical image of the source, in pixels.
        count: Number of images to train on.
        source: The settings of the run that a new run starts from, or None.
        label_mode: `"none"`, `"class"` or `"tags"`, what the images have.

    Returns:
        A value for each key of `DEFAULTS`; None only where it means "none".

    Raises:
        UserError: If settings contradict each other.
    """
    before = inherited(source, explicit) if stored is None else stored
    model = {**DEFAULTS, **(stored or {}), **explicit}["model"]
    refuse_foreign(explicit, model)
    rules = RULES[model]
    config = {**DEFAULTS, **rules.overrides, **before, **explicit}
    if stored is None:
        parts = schedule.of(config)
        if parts:
            config.update(parts[0].settings)
            config["steps"] = parts[-1].last
        _fill(config, _unused(model))
        _fill(config, rules.derive(config, side, count, label_mode))
        _fill(config, _of_steps(config))
    parts = schedule.of(config)
    config.update(parts[-1].settings if parts else {})
    parse_size(config["size"])
    rules.check(config)
    _check(config)
    return config


def completed(stored: Mapping) -> dict:
    """The settings of a run, with what was no setting when it was trained.

    Args:
        stored: Those that were kept.

    Returns:
        A value for each key of `DEFAULTS`.
    """
    model = {**DEFAULTS, **stored}["model"]
    config = {**DEFAULTS, **RULES[model].overrides, **stored}
    _fill(config, _unused(model))
    _fill(config, RULES[model].derive(config, 64, 10_000, "none"))
    _fill(config, _of_steps(config))
    return config


def inherited(source: Mapping | None, explicit: Mapping) -> dict:
    """Settings that a source run passes on.

    Without these its weights would not fit, or the critic would play another
    game.

    Args:
        source: The settings of the source, or None.
        explicit: Settings given by the user, which say what game is played.
    """
    if not source:
        return {}
    model = explicit.get("model", DEFAULTS["model"])
    _refuse_other_source(source["model"], model)
    loss = explicit.get("adversarial_loss", source["adversarial_loss"])
    when = {
        ALWAYS: True,
        SAME_LOSS: loss == source["adversarial_loss"],
        SAME_MODEL: model == source["model"],
    }
    settings = {
        row.name: source[row.name]
        for row in SETTINGS
        if when.get(row.passed_on)
        and source["model"] in row.families
        and row.name in source
    }
    return RULES[model].inherit(settings, source)


def _refuse_other_source(theirs: str, ours: str) -> None:
    """Refuses a source whose networks have other tasks."""
    if RULES[theirs].translates != RULES[ours].translates:
        wanted = (
            f"--model={ours}" if RULES[ours].translates else "another model"
        )
        raise UserError(
            f"--source: expected a run of {wanted}, received one of "
            f"--model={theirs}; choose another source or --model"
        )


def refuse_foreign(explicit: Mapping, model: str) -> None:
    """Refuses settings that the chosen model would silently ignore.

    Args:
        explicit: Settings given by the user; a run's own `flags.txt` names
            all.
        model: The model.

    Raises:
        UserError: Naming the first of them.
    """
    for name, value in explicit.items():
        row = BY_NAME.get(name)
        if row and model not in row.families and value != row.unused:
            one = len(row.families) == 1
            owner = f"--model={row.families[0]}" if one else "other models"
            raise UserError(
                f"--{name}: is for {owner}, received it with --model={model}; "
                "leave it out"
            )


def _unused(model: str) -> dict:
    """What settings are that a model does not use."""
    return {r.name: r.unused for r in SETTINGS if model not in r.families}


def _of_steps(config: Mapping) -> dict:
    steps = config["steps"]
    return {
        "critic_lr": config["generator_lr"],
        "transfer": "both" if config["source"] else "none",
        "best_metric": _best_of(config["eval_metrics"]),
        **cadences(steps),
    }


def _best_of(measured: str) -> str:
    """What checkpoints are compared by, of the metrics that are measured."""
    names = [name.strip() for name in measured.split(",")]
    return next((name for name in BEST_METRICS if name in names), "kid")


def cadences(steps: int) -> dict[str, int]:
    """How often a run of so many steps saves, draws and reports."""
    return {
        "checkpoint_every": max(1, min(500, steps // 5)),
        "sample_every": max(1, min(500, steps // 10)),
        "log_every": max(1, min(50, steps // 20)),
    }


def _fill(config: dict, values: Mapping) -> None:
    for name, value in values.items():
        if config[name] is None:
            config[name] = value


def _check(config: Mapping) -> None:
    """Raises a one-line `UserError` for what no model can be trained with."""
    for name, value in config.items():
        if isinstance(value, float) and not math.isfinite(value):
            raise UserError(
                f"--{name}: expected a finite number, received {value}"
            )
    loss = config["adversarial_loss"]
    if loss == "wasserstein_gp" and not config["gradient_penalty"]:
        raise UserError(
            "--gradient_penalty: --adversarial_loss=wasserstein_gp needs a "
            "weight above 0, received 0; set one (10 in the paper) or choose "
            "wasserstein_clip"
        )
    if config["anchor"] != "none" and config["transfer"] in ("none", "critic"):
        raise UserError(
            "--anchor: holds a generator near the one of --source, received "
            f"--transfer={config['transfer']}; use --transfer=both or generator"
        )
    for name in ("generator_lr", "critic_lr"):
        if config[name] <= 0:
            raise UserError(
                f"--{name}: expected a rate above 0, received {config[name]}"
            )
