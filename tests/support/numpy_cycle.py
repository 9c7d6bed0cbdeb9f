"""A CycleGAN of linear maps, and the same worked out in NumPy.

Translators x A + p, critics x.w + c. Every derivative is written down here by
hand; nothing is shared with the library.
"""

import keras
import numpy as np
import tensorflow as tf

from tests.support.linear_gan import PIXELS, SIDE, critic_of, normal, tensors
from tfgan_transfer.gans import CycleGAN

B = 3
RATES = {"translator": 0.05, "critic": 0.1}
CYCLE, IDENTITY, PENALTY = 10.0, 0.5, 4.0


def translator():
    image = keras.Input((SIDE, SIDE, 1), name="image")
    x = keras.layers.Flatten(name="flat")(image)
    x = keras.layers.Dense(PIXELS, name="dense")(x)
    x = keras.layers.Reshape((SIDE, SIDE, 1), name="map")(x)
    return keras.Model(image, x, name="translator")


def critic():
    return critic_of(
        keras.layers.Flatten(name="flat"), keras.layers.Dense(1, name="score")
    )


def model(**options):
    made = CycleGAN(translator(), translator(), critic(), critic())
    for i, name in enumerate(("a2b", "b2a", "critic_a", "critic_b")):
        for j, weight in enumerate(getattr(made, name).weights):
            weight.assign(0.4 * normal(*weight.shape, seed=(i, j)))
    for name in ("a2b", "b2a"):
        getattr(made, f"ema_{name}").set_weights(
            getattr(made, name).get_weights()
        )
    made.compile(
        keras.optimizers.SGD(RATES["translator"]),
        keras.optimizers.SGD(RATES["critic"]),
        cycle_weight=CYCLE,
        identity_weight=options.pop("identity_weight", IDENTITY),
        **options,
    )
    return made


def batch(seed=0, n_critic=1):
    random = np.random.default_rng(seed)
    shape = (B, n_critic, SIDE, SIDE, 1)
    return {
        "image_a": normal(*shape, seed=(seed, 0)),
        "image_b": normal(*shape, seed=(seed, 1)),
        "pool": random.random((B, n_critic, 2, 2), dtype="float32"),
        "mix": random.random((B, n_critic, 2, 1, 1, 1), dtype="float32"),
    }


def step(made, values):
    logs = made.train_step(tensors(values))
    return {name: float(value) for name, value in logs.items()}


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


# Loss of the translator and its slope in the score; loss of the critic and
# its slopes in the real and in the fake score.
LOSSES = {
    "least_squares": (
        lambda f: ((f - 1) ** 2, 2 * (f - 1)),
        lambda r, f: ((r - 1) ** 2 + f**2, 2 * (r - 1), 2 * f),
    ),
    "non_saturating": (
        lambda f: (np.log1p(np.exp(-f)), -sigmoid(-f)),
        lambda r, f: (
            np.log1p(np.exp(-r)) + np.log1p(np.exp(f)),
            -sigmoid(-r),
            sigmoid(f),
        ),
    ),
    "wasserstein_gp": (
        lambda f: (-f, -np.ones_like(f)),
        lambda r, f: (f - r, -np.ones_like(r), np.ones_like(f)),
    ),
}


