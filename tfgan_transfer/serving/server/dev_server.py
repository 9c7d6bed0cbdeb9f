"""A stand-in for TensorFlow Serving, for machines without its container.

It speaks the same REST and gRPC and loads models as the server does. It is
not the server: no request batching, labels, reload calls, classify, regress
or metrics; one model, one process, and Python between client and model.
"""

import os
import pathlib
import socket
import threading
import time
from collections.abc import Callable
from concurrent import futures

import uvicorn

from tfgan_transfer.errors import UserError
from tfgan_transfer.serving.server import grpc_service, http_app
from tfgan_transfer.serving.server.versions import AVAILABLE, Versions, find

LARGEST_REQUEST = 64 * 2**20
TIMEOUT = 30.0
_LOOPBACK = ("127.0.0.1", "localhost", "::1")


class DevServer:
    """One model over HTTP and gRPC.

    Args:
        base: Directory with the versions.
        model: Its name; the name of the directory when absent.
        host: Address to bind to.
        rest_port: Port for HTTP; 0 for any free one.
        grpc_port: Port for gRPC; 0 for any free one.
        largest_request: In bytes.
        timeout: Seconds for an HTTP request.
        poll_seconds: Time between two looks for a new version.
        say: Is told, in a line, what happens.

    Raises:
        UserError: If there is nothing to serve, or nowhere to do it.
    """

    def __init__(
        self,
        base: str | pathlib.Path,
        model: str | None = None,
        *,
        host: str = "127.0.0.1",
        rest_port: int = 8501,
        grpc_port: int = 8500,
        largest_request: int = LARGEST_REQUEST,
        timeout: float = TIMEOUT,
        poll_seconds: float = 1.0,
        say: Callable[[str], None] = print,
    ):
        base = pathlib.Path(base).resolve()
        model = model or base.name
        _check(base)
        self.host = host
        self.versions = Versions(
            base, model, poll_seconds=poll_seconds, say=say
        )
        workers = 4 * (os.cpu_count() or 1)
        self._pool = futures.ThreadPoolExecutor(workers, "rest")
        application = http_app.Application(
            self.versions,
            self._pool,
            largest_request=largest_request,
            timeout=timeout,
        )
        self._http = uvicorn.Server(
            uvicorn.Config(
                application.asgi(),
                access_log=False,
                log_level="warning",
                timeout_graceful_shutdown=int(timeout),
            )
        )
        self._grpc = grpc_service.server(
            self.versions, workers=workers, largest_request=largest_request
        )
        self._socket = _listen(host, rest_port)
        self.rest_port = self._socket.getsockname()[1]
        shown = f"[{host}]" if ":" in host else host
        try:
            self.grpc_port = self._grpc.add_insecure_port(
                f"{shown}:{grpc_port}"
            )
        except RuntimeError as error:
            self._socket.close()
            raise UserError(
                f"--grpc_port: {host}:{grpc_port} cannot be used; another "
                "program may have it, or the address is not this machine's"
            ) from error
        self.url = f"http://{shown}:{self.rest_port}"
        self._thread = threading.Thread(
            target=self._http.run, args=([self._socket],), daemon=True
        )

    def start(self) -> None:
        """Loads the newest version, and answers from then on.

        Raises:
            UserError: If it cannot be loaded; the server would exit as well.
        """
        self.versions.poll()
        newest = self.versions.states()[0]
        if newest.state != AVAILABLE:
            self._socket.close()
            raise UserError(
                f"--model_base: version {newest.number} cannot be served: "
                f"{newest.error.message}; export it again, or remove it"
            )
        self.versions.start()
        self._grpc.start()
        self._thread.start()
        while not self._http.started and self._thread.is_alive():
            time.sleep(0.01)

    def stop(self) -> None:
        """Answers what has been asked, and ends."""
        stopped = self._grpc.stop(grace=5)
        self._http.should_exit = True
        self._thread.join()
        stopped.wait()
        self._pool.shutdown()
        self.versions.stop()

    def notice(self) -> str:
        """What the user should know, in a few lines."""
        name = self.versions.model
        lines = [
            f"page  {self.url}/",
            f"REST  {self.url}/v1/models/{name}:predict",
            f"gRPC  {self.host}:{self.grpc_port}",
            "This is a stand-in for TensorFlow Serving, for development: no "
            "request batching, labels, reloading of its configuration, "
            "classify, regress or metrics. export/README.md starts the real "
            "one.",
        ]
        if self.host not in _LOOPBACK:
            lines.append(
                f"warning: {self.host} can be reached from other machines, "
                "and nobody is asked for a password"
            )
        return "\n".join(lines)


def _check(base: pathlib.Path) -> None:
    if not base.is_dir():
        raise UserError(
            f"--model_base: no directory {str(base)!r}; expected one that "
            "`export` wrote"
        )
    if not find(base):
        names = sorted(child.name for child in base.iterdir())[:5]
        raise UserError(
            f"--model_base: no version in {str(base)!r}, expected directories "
            f"named 1, 2, ..., received {', '.join(names) or 'none at all'}; "
            "give the directory above them, or run `export` first"
        )


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # Without the protocol's number asyncio leaves Nagle's algorithm on, which
    # holds answers back for 40 ms.
    made = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        made.bind((host, port))
    except OSError as error:
        made.close()
        raise UserError(
            f"--rest_port: {host}:{port} cannot be used "
            f"({error.strerror or error}); give another port, or 0 for any"
        ) from error
    return made
