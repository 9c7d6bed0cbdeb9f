"""How far two sets are from one another."""

from tests.support import small_networks as small
from tfgan_transfer import data
from tfgan_transfer.planning import domains


def test_halves_of_a_set_are_alike_and_noise_is_not():
    digits = data.load("digits", size=(32, 32), limit=200).train.images
    assert abs(domains.apart(digits[:100], digits[100:])) < 0.1
    noise = small.pixels(50, 32, 32, 3)
    noise = ((noise - noise.min()) / (noise.max() - noise.min()) * 255).round()
    assert domains.apart(digits, noise.astype("uint8")) > 2 * domains.ALIKE
