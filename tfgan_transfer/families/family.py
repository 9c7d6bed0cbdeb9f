"""What a family of models has to offer, and what is settled before a run."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import NamedTuple

from tfgan_transfer.training.checkpoint import Checkpoint


class Plan(NamedTuple):
    """Everything that is settled before a run begins.

    Attributes:
        config: A value for each setting.
        description: What the data holds, at a cheap look.
        source: The checkpoint that a new run starts from, verified once.
        stage1: What the frozen first stage of a stack is built from,
            `network` and `generator`, JSON values.
        grown_from: Network -> `(height, width)` of its images before each
            growth, with `"blurred"` after them where the correction is
            blurred; those that have not grown do not occur.
    """

    config: dict
    description: object = None
    source: Checkpoint | None = None
    stage1: Mapping | None = None
    grown_from: Mapping[str, list] = MappingProxyType({})


def same_networks(plan: Plan, config: Mapping, *_: object) -> Plan:
    """The plan of a phase whose networks are those of the run."""
    return plan._replace(config=config)


class Family(NamedTuple):
    """The functions that differ between kinds of models; none is optional.

    A split is what `load_data` returns; its `train` is what a model trains on.

    Attributes:
        name_sets: (given settings) -> the same, with what `data` stands for
            in its place.
        resolve: (given settings, `config.json` or None) -> `Plan`.
        estimate: (plan) -> parameters, memory and disk, JSON values.
        load_data: (config, what to call with unusable files) -> split.
        noise: (config, description) -> images like those of `split.train`.
        batches: (config, train, strategy, first step) -> what `fit` takes.
        record: (plan, split) -> what every checkpoint says about its run.
        build: (plan, train, xla=, lr_scale=, start_from=) -> compiled model.
        moved: `transfer` -> the networks that start from a source.
        source_ends: (record of a source's run) -> network -> what it takes
            and gives.
        at_phase: (plan, config of a phase, checkpoint that it starts from or
            None, record of the checkpoint that it goes on from or None) ->
            the plan of a phase.
        move: (source, plan, train, *networks) -> network -> report rows.
        show_first_fakes: (run directory, config, split, model); writes the
            pictures that a run with a source starts with.
        announce: (plan, split, model) -> lines about data and networks.
        grid: (config, run directory, writer, split, when) -> the callback
            that draws samples.
        steering: (config, writer, split, first step) -> callbacks that change
            the model between steps.
        measure: (config, split) -> what `MetricEval` calls.
        evaluate: (flags of `evaluate`, opened model, split to judge by or
            None for the model's own) -> evaluation, record.
        samples: Pattern of the sample grids in a run directory.
        next_command: (config, run directory) -> what to type when it is done.
        signatures: (opened model, whether averaged) -> what is exported.
        tensors: (opened model, whether averaged) -> what is exported to
            runtimes that take and give numbers only.
        card: (opened model, whether averaged) -> what its card says of them.
    """

    name_sets: Callable
    resolve: Callable
    estimate: Callable
    load_data: Callable
    noise: Callable
    batches: Callable
    record: Callable
    build: Callable
    moved: Mapping[str, tuple[str, ...]]
    source_ends: Callable
    at_phase: Callable
    move: Callable
    show_first_fakes: Callable
    announce: Callable
    grid: Callable
    steering: Callable
    measure: Callable
    evaluate: Callable
    samples: str
    next_command: Callable
    signatures: Callable
    tensors: Callable
    card: Callable
