"""Who may ask the server that `serve` starts: whoever has the token of the address that it
printed, under a name that is served, from a page of the site.

Other users of the machine reach 127.0.0.1 too, and so does any page that a browser shows: neither
knows the token.
"""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass, field
from functools import partial
from urllib.parse import urlencode

from werkzeug.exceptions import Forbidden
from werkzeug.utils import redirect
from werkzeug.wrappers import Request, Response

from featamp.errors import InputError

ADDRESS = "127.0.0.1"
TOKEN = "token"
"""What the token is called in the address."""
NAME = re.compile(r"[\w.-]+(:\d{1,5})?", re.ASCII)


@dataclass
class Door:
    """Lets in who may come in.

    Attributes
    ----------
    port : of the server.
    allowed : names beside its own under which it is asked, such as "localhost:9000" of a forwarded
        port.
    token : what only the person who started the server knows.
    """

    port: int
    allowed: tuple[str, ...] = ()
    token: str = field(default_factory=partial(secrets.token_urlsafe, 24), repr=False)

    def __post_init__(self) -> None:
        for name in self.allowed:
            if not NAME.fullmatch(name):
                raise InputError(
                    f"--allow is {name!r}, expected a name and a port such as localhost:9000"
                )

    @property
    def address(self) -> str:
        """Where the person begins: it holds the token."""
        return f"http://{ADDRESS}:{self.port}/?{urlencode({TOKEN: self.token})}"

    @property
    def cookie(self) -> str:
        """Its name; cookies are those of all ports of a machine."""
        return f"featamp-{self.port}"

    def answer(self, request: Request) -> Response | None:
        """None for a request that may come in; for the first one, which brings the token, where to
        ask again with the cookie that it is given.

        Raises
        ------
        Forbidden
            The name, the origin or the token is not one of ours.
        """
        own = [f"{name}:{self.port}" for name in (ADDRESS, "localhost")]
        host, origin = request.headers.get("Host", ""), request.headers.get("Origin")
        if host not in (*own, *self.allowed):
            raise Forbidden(self._directions(host))
        origins = [f"http://{name}" for name in (*own, *self.allowed)]
        origins += [f"https://{name}" for name in self.allowed]  # of a proxy before the server
        if origin is not None and origin not in origins:
            raise Forbidden("another site has no say here")
        if request.method == "GET" and self._is_token(request.args.get(TOKEN)):
            response = redirect(request.path, 303)
            response.set_cookie(self.cookie, self.token, httponly=True, samesite="Lax")
            return response
        if not self._is_token(request.cookies.get(self.cookie)):
            raise Forbidden(
                "open the address that serve printed, with its token: the report is shown to"
                " nobody else"
            )
        return None

    def _is_token(self, given: str | None) -> bool:
        return secrets.compare_digest((given or "").encode(), self.token.encode())

    def _directions(self, host: str) -> str:
        """What a person does who forwarded the port (`ssh -L`) under another number."""
        told = f"this address is not one that is served; open http://localhost:{self.port}/"
        if not NAME.fullmatch(host):
            return told
        return (
            f"{told}, with a forwarded port of that number (ssh -L"
            f" {self.port}:{ADDRESS}:{self.port}), or start serve with --allow {host}"
        )
