"""`make serve`: who may read, who may write what, and a person saving in real Chromium."""

from __future__ import annotations

import http.client
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
import zipfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from featamp.errors import InputError
from report.commands.build import build
from report.commands.line import main
from report.commands.serve import LARGEST, make_site_server
from report.commands.serving import connections
from report.commands.serving.backups import LATEST, keep_copy, worth_keeping
from report.commands.serving.door import Door
from report.engine.console import Console
from report.engine.locks import lock
from report.engine.places import PROJECT
from report.inputs.selection import Note, load_selection
from tests.conftest import OPTIONS, chromium_path, started, tiny_celeba, tiny_vae, undrawing, until

API = "/api/selection"
MINE = "# mine\nchosen = [0, 1, 2, 3]\n\n[dimension.1]\nlabel = 'light' # look again\n"


@dataclass
class Served:
    """A site that is served, and how a test gets in: with the cookie, as after the first visit
    (`ask`), or by an address that holds the token (`url`)."""

    folder: Path
    door: Door

    @property
    def port(self) -> int:
        return self.door.port

    def url(self, page: str = "") -> str:
        return self.door.address.replace("/?", f"/{page}?")

    @property
    def selection(self) -> Path:
        return self.folder / "selection.toml"

    @property
    def backups(self) -> Path:
        return self.folder / "selection.backups"

    def kept(self) -> list[str]:
        """What the backups hold, the oldest first."""
        return [copy.read_text() for copy in sorted(self.backups.glob("*"))]

    def ask(
        self, method: str, path: str, body: str | bytes | None = None, **headers: str
    ) -> tuple[int, bytes, dict[str, str]]:
        """One request, with what the person's own page would send unless `headers` say
        otherwise."""
        host = f"127.0.0.1:{self.port}"
        cookie = f"{self.door.cookie}={self.door.token}"
        own = {"Host": host, "Origin": f"http://{host}", "Cookie": cookie} | {
            key.replace("_", "-"): value for key, value in headers.items()
        }
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        connection.request(method, path, body, {key: value for key, value in own.items() if value})
        response = connection.getresponse()
        content = response.read()
        connection.close()
        return response.status, content, dict(response.getheaders())

    def save(self, text: str | bytes, **headers: str) -> tuple[int, dict[str, object]]:
        tag = json.loads(self.ask("GET", "/api/selection")[1])["tag"]
        status, content, _ = self.ask("PUT", "/api/selection", text, **{"If-Match": tag} | headers)
        return status, json.loads(content)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The tiny VAE's site, built and served."""
    folder = tmp_path_factory.mktemp("project")
    tiny_celeba(folder / "faces", 60)
    tiny_vae(folder)
    (folder / "report.toml").write_text(
        """[model]
checkpoint = "tiny.pt"
factory = "tiny_vae:TinyVAE"
[data]
root = "faces"
images = 40
size = 16
[sweep]
samples = 2
alphas = 5
[experiments]
explore = 4
found = 1
targets = ["Male"]
"""
    )
    (folder / "selection.toml").write_text(MINE)
    with undrawing():
        build(folder / "report.toml", folder / "site", Console())
    allowed = ("localhost:9000",)
    server, application = make_site_server(folder / "report.toml", folder / "site", 0, allowed)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield Served(folder, application.door)
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(autouse=True)
def as_before(served: Served) -> Iterator[None]:
    yield
    served.selection.unlink(missing_ok=True)
    shutil.rmtree(served.backups, ignore_errors=True)
    served.selection.write_text(MINE)


def test_the_model_decodes_for_a_page_that_cannot_and_for_nobody_else(
    served: Served, page: Page
) -> None:
    code = np.linspace(-1, 1, 8).astype("<f4")
    status, content, _ = served.ask("POST", "/api/decode", code.tobytes())
    pixels = np.frombuffer(content, "<f4")
    assert status == 200 and len(pixels) == 16 * 16 * 3
    assert served.ask("POST", "/api/decode", code.tobytes()[:-1])[0] == 400
    assert served.ask("POST", "/api/decode", code.tobytes(), Cookie="")[0] == 403
    assert served.ask("POST", "/api/decode", code.tobytes(), Origin="")[0] == 405
    assert served.ask("GET", "/api/decode")[0] == 404
    page.goto(served.url("live.html"))
    script = """async (code) => {
        featamp.live.served = true; // as where the decoder cannot be exported
        await featamp.live.open();
        return [...(await featamp.live.decode(Float32Array.from(code)))];
    }"""
    np.testing.assert_allclose(page.evaluate(script, code.tolist()), pixels, atol=1e-6)


