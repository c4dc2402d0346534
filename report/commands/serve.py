"""The site on this machine's own address, where Save writes selection.toml and the pages are built
anew.

Bound to 127.0.0.1. It gives out files of the site, takes one file back, and decodes codes for a
page that cannot; everything else is refused, and so is every request that another user, another
site's page, or a name that somebody points at this machine, could make (see `door`).
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import socket
import stat
import threading
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Any

from werkzeug.exceptions import (
    BadRequest,
    ClientDisconnected,
    HTTPException,
    LengthRequired,
    RequestEntityTooLarge,
)
from werkzeug.utils import send_from_directory
from werkzeug.wrappers import Request, Response

from featamp.errors import InputError, shown

from ..engine.console import Console
from ..engine.disk import read_json, write_atomically
from ..inputs.config import load_configs, selection_name
from ..inputs.selection import parse_selection
from .build import build
from .serving.backups import keep_copy
from .serving.building import Builder
from .serving.connections import Handler, Server
from .serving.decoding import LiveDecoder
from .serving.door import ADDRESS, Door

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

API = re.compile(r"(?:/([A-Za-z0-9][A-Za-z0-9_-]*))?/api/(selection|decode)")
LARGEST = 4_000_000
"""Bytes of the largest selection.toml that is taken."""
HEADERS = {
    "Cache-Control": "no-cache",
    "Content-Security-Policy": "frame-ancestors 'self'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}


@dataclass
class SiteServer:
    """A WSGI application for one site, and the selection.toml of each model that it was built
    from.
    """

    config: Path
    site: Path
    door: Door
    _saving: threading.Lock = field(default_factory=threading.Lock)
    builder: Builder = field(init=False)
    _decoder: LiveDecoder = field(init=False)

    def __post_init__(self) -> None:
        self.builder = Builder(self.config, self.site)
        self._decoder = LiveDecoder(self.config)

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
        if (response := self.door.answer(request)) is not None:
            return response
        asked = API.fullmatch(request.path)
        model = asked[1] or "" if asked else ""
        if asked and (lacking := self._lacking(model)):
            return _told(404, error=lacking)
        known = (asked[2] if asked else "", request.method)
        if known == ("selection", "GET"):
            text = self._text(model)
            return _told(200, text=text, tag=_tag(text))
        if known == ("selection", "PUT") and request.headers.get("Origin"):
            return self._save(request, model)
        if known == ("decode", "POST") and request.headers.get("Origin"):
            checkpoint = self._checkpoint(model).get("blake2b", "")
            pixels = self._decoder.decode(model, checkpoint, self._dims(model), _body(request))
            return Response(pixels, mimetype="application/octet-stream")
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
        if not require_plain(selection):
            return None
        try:
            return selection.read_bytes().decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise InputError(
                f"{selection.name} in the project is not UTF-8 text ({error})"
            ) from None

    def _dimensions(self, model: str) -> Path:
        """The table of a model's dimensions, which every built report has."""
        return self.site / model / "data/dimensions.csv"

    def _lacking(self, model: str) -> str:
        """Why nothing can be done for a model: the config has none of that name, or its report is
        not there; empty where all is there.
        """
        with suppress(InputError):  # of a config that is wrong the build tells; words are kept
            if all(one.name != model for one in load_configs(self.config)):
                return "no such model"
        if self._dimensions(model).is_file():
            return ""
        return (
            f"{self._dimensions(model)} is not there: this report was never built, or was removed."
            f" Nothing was done; run `build --config {self.config} --site {self.site}` while this"
            f" server runs, then press Save again"
        )

    def _save(self, request: Request, model: str) -> Response:
        """Check, keep a copy of the last, write, and build; the file is left alone where it has
        changed meanwhile.
        """
        content, name = _body(request), selection_name(model)
        selection = self.config.parent / name
        with self._saving:
            if request.headers.get("If-Match") != _tag(self._text(model)):
                return _told(
                    412, error=f"{name} was changed meanwhile; press Save again to see both"
                )
            try:
                parse_selection(Path(name), content.decode(), self._dims(model), self._mark(model))
            except UnicodeDecodeError as error:
                return _told(400, error=f"not saved: what came is not UTF-8 text ({error})")
            except InputError as error:
                return _told(400, error=str(error))
            if require_plain(selection):
                keep_copy(selection, datetime.now(UTC))
            write_atomically(selection, content, like=selection)
            return _told(200, saved=True, error=self.builder.build())

    def _dims(self, model: str) -> int:
        """How many dimensions the built report of a model has."""
        with self._dimensions(model).open() as file:
            return sum(1 for _ in file) - 1

    def _mark(self, model: str) -> str:
        """The mark of the model that the built report is of."""
        return str(self._checkpoint(model).get("mark", ""))

    def _checkpoint(self, model: str) -> dict[str, Any]:
        """What the built report says of the weights of a model."""
        report = read_json(self.site / model / "data/report.json")
        return dict(report.get("checkpoint", {}))


