"""Models of one generator and one critic."""

import functools

from tfgan_transfer.families import noise
from tfgan_transfer.families.family import Family
from tfgan_transfer.families.single import (
    build,
    evaluation,
    export,
    growth,
    plan,
    transfer,
    watching,
)
from tfgan_transfer.gans import ACGAN, WGANGP

WGAN_GP = Family(
    name_sets=dict,
    resolve=plan.resolve,
    estimate=plan.estimate,
    load_data=build.load_data,
    noise=noise.images,
    batches=build.batches,
    record=build.record,
    build=functools.partial(build.gan, WGANGP),
    moved=transfer.MOVED,
    source_ends=transfer.source_ends,
    at_phase=growth.at_phase,
    move=transfer.move,
    show_first_fakes=transfer.show_first_fakes,
    announce=watching.announce,
    grid=watching.grid,
    steering=watching.steering,
    measure=evaluation.while_training,
    evaluate=evaluation.of_checkpoint,
    samples="ema-*.png",
    next_command=watching.next_command,
    signatures=export.signatures,
    tensors=export.tensors,
    card=export.card,
)
AC_GAN = WGAN_GP._replace(build=functools.partial(build.gan, ACGAN))
