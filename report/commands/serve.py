"""The site on this machine's own address, where Save writes selection.toml and the pages are built
anew.

Bound to 127.0.0.1. It gives out files of the site and takes one file back; everything else is
refused, and so is every request that another site's page, or a name that somebody points at this
machine, could make.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING

from werkzeug.exceptions import HTTPException
from werkzeug.serving import WSGIRequestHandler, make_server
from werkzeug.utils import send_from_directory
from werkzeug.wrappers import Request, Response

from featamp.errors import InputError

from ..engine.console import Console
from ..engine.disk import read_json, write_atomically
from ..inputs.config import load_configs, selection_name
from ..inputs.selection import parse_selection
from .build import build

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment
    from werkzeug.serving import BaseWSGIServer

PACKAGE = __package__.rpartition(".")[0]
"""What `python -m` runs: `report` in a clone, `featamp.report` where it is installed."""
IMPORT_ROOT = Path(__file__).resolve().parents[2 + PACKAGE.count(".")]
"""The folder from which that name is found."""
ADDRESS = "127.0.0.1"
API = re.compile(r"(?:/([A-Za-z0-9][A-Za-z0-9_-]*))?/api/selection")
LARGEST = 4_000_000
"""Bytes of the largest selection.toml that is taken."""
HEADERS = {
    "Cache-Control": "no-cache",
    "Content-Security-Policy": "frame-ancestors 'self'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}


@dataclass
class SiteServer:
    """A WSGI application for one site, and the selection.toml of each model that it was built
    from.
    """

    config: Path
    site: Path
    port: int
    _saving: threading.Lock = field(default_factory=threading.Lock)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request."""
        request = Request(environ)
        request.max_content_length = LARGEST
        try:
            response = self._answer(request)
        except HTTPException as refusal:
            response = _told(refusal.code or 400, error=refusal.description)
        except InputError as error:
            response = _told(500, error=str(error))
        except OSError as error:
            response = _told(500, error=f"{error.filename2 or error.filename}: {error.strerror}")
        response.headers.update(HEADERS)
        return response(environ, start_response)

    def _answer(self, request: Request) -> Response:
        hosts = [f"{name}:{self.port}" for name in (ADDRESS, "localhost")]
        origin = request.headers.get("Origin")
        if request.headers.get("Host") not in hosts:
            return _told(403, error="this address is not the one that is served")
        if origin not in (None, *(f"http://{host}" for host in hosts)):
            return _told(403, error="another site has no say here")
        asked = API.fullmatch(request.path)
        model = asked[1] or "" if asked else ""
        if asked and not self._dimensions(model).is_file():
            return _told(404, error="no such model")
        if asked and request.method == "GET":
            text = self._text(model)
            return _told(200, text=text, tag=_tag(text))
        if asked and request.method == "PUT" and origin:
            return self._save(request, model)
        if request.method not in ("GET", "HEAD"):
            return _told(405, error="only selection.toml can be written")
        return self._file(request)

    def _file(self, request: Request) -> Response:
        name = request.path.lstrip("/")
        name = f"{name}index.html" if not name or name.endswith("/") else name
        if any(part.startswith(".") for part in name.split("/")):
            return _told(404, error="no such file")
        return send_from_directory(self.site.resolve(), name, request.environ)

    def _text(self, model: str) -> str | None:
        selection = self.config.parent / selection_name(model)
        try:
            return selection.read_bytes().decode("utf-8-sig") if selection.exists() else None
        except UnicodeDecodeError as error:
            raise InputError(
                f"{selection.name} in the project is not UTF-8 text ({error})"
            ) from None

    def _dimensions(self, model: str) -> Path:
        """The table of a model's dimensions, which every built report has."""
        return self.site / model / "data/dimensions.csv"

    def _save(self, request: Request, model: str) -> Response:
        """Check, keep a copy of the last, write, and build; the file is left alone where it has
        changed meanwhile.
        """
        content, name = request.get_data(), selection_name(model)
        selection = (self.config.parent / name).resolve()  # where it is a link, what it leads to
        with self._saving:
            if request.headers.get("If-Match") != _tag(self._text(model)):
                return _told(
                    412, error=f"{name} was changed meanwhile; press Save again to see both"
                )
            try:
                parse_selection(Path(name), content.decode(), self._dims(model), self._mark(model))
            except (InputError, UnicodeDecodeError) as error:
                return _told(400, error=str(error))
            if selection.exists():
                last = selection.read_bytes()
                write_atomically(selection.with_name(f"{name}.bak"), last, like=selection)
            write_atomically(selection, content, like=selection)
            return _told(200, saved=True, error=self._build())

    def _dims(self, model: str) -> int:
        """How many dimensions the built report of a model has."""
        with self._dimensions(model).open() as file:
            return sum(1 for _ in file) - 1

    def _mark(self, model: str) -> str:
        """The mark of the model that the built report is of."""
        report = read_json(self.site / model / "data/report.json")
        return str(report.get("checkpoint", {}).get("mark", ""))

    def _build(self) -> str | None:
        """Build in a process of its own, which can take nothing down with it; the error in a
        sentence.
        """
        command = [
            sys.executable,
            "-m",
            PACKAGE,
            "build",
            "--config",
            str(self.config),
            "--site",
            str(self.site),
        ]
        done = subprocess.run(
            command, cwd=IMPORT_ROOT, stderr=subprocess.PIPE, text=True, check=False
        )
        sys.stderr.write(done.stderr)
        if done.returncode == 0:
            return None
        last = done.stderr.strip().split("\n")[-1]
        return last.removeprefix("error: ") or f"the build ended with exit code {done.returncode}"


def _tag(text: str | None) -> str:
    return "none" if text is None else hashlib.sha256(text.encode()).hexdigest()


def _told(status: int, **values: object) -> Response:
    return Response(json.dumps(values), status=HTTPStatus(status), mimetype="application/json")


class _Quiet(WSGIRequestHandler):
    """Says nothing of requests that went well, and does not name the library."""

    server_version = "featamp"
    sys_version = ""

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """No line for each file."""


def make_site_server(config: Path, site: Path, port: int) -> BaseWSGIServer:
    """A server that is ready to be run, with `port` 0 on any free one; InputError where the port
    cannot be had.
    """
    application = SiteServer(config.resolve(), site.resolve(), port)
    with _listen(port) as listening:  # the library would print and exit
        descriptor = listening.fileno()
        server = make_server(
            ADDRESS, port, application, threaded=True, request_handler=_Quiet, fd=descriptor
        )
    application.port = server.port
    return server


def _listen(port: int) -> socket.socket:
    try:
        return socket.create_server((ADDRESS, port))
    except OverflowError:
        raise InputError(f"--port is {port}, expected 0 to 65535") from None
    except OSError as error:
        reason = os.strerror(error.errno or 0)
        raise InputError(
            f"--port is {port}, which cannot be used ({reason}); choose another"
        ) from None


@contextmanager
def _ended_by_sigterm() -> Iterator[None]:
    """Have SIGTERM do what Ctrl+C does."""
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def serve(config: Path, site: Path, port: int, console: Console) -> None:
    """Build the site, then serve it until Ctrl+C, or SIGTERM, ends it."""
    # the server first: no long build for a port that cannot be had
    with _ended_by_sigterm(), make_site_server(config, site, port) as server:
        build(config, site, console)
        console.line(
            f"http://{ADDRESS}:{server.port}/  (Ctrl+C ends it; Save writes"
            f" {', '.join(str(one.selection) for one in load_configs(config))})"
        )
        server.serve_forever()
        console.line("")
