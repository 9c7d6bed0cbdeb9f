import numpy as np
import pytest
from PIL import Image
from sklearn.datasets import load_sample_images


@pytest.fixture(scope="session")
def photographs():
    """60 pieces of two photographs, uint8 [60, 128, 128, 3], none alike."""
    china, flower = load_sample_images().images
    rng = np.random.default_rng(0)
    pieces = []
    for index in range(60):
        photograph = (china, flower)[index % 2]
        side = int(rng.integers(90, 220))
        # A grid of places, so that no two pieces show the same.
        row, column = divmod(index // 2, 6)
        top, left = 42 * row, 70 * column
        piece = photograph[top : top + side, left : left + side]
        image = Image.fromarray(piece).resize((128, 128))
        pieces.append(np.asarray(image))
    return np.stack(pieces)
