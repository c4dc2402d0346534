"""A server that no request can hold up: so many at a time, each read within a time."""

from __future__ import annotations

import io
import socket
import threading
import time
from typing import TYPE_CHECKING, Any

from werkzeug.serving import ThreadedWSGIServer, WSGIRequestHandler

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

THREADS = 32
"""Requests at a time; others wait."""
READ_SECONDS = 20.0
"""A request that has not ended by then is dropped; so is an answer of which nothing is taken for
so long."""


class _Punctual(io.RawIOBase):
    """What a connection brings until a moment; TimeoutError afterwards."""

    def __init__(self, connection: socket.socket, end: float) -> None:
        self._connection, self._end = connection, end

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer) -> int:
        left = self._end - time.monotonic()
        if left <= 0:
            raise TimeoutError("the request did not end")
        self._connection.settimeout(left)
        try:
            return self._connection.recv_into(buffer)
        finally:
            self._connection.settimeout(READ_SECONDS)


class Handler(WSGIRequestHandler):
    """Ends requests that do not end; says nothing, and does not name the library."""

    server_version = "featamp"
    sys_version = ""
    timeout = READ_SECONDS

    def setup(self) -> None:
        """Begin to count the time."""
        super().setup()
        end = time.monotonic() + READ_SECONDS
        self.rfile = io.BufferedReader(_Punctual(self.connection, end))

    def parse_request(self) -> bool:
        """Refuse what says twice how long it is: it would be read by one of the two, cut short
        perhaps.
        """
        if not super().parse_request():
            return False
        if len(self.headers.get_all("Content-Length", [])) > 1:
            self.send_error(400, "it says twice how long it is")
            return False
        return True

    def log(self, type: str, message: str, *args: Any) -> None:  # noqa: ANN401  as it is declared
        """No line for a request: whoever sends nonsense could fill the terminal."""


class Server(ThreadedWSGIServer):
    """One that begins a request only where fewer than `THREADS` are under way."""

    def __init__(self, *args: Any, **options: Any) -> None:  # noqa: ANN401  of the library's
        super().__init__(*args, **options)
        self._places = threading.BoundedSemaphore(THREADS)

    def process_request(self, request: Any, client_address: Any) -> None:  # noqa: ANN401
        """Wait for a place, then go on in a thread."""
        self._places.acquire()
        super().process_request(request, client_address)

    def process_request_thread(self, request: Any, client_address: Any) -> None:  # noqa: ANN401
        """Give the place back in the end."""
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._places.release()
