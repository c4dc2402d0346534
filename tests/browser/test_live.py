"""The page that decodes by itself, in real Chromium and Firefox from disk with the network off."""

from __future__ import annotations

import gzip
import json
import re
import shutil
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from playwright.sync_api import BrowserContext, Page

pytest.importorskip("onnx")
pytest.importorskip("onnxruntime")

from featamp.io.network.model import TrainedVAE
from featamp.io.network.opening import open_model
from featamp.io.portable.export import export_decoder
from featamp.io.portable.weights import halved
from report.findings.findings import Findings
from report.findings.live import Checked, Live, Readers
from report.findings.sweeps import Control
from report.pages.models import render_models
from tests.browser.firefox import Firefox, firefox_path, open_firefox
from tests.conftest import run, tiny_vae, undrawing, until, url
from tests.report.pages.test_models import comparison
from tests.sample_findings import DIMS, person, sample_findings, write_site


@pytest.fixture(scope="module")
def vae(tmp_path_factory: pytest.TempPathFactory) -> TrainedVAE:
    folder = tmp_path_factory.mktemp("model")
    kwargs, side = {"latent_dim": DIMS}, 16
    return open_model(
        tiny_vae(folder), "tiny_vae:TinyVAE", kwargs, None, (0, 1), folder, size=(side, side)
    )


def along(
    findings: Findings, name: str, attribute: str | None, move: NDArray[np.float64]
) -> Control:
    """A control that the page moves along."""
    control = findings.controls["pc-1"]
    swept = replace(control.swept, move=move)
    return replace(control, name=name, attribute=attribute, swept=swept)


@pytest.fixture(scope="module")
def findings(vae: TrainedVAE, tmp_path_factory: pytest.TempPathFactory) -> Findings:
    folder = tmp_path_factory.mktemp("report")
    findings = sample_findings(folder, person(0, 2, 1))
    network = folder / "network.onnx.gz"
    network.write_bytes(gzip.compress(halved(export_decoder(vae)), mtime=0))
    codes = np.random.default_rng(1).standard_normal((12, DIMS)).astype(np.float32)
    move = np.arange(DIMS) / 10
    live = Live(
        Checked(frames=99, difference=0.1 / 255),
        network,
        findings.images.names[:12],
        codes,
        2.0,
        (along(findings, "probe-Smiling", "Smiling", move), along(findings, "pc-1", None, -move)),
        Readers(("Smiling",), np.ones((1, DIMS))),
    )
    return replace(findings, live=live)


@pytest.fixture
def desk(context: BrowserContext, page: Page, site: Path) -> Page:
    """The page, opened from disk with the network off."""
    context.set_offline(True)
    page.goto(url(site, "live.html"))
    page.click("#live-open")
    until(page, "!document.getElementById('live-desk').hidden")
    return page


def decoded(page: Page, codes: np.ndarray[tuple[int, int], np.dtype[np.float32]]) -> list[float]:
    script = "async (codes) => [...(await featamp.live.decode(Float32Array.from(codes)))]"
    return list(page.evaluate(script, codes.ravel().tolist()))


def test_the_page_decodes_what_the_network_decodes(desk: Page, vae: TrainedVAE) -> None:
    codes = np.random.default_rng(0).standard_normal((16, DIMS)).astype(np.float32)
    found = np.array(decoded(desk, codes)).reshape(16, 16, 16, 3)
    np.testing.assert_allclose(found, vae.decode(codes), atol=1 / 255)


def test_nothing_is_loaded_before_the_click_and_only_from_disk_after_it(
    context: BrowserContext, page: Page, site: Path
) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(url(site, "live.html"))
    assert not [name for name in asked if "/live/" in name and "/static/" not in name]
    page.click("#live-open")
    until(page, "!document.getElementById('live-desk').hidden")
    loaded = {name.rpartition("/live/")[2] for name in asked if "/live/" in name}
    assert {"runtime.js", "network.js", "codes.js"} <= loaded
    assert {name.partition(":")[0] for name in asked} <= {"file", "blob"}


