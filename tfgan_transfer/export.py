"""Exports a generator as a SavedModel that TensorFlow Serving loads.

  python -m tfgan_transfer.export --run_dir=runs/photos \\
      --model_base=export/models/gan
  python -m tfgan_transfer.export --checkpoint=zoo:anime_32 --model_base=m/anime

Each call adds a version, --model_base/1, 2, ..., which a running server picks
up by itself.
"""

from tfgan_transfer.cli import app, flags
from tfgan_transfer.errors import UserError

flags.define_run()
flags.define_export()


def main() -> None:
    """Opens the checkpoint, publishes it and says where."""
    given = flags.given()
    path = given.get("checkpoint") or given.get("run_dir")
    for flag, value in (
        ("run_dir", path),
        ("model_base", given.get("model_base")),
    ):
        if not value:
            raise UserError(f"--{flag}: expected a directory, received none")

    try:
        from tensorflow_serving.apis import prediction_log_pb2  # noqa: F401
    except ModuleNotFoundError as error:
        raise UserError(
            f"export: needs the package {error.name}, which is not installed; "
            "pip install 'tfgan-transfer[serving]'"
        ) from error

    from tfgan_transfer.cli import exporting

    print(
        exporting.export(path, given["model_base"], ema=given.get("ema", True))
    )


if __name__ == "__main__":
    app.run(main)
