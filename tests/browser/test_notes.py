"""Choice and notes as a person keeps them: in the browser, in selection.toml, across builds. In
real Chromium."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Dialog, Locator, Page, Route

from report.inputs.selection import Blind, Combination, Note, Selection, load_selection
from tests.browser.conftest import tray
from tests.conftest import until
from tests.sample_findings import DIMS, HOSTILE, sample_findings, write_site

MINE = """# what I saw, in my own order
chosen = [0, 2]  # two so far

[dimension.2] # look again
label = 'warm'
effect = "redder"

[dimension.0]
label = "smile" # surely
# the end
"""
NO_PICKER = "delete window.showDirectoryPicker"
FOLDER = """
const files = { 'report.toml': '', 'selection.toml': %s };
const handle = (name) => ({
  getFile: async () => new Blob([files[name]]),
  createWritable: async () => ({
    write: async (text) => { files[name] = text },
    close: () => new Promise((done) => { window.held ? window.release = done : done() }),
  }),
});
window.files = files;
window.showDirectoryPicker = async () => ({
  name: 'project',
  requestPermission: async () => 'granted',
  getFileHandle: async (name, { create } = {}) => {
    if (!(name in files) && !create) throw new DOMException('', 'NotFoundError');
    return handle(name);
  },
});
"""
BLOCKED = """
Object.defineProperty(window, 'localStorage', { get() { throw new DOMException('blocked',
'SecurityError') } });
"""
Build = Callable[..., Path]


@pytest.fixture(scope="module")
def rendered(tmp_path_factory: pytest.TempPathFactory) -> Callable[[bytes, str], Path]:
    """The sample site for a text of selection.toml and a model, each rendered once."""
    folder = tmp_path_factory.mktemp("rendered")

    @cache
    def render(text: bytes, model: str) -> Path:
        (folder / "selection.toml").write_bytes(text)
        selection = load_selection(folder / "selection.toml", DIMS, model)
        site = folder / str(len(list(folder.iterdir())))
        return write_site(sample_findings(folder, selection), site)

    return render


@pytest.fixture
def build(tmp_path: Path, rendered: Callable[[bytes, str], Path]) -> Build:
    """Build the sample site as `make report` would for this text of selection.toml; the site's
    folder."""

    def build(text: str = MINE, name: str = "site", model: str = "") -> Path:
        (tmp_path / "selection.toml").write_bytes(text.encode())
        site = rendered(text.encode(), model)
        return Path(shutil.copytree(site, tmp_path / name, dirs_exist_ok=True))

    return build


def go(page: Page, site: Path, name: str = "experiment3.html") -> None:
    page.goto((site / name).as_uri())


def state(page: Page) -> str:
    return page.locator("#save-state").inner_text()


def download(page: Page, folder: Path) -> str:
    with page.expect_download() as begun:
        page.get_by_role("button", name="Save", exact=True).click()
    assert begun.value.suggested_filename == "selection.toml"
    begun.value.save_as(folder / "downloaded.toml")
    return (folder / "downloaded.toml").read_bytes().decode()


def kept(page: Page) -> list[str]:
    return page.evaluate("Object.keys(localStorage).filter(key => /^featamp:/.test(key))")  # type: ignore[no-any-return]


def row(page: Page, what: str) -> Locator:
    return page.locator("#differing tr", has_text=what)


def test_what_is_typed_is_on_every_page_and_survives_reload_rebuild_and_a_moved_folder(
    page: Page, build: Build
) -> None:
    site = build()
    go(page, site)
    page.locator("#notes-1").fill("typed on experiment 3")
    page.locator("#quality-0").select_option("poor")
    for name in ("dim/1.html", "dim/0.html", "selection.html"):
        go(page, site, name)
        page.reload()
        assert "not saved yet" in state(page), name
    assert page.locator("#quality-0").input_value() == "poor"
    go(page, site, "dim/1.html")
    assert page.locator("#notes-1").input_value() == "typed on experiment 3"
    page.locator("#label-1").fill("typed on its page")
    build()  # the same again
    go(page, site.rename(site.with_name("moved")))
    assert page.locator("#notes-1").input_value() == "typed on experiment 3"
    assert page.locator("#label-1").input_value() == "typed on its page"
    assert not page.locator("#differing").is_visible()


def test_words_for_the_write_up_are_kept_saved_merged_and_built(
    page: Page, build: Build, tmp_path: Path
) -> None:
    mine = MINE + '[writeup] # in my words\nauthor = "Ann" # that is me\n'
    site = build(mine)
    page.add_init_script(NO_PICKER)
    go(page, site, "selection.html")
    assert page.locator("#author-writeup").input_value() == "Ann"
    page.locator("#why-writeup").fill("clear\nand alike")
    page.reload()
    assert page.locator("#why-writeup").input_value() == "clear\nand alike"
    assert "not saved yet" in state(page)
    text = download(page, tmp_path)
    assert text.startswith(mine.rstrip()) and "# that is me" in text
    build(text.replace('"Ann"', '"Ann B."').replace("clear", "plain"))
    page.locator("#why-writeup").fill("clearer")
    page.reload()  # the author of the file is taken, its reason is asked about
    assert row(page, "write-up, why").count() == 1 and row(page, "author").count() == 0
    page.get_by_role("button", name="All from this browser").click()
    page.get_by_role("button", name="Use what is ticked").click()
    assert page.locator("#author-writeup").input_value() == "Ann B."
    assert page.locator("#why-writeup").input_value() == "clearer"


def test_a_record_from_before_there_were_words_for_the_write_up_is_taken(
    page: Page, build: Build
) -> None:
    go(page, build())
    page.locator("#notes-1").fill("typed long ago")
    page.evaluate(
        """() => {
        const record = featamp.kept(featamp.notes.place);
        delete record.state.writeup;
        delete record.state.combination;
        delete record.base.writeup;
        featamp.keep(featamp.notes.place, record);
        }"""
    )
    page.reload()
    assert page.locator("#notes-1").input_value() == "typed long ago"


def test_the_scripts_share_one_name(page: Page, build: Build, tmp_path: Path) -> None:
    (tmp_path / "blank.html").write_text("")
    go(page, tmp_path, "blank.html")
    names = "Object.getOwnPropertyNames(window).join(' ')"
    before = page.evaluate(names).split()
    site = build()
    for path in ("experiment3.html", "compare.html", "dim/1.html"):
        go(page, site, path)
        assert set(page.evaluate(names).split()) - set(before) == {"featamp"}
        for name in ("byId", "report", "state", "parse"):
            assert page.evaluate(f"typeof {name}") == "undefined", name  # a const is no property


def test_other_images_have_other_notes(page: Page, build: Build, tmp_path: Path) -> None:
    site = build()
    go(page, site)
    page.locator("#notes-1").fill("of these images")
    script = site / "data/selection.js"
    script.write_text(script.read_text().replace('"id": "', '"id": "other'))
    page.reload()
    assert page.locator("#notes-1").input_value() == ""


def test_saving_keeps_comments_and_order_and_the_rebuilt_site_is_clean(
    page: Page, build: Build, tmp_path: Path
) -> None:
    site = build()
    page.add_init_script(NO_PICKER)
    go(page, site)
    page.locator("#label-2").fill("cold")
    page.locator("#notes-4").fill("new")
    page.locator("form[data-dim='4'] [name=chosen]").check()
    text = download(page, tmp_path)
    assert (
        text
        == MINE.replace("'warm'", '"cold"').replace("[0, 2]", "[0, 2, 4]")
        + '\n[dimension.4]\nnotes = "new"\n'
    )
    for name in ("index.html", "experiment3.html"):  # nobody knows whether it was put in place
        assert (
            "Downloaded, not in the pages yet: put it beside report.toml, then build again."
            in state(page)
        )
        go(page, site, name)
    build(text)
    go(page, site)
    assert state(page) == "3 chosen, 1 to go."
    assert kept(page) == []


def test_typing_on_after_a_save_is_no_conflict_with_what_was_built_from_it(
    page: Page, build: Build, tmp_path: Path
) -> None:
    site = build()
    page.add_init_script(NO_PICKER)
    go(page, site)
    page.locator("#label-2").fill("cold")
    text = download(page, tmp_path)
    page.locator("#label-2").fill("colder")
    build(text)
    page.reload()
    assert not page.locator("#differing").is_visible()
    assert page.locator("#label-2").input_value() == "colder" and "not saved yet" in state(page)


def test_what_is_typed_before_the_scripts_have_come_stays(page: Page, build: Build) -> None:
    held: list[Route] = []
    page.route("**/notes/notes.js", lambda route: held.append(route))
    page.goto((build() / "experiment3.html").as_uri(), wait_until="commit")
    page.locator("#label-2").fill("cold")
    until(page, "document.readyState === 'interactive'")
    held[0].continue_()
    page.get_by_text("Kept in this browser, not saved yet.").wait_for()
    assert page.locator("#label-2").input_value() == "cold"
    assert page.locator("#label-0").input_value() == "smile"


def test_typed_notes_outlive_a_changed_choice(page: Page, build: Build) -> None:
    site = build()
    go(page, site)
    page.locator("#notes-1").fill("typed")
    build(MINE.replace("[0, 2]", "[0, 3]"))
    page.reload()
    assert page.locator("#notes-1").input_value() == "typed"
    for _ in range(2):  # each side has changed something else: nothing to ask
        assert not page.locator("#differing").is_visible()
        assert page.locator("form[data-dim='3'] [name=chosen]").is_checked()
        assert page.locator("#notes-1").input_value() == "typed"
        assert "not saved yet" in state(page)
        page.reload()


def test_what_only_the_file_has_changed_is_taken_while_the_rest_is_asked(
    page: Page, build: Build
) -> None:
    site = build()
    go(page, site)
    page.locator("#label-0").fill("typed")
    build(MINE.replace('"smile"', '"edited"').replace('"redder"', '"bluer"'))
    page.reload()
    assert page.locator("#differing tbody tr").count() == 1
    page.get_by_role("button", name="Decide later").click()
    assert (
        page.locator("#effect-2").input_value() == "bluer"
        and page.locator("#label-0").input_value() == "typed"
    )


def test_a_download_that_was_never_put_in_place_takes_nothing_from_the_notes(
    page: Page, build: Build, tmp_path: Path
) -> None:
    site = build()
    page.add_init_script(NO_PICKER)
    go(page, site)
    page.locator("#notes-1").fill("typed")
    download(page, tmp_path)
    build(MINE.replace('"smile"', '"edited"'))
    page.reload()
    assert not page.locator("#differing").is_visible()
    assert (
        page.locator("#notes-1").input_value() == "typed"
        and page.locator("#label-0").input_value() == "edited"
    )


def test_a_file_that_is_set_back_by_hand_counts_as_changed(
    page: Page, build: Build, tmp_path: Path
) -> None:
    site = build()
    page.add_init_script(NO_PICKER)
    go(page, site)
    page.locator("#label-2").fill("cold")
    text = download(page, tmp_path)
    page.locator("#notes-1").fill("typed on")
    build(text)
    page.reload()
    build()
    page.reload()
    assert (
        page.locator("#label-2").input_value() == "warm"
        and page.locator("#notes-1").input_value() == "typed on"
    )


def test_two_tabs_show_what_is_typed_in_either(
    page: Page, context: BrowserContext, build: Build
) -> None:
    site = build()
    other = context.new_page()
    for tab in (page, other):
        go(tab, site)
    page.locator("#effect-2").press("Home")
    page.keyboard.type("much ")
    other.locator("#notes-3").fill("from the other tab")
    until(page, "document.querySelector('#notes-3').value === 'from the other tab'")
    before = other.evaluate("localStorage.getItem(featamp.notes.place)")
    page.keyboard.type("more ")  # at the place where it was going on
    assert page.locator("#effect-2").input_value() == "much more redder"
    seen = "document.querySelector('#effect-2').value === 'much more redder'"
    until(other, seen)
    other.evaluate(
        "before => localStorage.setItem(featamp.notes.place, before)", before
    )  # as if written before it knew
    until(other, "featamp.kept(featamp.notes.place).state.dimension[2].effect.includes('more')")
    assert page.evaluate(seen)


@pytest.mark.parametrize(
    "record",
    [
        *("{", "[]", '"x"', "{}", '{"known":1}', '{"known":[],"state":null}'),
        '{"known":[],"base":{"chosen":[],"dimension":{}},"state":{"chosen":[],"dimension":{"1":null}}}',
        '{"known":[],"base":{"chosen":[],"dimension":{}},"state":{"chosen":[],"dimension":{},"blind":{"named":5}}}',
    ],
)
def test_a_record_that_is_none_of_ours_breaks_nothing(
    page: Page, build: Build, record: str
) -> None:
    go(page, build())
    page.evaluate("record => localStorage.setItem(featamp.notes.place, record)", record)
    page.reload()
    page.locator("#notes-1").fill("typed")
    page.reload()
    assert page.locator("#notes-1").input_value() == "typed"


@pytest.mark.parametrize(("side", "label"), [("mine", "typed"), ("file", "edited")])
def test_where_both_were_changed_the_page_shows_both_and_asks(
    page: Page, build: Build, side: str, label: str
) -> None:
    site = build()
    go(page, site)
    page.locator("#label-0").fill("typed")
    build(MINE.replace('"smile"', '"edited"'))
    page.reload()
    for _ in range(2):  # not answered, nothing is dropped
        line = row(page, "dimension 0, label")
        assert "typed" in line.inner_text() and "edited" in line.inner_text()
        assert line.locator(":checked").count() == 0
        page.get_by_role("button", name="Use what is ticked").click()
        assert page.locator("#differing").is_visible()
        page.get_by_role("button", name="Decide later").click()
        go(page, site, "selection.html")
    row(page, "dimension 0, label").locator(f"[value={side}]").check()
    page.get_by_role("button", name="Use what is ticked").click()
    assert page.locator("#label-0").input_value() == label
    page.reload()
    assert (
        not page.locator("#differing").is_visible()
        and page.locator("#label-0").input_value() == label
    )
    assert ("not saved yet" in state(page)) == (side == "mine")


def test_where_storage_is_blocked_the_page_works_and_says_so(
    page: Page, build: Build, tmp_path: Path
) -> None:
    page.add_init_script(BLOCKED + NO_PICKER)
    site = build()
    go(page, site)
    assert "notes will not be kept" in state(page)
    page.locator("#notes-2").fill("only in memory")
    assert "Not saved yet" in state(page)
    asked: list[str] = []

    def leave(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.accept()

    page.on("dialog", leave)
    page.locator("#notes-2").press("End")
    page.reload()
    assert asked == ["beforeunload"]
    page.locator("#notes-2").fill("only in memory")
    assert 'notes = "only in memory"' in download(page, tmp_path)


def test_a_file_is_loaded_and_a_wrong_one_is_refused_with_its_place(
    page: Page, build: Build, tmp_path: Path
) -> None:
    site = build()
    go(page, site)
    wrong = tmp_path / "wrong.toml"
    wrong.write_text("chosen = [1]\n[dimension.1]\nlabel = 3\n")
    page.locator("#toml-file").set_input_files(wrong)
    page.get_by_text("wrong.toml was not opened: dimension.1.label").wait_for()
    assert page.locator("#label-0").input_value() == "smile"
    right = tmp_path / "right.toml"
    right.write_text("# other\nchosen = [1, 3, 4, 0]\n[dimension.1]\nlabel = 'x'\n")
    page.locator("#toml-file").set_input_files(right)
    page.get_by_text("right.toml is opened").wait_for()
    assert (
        page.locator("#label-1").input_value() == "x"
        and page.locator("#label-0").input_value() == ""
    )
    assert tray(page) == ["1", "3", "4", "0"]
    page.reload()
    assert page.locator("#label-1").input_value() == "x"
    page.locator("#label-1").fill("y")
    assert page.locator("#toml-text").input_value() == right.read_text().replace(
        "'x'", '"y"'
    )  # its comments too


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"[blind]\nnamed=5\nshown=9", "blind is not what"),
        ("[dimension.1]\nlabel='é'".encode("latin-1"), ""),
    ],
)
def test_a_file_that_the_builder_would_refuse_is_not_loaded(
    page: Page, build: Build, tmp_path: Path, content: bytes, words: str
) -> None:
    go(page, build())
    (tmp_path / "wrong.toml").write_bytes(content)
    page.locator("#toml-file").set_input_files(tmp_path / "wrong.toml")
    page.get_by_text(f"wrong.toml was not opened: {words}").wait_for()
    page.locator("#label-1").fill("typed")
    page.reload()
    assert (
        page.locator("#label-1").input_value() == "typed"
        and page.locator("#label-0").input_value() == "smile"
    )


def test_loading_over_unsaved_notes_asks(page: Page, build: Build, tmp_path: Path) -> None:
    go(page, build())
    page.locator("#label-1").fill("unsaved")
    other = tmp_path / "other.toml"
    other.write_text("chosen = [0, 2]\n[dimension.1]\nlabel = 'loaded'\n")
    page.locator("#toml-file").set_input_files(other)
    row(page, "dimension 1, label").get_by_text("loaded").wait_for()
    assert page.locator("#label-1").input_value() == "unsaved"
    page.get_by_role("button", name="All from the file").click()
    page.get_by_role("button", name="Use what is ticked").click()
    assert page.locator("#label-1").input_value() == "loaded"


def test_saving_into_the_folder_edits_the_file_that_is_there_now(page: Page, build: Build) -> None:
    now = "# added since the build\n" + MINE
    page.add_init_script(FOLDER % repr(now))
    go(page, build())
    page.locator("#label-2").fill("cold")
    page.get_by_role("button", name="Save", exact=True).click()
    page.get_by_text("Saved in “project”").wait_for()
    assert page.evaluate("files['selection.toml']") == now.replace("'warm'", '"cold"')


def test_what_is_typed_while_the_file_is_written_is_not_taken_for_saved(
    page: Page, build: Build
) -> None:
    page.add_init_script(FOLDER % repr(MINE))
    go(page, build())
    page.evaluate("window.held = true")
    page.locator("#label-2").fill("cold")
    page.get_by_role("button", name="Save", exact=True).click()
    until(page, "Boolean(window.release)")  # written, not yet closed
    page.locator("#label-2").fill("colder")
    page.evaluate("window.release()")
    page.get_by_text("Saved in “project”").wait_for()
    assert page.evaluate("files['selection.toml']") == MINE.replace("'warm'", '"cold"')
    assert "not saved yet" in state(page)


def test_saving_over_a_file_that_somebody_changed_asks_first(page: Page, build: Build) -> None:
    now = MINE.replace("'warm'", "'edited elsewhere'")
    page.add_init_script(FOLDER % repr(now))
    go(page, build())
    page.locator("#label-2").fill("cold")
    page.get_by_role("button", name="Save", exact=True).click()
    row(page, "dimension 2, label").get_by_text("edited elsewhere").wait_for()
    assert page.evaluate("files['selection.toml']") == now
    row(page, "dimension 2, label").locator("[value=mine]").check()
    page.get_by_role(
        "button", name="Use what is ticked"
    ).click()  # and the save that was asked for goes on
    page.get_by_text("Saved in “project”").wait_for()
    assert page.evaluate("files['selection.toml']") == now.replace("'edited elsewhere'", '"cold"')


def test_a_page_says_that_it_shows_others_than_those_chosen_by_now(
    page: Page, build: Build
) -> None:
    go(page, build(), "selection.html")
    words = page.get_by_text("You have chosen others than this page shows.")
    assert not words.is_visible()
    page.locator("form[data-dim='0'] [name=chosen]").uncheck()
    assert words.is_visible()


def test_the_tray_counts_and_shows_the_chosen(page: Page, build: Build) -> None:
    site = build()
    go(page, site)
    assert state(page).startswith("2 chosen, 2 to go")
    for dim in (1, 3, 4):
        page.locator(f"form[data-dim='{dim}'] [name=chosen]").check()
    assert state(page).startswith("5 chosen, 1 too many")
    page.locator("form[data-dim='0'] [name=chosen]").uncheck()
    assert state(page).startswith("4 chosen.")
    assert tray(page) == ["2", "1", "3", "4"]
    page.get_by_role("button", name="Do not choose dimension 3").click()
    assert tray(page) == ["2", "1", "4"]
    assert not page.locator("form[data-dim='3'] [name=chosen]").is_checked()
    assert page.evaluate("document.activeElement.closest('#tray-dims') !== null")
    thumbnail = page.get_by_role("link", name="Dimension 2: warm")
    assert "glances/dim002-strip" in thumbnail.evaluate("e => getComputedStyle(e).backgroundImage")
    thumbnail.click()
    page.wait_for_url((site / "dim/2.html").as_uri())


@pytest.mark.parametrize("agreed", [True, False])
def test_a_suggestion_replaces_a_choice_only_if_the_person_says_so(
    page: Page, build: Build, agreed: bool
) -> None:
    go(page, build())
    page.evaluate(
        "document.querySelector('main').innerHTML += '<button data-choose=\"1,3,4,0\">Take"
        " these</button>'"
    )
    page.on("dialog", lambda dialog: dialog.accept() if agreed else dialog.dismiss())
    page.get_by_text("Take these").click()
    assert tray(page) == (["1", "3", "4", "0"] if agreed else ["0", "2"])


def test_hostile_text_arrives_as_typed_and_runs_nothing(
    page: Page, build: Build, tmp_path: Path
) -> None:
    texts = dict(
        enumerate(
            [
                HOSTILE,
                "\"\"\"\n''' \\u0041 {{ 7*7 }}",
                "a\u202eאב\u2029",
                "😀" * 5000,
                "# [dimension.1]",
            ]
        )
    )
    notes = {dim: Note(label=text.replace("\n", " "), notes=text) for dim, text in texts.items()}
    page.add_init_script(NO_PICKER)
    site = build("")
    go(page, site)
    for dim, note in notes.items():
        page.locator(f"#label-{dim}").fill(note.label)
        page.locator(f"#notes-{dim}").fill(note.notes)
        page.locator(f"form[data-dim='{dim}'] [name=chosen]").check()
    saved = download(page, tmp_path)
    build(saved)
    assert load_selection(tmp_path / "selection.toml", DIMS) == Selection(
        tuple(texts), notes, text=saved
    )
    for name in ("experiment3.html", "selection.html"):
        go(page, site, name)
        for dim, note in notes.items():
            assert page.locator(f"#notes-{dim}").input_value() == note.notes
            heading = page.locator(f"#dim-{dim}").text_content() or ""
            assert " ".join(note.label.split()) in " ".join(heading.split())
    for dim, note in notes.items():  # and in the question which to keep
        page.locator(f"#label-{dim}").fill(f"{note.label}!")
    build(saved.replace('label = "', 'label = "?'))
    page.reload()
    for dim, note in notes.items():
        cells = row(page, f"dimension {dim}, label").locator("td label")
        assert [cell.split(": ", 1)[1].strip() for cell in cells.all_text_contents()] == [
            f"{note.label}!".strip(),
            f"?{note.label}".strip(),
        ]
    assert page.title() == "Selection · featamp"


def test_the_tray_is_in_view_on_a_phone_and_hides_no_field_in_focus(
    browser: Browser, build: Build
) -> None:
    site = build("chosen = [0, 1, 2, 3, 4]")
    with browser.new_context(
        viewport={"width": 360, "height": 740}, reduced_motion="reduce"
    ) as context:
        page = context.new_page()
        for name in ("index.html", "dim/0.html", "experiment3.html"):
            go(page, site, name)
            tray = page.get_by_role("complementary", name="Choice and notes").bounding_box()
            assert (
                tray
                and tray["y"] + tray["height"] == pytest.approx(740, abs=1)
                and tray["height"] < 130
            ), name
            assert page.evaluate("document.documentElement.scrollWidth") == 360
        page.locator("#effect-0").focus()
        for _ in range(3):
            page.keyboard.press("Tab")
            box = page.evaluate(
                "(({top, bottom}) => [top,"
                " bottom])(document.activeElement.getBoundingClientRect())"
            )
            assert tray and box[0] >= 0 and box[1] <= tray["y"] + 1


def test_a_blind_result_goes_into_the_file_with_the_notes(
    page: Page, build: Build, tmp_path: Path
) -> None:
    page.add_init_script(NO_PICKER)
    site = build()
    go(page, site)
    page.get_by_role("button", name="Name blind").click()
    page.locator("[data-card='1'] input").first.fill("grin")
    page.locator("[data-card='4'] [type=checkbox]").check()
    page.locator("[data-card=random-1] input").first.fill("hat")
    page.get_by_role("button", name="End and see").click()
    page.get_by_role("button", name="Take over as labels: grin").click()
    page.get_by_role("button", name="Back to the table").click()
    text = download(page, tmp_path)
    build(text)
    assert text.startswith(MINE)
    assert load_selection(tmp_path / "selection.toml", DIMS).blind == Blind(1, 2, 1, 1)
    assert load_selection(tmp_path / "selection.toml", DIMS).note(1).label == "grin"
    page.reload()
    assert state(page) == "2 chosen, 2 to go."


def test_words_of_an_earlier_model_are_marked_until_they_are_confirmed(
    page: Page, build: Build, tmp_path: Path
) -> None:
    page.add_init_script(NO_PICKER)
    old = 'model = "old" # the first\n' + MINE
    site = build(old, model="new")
    go(page, site, "selection.html")
    assert state(page) == "2 chosen, 2 to go."  # nothing was typed yet
    assert "smile" not in page.locator("#dim-0").inner_text()
    form = page.locator("form[data-dim='0']")
    assert "Written on an earlier model" in form.inner_text()
    assert form.locator("[name=label]").input_value() == "smile"
    page.locator("#notes-2").fill("typed, not confirmed")
    form.get_by_label("It holds for this model").check()
    page.get_by_role("button", name="It holds for this model").click()
    go(page, site, "dim/1.html")
    page.locator("#label-1").fill("new words")
    text = download(page, tmp_path)
    assert "# the first" in text and "# look again" in text
    found = load_selection(tmp_path / "downloaded.toml", DIMS, "new")
    assert found.earlier == ("notes on dimension 2",) and found.unmarked == ()
    assert found.note(0).label == "smile" and found.written(2).notes == "typed, not confirmed"
    build(text, model="new")
    go(page, site, "selection.html")
    assert page.locator("#dim-0").inner_text().startswith("Dimension 0: smile")
    assert page.locator(".earlier").count() == 1 and "not saved" not in state(page)


def test_words_of_which_no_old_one_is_left_are_of_the_model_on_the_screen(
    page: Page, build: Build, tmp_path: Path
) -> None:
    page.add_init_script(NO_PICKER)
    site = build('model = "old"\n' + MINE, model="new")
    go(page, site, "selection.html")
    label = page.locator("#label-0")
    for words, earlier in (("", "2"), ("smile", "2, 0"), ("smiles", "2, 0"), ("a hat", "2")):
        label.fill(words)
        page.locator("#label-2").fill("rather warm")
        download(page, tmp_path)
        found = load_selection(tmp_path / "downloaded.toml", DIMS, "new")
        assert found.earlier[0] == "the choice"
        assert found.earlier[1].endswith(f"dimension{'s' * (len(earlier) > 1)} {earlier}"), words
    assert found.note(0).label == "a hat"


COMBINED = MINE + '\n[combination."smile, warm"] # both\nmoves = "0 +1.5, 2 -2"\n'


def test_a_combination_is_noted_on_removed_and_brought_back(
    page: Page, build: Build, tmp_path: Path
) -> None:
    page.add_init_script(NO_PICKER)
    go(page, build(COMBINED), "selection.html")
    card = page.locator("[data-combination='smile, warm']")
    assert "dimension 0 by +1.5 σ and dimension 2 by −2 σ" in card.inner_text()
    card.locator("textarea").fill("a warm smile")
    card.get_by_role("button", name="Remove smile, warm").click()
    assert not card.is_visible()
    page.keyboard.press("z")
    assert card.locator("textarea").input_value() == "a warm smile"
    text = download(page, tmp_path)
    found = load_selection(tmp_path / "downloaded.toml", DIMS)
    assert found.combinations == {"smile, warm": Combination("0 +1.5, 2 -2", "a warm smile")}
    assert text.startswith(COMBINED.rstrip())
    card.get_by_role("button", name="Remove smile, warm").click()
    page.reload()
    assert not card.is_visible()
    assert download(page, tmp_path).rstrip() == MINE.rstrip() + "\n\n # both"


def test_a_combination_of_an_earlier_model_is_marked_until_it_is_confirmed(
    page: Page, build: Build, tmp_path: Path
) -> None:
    page.add_init_script(NO_PICKER)
    far = '[combination.far]\nmoves = "300 1"\n'
    site = build(f'model = "old"\n[combination.near]\nmoves = "0 1"\n{far}', model="new")
    go(page, site, "selection.html")
    near, far_one = (page.locator(f"[data-combination={name}]") for name in ("near", "far"))
    for card in (near, far_one):
        assert "Written on an earlier model" in card.inner_text()
        assert card.locator("img").count() == 0
    assert far_one.get_by_label("It holds for this model").count() == 0
    near.get_by_label("It holds for this model").check()
    text = download(page, tmp_path)
    assert list(load_selection(tmp_path / "downloaded.toml", DIMS, "new").combined) == ["near"]
    go(page, build(text, model="new"), "selection.html")
    assert near.locator("img").count() == 2 and "earlier" not in near.inner_text()


def test_where_both_have_changed_a_combination_the_page_asks(page: Page, build: Build) -> None:
    site = build(COMBINED)
    go(page, site, "selection.html")
    page.get_by_role("button", name="Remove smile, warm").click()
    build(COMBINED.replace("0 +1.5, ", ""))
    page.reload()
    assert row(page, "combination smile, warm").inner_text().count("2 -2") == 1
    page.get_by_role("button", name="All from the file").click()
    page.get_by_role("button", name="Use what is ticked").click()
    assert page.locator("[data-combination='smile, warm']").is_visible()
    assert page.evaluate("featamp.notes.now.state.combination[0].moves") == "2 -2"


def test_a_field_of_one_line_keeps_words_apart(page: Page, build: Build) -> None:
    site = build('[dimension.0]\nlabel = "smile"\neffect = """corners rise\ncheeks brighten"""\n')
    go(page, site, "dim/0.html")
    field = page.locator("form.note [name=effect]").first
    assert field.input_value() == "corners rise cheeks brighten"


def test_in_print_the_built_notes_are_plain_text(page: Page, build: Build) -> None:
    go(page, build(), "dim/0.html")
    page.emulate_media(media="print")
    assert page.locator(".note-words", has_text="smile").is_visible()
    assert (
        not page.locator("form.note").is_visible() and page.locator(".tray:visible").count() == 0
    )
    assert page.locator(".tick.top").is_visible() and not page.locator("header.top").is_visible()


def test_without_javascript_the_built_notes_are_plain_text(browser: Browser, build: Build) -> None:
    site = build()
    with browser.new_context(java_script_enabled=False) as context:
        page = context.new_page()
        for name in ("selection.html", "experiment3.html", "dim/0.html"):
            go(page, site, name)
            assert page.locator(".note-words", has_text="smile").first.is_visible(), name
            assert page.get_by_text("The note fields need JavaScript").is_visible()
            parts = page.locator(".tray.no-script code").evaluate_all(
                "all => all.map(c => c.offsetTop)"
            )
            assert len(set(parts)) == 1, "its words stand in one line"
            assert not page.get_by_role("button", name="Save").is_visible()