def test_it_gives_out_the_site_and_nothing_else(served: Served) -> None:
    status, page, headers = served.ask("GET", "/", Origin="")
    assert status == 200 and b"What each latent dimension does" in page
    assert "frame-ancestors" in headers["Content-Security-Policy"]
    assert served.ask("GET", "/dim/0.html", Origin="")[0] == 200
    for path in (
        "/../selection.toml",
        "/%2e%2e/selection.toml",
        "/..%2fselection.toml",
        "//etc/passwd",
        "/dim/../../tiny.pt",
        "/.featamp.json",
        "/selection.toml",
        "/dim",
    ):
        assert served.ask("GET", path, Origin="")[0] == 404, path


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:{port}", "127.0.0.1", "127.0.0.1.evil.example:{port}"]
)
def test_a_name_that_somebody_points_here_is_refused(served: Served, host: str) -> None:
    for method, path in (("GET", "/"), ("GET", "/api/selection"), ("PUT", "/api/selection")):
        assert (
            served.ask(method, path, "", Host=host.format(port=served.port), Origin="")[0] == 403
        )


@pytest.mark.parametrize(
    "origin", ["http://evil.example", "null", "https://127.0.0.1:{port}", "http://127.0.0.1:1"]
)
def test_another_origin_can_neither_read_nor_write(served: Served, origin: str) -> None:
    origin = origin.format(port=served.port)
    assert served.ask("GET", "/api/selection", Origin=origin)[0] == 403
    assert served.save("chosen = [0]\n", Origin=origin)[0] == 403
    assert served.ask("OPTIONS", "/api/selection", Origin=origin)[0] == 403
    assert served.selection.read_text() == MINE


def test_only_that_one_file_is_written_and_only_by_a_page_of_the_site(served: Served) -> None:
    for method in ("PUT", "POST", "DELETE", "PATCH"):
        for path in ("/index.html", "/report.toml", "/api/selection/../report.toml", "/"):
            assert served.ask(method, path, "x")[0] == 405
    assert served.ask("DELETE", "/api/selection")[0] == 405
    assert served.save("chosen = [0]\n", Origin="")[0] == 405
    assert served.selection.read_text() == MINE


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("chosen = [99]\n", "chosen names dimension 99, expected 0 to 7"),
        ("chosen = [", "not valid TOML"),
        ("[dimension.1]\nlable = 'x'\n", "did you mean 'label'"),
        (b"\xff\xfe", "not saved: what came is not UTF-8"),
    ],
)
def test_what_is_no_selection_is_not_written(
    served: Served, text: str | bytes, words: str
) -> None:
    status, told = served.save(text)
    assert status == 400 and words in str(told["error"])
    assert served.selection.read_text() == MINE and not served.backups.exists()


def test_a_site_that_was_removed_is_told_with_the_mend_and_served_again(served: Served) -> None:
    site, away = served.folder / "site", served.folder / "away"
    tag = json.loads(served.ask("GET", API)[1])["tag"]
    site.rename(away)
    for method in ("GET", "PUT"):
        status, content, _ = served.ask(method, API, "chosen = [0]\n", **{"If-Match": tag})
        told = json.loads(content)["error"]
        lacking = f"{site}/data/dimensions.csv is not there: this report was never built, or was"
        assert status == 404 and told.startswith(lacking)
        assert f"`build --config {served.folder}/report.toml --site {site}`" in told
    assert json.loads(served.ask("GET", "/other/api/selection")[1])["error"] == "no such model"
    assert served.selection.read_text() == MINE
    away.rename(site)
    assert served.save(MINE)[0] == 200


def test_nothing_is_done_for_a_model_that_was_taken_out_of_the_config(served: Served) -> None:
    left = served.folder / "site/gone/data"
    left.mkdir(parents=True)
    (left / "dimensions.csv").write_text("dim\n0\n")
    for method, path in (("PUT", "selection"), ("POST", "decode")):
        status, content, _ = served.ask(method, f"/gone/api/{path}", "x")
        assert (status, json.loads(content)["error"]) == (404, "no such model")


