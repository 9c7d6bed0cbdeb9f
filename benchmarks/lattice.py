"""How much stronger than in real images a lattice is in those of generators.

    python benchmarks/lattice.py --data=zip:photos.zip --size=64 FOLDER ...

Prints, for each folder of pictures, powers of two by which the mean power of
its spectrum differs from that of the real images: where both frequencies belong
to the lattices of strides (wavelengths of 8, 4, 2 and 8/3 pixels, or none), at
the finest of them, where pixels alternate in both directions, and everywhere
else.
"""

import argparse

import numpy as np

import tfgan_transfer as tt
from tfgan_transfer import spectrum
from tfgan_transfer.pixels import to_float

# Wavelength, in pixels, of the coarsest lattice that is looked for.
PERIOD = 8


def powers(data: str, size: int, limit: int) -> np.ndarray:
    """Mean power of a source's images, `[size, size // 2 + 1]`."""
    photos = tt.load_images(data, size, limit=limit)
    return spectrum.power(to_float(photos.images)).numpy()


def lattice(size: int) -> np.ndarray:
    """Which frequencies are those of strides; the mean of an image is not."""
    multiples = np.arange(size) % (size // PERIOD) == 0
    both = np.outer(multiples, multiples[: size // 2 + 1])
    both[0, 0] = False
    return both


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folders", nargs="+")
    parser.add_argument("--data", required=True)
    parser.add_argument("--size", type=int, default=64)
    parser.add_argument("--limit", type=int, default=256)
    given = parser.parse_args()
    real = powers(given.data, given.size, given.limit)
    at = lattice(given.size)
    print("| pictures | lattice | finest | elsewhere |\n|---|---|---|---|")
    for folder in given.folders:
        made = powers(f"folder:{folder}", given.size, given.limit)
        ratio = np.log2(made / real)
        finest = ratio[given.size // 2, given.size // 2]
        values = (ratio[at].mean(), finest, ratio[~at].mean())
        print(f"| {folder} |", " | ".join(f"{v:+.1f}" for v in values), "|")


if __name__ == "__main__":
    main()
