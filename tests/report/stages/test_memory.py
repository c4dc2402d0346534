"""No more frames are in work than the memory holds, and what cannot fit is told before."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from io import StringIO
from pathlib import Path

import pytest

from featamp.errors import InputError
from report.engine import context as engine
from report.engine import memory
from report.engine.console import Console
from report.engine.context import IN_WORK, Context
from report.engine.processes import threads
from report.engine.processes.threads import free_memory
from report.engine.processes.workers import Workers
from report.engine.store import Store
from report.stages.images import read_images
from report.stages.screen import PIXELS, batched
from tests.conftest import load_config, tiny_celeba

MB = 1_000_000


def asking(folder: Path, compute: str = "", sweep: str = "samples = 2\nalphas = 5") -> Context:
    """A build whose config asks for such sweeps of 64 x 64 pixels."""
    path = folder / "report.toml"
    path.write_text(
        f'[model]\ncheckpoint = "x.pt"\n[data]\nroot = "faces"\n[sweep]\n{sweep}\n'
        f"[compute]\n{compute}\n"
    )
    store = Store(folder / "store", lambda line: None)
    return Context(load_config(path), store, Console(StringIO()), Workers(False))


def test_what_is_free_is_no_more_than_there_is() -> None:
    whole = Path("/proc/meminfo").read_text().splitlines()[0]
    assert whole.startswith("MemTotal")
    free = free_memory()
    assert free is not None and 0 < free <= 1024 * int(whole.split()[1])


@pytest.mark.parametrize(
    ("limit", "free"), [("900", 900 - 700 + 250 + 50), ("max", 2_000 * 1024), ("300", 0)]
)
def test_files_that_a_container_has_read_take_no_memory_from_it(
    limit: str, free: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "meminfo").write_text("MemTotal: 9000 kB\nMemAvailable: 2000 kB\nHuge: 0\n")
    for name, text in (
        ("max", limit), ("current", "700"), ("stat", "active_file 250\ninactive_file 50\n"),
    ):  # fmt: skip
        (tmp_path / f"memory.{name}").write_text(text)
    monkeypatch.setattr(threads, "MEMORY", tmp_path / "meminfo")
    monkeypatch.setattr(threads, "GROUP", tmp_path)
    assert free_memory() == free


@pytest.mark.parametrize(
    ("asked", "free", "expected"),
    [
        ("memory = 70", 10_000 * MB, 70 * MB),
        ("", 10_000 * MB, IN_WORK),
        ("", 400 * MB, 100 * MB),
        ("", None, IN_WORK),
    ],
)
def test_frames_take_what_is_asked_for_or_a_quarter_of_what_is_free(
    asked: str, free: int | None, expected: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "free_memory", lambda: free)
    assert asking(tmp_path, asked).memory == expected


@pytest.mark.parametrize(("each", "threads"), [(200, 1), (70, 1), (35, 2), (1, 2)])
def test_as_many_tasks_are_at_work_as_the_memory_holds(
    each: int, threads: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("report.engine.processes.threads.cores", lambda: 2)
    with asking(tmp_path, "memory = 70").side_by_side(9, each * MB) as pool:
        assert isinstance(pool, ThreadPoolExecutor)
        assert pool._max_workers == threads


def test_a_sweep_that_cannot_fit_is_told_before_any_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    context = asking(tmp_path)
    tiny_celeba(tmp_path / "faces", 10)
    held = memory.sweep_memory(context.config)
    assert held == (36 * 5 + 260) * 2 * 64 * 64  # bytes a pixel, alphas, samples
    monkeypatch.setattr(memory, "free_memory", lambda: held - 1)
    with pytest.raises(InputError, match="one sweep of 10 frames of 64 x 64 pixels takes 4 MB"):
        read_images(context)
    monkeypatch.setattr(memory, "free_memory", lambda: 120 * 10 * 64 * 64)  # to encode the ten
    assert len(read_images(context)[0].folder.names) == 10


@pytest.mark.parametrize(
    ("what", "each"),
    [
        ("screening 8 frames of 64 x 64 pixels takes 4 MB", 130 * 8),
        ("comparing 128 reconstructions of 64 x 64 pixels takes 13 MB", 24 * 128),
        ("encoding 200 images of 64 x 64 pixels takes 98 MB", 120 * 200),
    ],
)
def test_what_else_cannot_fit_is_told_before_any_work(
    what: str, each: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = asking(tmp_path).config
    monkeypatch.setattr(memory, "free_memory", lambda: each * 64 * 64 - 1)
    with pytest.raises(InputError, match=what):
        memory.check_memory(config, 200, screened=True)


def test_what_is_not_screened_takes_no_memory_for_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(memory, "free_memory", lambda: 99 * MB)
    config = asking(tmp_path, "memory = 12").config
    with pytest.raises(InputError, match=r"comparing 128 .* 12 MB is what compute\.memory allows"):
        memory.check_memory(config, 200, screened=True)
    memory.check_memory(config, 200, screened=False)


def test_what_the_config_allows_decides_where_it_does(tmp_path: Path) -> None:
    sweep = "samples = 64\nalphas = 40"  # 446 MB
    with pytest.raises(InputError, match=r"takes 446 MB of memory, and 400 MB is what compute"):
        memory.check_memory(asking(tmp_path, "memory = 400", sweep).config, 10, screened=True)
    memory.check_memory(asking(tmp_path, "memory = 500", sweep).config, 10, screened=True)


@pytest.mark.parametrize(
    ("size", "batch"), [('"178x218"', 256), ("256", 151), ("1024", 9), ("2048", 2)]
)
def test_of_images_larger_than_celebas_fewer_wait_for_the_network(
    size: str, batch: int, tmp_path: Path
) -> None:
    context = asking(tmp_path)
    text = context.config.path.read_text().replace("[sweep]", f"size = {size}\n[sweep]")
    context.config.path.write_text(text)
    assert load_config(context.config.path).batch == batch


def test_of_larger_pictures_fewer_are_screened_at_a_time() -> None:
    assert batched(8, 4, (64, 64)) == 4
    assert batched(8, 4, (128, 128)) == batched(64, 4, (64, 64)) == 1
    assert 8 * 4 * 32 * 32 * batched(8, 4, (32, 32)) == PIXELS