def test_too_much_is_refused(served: Served) -> None:
    assert served.save(b"#" * (LARGEST + 1))[0] == 413
    assert served.selection.read_text() == MINE


def test_a_file_that_was_changed_meanwhile_is_not_overwritten(served: Served) -> None:
    tag = json.loads(served.ask("GET", "/api/selection")[1])["tag"]
    served.selection.write_text(MINE + "# by hand\n")
    assert served.ask("PUT", "/api/selection", "chosen = []\n", **{"If-Match": tag})[0] == 412
    assert served.ask("PUT", "/api/selection", "chosen = []\n")[0] == 412
    assert served.selection.read_text() == MINE + "# by hand\n"


def test_a_save_is_built_with_the_last_file_kept_beside(served: Served) -> None:
    text = MINE.replace("'light'", "'a crooked grin'")
    assert served.save(text) == (200, {"saved": True, "error": None})
    assert served.selection.read_text() == text
    assert served.kept() == [MINE]
    assert b"a crooked grin" in served.ask("GET", "/dim/1.html")[1]


def test_who_may_read_the_file_stays_as_the_person_set_it(served: Served) -> None:
    served.selection.chmod(0o600)
    assert served.save(MINE + "# mine alone\n")[0] == 200
    files = [served.selection, *served.backups.iterdir()]
    assert [path.stat().st_mode & 0o777 for path in files] == [0o600, 0o600]


def test_what_a_build_refuses_is_told_and_the_server_lives_on(served: Served) -> None:
    config = served.folder / "report.toml"
    before = config.read_text()
    config.write_text(before + "wrong = 1\n")
    status, told = served.save(MINE + "# more\n")
    config.write_text(before)
    assert (
        status == 200
        and told["saved"]
        and "wrong" in str(told["error"])
        and "Traceback" not in str(told["error"])
    )
    assert served.ask("GET", "/")[0] == 200


def test_a_comment_alone_reaches_the_page_that_writes_the_file_next(served: Served) -> None:
    assert served.save(MINE)[0] == served.save(MINE + "# look closer\n")[0] == 200
    assert b"# look closer" in served.ask("GET", "/data/selection.js")[1]


def test_of_two_saves_at_once_one_waits_and_is_told_of_the_other(served: Served) -> None:
    tag = json.loads(served.ask("GET", "/api/selection")[1])["tag"]
    texts = [MINE + "# one\n", MINE + "# two\n"]
    with ThreadPoolExecutor(2) as pool:
        answers = list(
            pool.map(
                lambda text: served.ask("PUT", "/api/selection", text, **{"If-Match": tag}), texts
            )
        )
    statuses = [status for status, _, _ in answers]
    assert sorted(statuses) == [200, 412]
    assert json.loads(answers[statuses.index(200)][1])["error"] is None
    assert served.selection.read_text() == texts[statuses.index(200)]


def test_a_disk_that_refuses_is_told_in_a_sentence_and_the_file_stays(served: Served) -> None:
    served.backups.write_text("")
    status, told = served.save("chosen = [0]\n")
    served.backups.unlink()
    assert status == 500 and "selection.backups: File exists" in str(told["error"])
    assert served.selection.read_text() == MINE


def test_a_file_that_is_no_text_is_told_in_a_sentence_and_stays(served: Served) -> None:
    served.selection.write_bytes(b"\xff")
    for method in ("GET", "PUT"):
        status, content, _ = served.ask(
            method, "/api/selection", "chosen = [0]\n", **{"If-Match": "none"}
        )
        assert status == 500 and "not UTF-8" in json.loads(content)["error"]
    assert served.selection.read_bytes() == b"\xff"


# ---- who may come in ----------------------------------------------------------------------------


