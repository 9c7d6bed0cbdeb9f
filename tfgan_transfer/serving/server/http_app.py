"""The HTTP side: TensorFlow Serving's REST paths, and a page at `/`."""

import asyncio
import functools
import re
import time
import zlib
from collections.abc import Callable
from concurrent import futures

import anyio
from google.protobuf import json_format
from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route, Router

from tfgan_transfer.serving import status
from tfgan_transfer.serving.servable import DEFAULT_SIGNATURE, Servable
from tfgan_transfer.serving.server import grpc_service, page, rest, versions
from tfgan_transfer.serving.server.names import Names
from tfgan_transfer.serving.server.versions import Versions

_WHICH = r"(?:/versions/(?P<number>\d+)|/labels/(?P<label>[^/:]+))?"
_PREDICT = re.compile(
    rf"/v1/models/(?P<name>[^/:]+){_WHICH}:(?P<method>classify|regress|predict)",
    re.IGNORECASE,
)
_STATUS = re.compile(
    rf"/v1/models(?:/(?P<name>[^/:]+))?{_WHICH}(?P<metadata>/metadata)?",
    re.IGNORECASE,
)
_METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]


class Application:
    """Answers requests for one model.

    Args:
        served: The model.
        pool: Threads that run the model.
        names: Who requests may be for.
        hear: Is told of failures that are no client's fault.
        largest_request: In bytes, after decompression.
        timeout: Seconds for a request.
    """

    def __init__(
        self,
        served: Versions,
        pool: futures.Executor,
        *,
        names: Names,
        hear: Callable[[str, Exception], None],
        largest_request: int,
        timeout: float,
    ):
        self.served = served
        self.pool = pool
        self.names = names
        self.hear = hear
        self.largest_request = largest_request
        self.timeout = timeout

    def asgi(self) -> Router:
        """What the web server runs."""
        return Router(
            [
                Route("/", self.page),
                Route("/{path:path}", self.answer, methods=_METHODS),
            ]
        )

    async def page(self, request: Request) -> Response:
        """The page for people."""
        refused = self.names.refusal(request.method, request.headers)
        if refused:
            return HTMLResponse(page.failure(refused), 403)
        try:
            with self.served.lease() as version:
                text = page.render(self.served.model, version)
        except status.ServingError as error:
            return HTMLResponse(page.failure(error.message), 503)
        return HTMLResponse(text)

    async def answer(self, request: Request) -> Response:
        """Any other path: an answer, or an error, in JSON."""
        refused = self.names.refusal(request.method, request.headers)
        if refused:
            return _error(403, refused)
        deadline = time.monotonic() + self.timeout
        try:
            # The model stops itself at the deadline; this also ends waiting
            # for a body, or for a free thread.
            with anyio.fail_after(self.timeout + 1):
                body = await self._answer(request, deadline)
            return Response(body, media_type="application/json")
        except TooLarge as error:
            return _error(413, str(error))
        except TimeoutError:
            return _error(504, f"Timed out after {self.timeout:g} seconds")
        except ClientDisconnect:
            return _error(499, "The client has left")
        except status.ServingError as error:
            return _error(error.http_status, error.message)
        except Exception as error:
            # A defect of ours, or no memory left: this request alone fails.
            self.hear("a request failed", error)
            return _error(500, f"{type(error).__name__}: {error}")

    async def _answer(self, request: Request, deadline: float) -> bytes:
        path = request.url.path
        if not path.lower().startswith("/v1/"):
            raise status.ServingError(
                status.NOT_FOUND, f"No such path: {path}; see /v1/models"
            )
        found = None
        if request.method == "POST":
            found = _PREDICT.fullmatch(path)
            function = functools.partial(self._predict, deadline)
            body = await self._body(request)
        elif request.method == "GET":
            found = _STATUS.fullmatch(path)
            function = (
                self._metadata
                if found and found["metadata"]
                else (self._status)
            )
            body = b""
        if not found:
            raise status.invalid(f"Malformed request: {request.method} {path}")
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self.pool, function, found, body)

    def _predict(self, deadline: float, found: re.Match, body: bytes) -> bytes:
        if found["method"].lower() != "predict":
            raise status.ServingError(
                status.UNIMPLEMENTED,
                f"{found['method']} is not part of this stand-in; use predict",
            )
        number = _number(found)
        if found["name"] != self.served.model:
            raise versions.not_found(found["name"], number)
        with self.served.lease(number, found["label"] or "") as version:
            servable = version.servable
            asked = rest.parse(body, lambda name: _inputs(servable, name))
            left = deadline - time.monotonic()
            if left <= 0:
                raise TimeoutError
            outputs = servable.predict(
                asked.signature, asked.inputs, timeout=left
            )
            return rest.answer(outputs, asked.rows)

    def _status(self, found: re.Match, body: bytes) -> bytes:
        if not found["name"]:
            raise status.invalid("Missing model name in request.")
        if found["name"] != self.served.model:
            raise versions.no_versions(found["name"])
        if found["label"]:
            raise status.invalid(
                f"Unrecognized servable version label: {found['label']}"
            )
        known = self.served.states(_number(found))
        return json_format.MessageToJson(
            grpc_service.states(known),
            preserving_proto_field_name=True,
            always_print_fields_with_no_presence=True,
        ).encode()

    def _metadata(self, found: re.Match, body: bytes) -> bytes:
        if not found["name"]:
            raise status.invalid("Missing model name in request.")
        number = _number(found)
        if found["name"] != self.served.model:
            raise versions.not_found(found["name"], number)
        with self.served.lease(number, found["label"] or "") as version:
            return json_format.MessageToJson(
                grpc_service.metadata(
                    self.served.model, version.number, version.servable
                ),
                preserving_proto_field_name=True,
                always_print_fields_with_no_presence=True,
            ).encode()

    async def _body(self, request: Request) -> bytes:
        """The body, decompressed; refused as soon as it is too large."""
        parts, size = [], 0
        async for part in request.stream():
            size += len(part)
            if size > self.largest_request:
                raise TooLarge(self.largest_request)
            parts.append(part)
        body = b"".join(parts)
        if "gzip" not in request.headers.get("content-encoding", "").lower():
            return body
        try:
            reader = zlib.decompressobj(wbits=31)
            body = reader.decompress(body, self.largest_request)
        except zlib.error as error:
            raise status.invalid(
                f"Failed to decompress gzip: {error}"
            ) from error
        if reader.unconsumed_tail:
            raise TooLarge(self.largest_request)
        if not reader.eof:
            raise status.invalid("Failed to decompress gzip: it ends too early")
        return body


class TooLarge(Exception):
    """A request beyond the limit, which is this server's own (HTTP 413)."""

    def __init__(self, limit: int):
        super().__init__(f"The request is larger than {limit} bytes")


def _inputs(servable: Servable, name: str) -> rest.Infos:
    name = name or DEFAULT_SIGNATURE
    if name not in servable.signatures:
        raise status.invalid(
            f'Serving signature name: "{name}" not found in signature def'
        )
    return servable.signatures[name].inputs


def _number(found: re.Match) -> int | None:
    if not found["number"]:
        return None
    if len(found["number"]) > 19 or int(found["number"]) >= 2**63:
        raise status.invalid(
            f"Failed to convert version: {found['number']} to numeric."
        )
    return int(found["number"])


def _error(http_status: int, message: str) -> Response:
    return Response(
        rest.error(message), http_status, media_type="application/json"
    )
