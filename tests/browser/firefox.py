"""The Firefox of this machine, driven by its own protocol, Marionette: Playwright drives only one
that it brings itself.
"""

from __future__ import annotations

import json
import shutil
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from tests.conftest import started

NAMES = ("firefox-esr", "firefox")
PREFERENCES = {
    "marionette.port": 0,  # a free one, which it writes into its profile
    "network.proxy.type": 1,  # the network is off: nothing listens at port 9
    "network.proxy.http": "127.0.0.1",
    "network.proxy.http_port": 9,
    "network.proxy.ssl": "127.0.0.1",
    "network.proxy.ssl_port": 9,
    "browser.shell.checkDefaultBrowser": False,
    "datareporting.policy.dataSubmissionEnabled": False,
}
STARTS = 60.0
"""Seconds until it must listen."""
ELEMENT = "element-6066-11e4-a52e-4f735466cecf"
CONTROL, ENTER = "\ue009", "\ue007"
"""Keys, as WebDriver writes them; a second `CONTROL` lets it go."""
ERRORS = """
return Services.console.getMessageArray().filter(message => message instanceof Ci.nsIScriptError
    && /^(file|blob):/.test(message.sourceName)
    && !(message.flags & Ci.nsIScriptError.warningFlag)).map(String);
"""


def firefox_path() -> str | None:
    """The Firefox of this machine."""
    return next(filter(None, map(shutil.which, NAMES)), None)


class Firefox:
    """One window, without a past and without a network."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), STARTS)
        self._stream = self._socket.makefile("rb")
        self._read()
        self.command("WebDriver:NewSession")
        self.command("WebDriver:SetWindowRect", width=1280, height=2000)  # nothing is scrolled

    def command(self, name: str, **parameters: object) -> Any:  # noqa: ANN401  as JSON has it
        """What the browser answers; an error of its own fails the test."""
        content = json.dumps([0, 0, name, parameters]).encode()
        self._socket.sendall(b"%d:%b" % (len(content), content))
        _, _, error, result = self._read()
        assert error is None, error
        return result["value"] if isinstance(result, dict) and "value" in result else result

    def _read(self) -> Any:  # noqa: ANN401  as JSON has it
        digits = b""
        while (digit := self._stream.read(1)) != b":":
            digits += digit
        return json.loads(self._stream.read(int(digits)))

    def goto(self, address: str) -> None:
        self.command("WebDriver:Navigate", url=address)

    @property
    def url(self) -> str:
        return str(self.command("WebDriver:GetCurrentURL"))

    def evaluate(self, expression: str, **values: object) -> Any:  # noqa: ANN401  as JSON has it
        """The value of an expression, or what it promises; `values` are there by their names."""
        script = f"return (async ({', '.join(values)}) => {expression})(...arguments)"
        args = list(values.values())
        return self.command("WebDriver:ExecuteScript", script=script, args=args, sandbox=None)

    def until(self, expression: str, seconds: float = 30.0) -> None:
        end = time.monotonic() + seconds
        while not self.evaluate(expression):
            assert time.monotonic() < end, expression
            time.sleep(0.05)

    def find(self, selector: str) -> str:
        found = self.command("WebDriver:FindElement", using="css selector", value=selector)
        return str(found[ELEMENT])

    def click(self, selector: str) -> None:
        self.command("WebDriver:ElementClick", id=self.find(selector))

    def type(self, selector: str, text: str) -> None:
        """Type in place of what stands there, and press Enter."""
        keys = f"{CONTROL}a{CONTROL}{text}{ENTER}"
        self.command("WebDriver:ElementSendKeys", id=self.find(selector), text=keys)

    def drag(self, selector: str, across: int) -> None:
        """Press the mouse in the middle of an element, and let it go so many pixels aside."""
        origin = {ELEMENT: self.find(selector)}
        moves = [
            {"type": "pointerMove", "x": x, "y": 0, "origin": origin, "duration": 0}
            for x in (0, across // 2, across)
        ]
        down, up = ({"type": f"pointer{way}", "button": 0} for way in ("Down", "Up"))
        mouse = {"type": "pointer", "id": "mouse", "actions": [moves[0], down, *moves[1:], up]}
        self.command("WebDriver:PerformActions", actions=[mouse])

    def errors(self) -> list[str]:
        """What scripts of pages threw, and what the pages' policy forbade."""
        self.command("Marionette:SetContext", value="chrome")
        found = self.command("WebDriver:ExecuteScript", script=ERRORS, args=[])
        self.command("Marionette:SetContext", value="content")
        return list(found)


@contextmanager
def open_firefox(path: str, profile: Path) -> Iterator[Firefox]:
    """A Firefox without windows, as long as the block runs."""
    lines = (f"user_pref({json.dumps(k)}, {json.dumps(v)});" for k, v in PREFERENCES.items())
    (profile / "user.js").write_text("\n".join(lines))
    alone = ["--headless", "--no-remote", "--profile", str(profile)]
    with started([path, *alone, "--marionette", "--remote-allow-system-access"]):
        yield Firefox(_port(profile / "MarionetteActivePort"))


def _port(file: Path) -> int:
    """Where it listens, once it has written that."""
    end = time.monotonic() + STARTS
    while time.monotonic() < end:
        with suppress(OSError, ValueError):
            return int(file.read_text())
        time.sleep(0.05)
    raise TimeoutError(f"Firefox did not write {file.name}")