def test_what_no_browser_can_run_is_said_and_nothing_is_offered_from_disk(
    page: Page, tmp_path: Path
) -> None:
    findings = sample_findings(tmp_path, person(0, 2, 1))
    reason = "what it does depends on the values of a code"
    codes = np.zeros((12, DIMS), np.float32)
    live = Live(Checked(reason), None, findings.images.names[:12], codes, 2.0, (), None)
    site = write_site(replace(findings, live=live), tmp_path / "site")
    page.goto(url(site, "dim/0.html"))
    button = page.get_by_role("link", name="Live", exact=True).last
    assert "where the site is served" in page.locator(".buttons", has=button).inner_text()
    button.click()
    assert f"cannot be exported: {reason}" in page.locator(".hint").inner_text()
    assert "featamp serve), the model itself decodes" in page.locator("main").inner_text()
    assert not page.locator("#live-open").is_visible()


def test_a_decoder_that_gives_other_pictures_is_told_with_how_far(
    page: Page, findings: Findings, tmp_path: Path
) -> None:
    assert findings.live is not None
    live = replace(
        findings.live, checked=Checked("differs", frames=99, difference=0.01), network=None
    )
    page.goto(url(write_site(replace(findings, live=live), tmp_path), "live.html"))
    said = "other pictures than the network: up to 2.6 of 255 grey levels over 99 pictures"
    assert said in page.locator(".hint").inner_text().replace("\n", " ")


def test_a_person_is_asked_before_many_weights_are_loaded(page: Page, site: Path) -> None:
    page.goto(url(site, "live.html"))
    page.evaluate("featamp.live.weights = 60000001")
    said: list[str] = []
    page.on("dialog", lambda dialog: said.append(dialog.message))
    page.once("dialog", lambda dialog: dialog.dismiss())
    page.click("#live-open")
    assert said == ["Load 60.0 MB of weights?"]
    assert page.locator("#live-desk").is_hidden() and page.locator("#live-open").is_enabled()
    page.once("dialog", lambda dialog: dialog.accept())
    page.click("#live-open")
    until(page, "!document.getElementById('live-desk').hidden")


def test_dragging_typing_reset_and_lock_move_the_code(desk: Page) -> None:
    row = desk.locator("[data-row='0']")
    row.locator("[type=range]").fill("1.5")
    assert desk.evaluate("featamp.live.now.moves.get('0')") == 1.5
    row.locator(".alpha").fill("-7.25")  # farther than the slider goes
    row.locator(".alpha").press("Enter")
    assert desk.evaluate("featamp.live.now.moves.get('0')") == -7.25
    code = "[...featamp.live.moved()].map((value, i) => value - featamp.live.start()[i])"
    std = desk.evaluate("featamp.live.numbers.std[0]")
    assert desk.evaluate(code)[0] == pytest.approx(-7.25 * std, rel=1e-4)
    row.locator("[type=checkbox]").check()
    assert row.locator("[type=range]").is_disabled()
    desk.locator("[data-row='probe-Smiling'] [type=range]").fill("1")
    desk.click("#live-reset")
    assert desk.evaluate("[...featamp.live.now.moves]") == [["0", -7.25]]
    row.locator("[type=checkbox]").uncheck()
    row.get_by_role("button", name="Reset Dimension 0").click()
    assert desk.evaluate("featamp.live.now.moves.size") == 0


def test_a_comma_a_long_minus_and_nonsense_are_typed(desk: Page) -> None:
    typed = desk.locator("[data-row='0'] .alpha")
    told = {"1,5": 1.5, "−2": -2, "abc": -2, "1e30": -2, "": -2, "0.5": 0.5}
    for text, alpha in told.items():
        typed.fill("")
        typed.press_sequentially(text)
        typed.press("Enter")
        assert desk.evaluate("featamp.live.now.moves.get('0')") == alpha
        assert typed.input_value() == str(alpha)
    typed.press("ArrowUp")
    assert typed.input_value() == "0.55"
    desk.goto(desk.url.partition("?")[0] + "?0=1,5&1=1e30&2=-0.25")
    until(desk, "!document.getElementById('live-desk').hidden")
    assert desk.evaluate("[...featamp.live.now.moves]") == [["0", 1.5], ["2", -0.25]]


def test_labels_come_first_where_sliders_are_sorted_by_them(desk: Page) -> None:
    desk.evaluate("featamp.notes.now.state.dimension[5] = { label: 'Öffnung' }")
    desk.locator("#live-reset").click()
    desk.locator("#live-order").select_option("label")
    rows = desk.locator("#live-rows li").evaluate_all("all => all.map(e => e.dataset.row)")
    assert rows.index("5") < rows.index("pc-1")