@pytest.mark.parametrize("cookie", ["", "featamp-{port}=x", "featamp-{port}=", "featamp={token}"])
def test_nobody_without_the_token_reads_or_writes(served: Served, cookie: str) -> None:
    given = cookie.format(port=served.port, token=served.door.token)
    for method, path in (("GET", "/"), ("GET", "/data/selection.js"), ("GET", API), ("PUT", API)):
        status, content, headers = served.ask(method, path, "chosen = []\n", Cookie=given)
        assert status == 403 and "the address that serve printed" in json.loads(content)["error"]
        assert "Set-Cookie" not in headers
    assert served.ask("GET", "/?token=guessed", Cookie=given)[0] == 403
    assert served.selection.read_text() == MINE


def test_the_first_visit_gives_a_cookie_and_takes_the_token_out_of_the_address(
    served: Served,
) -> None:
    path = served.url("dim/1.html").partition(f":{served.port}")[2]
    status, _, headers = served.ask("GET", path, Cookie="", Origin="")
    assert status == 303 and headers["Location"] == "/dim/1.html"
    cookie = headers["Set-Cookie"]
    assert "HttpOnly" in cookie and "SameSite=Lax" in cookie
    assert served.ask("GET", "/dim/1.html", Cookie=cookie.partition(";")[0], Origin="")[0] == 200
    tokens = {Door(0).token for _ in range(20)}
    assert len(tokens) == 20 and min(map(len, tokens)) >= 32


def test_a_forwarded_port_is_told_which_address_to_use_and_may_be_allowed(served: Served) -> None:
    status, content, _ = served.ask("GET", "/", Host="localhost:9001", Origin="")
    told = json.loads(content)["error"]
    assert status == 403 and f"-L {served.port}:127.0.0.1:{served.port}" in told
    assert "--allow localhost:9001" in told
    allowed = {"Host": "localhost:9000", "Origin": "http://localhost:9000"}
    assert served.ask("GET", "/", **allowed)[0] == 200
    assert served.save(MINE + "# from afar\n", **allowed)[0] == 200
    with pytest.raises(InputError, match="--allow is 'a b', expected a name and a port"):
        Door(0, ("a b",))


# ---- what a save brings -------------------------------------------------------------------------


def raw(served: Served, head: str, body: bytes = b"", *, more: bool = False) -> bytes:
    """The answer to a save whose head says of its length what it likes; unless there is `more` to
    come, the connection's other half is closed."""
    tag = json.loads(served.ask("GET", API)[1])["tag"]
    host = f"127.0.0.1:{served.port}"
    lines = [
        f"PUT {API} HTTP/1.1", f"Host: {host}", f"Origin: http://{host}", f"If-Match: {tag}",
        f"Cookie: {served.door.cookie}={served.door.token}", *filter(None, [head]), "", "",
    ]  # fmt: skip
    with socket.create_connection(("127.0.0.1", served.port), timeout=30) as connection:
        connection.sendall("\r\n".join(lines).encode() + body)
        if not more:
            connection.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: connection.recv(65536), b""))


CHUNKED = b"9\r\nchosen = \r\n4\r\n[0]\n\r\n0\r\n\r\n"


@pytest.mark.parametrize(
    ("head", "body", "status"),
    [
        ("", b"", 411),
        ("", b"chosen = [0]\n", 411),
        ("Content-Length: 0", b"", 400),
        ("Content-Length: -1", b"chosen = [0]\n", 400),
        ("Content-Length: -13", b"chosen = [0]\n", 400),
        ("Content-Length: +13", b"chosen = [0]\n", 400),
        ("Content-Length: 13, 13", b"chosen = [0]\n", 400),
        ("Content-Length: 99\r\nContent-Length: 13", b"chosen = [0]\n# more", 400),
        ("Content-Length: many", b"chosen = [0]\n", 400),
        ("Content-Length: 14", b"chosen = [0]\n", 400),
        ("Content-Length: 9999999999", b"chosen = [0]\n", 413),
        ("Transfer-Encoding: chunked", CHUNKED, 411),
        ("Transfer-Encoding: chunked\r\nContent-Length: 13", CHUNKED, 411),
    ],
)
def test_a_save_that_is_empty_cut_short_or_of_no_known_length_is_refused(
    served: Served, head: str, body: bytes, status: int
) -> None:
    answer = raw(served, head, body)
    assert answer.split(b" ", 2)[1] == str(status).encode(), answer
    assert served.selection.read_text() == MINE and not served.backups.exists()


