"""Uses of the public face that a type checker has to accept: `make lint`."""

import pathlib

import keras
import numpy as np

import tfgan_transfer as tt


def program() -> np.ndarray:
    photos = tt.load_images("folder:photos", size=64, holdout=0.1)
    gan = tt.adapt(tt.from_preset("zoo:tiny_imagenet_32"), photos)
    gan.fit(
        photos.batches(gan, batch_size=64),
        steps_per_epoch=200,
        epochs=5,
        callbacks=[tt.SampleGrid("samples")],
    )
    scores = tt.evaluate(gan, photos, metrics=["swd", "precision_recall"])
    value: float = scores["swd"]
    print(scores, value)
    tt.save_to_preset(gan, pathlib.Path("my_gan"))
    version: pathlib.Path | None = tt.export(gan, "models/photos")
    tt.export("my_gan", "models/photos", format="onnx", ema=False)
    print(version)
    gan.save_to_preset(pathlib.Path("my_gan"))
    gan.compile("adam", adversarial_loss="hinge", n_critic=1)
    drawn: np.ndarray = gan.generate(16, seed=1)
    return np.concatenate([drawn, tt.generate(gan, 16, truncation=0.7)])


def pairs(image: np.ndarray) -> np.ndarray:
    domains = tt.load_domains("shapes", "shapes#outline", size=16)
    gan = tt.build(domains, network="unet", width=4)
    return tt.translate(gan, image, "a2b")


def own_networks() -> keras.Model:
    generator = tt.networks.dcgan.generator((64, 64, 3), latent_size=128)
    critic = tt.networks.dcgan.critic((64, 64, 3))
    gan = tt.WGANGP(generator, critic)
    gan.compile("adam", n_critic=2)
    drawn: np.ndarray = gan.generate(4, seed=1)
    print(drawn)
    return gan


def metrics(real: np.ndarray, fake: np.ndarray) -> float:
    distance = tt.metrics.frechet_inception_distance(real, fake)
    return distance.value


def names() -> list[str]:
    try:
        return [*tt.presets(), tt.__version__]
    except tt.UserError as error:
        return [error.command_line]