def test_the_address_shows_the_same_face_again(desk: Page, page: Page) -> None:
    desk.locator("#live-from").select_option("000009.jpg")
    desk.locator("[data-row='1'] [type=range]").fill("2")
    desk.locator("[data-row='pc-1'] [type=range]").fill("-1")
    shown = desk.locator("#live-of").text_content
    until(desk, "document.getElementById('live-of').textContent.includes('component')")
    face = "document.getElementById('live-face').toDataURL()"
    before, said = desk.evaluate(face), shown()
    page.goto(page.url)
    until(page, "document.getElementById('live-of')?.textContent !== ''")
    assert (page.evaluate(face), shown()) == (before, said)


def test_the_strip_and_what_is_measured_follow(desk: Page) -> None:
    desk.locator("[data-row='2'] [type=range]").fill("3")
    until(desk, "document.getElementById('live-strip-of').textContent.startsWith('Dimension 2')")
    assert desk.evaluate("document.getElementById('live-strip').width") == 10 * 16
    until(desk, "document.getElementById('live-near-of').textContent.includes('.jpg')")
    assert "grey levels" in (desk.locator("#live-change").text_content() or "")
    std = desk.evaluate("featamp.live.numbers.std[2]")
    read = desk.locator("#live-readers dd").text_content() or ""
    assert float(read.replace("−", "-")) == pytest.approx(3 * std, abs=0.01)


def test_the_prior_and_the_mean_are_starts_too(desk: Page) -> None:
    desk.keyboard.press("d")
    assert desk.evaluate("featamp.live.now.from").startswith("prior-")
    first = desk.evaluate("[...featamp.live.start()]")
    assert desk.evaluate("[...featamp.live.start()]") == first
    of_seed = "seed => [...((featamp.live.now.from = `prior-${seed}`), featamp.live.start())]"
    many = desk.evaluate(f"Array.from({{ length: 100 }}, (_, n) => n).flatMap({of_seed})")
    assert np.std(many) == pytest.approx(1, abs=0.1)  # the same seeds, the same draws
    desk.locator("#live-from").select_option("mean")
    assert desk.evaluate("[...featamp.live.start()]") == desk.evaluate(
        "[...featamp.live.numbers.mean]"
    )


def test_what_was_found_can_be_taken_home(desk: Page) -> None:
    with desk.expect_download() as downloading:
        desk.click("#live-keep-face")
    assert downloading.value.path().read_bytes().startswith(b"\x89PNG")
    desk.click("#live-copy")
    code = desk.locator("#live-code").input_value()
    assert np.array(eval(code)).shape == (DIMS,)  # a list that Python reads


def test_what_is_set_is_added_to_the_notes_and_set_again(desk: Page) -> None:
    add = desk.get_by_role("button", name="Add to my notes")
    desk.locator("[data-row='probe-Smiling'] [type=range]").fill("1")
    assert add.is_disabled()
    said = desk.locator("#live-set")
    assert "Only dimensions can be kept, not: Probe of Smiling." in said.inner_text()
    desk.locator("[data-row='0'] [type=range]").fill("1.5")
    desk.locator("[data-row='2'] [type=range]").fill("-2")
    assert said.inner_text().startswith("Keeps dimension 0 +1.50 σ, dimension 2 −2.00 σ.")
    desk.locator("h1").click()
    desk.keyboard.press("a")
    desk.keyboard.press("Enter")
    assert "Give it a name" in desk.locator("#live-added").inner_text()
    desk.keyboard.type("smile and hair")
    desk.keyboard.press("Enter")
    added = "Added; Save keeps it in selection.toml, the next build sweeps it."
    assert desk.locator("#live-added").inner_text() == added
    kept = '[combination."smile and hair"]\nmoves = "0 +1.5, 2 -2"\n'
    assert kept in desk.locator("#toml-text").input_value()
    desk.click("#live-reset")
    assert add.is_disabled()
    desk.get_by_role("button", name="Set smile and hair").click()
    assert desk.evaluate("[...featamp.live.now.moves]") == [["0", 1.5], ["2", -2]]
    desk.locator("[data-row='0'] [type=range]").fill("1")
    desk.locator("#live-name").fill("smile and hair")
    desk.once("dialog", lambda dialog: dialog.dismiss())
    desk.keyboard.press("Enter")
    assert desk.locator("#live-added").inner_text() == "Not added."
    assert kept in desk.locator("#toml-text").input_value()
    desk.locator("#undo").click()
    assert desk.locator("#live-combinations li").count() == 0


