"""What a version answers, asked as the server asks it."""

import numpy as np

from tfgan_transfer.serving import servable


def ask(version, signature, **inputs):
    loaded = servable.Servable(version, "test")
    try:
        arrays = {name: np.array(value) for name, value in inputs.items()}
        return loaded.predict(signature, arrays)
    finally:
        loaded.close()
