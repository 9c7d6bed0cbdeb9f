"""Connections of HTTP that nobody can hold open for nothing.

A client has some seconds to send the head of a request, which is of limited
size, and to take an answer. Where too many are connected the one that has
waited longest without a request makes room for the next; where all of them
are being answered the next one is turned away.
"""

import asyncio
import resource
from typing import NamedTuple

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

# Connections that are taken in at once, before any is looked at.
BACKLOG = 64
_FULL = (
    b"HTTP/1.1 503 Service Unavailable\r\nconnection: close\r\n"
    b"content-length: 0\r\n\r\n"
)


def most_connections() -> int:
    """As many as leave half of this process's files for other things."""
    files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if files == resource.RLIM_INFINITY:
        return 512
    return max(8, min(512, files // 2 - 2 * BACKLOG))


class Limits(NamedTuple):
    """What clients may take.

    Attributes:
        connections: At the same time.
        head_seconds: For sending the head of a request.
        answer_seconds: For taking an answer.
        head_bytes: Of the head of a request.
        request_bytes: Of a request, with all that frames it.
    """

    connections: int
    head_seconds: float = 10.0
    answer_seconds: float = 30.0
    head_bytes: int = 2**16
    request_bytes: int = 2**27


class Connection(HttpToolsProtocol):
    """One client.

    Args:
        limits: What he may take.
        config: As of uvicorn's own protocol, and so are the others.
        server_state: The connections of the server.
        app_state: Of the application.
        _loop: The event loop.
    """

    def __init__(
        self,
        limits: Limits,
        config: uvicorn.Config,
        server_state: ServerState,
        app_state: dict,
        _loop: asyncio.AbstractEventLoop | None = None,
    ):
        super().__init__(config, server_state, app_state, _loop)
        self.limits = limits
        self.since = self.loop.time()
        self._timer: asyncio.TimerHandle | None = None
        self._received = 0
        self._in_body = False

    @property
    def waiting(self) -> bool:
        """Whether the client is to speak next."""
        return self.cycle is None or self.cycle.response_complete

    def connection_made(self, transport: asyncio.Transport) -> None:
        """Takes a client in, or turns him away."""
        super().connection_made(transport)
        self._limit(self.limits.head_seconds)
        if len(self.connections) <= self.limits.connections:
            return
        idle = [one for one in self.connections if one.waiting]
        oldest = min(idle, key=lambda one: one.since)
        self.logger.warning("too many connections; the oldest idle one closed")
        if oldest is self:
            transport.write(_FULL)
        oldest.end()

    def data_received(self, data: bytes) -> None:
        """Reads on; counts what belongs to no request yet."""
        self._received += len(data)
        super().data_received(data)
        if self.waiting and self._timer is None:
            self._limit(self.limits.head_seconds)
        inside = self._in_body or not self.waiting
        if self._received > (
            self.limits.request_bytes if inside else self.limits.head_bytes
        ):
            self.logger.warning("a request that is too large or never begins")
            self.end()

    def on_headers_complete(self) -> None:
        """A request begins; its body is the application's business."""
        self._limit(None)
        self._received, self._in_body = 0, True
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """A request ends."""
        self._received, self._in_body = 0, False
        super().on_message_complete()

    def on_response_complete(self) -> None:
        """An answer is on its way, and the client to take it."""
        self.since = self.loop.time()
        super().on_response_complete()
        if self.transport.get_write_buffer_size():
            self._limit(self.limits.answer_seconds)

    def connection_lost(self, exc: Exception | None) -> None:
        """The client has left, or was sent away."""
        self._limit(None)
        super().connection_lost(exc)

    def end(self) -> None:
        """Hangs up at once, whatever is still to be sent."""
        self._limit(None)
        self.connections.discard(self)
        if self.transport.get_write_buffer_size():
            self.transport.abort()
        else:
            self.transport.close()

    def _limit(self, seconds: float | None) -> None:
        """Hangs up after some time, or no longer."""
        if self._timer:
            self._timer.cancel()
        self._timer = seconds and self.loop.call_later(seconds, self._expire)

    def _expire(self) -> None:
        self.logger.warning("a client that took too long was sent away")
        self.end()