def test_requests_that_never_end_are_ended_and_hold_nobody_up(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "READ_SECONDS", 1.0)
    before = threading.active_count()
    address = ("127.0.0.1", served.port)
    stuck = [socket.create_connection(address) for _ in range(2 * connections.THREADS)]
    for connection in stuck:
        connection.sendall(b"GET / HTTP/1.1\r\nX: ")
    time.sleep(0.3)
    assert threading.active_count() - before <= connections.THREADS
    begun = time.monotonic()
    assert served.ask("GET", "/")[0] == 200
    assert time.monotonic() - begun < 10
    assert b"400" in raw(served, "Content-Length: 13", b"chosen", more=True)
    for connection in stuck:
        connection.settimeout(10)
        assert connection.recv(1) == b""  # ended by the server
        connection.close()
    assert served.selection.read_text() == MINE


def test_one_that_trickles_is_ended_as_well(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "READ_SECONDS", 0.5)
    with socket.create_connection(("127.0.0.1", served.port)) as connection:
        begun = time.monotonic()
        with pytest.raises(OSError):
            while time.monotonic() - begun < 10:
                connection.sendall(b"X")
                time.sleep(0.05)


# ---- backups, and what is no plain file ---------------------------------------------------------


def test_each_save_keeps_what_stood_there_before(served: Served) -> None:
    texts = [MINE + f"# {number}\n" for number in range(3)]
    for text in texts:
        served.selection.write_text(text)
        keep_copy(served.selection, datetime.now(UTC))
    (served.backups / "mine.toml").write_text("mine")
    served.selection.write_text("")
    keep_copy(served.selection, datetime.now(UTC))
    assert served.kept() == [*texts, "", "mine"]


def test_backups_are_thinned_by_age_and_the_oldest_months_stay() -> None:
    start = datetime(2026, 1, 1, tzinfo=UTC)
    saves = [start + timedelta(hours=half / 2) for half in range(48 * 100)]  # a hundred days
    kept = worth_keeping(saves, saves[-1])
    ages = [(saves[-1] - when).total_seconds() / 86_400 for when in sorted(kept)]
    assert sum(age < 9.9 / 24 for age in ages) == LATEST, "the last ones, all of them"
    assert 33 <= sum(age < 1 for age in ages) <= 35, "then one an hour"
    assert 28 <= sum(1 <= age < 30 for age in ages) <= 31, "then one a day"
    assert sum(age >= 30 for age in ages) == 3, "then one a month"
    assert worth_keeping(kept, saves[-1]) == kept


def test_what_is_thinned_goes(tmp_path: Path) -> None:
    path, start = tmp_path / "selection.toml", datetime(2026, 1, 1, tzinfo=UTC)
    for minute in range(60):
        path.write_text(str(minute))
        keep_copy(path, start + timedelta(minutes=minute))
    kept = sorted(int(copy.read_text()) for copy in (tmp_path / "selection.backups").iterdir())
    assert kept == list(range(60 - LATEST, 60))


def test_copies_of_a_clock_that_was_fast_take_no_others_place(tmp_path: Path) -> None:
    path, start = tmp_path / "selection.toml", datetime(2026, 1, 1, tzinfo=UTC)
    fast = range(30, 30 + LATEST)  # minutes, then the clock is set right
    for minute in (*fast, *range(5)):
        path.write_text(str(minute))
        keep_copy(path, start + timedelta(minutes=minute))
    kept = sorted(int(copy.read_text()) for copy in (tmp_path / "selection.backups").iterdir())
    assert kept == [*range(5), *fast]


def test_a_linked_config_has_its_selection_beside_the_link(tmp_path: Path, served: Served) -> None:
    (tmp_path / "report.toml").symlink_to(served.folder / "report.toml")
    (tmp_path / "faces").symlink_to(served.folder / "faces")
    for name in ("tiny.pt", "tiny_vae.py"):
        (tmp_path / name).symlink_to(served.folder / name)
    (tmp_path / "selection.toml").write_text("# beside the link\n")
    server, application = make_site_server(tmp_path / "report.toml", served.folder / "site", 0)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        told = json.loads(Served(tmp_path, application.door).ask("GET", API)[1])
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
    assert told["text"] == "# beside the link\n"


