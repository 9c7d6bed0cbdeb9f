"""Do FID and KID rank known degradations of real images as they should?

    python benchmarks/metric_sanity.py --inception=DIR \\
        --cifar=zip:cifar10_32.zip --other=zip:flowers102_64.zip

CIFAR-10 test images are compared with as many training images (the floor),
then with the same test images degraded, and with pictures of something else.
"""

import io
import sys

from absl import app, flags

FLAGS = flags.FLAGS
flags.DEFINE_string("inception", None, "SavedModel.", required=True)
flags.DEFINE_string("layer", "mixed_7", "Its output.")
flags.DEFINE_string("cifar", None, "Source with train and test parts.")
flags.DEFINE_string("other", None, "Source of other pictures.")
flags.DEFINE_integer("count", 2000, "Images per set.")


def jpeg(image, quality):
    import numpy as np
    from PIL import Image

    stream = io.BytesIO()
    Image.fromarray(image).save(stream, "JPEG", quality=quality)
    return np.asarray(Image.open(stream))


def blurred(image, radius):
    import numpy as np
    from PIL import Image, ImageFilter

    kernel = ImageFilter.GaussianBlur(radius)
    return np.asarray(Image.fromarray(image).filter(kernel))


def main(argv):
    import numpy as np

    from tfgan_transfer import data
    from tfgan_transfer.metrics import features, inception
    from tfgan_transfer.metrics.fid import expected_bias, fid
    from tfgan_transfer.metrics.kid import kid

    def images(source):
        loaded = data.load(source, size=(32, 32), limit=FLAGS.count)
        return loaded.train.images

    test = images(f"{FLAGS.cifar}#test")
    sets = {"train images (floor)": images(f"{FLAGS.cifar}#train")}
    for quality in (50, 10):
        degraded = [jpeg(image, quality) for image in test]
        sets[f"test, JPEG quality {quality}"] = np.stack(degraded)
    for radius in (0.5, 1.0, 2.0):
        degraded = [blurred(image, radius) for image in test]
        sets[f"test, blurred by {radius} px"] = np.stack(degraded)
    sets["other pictures"] = images(FLAGS.other)

    network = inception.load(FLAGS.inception)
    real = features.extract(network, test, [FLAGS.layer])[FLAGS.layer]
    print(f"{network.protocol(FLAGS.layer)}; {len(test)} test images")
    bias = expected_bias(real, len(real), len(real))
    print(f"FID that {len(real)} samples a side produce alone: {bias:.4g}")
    for name, pictures in sets.items():
        fake = features.extract(network, pictures, [FLAGS.layer])[FLAGS.layer]
        score = kid(real, fake)
        print(
            f"{name:28} FID {fid(real, fake).value:8.4f}   KID "
            f"{score.value:9.6f} +- {score.spread:.1g}",
            flush=True,
        )


if __name__ == "__main__":
    app.run(main, sys.argv)
