"""What fits into the memory of a GPU, estimated as `train --dry_run` does.

    python benchmarks/memory_table.py            # prints the table
    python benchmarks/memory_table.py --write    # puts it into docs/memory.md

On a GPU lie weights, gradients, moments and the activations of a step; the
images stay in the memory of the host. A card is counted without `ASIDE`, for
the driver, the kernels' workspaces and what the allocator cannot use.
"""

import pathlib
import re

from absl import app, flags

from tfgan_transfer import families

FLAGS = flags.FLAGS
flags.DEFINE_bool("write", False, "Put the table into the page.")

PAGE = pathlib.Path(__file__).parents[1] / "docs" / "memory.md"
PLACE = re.compile(r"(<!-- memory -->\n).*?(<!-- end -->)", re.S)
# GiB of cards, and of what is not for tensors.
CARDS = (8, 16, 24)
ASIDE = 1.5
MOST = 4096
BATCH = 64
OF_ALL = {"data": "shapes", "generator_lr": 1e-4, "steps": 1000}
# Nothing is written there.
OF_ALL |= {"run_dir": "runs/estimate"}
DCGAN = {"network": "dcgan", "width": 64, "n_critic": 1, "latent_size": 128}
HEADS = {**DCGAN, "adversarial_loss": "hinge", "feature_norm": "batch"}
PAIR = {"model": "cyclegan", "network": "hourglass", "width": 64}
PAIR |= {"critic_view": "image", "data": None}
PAIR |= {"data_a": "shapes", "data_b": "shapes#outline", "pool_size": 0}
ACGAN = {"model": "acgan", "network": "acgan", "critic_norm": "batch"}
ACGAN |= {"adversarial_loss": "non_saturating", "r1": 0.0, "latent_size": 100}
# Networks and critics, as in recipes and configurations; sizes.
CASES = {
    "DCGAN, its own critic (`own_critic`)": (
        {**DCGAN, "adversarial_loss": "relativistic"},
        (32, 64, 128),
    ),
    "DCGAN, a critic on features (`features_64`)": (
        {**HEADS, "critic": "projected"},
        (32, 64, 128),
    ),
    "DCGAN, both critics (`few_images_64`)": (
        {**HEADS, "critic": "both"},
        (32, 64, 128),
    ),
    "residual nets (`paper_64`)": (
        {"network": "resnet", "width": 64, "n_critic": 5},
        (64, 128),
    ),
    "AC-GAN of the paper (`paper_128`)": (ACGAN, (128,)),
    "CycleGAN (`anime_faces_64`)": (PAIR, (64, 128)),
}


def estimated(given: dict, size: int) -> tuple[float, float]:
    """MiB of weights and all that goes with them, and of one image."""
    flags_of_run = {**OF_ALL, **given, "size": str(size), "batch_size": BATCH}
    plan = families.of(flags_of_run).resolve(
        {k: v for k, v in flags_of_run.items() if v is not None}, None
    )
    found = families.of(plan.config).estimate(plan)["memory_mib"]
    return found["weights_and_optimizers"], found["activations"] / BATCH


def largest(weights: float, image: float, card: float) -> str:
    """The largest batch, a power of two, that a card of so many GiB holds."""
    room = 1024 * (card - ASIDE) - weights
    batch = MOST
    while batch > 1 and batch * image > room:
        batch //= 2
    return f"{batch:,}" if batch > 1 else "none"


def table() -> str:
    """Lines of Markdown."""
    cards = " | ".join(f"batch in {card} GB" for card in CARDS)
    lines = [
        f"| networks | size | weights, MiB | batch of {BATCH}, MiB | {cards} |",
        "|---|---|---|---|" + "---|" * len(CARDS),
    ]
    for name, (given, sizes) in CASES.items():
        for size in sizes:
            weights, image = estimated(given, size)
            cells = [name, size, f"{weights:,.0f}"]
            cells.append(f"{weights + BATCH * image:,.0f}")
            cells += [largest(weights, image, card) for card in CARDS]
            lines.append("| " + " | ".join(map(str, cells)) + " |")
    return "\n".join(lines)


def main(argv):
    del argv
    rows = table()
    print(rows)
    if FLAGS.write:
        page = PAGE.read_text()
        PAGE.write_text(PLACE.sub(lambda m: f"{m[1]}{rows}\n{m[2]}", page))


if __name__ == "__main__":
    app.run(main)
