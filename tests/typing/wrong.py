"""Mistakes that a type checker has to find: `make lint`.

Each `type: ignore` says which one, and is itself an error when there is none.
"""

import tfgan_transfer as tt

photos = tt.load_images(size=64)  # type: ignore[call-arg]
tt.load_domains("shapes")  # type: ignore[call-arg]
tt.build("folder:photos")  # type: ignore[arg-type]
count: str = tt.evaluate("my_gan", photos)["swd"]  # type: ignore[assignment]
tt.generate("my_gan", "16")  # type: ignore[arg-type]
gan = tt.adapt("zoo:faces_32", photos)
gan.generate("16")  # type: ignore[arg-type]
gan.generate(number=16)  # type: ignore[call-arg]
pixels = tt.from_preset("my_gan").generate().pixels  # type: ignore[attr-defined]
tt.export("my_gan", "models", form="onnx")  # type: ignore[call-arg]
tt.export("my_gan", "models", format=3)  # type: ignore[arg-type]
tt.metrics.mean_ms_ssim()  # type: ignore[call-arg]
tt.networks.dcgan.generator()  # type: ignore[call-arg]
tt.SampleGrid()  # type: ignore[call-arg]
tt.from_presets("my_gan")  # type: ignore[attr-defined]
tt.presets().keys()  # type: ignore[attr-defined]