def test_what_was_added_is_swept_by_the_next_build(
    context: BrowserContext, page: Page, built: Path, tmp_path: Path
) -> None:
    folder = Path(shutil.copytree(built, tmp_path / "project"))
    context.set_offline(True)
    page.add_init_script("delete window.showDirectoryPicker")
    page.goto(url(folder / "site", "live.html"))
    page.click("#live-open")
    until(page, "!document.getElementById('live-desk').hidden")
    for dim, alpha in (("1", "1.5"), ("6", "-2")):
        page.locator(f"[data-row='{dim}'] [type=range]").fill(alpha)
    page.locator("#live-name").fill("smile and hair")
    page.keyboard.press("Enter")
    with page.expect_download() as begun:
        page.get_by_role("button", name="Save", exact=True).click()
    begun.value.save_as(folder / "selection.toml")
    with undrawing():
        assert run(folder / "report.toml") == 0
    page.goto(url(folder / "site", "selection.html"))
    card = page.locator("[data-combination='smile and hair']")
    assert "dimension 1 by +1.5 σ and dimension 6 by −2 σ" in card.inner_text()
    card.scroll_into_view_if_needed()
    until(
        page, "[...document.querySelectorAll('[data-combination] img')].every(i => i.naturalWidth)"
    )
    assert card.locator("img").count() == 2 and "not saved" not in page.inner_text("#save-state")
    said = (folder / "site/writeup/feature_amplification.md").read_text()
    assert (
        said.index("## The four") < said.index("### smile and hair") < said.index("Experiment 1")
    )
    assert "(figures/combination-1.png)" in said
    with zipfile.ZipFile(folder / "site/writeup.zip") as archive:
        assert "writeup/figures/combination-1.pdf" in archive.namelist()
    (told,) = json.loads((folder / "site/data/choice.json").read_text())["combinations"]
    assert told["moves"][1]["sigma"] == -2 and (folder / "site" / told["sprite"]).is_file()
    page.goto(url(folder / "site", "live.html") + "?1=1.5")
    until(page, "!document.getElementById('live-desk').hidden")
    page.get_by_role("button", name="Set smile and hair").click()
    assert page.evaluate("[...featamp.live.now.moves]") == [["1", 1.5], ["6", -2]]


def test_it_fits_a_phone_and_every_control_has_a_name(desk: Page) -> None:
    desk.set_viewport_size({"width": 360, "height": 740})
    assert desk.evaluate("document.documentElement.scrollWidth") <= 360
    names = desk.locator("#live-desk :is(input, button, select)").evaluate_all(
        "all => all.filter(e => !e.ariaLabel && !e.labels?.length && !e.textContent.trim())"
    )
    assert names == []


def test_a_thousand_frames_leave_no_memory_behind(desk: Page) -> None:
    script = """async () => {
        const code = featamp.live.start();
        const used = async () => { for (let k = 0; k < 500; k++) await featamp.live.decode(code);
            return performance.memory.usedJSHeapSize; };
        const first = await used();
        return (await used()) - first;
    }"""
    assert desk.evaluate(script) < 20e6


def test_every_slider_can_be_shown_and_folded_again(
    page: Page, findings: Findings, tmp_path: Path
) -> None:
    assert findings.live is not None
    many = tuple(along(findings, f"probe-{n}", f"Part_{n}", np.ones(DIMS)) for n in range(300))
    live = replace(findings.live, directions=many)
    page.goto(url(write_site(replace(findings, live=live), tmp_path), "live.html"))
    page.click("#live-open")
    rows, more = page.locator("#live-rows li"), page.locator("#live-unfold")
    counts = [20, 220, 307, 20]
    for count, words in zip(counts, ["Show 200 more", "Show 87 more", "Fold", ""], strict=True):
        until(page, f"document.querySelectorAll('#live-rows li').length === {count}")
        if words:
            assert more.inner_text() == words
            more.click()
    page.locator("#live-find").fill("part 299")
    assert rows.count() == 1 and more.is_hidden()


