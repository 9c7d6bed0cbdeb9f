"""Exports a generator for TensorFlow Serving, phones and other programs.

  python -m tfgan_transfer.export --run_dir=runs/photos \\
      --model_base=export/models/gan --check
  python -m tfgan_transfer.export --checkpoint=zoo:anime_32 --model_base=m/anime
  python -m tfgan_transfer.export --run_dir=runs/photos --model_base=m/photos \\
      --format=onnx
  python -m tfgan_transfer.export --check=export/models/gan/1

Each export adds a version, --model_base/1, 2, ..., which a running server
picks up by itself. --check judges it first, in a process of its own, through
the loader that the server uses, and compares its answers with the
checkpoint's. --check=DIR judges any SavedModel, and with --run_dir or
--checkpoint compares it as well. The exit code is 0 if it is accepted, and 1
if it is refused, which publishes nothing.
"""

import json
import sys

from tfgan_transfer.commands import app, flags
from tfgan_transfer.errors import UserError

EXIT_REFUSED = 1

flags.define("export")


def main() -> int:
    """Publishes a checkpoint and says where, or judges what is there."""
    given = flags.given()
    path = given.get("checkpoint") or given.get("run_dir")
    base, directory = given.get("model_base"), given.get("check")
    options = {
        "ema": given.get("ema", True),
        "as_json": given.get("json", False),
    }
    if directory and base:
        raise UserError(
            f"--check: received {directory!r} beside --model_base; to judge "
            "what is exported use --check alone, else leave --model_base out"
        )
    if not directory:
        for flag, value in (("run_dir", path), ("model_base", base)):
            if not value:
                example = {"run_dir": "runs/photos", "model_base": "models/it"}
                raise UserError(
                    f"--{flag}: expected a directory, received none; add for "
                    f"example --{flag}={example[flag]}"
                )

    from tfgan_transfer.families import exporting
    from tfgan_transfer.serving import card

    if directory:
        accepted = exporting.check(directory, path, **options)
        return 0 if accepted else EXIT_REFUSED
    published = exporting.export(
        path,
        base,
        checked=directory is not None,
        format=given.get("format", "saved_model"),
        **options,
    )
    if not published:
        return EXIT_REFUSED
    print(card.sentence(card.read(published)), file=sys.stderr)
    as_json = json.dumps({"published": str(published)})
    print(as_json if options["as_json"] else published)
    return 0


if __name__ == "__main__":
    app.run(main)
