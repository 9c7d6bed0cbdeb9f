"""Makes metrics.json: values of other people's code on features of a recipe.

Not run by the tests, which only read the numbers and repeat the recipe. In an
environment of its own:

    pip install torch==2.13.0 numpy scipy scikit-learn pillow tqdm requests
    pip install --no-deps torch-fidelity==0.4.0 pytorch-fid==0.3.0 prdc==0.2
    python tests/reference/make_metrics_golden.py
"""

import json
import pathlib


def feature_sets():
    """Pairs (real, generated) of features by name, float64 [N, D]."""
    import numpy as np

    def draw(seed, count, dims, rank, shift):
        # The legacy generator's streams are frozen by NumPy's policy.
        rng = np.random.RandomState(seed)
        mixing = np.random.RandomState(99).standard_normal((rank, dims))
        mixing *= (1.0 + np.arange(rank))[:, None] ** -0.6
        return np.maximum(
            rng.standard_normal((count, rank)) @ mixing + 0.3 + shift, 0
        )

    return {
        "full": (draw(1, 900, 48, 48, 0.0), draw(2, 700, 48, 48, 0.2)),
        "near": (draw(3, 1200, 64, 64, 0.0), draw(4, 1200, 64, 64, 0.0)),
        "deficient": (draw(5, 90, 256, 256, 0.0), draw(6, 120, 256, 256, 0.1)),
        "lowrank": (draw(7, 400, 128, 20, 0.0), draw(8, 400, 128, 20, 0.05)),
    }


def class_logits():
    """Logits float64 [503, 20], sorted so that the order of rows matters."""
    import numpy as np

    rng = np.random.RandomState(11)
    logits = 2 * rng.standard_normal((503, 20))
    return logits[np.argsort(logits[:, 0])]


def _stand_in_for_torchvision():
    """torch-fidelity imports it; its formula functions never use it."""
    import sys
    from unittest import mock

    for name in ("", ".transforms", ".transforms.functional", ".datasets"):
        sys.modules["torchvision" + name] = mock.MagicMock()


def _golden():
    _stand_in_for_torchvision()
    import numpy as np
    import scipy.linalg
    import torch
    from prdc import compute_prdc
    from torch_fidelity import metric_fid, metric_isc, metric_kid, metric_prc

    golden = {"fid": {}, "kid": {}, "kid_subsets": {}, "prc": {}, "prdc": {}}
    for name, pair in feature_sets().items():
        real, fake = (torch.from_numpy(side) for side in pair)
        statistics = [
            metric_fid.fid_features_to_statistics(side) for side in (real, fake)
        ]
        fid = metric_fid.fid_statistics_to_metric(*statistics, False)
        (m1, c1), (m2, c2) = ((s["mu"], s["sigma"]) for s in statistics)
        root = scipy.linalg.sqrtm(c1 @ c2).real
        golden["fid"][name] = {
            "torch_fidelity": fid["frechet_inception_distance"],
            "sqrtm": float(
                (m1 - m2) @ (m1 - m2) + np.trace(c1 + c2 - 2 * root)
            ),
        }
        size = min(len(real), len(fake))
        for key, subsets, count in (("kid", 1, size), ("kid_subsets", 20, 60)):
            kid = metric_kid.kid_features_to_metric(
                real[:size] if key == "kid" else real,
                fake[:size] if key == "kid" else fake,
                kid_subsets=subsets,
                kid_subset_size=count,
                verbose=False,
            )
            golden[key][name] = list(kid.values())
        for k in (3, 5):
            golden["prc"][f"{name}/{k}"] = list(
                metric_prc.calculate_precision_recall_full(fake, real, k)
            )
            prdc = compute_prdc(pair[0], pair[1], k)
            golden["prdc"][f"{name}/{k}"] = {
                key: float(value) for key, value in prdc.items()
            }
    logits = torch.from_numpy(class_logits())
    golden["is"] = {
        f"{splits}/{seed}": list(
            metric_isc.isc_features_to_metric(
                logits, splits, seed is not None, seed
            ).values()
        )
        for splits, seed in ((1, None), (10, None), (10, 2020))
    }
    return golden


if __name__ == "__main__":
    import platform
    from importlib.metadata import version

    versions = {
        name: version(name)
        for name in ("torch", "torch-fidelity", "prdc", "numpy", "scipy")
    }
    document = {
        "made_by": "make_metrics_golden.py",
        "versions": {**versions, "python": platform.python_version()},
        **_golden(),
    }
    target = pathlib.Path(__file__).with_name("metrics.json")
    target.write_text(json.dumps(document, indent=1) + "\n")