def test_where_every_dimension_has_collapsed_the_directions_are_in_hand(
    page: Page, findings: Findings, tmp_path: Path
) -> None:
    still = replace(findings.variance, active=np.zeros(DIMS, bool))
    page.goto(url(write_site(replace(findings, variance=still), tmp_path), "live.html"))
    page.click("#live-open")
    strip = page.locator("#live-strip-of", has_text="Probe of Smiling from")
    word = page.locator("#live-word", has_text="undefined")
    strip.or_(word).wait_for()
    assert strip.is_visible() and not word.is_visible()


def test_the_caption_of_what_is_downloaded_is_whole(desk: Page) -> None:
    heights = []
    for dims in ("0", "0123456"):
        desk.evaluate("dims => dims.forEach(dim => featamp.live.move(dim, 1))", [*dims])
        desk.locator("[data-row='0'] [type=range]").fill("1")
        with desk.expect_download() as begun:
            desk.click("#live-keep-face")
        with Image.open(begun.value.path()) as picture:
            assert picture.width == 512
            heights.append(picture.height - 512)
    assert heights[0] >= 2 * 20 + 8 and heights[1] >= heights[0] + 20  # a line more, or two
    with desk.expect_download() as begun:
        desk.click("#live-keep-strip")
    with Image.open(begun.value.path()) as picture:
        assert picture.width == 160 * 12


def test_the_caption_of_a_strip_moves_what_is_in_hand_once(desk: Page) -> None:
    desk.evaluate(
        "featamp.picture.download = (_, texts) => (document.body.dataset.said = texts[0]); 0"
    )
    for dim in ("1", "2"):
        desk.locator(f"[data-row='{dim}'] [type=range]").fill("1.5")
    until(desk, "document.getElementById('live-strip-of').textContent.startsWith('Dimension 2')")
    desk.click("#live-keep-strip")
    strip = "Dimension 2 from −3.00 to +3.00 σ: 000000.jpg, Dimension 1 +1.50 σ"
    assert desk.evaluate("document.body.dataset.said") == strip


def test_keys_step_through_the_faces_and_reset(desk: Page) -> None:
    desk.keyboard.press("j")
    assert desk.evaluate("featamp.live.now.from") == "000001.jpg"
    desk.keyboard.press("k")
    assert desk.evaluate("featamp.live.now.from") == "000000.jpg"
    desk.locator("[data-row='0'] [type=range]").fill("1")
    desk.locator("h1").click()
    desk.keyboard.press("r")
    assert desk.evaluate("featamp.live.now.moves.size") == 0
    desk.keyboard.press("/")
    desk.keyboard.type("probe")
    assert desk.locator("#live-rows li").count() == 1