class Reference:
    """The same model in float64, trained by the derivatives below."""

    def __init__(self, made, loss, pool_size, identity=IDENTITY):
        def weights(name):
            return [
                w.numpy().astype(float) for w in getattr(made, name).weights
            ]

        self.t = {"a2b": weights("a2b"), "b2a": weights("b2a")}
        self.c = {"a": weights("critic_a"), "b": weights("critic_b")}
        self.ema = {name: list(w) for name, w in self.t.items()}
        self.pool = {"a": [], "b": []}
        self.fool, self.judge = LOSSES[loss]
        self.penalty = PENALTY if loss == "wasserstein_gp" else 0.0
        self.pool_size, self.identity = pool_size, identity
        self.steps = 0

    def draw(self, name, x):
        return x @ self.t[name][0] + self.t[name][1]

    def score(self, domain, x):
        w, c = self.c[domain]
        return (x @ w + c)[:, 0]

    def translators(self, a, b):
        """Value and gradient of the sum of all that translators pay for."""
        slopes = {name: [0.0, 0.0] for name in self.t}

        def back(name, x, slope):
            """Adds to a translator's gradient, returns the one of its x."""
            slopes[name][0] = slopes[name][0] + x.T @ slope
            slopes[name][1] = slopes[name][1] + slope.sum(0)
            return slope @ self.t[name][0].T

        total = 0.0
        for there, home, x, y, domain in (
            ("a2b", "b2a", a, b, "b"),
            ("b2a", "a2b", b, a, "a"),
        ):
            fake = self.draw(there, x)
            value, slope = self.fool(self.score(domain, fake))
            total += value.mean()
            at_fake = slope[:, None] * self.c[domain][0].T / B
            cycled = self.draw(home, fake)
            total += CYCLE * np.abs(cycled - x).mean()
            sign = CYCLE * np.sign(cycled - x) / x.size
            back(there, x, at_fake + back(home, fake, sign))
            same = self.draw(there, y)
            weight = CYCLE * self.identity
            total += weight * np.abs(same - y).mean()
            back(there, y, weight * np.sign(same - y) / y.size)
        return total, slopes

    def critic(self, domain, real, fake):
        """Value and gradient of half a critic's loss."""
        w = self.c[domain][0]
        r, f = self.score(domain, real), self.score(domain, fake)
        value, at_real, at_fake = self.judge(r, f)
        length = np.linalg.norm(w)
        total = value.mean() + self.penalty * (length - 1) ** 2
        slope = (at_real @ real + at_fake @ fake)[:, None] / B
        slope += self.penalty * 2 * (length - 1) * w / length
        return total / 2, [slope / 2, (at_real + at_fake).mean() / 2]

    def from_pool(self, domain, fakes, chance):
        stored, shown = self.pool[domain], []
        for image, (coin, where) in zip(fakes, chance, strict=True):
            if len(stored) < self.pool_size:
                stored.append(image)
            elif self.pool_size and coin < 0.5:
                index = int(where * self.pool_size)
                image, stored[index] = stored[index], image
            shown.append(image)
        return np.stack(shown)

    def step(self, values):
        """One train step; returns the two losses."""
        a, b = (
            values[f"image_{d}"].astype(float).reshape(B, -1, PIXELS)
            for d in "ab"
        )
        fakes = {
            "a": self.draw("b2a", b[:, 0]),
            "b": self.draw("a2b", a[:, 0]),
        }
        generator_loss, slopes = self.translators(a[:, 0], b[:, 0])
        for name, weights in self.t.items():
            for i, slope in enumerate(slopes[name]):
                weights[i] = weights[i] - RATES["translator"] * slope
        for i in range(a.shape[1]):
            if i:
                fakes = {
                    "a": self.draw("b2a", b[:, i]),
                    "b": self.draw("a2b", a[:, i]),
                }
            critic_loss = 0.0
            for j, (domain, real) in enumerate((("a", a), ("b", b))):
                chance = values["pool"][:, i, j]
                shown = self.from_pool(domain, fakes[domain], chance)
                value, slope = self.critic(domain, real[:, i], shown)
                critic_loss += value
                for weight, change in zip(self.c[domain], slope, strict=True):
                    weight -= RATES["critic"] * change
        self.steps += 1
        decay = min(0.999, (1 + self.steps) / (10 + self.steps))
        for name, averages in self.ema.items():
            self.ema[name] = [
                decay * average + (1 - decay) * weight
                for average, weight in zip(averages, self.t[name], strict=True)
            ]
        return {"generator_loss": generator_loss, "critic_loss": critic_loss}

    def groups(self):
        """All weights, by the names of the library's networks."""
        return {
            **self.t,
            **{f"critic_{d}": w for d, w in self.c.items()},
            **{f"ema_{name}": w for name, w in self.ema.items()},
        }


def assert_equal(made, reference, tolerance=2e-5):
    for name, expected in reference.groups().items():
        weights = made.networks[name].weights
        for weight, value in zip(weights, expected, strict=True):
            np.testing.assert_allclose(
                weight.numpy(), value, tolerance, tolerance, err_msg=name
            )


def finite_difference(made, values, weight, index, size=1e-3):
    """Slope of the logged loss in one number of a translator's weight."""
    before = weight.numpy()
    slot = {name: tf.constant(v[:, 0]) for name, v in values.items()}
    losses = []
    for sign in (1, -1):
        changed = before.copy()
        changed[index] += sign * size
        weight.assign(changed)
        _, _, log = made.generator_gradients(slot)
        losses.append(float(log["generator_loss"]))
    weight.assign(before)
    return (losses[0] - losses[1]) / (2 * size)