@pytest.mark.parametrize("kind", ["link", "dangling link", "pipe", "folder"])
def test_what_is_no_plain_file_is_refused_in_a_sentence(served: Served, kind: str) -> None:
    other = served.folder / "other.toml"
    other.unlink(missing_ok=True)
    served.selection.unlink()
    if "link" in kind:
        served.selection.symlink_to(other)
        if kind == "link":
            other.write_text(MINE)
    elif kind == "pipe":
        os.mkfifo(served.selection)
    else:
        served.selection.mkdir()
    for method in ("GET", "PUT"):
        status, content, _ = served.ask(method, API, "chosen = [0]\n", **{"If-Match": "none"})
        assert status == 500 and "put the file itself there" in json.loads(content)["error"]
    with pytest.raises(InputError, match=r"selection\.toml is (a link|no plain file)"):
        make_site_server(served.folder / "report.toml", served.folder / "site", 0)
    assert not other.exists() or other.read_text() == MINE
    served.selection.rmdir() if kind == "folder" else served.selection.unlink()


# ---- the command --------------------------------------------------------------------------------


def command(served: Served, port: int) -> list[str]:
    folder = served.folder
    return [
        "serve",
        "--config",
        str(folder / "report.toml"),
        "--site",
        str(folder / "site"),
        "--port",
        str(port),
    ]


@pytest.mark.parametrize(
    ("port", "words"), [(None, "Address already in use"), (-1, "0 to 65535"), (99999, "65535")]
)
def test_a_port_that_cannot_be_had_is_one_sentence_and_exit_2(
    served: Served, port: int | None, words: str, capfd: pytest.CaptureFixture[str]
) -> None:
    port = port or served.port
    assert main(command(served, port)) == 2
    output = capfd.readouterr()
    assert (
        output.err.startswith(f"error: --port is {port}, ")
        and words in output.err
        and output.err.count("\n") == 1
    )
    assert output.out == "", "it built first"


LISTENING = """
import signal, sys
from report.commands.line import main
signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored in what nohup or & started
sys.exit(main(sys.argv[1:]))
"""


@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGTERM])
def test_the_command_builds_what_is_stale_tells_its_address_and_ends_well(
    served: Served, end: signal.Signals
) -> None:
    served.selection.write_text(MINE.replace("'light'", "'written by hand'"))
    program = [sys.executable, "-c", LISTENING, *command(served, 0)]
    with started(program, cwd=PROJECT, stderr=subprocess.PIPE) as process:
        assert process.stdout
        address = next(
            line for line in process.stdout if line.startswith("http://127.0.0.1:")
        ).split()[0]
        port, token = re.findall(r":(\d+)/\?token=(.*)", address)[0]
        there = Served(served.folder, Door(int(port), token=token))
        status, page, _ = there.ask("GET", "/dim/1.html", Origin="")
        process.send_signal(end)
        assert process.wait(20) == 0 and process.stderr and process.stderr.read() == ""
    assert status == 200 and b"written by hand" in page


@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGTERM])
def test_a_server_that_is_ended_ends_the_build_of_a_save(
    served: Served, end: signal.Signals
) -> None:
    held, network = served.folder / ".featamp/lock", served.folder / "tiny_vae.py"
    before = network.read_text()
    program = [sys.executable, "-c", LISTENING, *command(served, 0)]
    with (
        started(program, cwd=PROJECT, stderr=subprocess.PIPE) as process,
        ThreadPoolExecutor() as pool,
    ):
        assert process.stdout
        address = next(line for line in process.stdout if line.startswith("http://127.0.0.1:"))
        port, token = re.findall(r":(\d+)/\?token=(\S*)", address)[0]
        there = Served(served.folder, Door(int(port), token=token))
        network.write_text(f"{before}\n\nimport time\ntime.sleep(100)\n")
        try:
            saved = pool.submit(there.save, MINE + "# more\n")
            until_held(held)
            building = int(held.read_text())
            process.send_signal(end)
            assert process.wait(30) == 0 and building != process.pid
        finally:
            network.write_text(before)
        with pytest.raises(ProcessLookupError):
            os.kill(building, 0)
        assert isinstance(saved.exception(), OSError | http.client.HTTPException | None)
    with lock(held, "the store"):
        pass