def _body(request: Request) -> bytes:
    """All that a request brings.

    Raises
    ------
    HTTPException
        It does not say how long it is, brings nothing, or is cut short.
    """
    length = request.headers.get("Content-Length", "")
    if not length or "Transfer-Encoding" in request.headers:
        raise LengthRequired("nothing done: the request does not say how long it is")
    if not re.fullmatch("[0-9]{1,12}", length) or int(length) == 0:
        raise BadRequest(f"nothing done: the request says that it brings {shown(length)} bytes")
    if int(length) > LARGEST:
        raise RequestEntityTooLarge(f"nothing done: {length} bytes, expected at most {LARGEST:,}")
    try:
        return request.get_data()
    except ClientDisconnected:
        raise BadRequest(
            f"nothing done: fewer than the {length} bytes came that it says"
        ) from None


def _tag(text: str | None) -> str:
    return "none" if text is None else hashlib.sha256(text.encode()).hexdigest()


def _told(status: int, **values: object) -> Response:
    return Response(json.dumps(values), status=HTTPStatus(status), mimetype="application/json")


def require_plain(path: Path) -> bool:
    """Whether there is a file; InputError where what stands there is another thing than a file."""
    try:
        mode = path.lstat().st_mode
    except FileNotFoundError:
        return False
    if not stat.S_ISREG(mode):
        kind = "a link" if stat.S_ISLNK(mode) else "no plain file"
        raise InputError(
            f"{path} is {kind}, which Save would write through; put the file itself there"
        )
    return True


def make_site_server(
    config: Path, site: Path, port: int, allowed: tuple[str, ...] = ()
) -> tuple[Server, SiteServer]:
    """A server that is ready to be run, with `port` 0 on any free one, and what it serves, whose
    door knows the address.

    Raises
    ------
    InputError
        The port cannot be had, a name in `allowed` is none, or selection.toml is a link.
    """
    door = Door(port, allowed)
    application = SiteServer(config.absolute(), site.resolve(), door)
    for one in load_configs(config):
        require_plain(one.selection)
    with _listen(port) as listening:  # the library would print and exit
        server = Server(ADDRESS, port, application, Handler, fd=listening.fileno())
    door.port = server.port
    return server, application


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


def serve(
    config: Path, site: Path, port: int, console: Console, allowed: tuple[str, ...] = ()
) -> None:
    """Build the site, then serve it until Ctrl+C, or SIGTERM, ends it, and the build of a Save."""
    # the server first: no long build for a port that cannot be had
    server, application = make_site_server(config, site, port, allowed)
    with server:
        build(config, site, console, ahead=True)
        console.line(
            f"{application.door.address}  (for whoever has this address; Ctrl+C ends it; Save"
            f" writes {', '.join(str(one.selection) for one in load_configs(config))})"
        )
        try:
            server.serve_forever()
        finally:
            application.builder.end()
        console.line("")
