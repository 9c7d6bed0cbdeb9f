"""Models of two translators between two sets of images."""

from tfgan_transfer.families.family import Family, same_networks
from tfgan_transfer.families.pair import (
    build,
    evaluation,
    export,
    plan,
    transfer,
    watching,
)

CYCLE_GAN = Family(
    name_sets=plan.name_sets,
    resolve=plan.resolve,
    estimate=plan.estimate,
    load_data=build.load_data,
    noise=build.noise,
    batches=build.batches,
    record=build.record,
    build=build.gan,
    moved=transfer.MOVED,
    source_ends=transfer.source_ends,
    at_phase=same_networks,
    move=transfer.move,
    show_first_fakes=transfer.show_first_fakes,
    announce=watching.announce,
    grid=watching.grid,
    steering=watching.steering,
    measure=evaluation.while_training,
    evaluate=evaluation.of_checkpoint,
    samples="a2b-*.png",
    next_command=watching.next_command,
    signatures=export.signatures,
    tensors=export.tensors,
    card=export.card,
)