def until_held(path: Path) -> None:
    """Wait until a build has written its number into a lock."""
    end = time.monotonic() + 60
    while not (path.exists() and path.read_text()):
        assert time.monotonic() < end
        time.sleep(0.05)


def test_a_person_saves_and_sees_the_pages_built_anew(page: Page, served: Served) -> None:
    build(served.folder / "report.toml", served.folder / "site", Console())
    page.goto(served.url("dim/1.html"))
    page.locator("#label-1").fill("a crooked grin")
    page.get_by_role("button", name="Save", exact=True).click()
    page.get_by_role("heading", name="Dimension 1: a crooked grin").wait_for(timeout=60_000)
    assert served.selection.read_text().startswith(MINE.replace("'light'", '"a crooked grin"'))
    assert "saved" not in page.locator("#save-state").inner_text().lower()
    # changed by hand meanwhile: both are shown, and nothing is written before the person decides
    by_hand = served.selection.read_text().replace("a crooked grin", "by hand")
    served.selection.write_text(by_hand)
    page.locator("#label-1").fill("typed")
    page.get_by_role("button", name="Save", exact=True).click()
    page.locator("#differing tr", has_text="by hand").wait_for()
    assert served.selection.read_text() == by_hand


def test_a_server_that_was_away_is_asked_again(page: Page, served: Served) -> None:
    build(served.folder / "report.toml", served.folder / "site", Console())
    page.goto(served.url("dim/1.html"))
    page.locator("#label-1").fill("a wry smile")
    save = page.get_by_role("button", name="Save", exact=True)
    page.evaluate("() => { own = fetch; fetch = () => Promise.reject(new TypeError()); }")
    save.click()
    page.get_by_text("the server cannot be reached").wait_for()
    page.evaluate("() => { fetch = own; }")
    save.click()
    page.get_by_role("heading", name="Dimension 1: a wry smile").wait_for(timeout=60_000)


def test_a_dimension_that_was_never_swept_is_swept_as_soon_as_it_is_chosen(
    page: Page, served: Served
) -> None:
    build(served.folder / "report.toml", served.folder / "site", Console())
    page.goto(served.url("dimensions.html"))
    there = page.locator("tbody a[data-dim]").evaluate_all("all => all.map(e => e.href)")
    unswept = next(link.rpartition("-")[2] for link in there if "#dim-" in link)
    assert not (served.folder / f"site/dim/{unswept}.html").exists()
    page.locator(f"#dim-{unswept} [data-tick]").check()
    page.locator("#dim-0 [data-tick]").check()  # while it is swept
    page.locator(f"tbody a[href='dim/{unswept}.html']").wait_for(timeout=60_000)
    assert int(unswept) in load_selection(served.selection, 8).chosen
    assert page.locator("#dim-0 [data-tick]").is_checked()
    page.locator(f"tbody a[href='dim/{unswept}.html']").click()
    page.locator("main .slider .frame").first.wait_for(state="attached")
    assert page.locator(f"form[data-dim='{unswept}'] [name=chosen]").is_checked()


def test_from_the_first_look_to_the_hand_in_in_ten_steps_and_five_page_loads(
    page: Page, served: Served, tmp_path: Path
) -> None:
    served.selection.unlink()
    build(served.folder / "report.toml", served.folder / "site", Console())
    loads: list[str] = []
    page.on("load", lambda loaded: loads.append(loaded.url))
    page.goto(served.url())
    ticks = page.locator("#sheet [data-tick]")
    for at in range(4):
        ticks.nth(at).check()
    dims = [int(str(ticks.nth(at).get_attribute("data-tick"))) for at in range(4)]
    page.locator("#sheet > li a").first.click()
    page.wait_for_url("**/dim/*.html")
    page.locator(f"#label-{dims[0]}").fill("a crooked grin")
    save(page)
    page.get_by_role("heading", name="a crooked grin").wait_for(timeout=60_000)
    page.get_by_role("link", name="Selection", exact=True).click()
    with page.expect_download() as begun:
        page.get_by_role("link", name="One archive to upload").click()
    begun.value.save_as(tmp_path / "writeup.zip")
    assert load_selection(served.selection, 8).chosen == tuple(dims)
    with zipfile.ZipFile(tmp_path / "writeup.zip") as archive:
        document = next(name for name in archive.namelist() if name.endswith(".tex"))
        text = archive.read(document).decode()
    assert "a crooked grin" in text and len(loads) <= 5


