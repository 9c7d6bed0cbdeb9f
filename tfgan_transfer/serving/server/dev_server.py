"""A stand-in for TensorFlow Serving, for machines without its container.

It speaks the same REST and gRPC and loads models as the server does. It is
not the server: no request batching, labels, reload calls, classify, regress
or metrics; one model, one process, and Python between client and model.
"""

import functools
import os
import pathlib
import socket
import threading
import time
from collections.abc import Callable, Sequence
from concurrent import futures

import uvicorn

from tfgan_transfer.errors import UserError
from tfgan_transfer.serving.server import grpc_service, http_app
from tfgan_transfer.serving.server.complaints import Complaints
from tfgan_transfer.serving.server.connections import (
    BACKLOG,
    Connection,
    Limits,
    most_connections,
)
from tfgan_transfer.serving.server.names import LOOPBACK, Names
from tfgan_transfer.serving.server.versions import AVAILABLE, Versions, find

LARGEST_REQUEST = 64 * 2**20
TIMEOUT = 30.0
# Less than the ten seconds after which containers are killed.
SHUTDOWN = 8.0


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
        most_rows: Rows of a request; what is sensible for the model if None.
        host_names: Further names by which clients may call it.
        shutdown: Seconds until `stop` has ended, whatever is being answered.
        limits: What clients over HTTP may take.
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
        most_rows: int | None = None,
        host_names: Sequence[str] = (),
        shutdown: float = SHUTDOWN,
        limits: Limits | None = None,
        poll_seconds: float = 1.0,
        say: Callable[[str], None] = print,
    ):
        base = pathlib.Path(base).resolve()
        model = model or base.name
        _check(base)
        self.host = host
        self.shutdown = shutdown
        self.complaints = Complaints(say)
        self.versions = Versions(
            base,
            model,
            poll_seconds=poll_seconds,
            most_rows=most_rows,
            say=say,
        )
        workers = 4 * (os.cpu_count() or 1)
        self._pool = futures.ThreadPoolExecutor(workers, "rest")
        application = http_app.Application(
            self.versions,
            self._pool,
            names=Names(host, host_names),
            hear=self.complaints.hear,
            largest_request=largest_request,
            timeout=timeout,
        )
        limits = limits or Limits(
            most_connections(), request_bytes=2 * largest_request
        )
        self._http = _web_server(application, limits, shutdown / 2)
        self._grpc = grpc_service.server(
            self.versions,
            workers=workers,
            largest_request=largest_request,
            connections=limits.connections,
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
        self.complaints.attach()
        self.versions.start()
        self._grpc.start()
        self._thread.start()
        while not self._http.started and self._thread.is_alive():
            time.sleep(0.01)

    def stop(self) -> bool:
        """Answers what has been asked, within its time, and ends.

        Returns:
            Whether all that ran has ended. An operation of the model cannot
            be broken off; its thread keeps the process until it ends.
        """
        end = time.monotonic() + self.shutdown
        grace = self.shutdown / 2
        stopped = self._grpc.stop(grace)
        self._http.should_exit = True
        self._thread.join(1.5 * grace)
        stopped.wait(max(0, end - grace / 2 - time.monotonic()))
        self._pool.shutdown(wait=False, cancel_futures=True)
        ended = self.versions.stop(max(0, end - time.monotonic()))
        self.complaints.detach()
        return ended

    @property
    def connections(self) -> int:
        """The number of clients that are connected over HTTP."""
        return len(self._http.server_state.connections)

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
        if self.host not in LOOPBACK:
            lines.append(
                f"warning: {self.host} can be reached from other machines, "
                "and nobody is asked for a password"
            )
        return "\n".join(lines)


def _web_server(
    application: http_app.Application, limits: Limits, grace: float
) -> uvicorn.Server:
    return uvicorn.Server(
        uvicorn.Config(
            application.asgi(),
            http=functools.partial(Connection, limits),
            ws="none",
            lifespan="off",
            backlog=BACKLOG,
            access_log=False,
            log_level="warning",
            timeout_graceful_shutdown=max(1, int(grace)),
        )
    )


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
