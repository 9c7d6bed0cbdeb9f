"""Serves an exported model on this machine, as TensorFlow Serving would.

  python -m tfgan_transfer.serve --model_base=models/photos
  curl -d '{"instances": [{"seed": 1}]}' \\
      http://127.0.0.1:8501/v1/models/photos:predict

A stand-in for development, where no container can be run: the same REST and
gRPC, the same errors, new versions picked up as they appear, and a page for
people at http://127.0.0.1:8501/. export/ has what the real server needs.
"""

import os
import threading

from tfgan_transfer.commands import app, flags
from tfgan_transfer.errors import UserError

flags.define("serve")


def main() -> None:
    """Loads the newest version and answers until told to stop."""
    given = flags.given()
    if not given.get("model_base"):
        raise UserError(
            "--model_base: expected the directory that `export` wrote, "
            "received none; give --model_base=DIR"
        )
    try:
        from tfgan_transfer.serving import servable
        from tfgan_transfer.serving.server import dev_server, signals
    except ModuleNotFoundError as error:
        raise UserError(
            f"serve: needs the package {error.name}, which is not installed; "
            "pip install 'tfgan-transfer[serving]'"
        ) from error

    if not servable.disable_xla():
        print(
            "warning: jit-compiled functions run here and would fail in "
            "TensorFlow Serving"
        )
    server = dev_server.DevServer(
        given["model_base"],
        given.get("model_name"),
        host=given.get("host", "127.0.0.1"),
        rest_port=given.get("rest_port", 8501),
        grpc_port=given.get("grpc_port", 8500),
        most_rows=given.get("max_rows"),
        host_names=given.get("host_names") or (),
        say=lambda line: print(line, flush=True),
    )
    told = signals.pipe()
    server.start()
    signals.catch()
    print(server.notice(), flush=True)
    os.read(told, 1)
    # Whatever happens, as in a library's own thread, this is the end.
    last = threading.Timer(server.shutdown + 1, os._exit, [0])
    last.daemon = True
    last.start()
    if not server.stop():
        print("warning: a request is broken off", flush=True)
    # A thread that runs the model would keep the process until it ends.
    os._exit(0)


if __name__ == "__main__":
    app.run(main)