def test_the_page_that_frames_a_file_of_the_site_shows_it(page: Page, served: Served) -> None:
    page.goto(served.url("reproduction.html"))
    page.frame_locator("iframe").get_by_text("stage_seconds").wait_for()


# ---- pages of an older build --------------------------------------------------------------------


@pytest.fixture
def rebuilt(served: Served) -> Served:
    """A site that is built from MINE."""
    build(served.folder / "report.toml", served.folder / "site", Console())
    return served


def save(page: Page) -> None:
    until(page, "featamp.notes?.now.state")  # the scripts of a page that was loaded anew
    with page.expect_response(lambda answer: answer.request.method == "PUT", timeout=60_000):
        page.get_by_role("button", name="Save", exact=True).click()
    page.get_by_text("Saved.", exact=True).wait_for()


def saved(served: Served) -> Note:
    return replace(load_selection(served.selection, 8).note(1), model="")


def test_save_in_a_page_brought_back_by_the_back_button_keeps_what_was_saved_since(
    browser: Browser, rebuilt: Served
) -> None:
    chromium = browser.browser_type
    whole = chromium.launch(
        executable_path=chromium_path(),
        args=OPTIONS.split(),
        ignore_default_args=["--disable-back-forward-cache"],
    )
    with whole:
        page = whole.new_page()
        page.goto(rebuilt.url("experiment3.html"))
        page.goto(rebuilt.url("dim/1.html"))
        page.locator("#label-1").fill("grin")
        save(page)
        page.locator("#effect-1").fill("wider")
        page.go_back()
        page.get_by_text("Kept in this browser, not saved yet.").wait_for()
        save(page)
    assert saved(rebuilt) == Note(label="grin", effect="wider")


@pytest.mark.parametrize("typed_on", [True, False])
def test_save_in_a_tab_of_an_older_build_keeps_what_another_tab_saved(
    context: BrowserContext, rebuilt: Served, typed_on: bool
) -> None:
    older, newer = context.new_page(), context.new_page()
    for tab in (older, newer):
        tab.goto(rebuilt.url("dim/1.html"))
    newer.locator("#label-1").fill("grin")
    save(newer)
    if typed_on:
        newer.locator("#effect-1").fill("wider")
    newer.close()
    older.get_by_role("heading", name="Dimension 1: grin").wait_for()  # loaded anew by itself
    older.locator("#notes-1").fill("here")
    save(older)
    assert saved(rebuilt) == Note(label="grin", effect="wider" if typed_on else "", notes="here")


def test_what_is_being_typed_in_a_tab_of_an_older_build_stays(
    context: BrowserContext, rebuilt: Served
) -> None:
    older, newer = context.new_page(), context.new_page()
    for tab in (newer, older):
        tab.goto(rebuilt.url("dim/1.html"))
    older.locator("#notes-1").press_sequentially("half a ")
    newer.locator("#label-1").fill("grin")
    save(newer)
    older.get_by_text("they load when you leave the field").wait_for()
    older.keyboard.type("thought")
    older.keyboard.press("Tab")
    older.get_by_role("heading", name="Dimension 1: grin").wait_for()
    until(older, "document.querySelector('#notes-1').value === 'half a thought'")
    save(older)
    assert saved(rebuilt) == Note(label="grin", notes="half a thought")


def test_what_is_typed_while_the_pages_are_built_stays_in_its_field(
    page: Page, rebuilt: Served
) -> None:
    page.goto(rebuilt.url("dim/1.html"))
    page.locator("#label-1").fill("grin")
    page.get_by_role("button", name="Save", exact=True).click()
    page.locator("#effect-1").click()
    page.keyboard.type("je")
    page.get_by_text("they load when you leave the field").wait_for(timeout=60_000)
    page.keyboard.type("jek")
    page.get_by_role(
        "button", name="Save", exact=True
    ).click()  # leaves the field, and is no click lost
    page.get_by_text("Saved.", exact=True).wait_for(timeout=60_000)
    page.locator(".note-words", has_text="jejek").wait_for(state="attached")
    assert saved(rebuilt) == Note(label="grin", effect="jejek")