@pytest.fixture(scope="module")
def pair(vae: TrainedVAE, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three models side by side: two with the same decoder and other codes, one without any."""
    folder = tmp_path_factory.mktemp("models")
    compared = comparison(folder)
    network = folder / "network.onnx.gz"
    network.write_bytes(gzip.compress(halved(export_decoder(vae)), mtime=0))
    for number, (name, findings) in enumerate(compared.models.items()):
        codes = np.random.default_rng(number).standard_normal((12, DIMS)).astype(np.float32)
        probe = along(findings, "probe-Smiling", "Smiling", np.arange(DIMS) / (10 + number))
        names = findings.images.names[number : 12 + number]
        reason = "what it does depends on the values of a code" if name == "three" else ""
        live = Live(
            Checked(reason), None if reason else network, names, codes, 2.0, (probe,), None
        )
        compared.models[name] = replace(findings, live=live)
        write_site(compared.models[name], folder / "site" / name)
    for path, content in render_models(compared).items():
        (folder / "site" / path).parent.mkdir(exist_ok=True)
        (folder / "site" / path).write_bytes(content)
    return folder / "site"


def test_one_slider_moves_two_models_from_the_same_sample(
    context: BrowserContext, page: Page, pair: Path
) -> None:
    asked: list[str] = []
    context.set_offline(True)
    page.on("request", lambda request: asked.append(request.url.rpartition("/")[2]))
    page.goto(url(pair, "live.html"))
    page.click("#pair-open")
    until(page, "!document.getElementById('pair-desk').hidden")
    assert [asked.count(f"{name}.js") for name in ("network", "runtime")] == [2, 1]
    assert page.locator("#pair-from option").all_inner_texts()[0] == "000001.jpg"
    page.locator("#pair-from").select_option("000005.jpg")
    page.locator("[data-pair='probe-Smiling'] [type=range]").fill("2")
    said = page.locator("#pair-of-1")
    until(page, "document.getElementById('pair-of-1').textContent.includes('+2.00')")
    assert said.inner_text() == "two, 000005.jpg, probe of Smiling +2.00 σ"
    faces = [
        page.evaluate(f"document.getElementById('pair-face-{k}').toDataURL()") for k in (0, 1)
    ]
    assert faces[0] != faces[1]
    assert (
        page.locator("[data-pair='row-1'] small").inner_text()
        == "one: dimension 0 · two: dimension 0"
    )
    page.goto(page.url)
    until(page, "document.getElementById('pair-of-1').textContent.includes('+2.00')")
    assert page.evaluate("document.getElementById('pair-face-0').toDataURL()") == faces[0]
    page.get_by_role("link", name="All of its dimensions").nth(1).click()
    until(page, "document.getElementById('live-of')?.textContent.includes('Smiling +2.00')")
    assert page.evaluate("document.getElementById('live-face').toDataURL()") == faces[1]
    page.set_viewport_size({"width": 360, "height": 740})
    page.goto(url(pair, "live.html") + "?a=one&b=two&from=mean")
    until(page, "!document.getElementById('pair-desk').hidden")
    control = page.locator("[data-pair='row-1'] .control")
    assert control.evaluate("e => e.clientHeight") < 50  # one line
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


def test_two_models_that_have_nothing_in_common_say_so(page: Page, pair: Path) -> None:
    text = (pair / "live.html").read_text()
    (pair / "apart.html").write_text(re.sub("data-keys='[^']*'", "data-keys='{}'", text))
    page.goto(url(pair, "apart.html"))
    page.click("#pair-open")
    page.locator("#pair-none", has_text="nothing in common").wait_for()
    assert not page.locator(".movers [type=range]:visible").count()


def test_a_model_that_no_browser_can_run_says_so_beside_another(page: Page, pair: Path) -> None:
    page.goto(url(pair, "live.html") + "?a=one&b=three")
    until(page, "document.getElementById('pair-word').textContent.includes('do not open')")
    assert "start make serve" in page.locator("#pair-word").inner_text()


@pytest.fixture(scope="module")
def firefox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Firefox]:
    """Without one on this machine its tests are skipped."""
    if (path := firefox_path()) is None:
        pytest.skip("no Firefox on the path (apt-get install firefox-esr)")
    with open_firefox(path, tmp_path_factory.mktemp("firefox")) as firefox:
        yield firefox
        assert firefox.errors() == []


def test_firefox_decodes_what_the_network_decodes(
    firefox: Firefox, site: Path, vae: TrainedVAE
) -> None:
    codes = np.random.default_rng(0).standard_normal((16, DIMS)).astype(np.float32)
    firefox.goto(url(site, "live.html"))
    firefox.evaluate("featamp.live.open()")
    found = firefox.evaluate(
        "[...await featamp.live.decode(window.Float32Array.from(codes))]",
        codes=codes.ravel().tolist(),
    )
    frames = np.array(found).reshape(16, 16, 16, 3)
    np.testing.assert_allclose(frames, vae.decode(codes), atol=1 / 255)


def test_in_firefox_one_drags_types_and_resets_and_a_link_shows_the_same_face(
    firefox: Firefox, site: Path
) -> None:
    moves = "[...featamp.live.now.moves]"
    face = "document.getElementById('live-face').toDataURL()"
    opened = "!document.getElementById('live-desk').hidden"
    firefox.goto(url(site, "live.html"))
    firefox.click("#live-open")
    firefox.until(opened)
    firefox.drag("[data-row='0'] [type=range]", 30)
    [[key, alpha]] = firefox.evaluate(moves)
    assert key == "0" and 0.2 < alpha < 5
    firefox.type("[data-row='1'] .alpha", "-7.25")
    assert firefox.evaluate(moves) == [["0", alpha], ["1", -7.25]]
    firefox.until("document.getElementById('live-of').textContent.includes('−7.25')")
    seen, address = firefox.evaluate(face), firefox.url
    firefox.click("#live-reset")
    assert firefox.evaluate(moves) == []
    firefox.until("!document.getElementById('live-of').textContent.includes('−7.25')")
    assert firefox.evaluate(face) != seen
    firefox.goto(address)
    firefox.until(f"{opened} && document.getElementById('live-of').textContent")
    assert firefox.evaluate(moves) == [["0", alpha], ["1", -7.25]]
    assert firefox.evaluate(face) == seen
