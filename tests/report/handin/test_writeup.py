"""The write-up to hand in: numbers are the findings', words the person's, and every format holds
any text."""

from __future__ import annotations

import io
import json
import re
import shutil
import subprocess
import zipfile
from dataclasses import replace
from functools import cache
from html.parser import HTMLParser
from importlib.util import find_spec
from pathlib import Path
from unittest.mock import patch

import docx
import pytest
from docx.enum.text import WD_ALIGN_PARAGRAPH
from PIL import Image

from featamp.contract.network import Doubt
from report.engine.site import beside
from report.findings.figures import Figure as Drawn
from report.findings.findings import Findings
from report.handin.formats.archive import EPOCH
from report.handin.formats.document import Block, Phrase, Picture, Quote, References, Table
from report.handin.formats.pdf import BREAK, to_typst
from report.handin.formats.tex import to_tex
from report.handin.formats.word import to_docx
from report.handin.writeup import told_of_edits, write, writeup_files
from report.inputs.fields import form_fields
from report.inputs.selection import Combination, Note, Selection, Writeup
from report.pages.render import render_pages
from report.view.environment import make_environment
from report.view.words import alpha, figures, fixed, percent, signed
from tests.conftest import project, run
from tests.sample_findings import ATTRIBUTES, HOSTILE, sample_findings

TEXT = "writeup/feature_amplification"
NOTE = Note("smile", "mouth corners rise", "good", "partly", "weakest on sample 2")
HARD = {
    "markup": HOSTILE,
    "tex": r"100% of $x_1^2$ & {#~} \input{/etc/passwd} \end{document} ^^M `--' \\ % \begin{quote}"
    " ?` --- ''",
    "emoji": "😀👩‍🔬 ☃ 名前",
    "right to left": "שלום \u202eעולם\u202c مرحبا",
    "long": "W" * 10_000,
    "control": "a\x00b\x01c\x1bd\x85e\ufffef",
    "accents": "é ü ñ ç ø ß Å ľ š ő Ø œ “quoted” – α → ≤ ½ «„a”» € ™ ® † ÷ cafe\u0301 ð",
    "markdown": "# no *heading* | `code` [link](x) ![](y) ~~x~~ 1. _a_ $z$ &lt;",
}
TYPST = pytest.mark.skipif(find_spec("typst") is None, reason="typst is not installed")
PICTURES = [f"figures/dim{dim:03d}-sigma.png" for dim in (0, 1, 2, 4)]
LATEX = pytest.mark.skipif(
    shutil.which("pdflatex") is None, reason="pdflatex (texlive-latex-base) is not installed"
)


def person(*chosen: int, note: Note = NOTE) -> Selection:
    return Selection(chosen, {chosen[0]: note})


def findings_of(folder: Path, selection: Selection | None = None, labels: bool = True) -> Findings:
    """Findings that have every figure of a write-up."""
    folder.mkdir(exist_ok=True)
    findings = sample_findings(folder, selection, labels)
    chosen, units = findings.plan.chosen, ("raw", "sigma")
    kinds = [(kind, unit) for unit in units for kind in ("dimension", "column")]
    strips = [Drawn(kind, dim, unit) for dim in chosen for kind, unit in kinds]
    figures: dict[Drawn, tuple[str, ...]] = dict.fromkeys(strips, ("pdf", "png"))
    figures |= {Drawn("sheet"): ("pdf",)}
    for swept in findings.combinations.values():
        figures[Drawn("combination", page=swept.number)] = ("pdf", "png")
    return replace(
        findings, figures=figures | {Drawn("animation", dim): ("gif",) for dim in chosen}
    )


@cache
def picture(suffix: str) -> bytes:
    white = io.BytesIO()
    Image.new("RGB", (60, 40), "white").save(white, suffix)
    return white.getvalue()


def written(
    findings: Findings, pdf: bool = False, edited: dict[str, Path] | None = None
) -> dict[str, bytes]:
    """The write-up's files, its pictures plain white; the PDF takes longest. `edited`: by path,
    what a person made of it.
    """
    by_hand = edited or {}
    files: dict[str, bytes | Path] = dict(render_pages(findings))
    for figure, suffixes in findings.figures.items():
        files |= {figure.file(suffix): picture(suffix) for suffix in suffixes}
    with patch("report.handin.writeup.can_set", return_value=pdf):
        made = writeup_files(
            findings,
            files,
            lambda name, source: (
                {name: by_hand[name], beside(name): source} if name in by_hand else {name: source}
            ),
        )
    return {
        name: part if isinstance(part, bytes) else part.read_bytes() for name, part in made.items()
    }


def blocks_of(findings: Findings) -> tuple[Block, ...]:
    return write(make_environment(findings))


def captions_of(findings: Findings) -> dict[str, str]:
    """Caption of each figure as the site's buttons copy it, by its name."""
    copied: dict[str, str] = {}

    class Buttons(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            given = dict(attrs)
            if tag == "button" and "data-caption" in given:
                name = str(given["aria-label"]).removeprefix("Copy caption of ")
                copied[name] = " ".join(str(given["data-caption"]).split())

    Buttons().feed(render_pages(findings)["selection.html"].decode())
    return copied


def caption_of(findings: Findings, figure: Drawn) -> str:
    source = (
        '{% import "parts/captions.html" as captions with context %}{{ captions.caption(shown) }}'
    )
    words = make_environment(findings).from_string(source).render(root="", shown=figure)
    return re.sub("[ \n]+", " ", words)


def plain(markdown: str) -> str:
    """Markdown without its escapes."""
    return re.sub(r"\\([\\`*_{}\[\]<>#|~$&.)=+-])", r"\1", markdown)


def words_of(content: bytes) -> list[str]:
    """Every paragraph of a Word file."""
    return [paragraph.text for paragraph in docx.Document(io.BytesIO(content)).paragraphs]


@pytest.fixture(scope="module")
def findings(tmp_path_factory: pytest.TempPathFactory) -> Findings:
    return findings_of(tmp_path_factory.mktemp("report"), person(0, 2, 1, 4))


@pytest.fixture(scope="module")
def files(findings: Findings) -> dict[str, bytes]:
    return written(findings)


def test_the_table_of_the_four_holds_the_findings(findings: Findings) -> None:
    table = next(block for block in blocks_of(findings) if isinstance(block, Table))
    v, c = findings.variance, findings.correlations
    assert c is not None and findings.labels is not None
    held = findings.labels.held_out
    for dim, row in zip(findings.plan.chosen, table.rows[1:], strict=True):
        cells = ["".join(phrase.text for phrase in cell) for cell in row]
        attribute = int(abs(held.r_chosen[:, dim] * held.defined[:, dim]).argmax())
        numbers = [
            str(v.rank[dim]),
            figures(v.variance[dim]),
            figures(v.std[dim]),
            figures(v.kl[dim]),
        ]
        assert cells[0] == str(dim) and cells[2:6] == numbers
        r = signed(held.r[attribute, dim])  # on the images that did not choose
        assert cells[6:8] == [c.names[attribute].replace("_", " "), r]
        assert cells[8] == percent(findings.swept[dim].quality.over_distance)
        assert cells[9] == fixed(findings.swept[dim].quality.consistency or 0)


def test_the_text_tells_the_reports_own_numbers(
    findings: Findings, files: dict[str, bytes]
) -> None:
    text = plain(files[f"{TEXT}.md"].decode())
    v, labels = findings.variance, findings.labels
    assert labels is not None
    held, often = labels.held_out, labels.stability.frequency
    top = int(v.order[0])
    assert (
        f"from {figures(v.variance.min())} to {figures(v.variance.max())} (dimension {top}" in text
    )
    for name, best in findings.plan.targets.items():
        row = ATTRIBUTES.index(name)
        dim = held.dims[row]
        told = f"dimension {dim}, r = {signed(held.r[row, dim])} held out"
        assert f"{name}: {told}" in text
        assert f"chosen by {percent(often[row, dim])} of 200 redraws" in text
        if dim != best:
            assert f"The one swept is dimension {best}, the best on all" in text
    row = ATTRIBUTES.index("Smiling")
    r = signed(held.r[row, held.dims[row]])
    tie = f"Smiling with dimension {held.dims[row]}: r = {r}"
    assert f"The strongest tie, on the images that choose, is {tie}" in text
    for dim in findings.plan.chosen:
        assert (
            f" {figures(findings.swept[dim].sweeps['raw'].reach, 2)} σ of dimension {dim}" in text
        )


def test_the_limits_say_whether_axes_are_told_from_mixtures(findings: Findings) -> None:
    for axes in (findings.axes, None):
        text = written(replace(findings, axes=axes))[f"{TEXT}.md"].decode()
        limits = text.partition("## Limits")[2].partition("## Conclusion")[0]
        assert ("than random mixtures of the same dimensions do" in limits) == (axes is not None)


def test_the_table_of_ranges_is_headed_in_words(files: dict[str, bytes]) -> None:
    text = files[f"{TEXT}.md"].decode()
    assert "out at" not in text and "saturated at α" not in text
    assert (
        "most samples leave the real codes" in text and "many more black or white pixels" in text
    )
    assert "| at no step |" in text or "| from α = " in text
    assert "beyond 2 σ that is so of nearly any dimension" in " ".join(text.split())


def test_a_persons_words_are_quoted_and_what_is_missing_is_marked(findings: Findings) -> None:
    quotes = [block for block in blocks_of(findings) if isinstance(block, Quote)]
    assert len(quotes) == len(findings.plan.chosen)
    said, *empty = [
        ["".join(phrase.text for phrase in phrases) for phrases in quote.paragraphs]
        for quote in quotes
    ]
    assert said[1:] == [
        "Label: smile", "Effect: mouth corners rise", "Grade: good",
        "Consistent over samples: partly",
        "Notes: weakest on sample 2",
    ]  # fmt: skip
    for lines in empty:
        assert len(lines) == 1 + len(form_fields(Note)) and all(
            "[to fill in: " in line for line in lines[1:]
        )


def test_a_suggestion_is_said_to_be_no_persons_choice(
    tmp_path: Path, files: dict[str, bytes]
) -> None:
    text = plain(written(findings_of(tmp_path))[f"{TEXT}.md"].decode())
    assert (
        "taken by the program until a person chooses" in text and "Chosen by a person" not in text
    )
    assert text.startswith("# Draft with placeholders: Feature amplification")
    assert "[to fill in: why these dimensions]" in text
    chosen = plain(files[f"{TEXT}.md"].decode())
    assert (
        "suggestion" not in chosen
        and "Chosen by a person: dimensions 0, 2, 1 and 4.\n\n[to fill in: why" in chosen
    )


def test_a_persons_words_stand_in_every_format_apart_from_what_was_measured(
    tmp_path: Path,
) -> None:
    fields = form_fields(Writeup)
    said = Writeup(**{field.name: f"My own {field.name}.\nAnd more." for field in fields})
    findings = findings_of(tmp_path, replace(person(0, 2, 1, 4), writeup=said))
    files = written(findings)
    quotes = [block for block in blocks_of(findings) if isinstance(block, Quote)]
    quoted = {
        phrase.text for quote in quotes for phrases in quote.paragraphs for phrase in phrases
    }
    in_word = "\n".join(words_of(files[f"{TEXT}.docx"]))
    for field in fields:
        if field.lines > 1:
            assert {f"My own {field.name}.", "And more."} <= quoted, field.name
            assert (field.heading in quoted) == (field.name != "conclusion")  # under its own head
        for text in (files[f"{TEXT}.md"].decode(), files[f"{TEXT}.tex"].decode(), in_word):
            assert f"My own {field.name}." in plain(text), field.name
            assert f"[to fill in: {field.hint}]" not in plain(text), field.name


def test_what_stands_against_a_name_is_handed_in_with_it(findings: Findings) -> None:
    judged = findings.verdicts.dimensions
    doubted = {**judged, 1: replace(judged[1], cautions=(("rival", "Male"),))}
    made = replace(findings, verdicts=replace(findings.verdicts, dimensions=doubted))
    told = "**Doubts about a name.** By the codes Male responds as much"
    assert told in written(made)[f"{TEXT}.md"].decode()


def test_what_the_network_leaves_to_doubt_is_handed_in_too(findings: Findings) -> None:
    depends = "if the second output of its encoder is the log-variance, which is in doubt"
    sure = written(findings)[f"{TEXT}.md"].decode()
    assert "in doubt" not in sure and "Not told" not in sure
    for found in ({"doubts": (Doubt("positive", {"second": (0.1, 2.0)}),)},
                  {"untold": Doubt("either")}):  # fmt: skip
        made = replace(findings, model=replace(findings.model, **found))
        told = plain(written(made)[f"{TEXT}.md"].decode())
        limits = told[told.index("## Limits") :]
        assert depends in told and ("no log-variance" in limits) != ("or log sigma" in limits)
    elsewhere = replace(findings.model, doubts=(Doubt("surface", {"name": "sum", "mean": 1.0}),))
    told = plain(written(replace(findings, model=elsewhere))[f"{TEXT}.md"].decode())
    assert depends not in told and "- The network is in doubt: all codes have the same sum" in told


COMBINED = {
    "smile & hair": Combination("0 +1.5, 2 -2", "both at once"),
    "unnoted": Combination("1 0.25"),
    "elsewhere": Combination("300 1", "gone", model="old"),
}


def test_combinations_stand_after_the_four_with_a_figure_each(tmp_path: Path) -> None:
    selection = replace(person(0, 1, 2, 4), combinations=COMBINED, here="new")
    files = written(findings_of(tmp_path, selection))
    text = plain(files[f"{TEXT}.md"].decode())
    at = [text.index(f"## {words}") for words in ("The four", "In addition", "Experiment 1")]
    assert at == sorted(at)
    added = text[at[1] : at[2]]
    assert "### smile & hair" in added and "Notes: both at once" in added
    assert "moves dimension 0 by +1.5 σ and dimension 2 by −2 σ" in added
    assert "from −1, the opposite, to +1, the combination as picked" in added
    assert "Notes: [to fill in: notes]" in added.partition("### unnoted")[2]
    for number, figure in ((1, 5), (2, 6)):
        assert f"(Figure {figure}, last column)" in added
        assert f"[Figure {figure}](figures/combination-{number}.png)" in added
    assert "elsewhere" not in text
    with zipfile.ZipFile(io.BytesIO(files["writeup.zip"])) as archive:
        names = [f"writeup/figures/combination-{number}.pdf" for number in (1, 2)]
        assert set(names) <= set(archive.namelist())


@TYPST
def test_a_combination_takes_the_room_of_the_contact_sheet_s_picture(tmp_path: Path) -> None:
    selection = replace(person(0, 1, 2, 4), combinations=COMBINED, here="new")
    findings = findings_of(tmp_path, selection)
    contact = {Drawn("contact"): ("pdf", "png")}
    files = written(replace(findings, figures={**findings.figures, **contact}), True)
    names = zipfile.ZipFile(io.BytesIO(files["writeup.zip"])).namelist()
    assert [name for name in names if "contact" in name] == ["writeup/figures/contact.pdf"]


def test_what_nobody_wrote_has_its_place(files: dict[str, bytes]) -> None:
    text = plain(files[f"{TEXT}.md"].decode())
    for field in form_fields(Writeup):
        if field.name != "title":
            assert f"[to fill in: {field.hint}]" in text, field.name
    assert text.startswith("# Feature amplification in a variational autoencoder")


@pytest.mark.parametrize(("chosen", "units"), [((1, 3, 4, 5), "raw"), ((0, 1, 3, 4), "sigma")])
def test_the_four_are_shown_and_handed_in_in_one_unit(
    chosen: tuple[int, ...], units: str, tmp_path: Path
) -> None:
    findings = findings_of(tmp_path, person(*chosen))
    shown = [block.path for block in blocks_of(findings) if isinstance(block, Picture)]
    assert shown == [f"figures/dim{dim:03d}-{units}" for dim in chosen]
    files = written(findings)
    packed = zipfile.ZipFile(io.BytesIO(files["writeup.zip"])).namelist()
    assert {name for name in packed if "figures/dim" in name} == {
        f"writeup/figures/dim{dim:03d}-{units}.pdf" for dim in chosen
    }
    text = plain(files[f"{TEXT}.md"].decode())
    raw = findings.swept[chosen[1]].sweeps["raw"]
    covered = f"{alpha(raw.sigma[0])} to {alpha(raw.sigma[-1])} σ"
    assert (f"on the sweep in σ (Figure 2 shows the raw sweep, {covered})" in text) == (
        units == "raw"
    )
    assert (f"from −3 to +3 raw ({covered}; σ = " in text) == (units == "raw")
    assert ("on the sweep in σ (Figure 2 shows it)" in text) == (units == "sigma")
    running = f"with α running from −3 to +3 {'raw' if units == 'raw' else 'σ'} and back"
    assert running in caption_of(findings, Drawn("animation", chosen[1]))


def test_every_figure_and_table_is_referred_to(
    findings: Findings, files: dict[str, bytes]
) -> None:
    text, tex = files[f"{TEXT}.md"].decode(), files[f"{TEXT}.tex"].decode()
    for block in blocks_of(findings):
        if isinstance(block, Picture | Table):
            name = f"{'Table' if isinstance(block, Table) else 'Figure'} {block.number}"
            assert len(re.findall(rf"(?<!\*\*){name}\b(?!\])", text)) == 1, name
            assert tex.count(f"\\ref{{{block.key}}}") == tex.count(f"\\label{{{block.key}}}") == 1


def test_what_has_an_effect_but_no_label_is_not_counted_as_named(tmp_path: Path) -> None:
    notes = {0: Note(label="light"), 1: Note(effect="it grows"), 2: Note(label="smile")}
    text = written(findings_of(tmp_path, Selection((0, 1, 2, 3), notes)))[f"{TEXT}.md"].decode()
    listed = text.split("A person has named 2 of them:")[1].split()
    assert " ".join(listed[:6]) == "- 0: “light” - 2: “smile”"


@pytest.mark.parametrize(
    ("effect", "end"),
    [
        ("Is it so?", "so? "),
        ("It is!", "is! "),
        ("it is.", "is. "),
        ("it is", "is. "),
        ("w" * 300, "w… "),
    ],
)
def test_the_words_of_a_caption_end_once(effect: str, end: str, tmp_path: Path) -> None:
    caption = captions_of(findings_of(tmp_path, person(0, note=Note(label="x", effect=effect))))[
        "dim000-sigma"
    ]
    assert f"{end}Rows:" in caption


def test_a_caption_counts_the_samples_that_its_figure_shows(findings: Findings) -> None:
    one = replace(
        findings,
        samples=replace(findings.samples, names=findings.samples.names[:1]),
        figures=findings.figures | {Drawn("experiment1", None, "raw"): ("png",)},
    )
    assert ", on 1 sample. " in caption_of(one, Drawn("experiment1", None, "raw"))
    assert " 1 sample, with α running" in caption_of(one, Drawn("animation", 0))


def test_the_pages_of_an_experiment_keep_their_order(findings: Findings) -> None:
    pages = [Drawn("experiment3", None, "raw", page) for page in range(1, 12)]
    made = replace(findings, figures=dict.fromkeys(pages, ("png",)))
    shown = render_pages(made)["experiment3.html"].decode()
    told = re.findall(r"Copy caption of (experiment3-raw-\d+)", shown)
    assert told == [f"experiment3-raw-{page}" for page in range(1, 12)]


def test_captions_are_the_ones_that_the_site_copies(findings: Findings) -> None:
    copied = captions_of(findings)
    shown = [block for block in blocks_of(findings) if isinstance(block, Picture)]
    assert len(shown) == len(findings.plan.chosen)
    for figure in shown:
        assert copied[figure.path.removeprefix("figures/")] == "".join(
            phrase.text for phrase in figure.caption
        )
    assert "“smile”: mouth corners rise." in copied["dim000-sigma"]
    assert "[to fill in: label]" in copied["dim002-sigma"]
    assert (
        "4 dimensions" not in copied["sheet"]
        and "The 4 chosen dimensions, 0, 2, 1 and 4" in copied["sheet"]
    )


@pytest.mark.parametrize("case", HARD)
def test_any_text_stands_as_written_in_markdown_and_word(case: str, tmp_path: Path) -> None:
    note = Note(label=HARD[case], effect=HARD[case], notes=HARD[case])
    files = written(findings_of(tmp_path, person(0, 2, 1, 4, note=note)))
    markdown, paragraphs = files[f"{TEXT}.md"].decode(), words_of(files[f"{TEXT}.docx"])
    for line in HARD[case].splitlines():
        held = " ".join(
            re.sub(
                "[\x00-\x08\x0e-\x1b\x7f-\x84\u202a-\u202e\ufffe]",
                lambda c: f"[U+{ord(c[0]):04X}]",
                line,
            ).split()
        )
        assert held in plain(markdown)
        assert any(held in paragraph for paragraph in paragraphs)
    assert not re.search(r"(?<!\\)<\w|^#+ no|(?<!\\)\[link", markdown, re.MULTILINE)
    assert files[f"{TEXT}.tex"].isascii()


def test_a_line_of_a_note_stays_a_line_of_words_in_markdown(tmp_path: Path) -> None:
    lines = [
        "first",
        "- dash",
        "+ plus",
        "1. one",
        "12) twelve",
        "---",
        "===",
        "* star",
        "# number",
        "> quote",
    ]
    note = Note(notes="\n".join(lines))
    text = written(findings_of(tmp_path, person(0, 2, 1, 4, note=note)))[f"{TEXT}.md"].decode()
    quoted = [line.removeprefix("> ") for line in text.splitlines() if line.startswith("> ")]
    assert set(lines[1:]) <= set(map(plain, quoted))
    marks = re.compile(
        r"[-+*] |\d+[.)] |-{3}|={3}|#|>"
    )  # of a list, a rule, a heading and a quote
    assert not any(marks.match(line) for line in quoted)


@LATEX
@pytest.mark.parametrize("case", HARD)
def test_tex_compiles_with_any_text_and_says_it(case: str, tmp_path: Path) -> None:
    note = Note(
        label=HARD[case], effect=HARD[case], quality="good", consistent="no", notes=HARD[case]
    )
    pages = compiled(findings_of(tmp_path / "report", person(0, 2, 1, 4, note=note)), tmp_path)
    log = (tmp_path / "writeup/feature_amplification.log").read_text(errors="replace")
    overfull = re.findall(r"Overfull \\hbox \(([\d.]+)pt", log)
    assert max(map(float, overfull), default=0.0) < 2, (
        overfull
    )  # nothing runs off the page or over another cell
    assert "Observed by eye" in pages and "Figure 4" in pages and "[?]" not in pages
    squeezed = "".join(pages.split())
    told = {
        "markup": '</textarea><script>document.title="hacked"</script>',
        "tex": r"&{#˜}\input{/etc/passwd}\end{document}ˆˆM",  # the PDF's names for ~ and ^
        "emoji": "[U+1F600]",
        "right to left": "[U+05E9][U+05DC]",
        "long": "W" * 200,
        "control": "a[U+0000]b",
        "accents": "[U+00F0]",
        "markdown": "#no*heading*|",
    }
    assert told[case] in squeezed
    assert ("cannot set stands here as its code point" in " ".join(pages.split())) == (
        "[U+" in squeezed
    )
    assert "[U+0301]" not in squeezed  # an accent apart from its letter, as macOS writes it


LONG = ("word " * 200_000, "W" * 1_000_000)
"""A megabyte of words, and of one word."""


@LATEX
@pytest.mark.parametrize("notes", LONG)
def test_tex_compiles_with_a_note_of_a_megabyte(notes: str, tmp_path: Path) -> None:
    (tmp_path / "long.tex").write_text(to_tex((Quote(((Phrase(f"Notes: {notes}"),),)),)))
    command = ["pdflatex", "-interaction=batchmode", "-halt-on-error", "long.tex"]
    result = subprocess.run(command, cwd=tmp_path, capture_output=True, check=False)
    assert result.returncode == 0, (tmp_path / "long.log").read_text(errors="replace")[-1000:]


@TYPST
def test_the_pdf_says_any_text_and_is_the_same_bytes_twice(tmp_path: Path) -> None:
    note = Note(label=HARD["tex"], effect=HARD["emoji"], notes="\n".join(HARD.values()))
    findings = findings_of(tmp_path, person(0, 2, 1, 4, note=note))
    content = written(findings, pdf=True)[f"{TEXT}.pdf"]
    assert content == written(findings, pdf=True)[f"{TEXT}.pdf"] and content.startswith(b"%PDF")
    source = to_typst(blocks_of(findings), dict.fromkeys(PICTURES, picture("png")))
    for case in ("markup", "markdown", "accents"):
        for line in HARD[case].splitlines():
            escaped = " ".join(line.split()).replace("\\", "\\\\").replace('"', '\\"')
            assert escaped in source.replace(BREAK, ""), case
    assert "[U+202E]" in source and "[U+540D]" in source and "What the fonts lack" in source


def test_experiment_1_says_whether_each_attribute_changes(findings: Findings) -> None:
    text = plain(written(findings)[f"{TEXT}.md"].decode())
    for name, dim in findings.plan.targets.items():
        moved = findings.verdicts.responses.get((dim, name))
        called = name.replace("_", " ")
        assert (f"One σ moves {called} by " in text) == (moved is not None)
        assert (f"No probe of the codes tells {called}" in text) == (moved is None)
        assert moved is None or f"by {signed(moved.slope)} of its standard" in text


def test_an_address_is_split_behind_its_marks_alone(findings: Findings) -> None:
    address = "https://example.org/a-paper/of_2026.html?page=7"
    quoted = (Quote(((Phrase(address),),)),)
    source = to_typst((*blocks_of(findings)[:1], *quoted), {})
    split = next(part for part in source.split('"') if "example" in part)
    assert split.replace(BREAK, "") == address
    assert {part[-1] for part in split.split(BREAK)[:-1]} <= set("/?&=.-_")


def test_an_edited_source_without_its_document_is_told() -> None:
    (told,) = told_of_edits({f"{TEXT}.tex", "index.html"})
    assert told.startswith("the document in writeup.zip") and f"in {TEXT}.tex;" in told
    assert [*told_of_edits({f"{TEXT}.tex", f"{TEXT}.pdf"})] == [*told_of_edits(set())] == []


def test_a_picture_that_was_pasted_as_text_is_split_at_few_places(findings: Findings) -> None:
    """Each place takes a third of a millisecond to be set: a minute for a picture."""
    word = "x" * 100_000
    quoted = (Quote(((Phrase(word),),)),)
    source = to_typst((*blocks_of(findings)[:1], *quoted), {})
    assert word in source.replace(BREAK, "")
    assert len(word) / 20 < source.count(BREAK) < len(word) / 7


def compiled(findings: Findings, folder: Path) -> str:
    """The text of the PDF that LaTeX makes of the archive, unpacked on its own."""
    made = zipfile.ZipFile(io.BytesIO(written(findings)["writeup.zip"]))
    made.extractall(folder)
    command = [
        "pdflatex",
        "-interaction=nonstopmode",
        "-halt-on-error",
        "feature_amplification.tex",
    ]
    for _ in range(2):
        result = subprocess.run(
            command, cwd=folder / "writeup", capture_output=True, text=True, errors="replace"
        )
        assert result.returncode == 0, result.stdout[-2000:]
    assert "undefined" not in result.stdout
    if shutil.which("pdftotext") is None:
        pytest.skip("pdftotext (poppler-utils) is not installed")
    read = ["pdftotext", "-raw", "feature_amplification.pdf", "-"]
    return subprocess.run(
        read, cwd=folder / "writeup", capture_output=True, text=True, check=True
    ).stdout


@pytest.mark.parametrize("chosen", [(0,), (7, 0), (0, 1, 2, 3, 4, 7)])
@pytest.mark.parametrize("labels", [True, False])
def test_fewer_or_more_chosen_a_collapsed_one_and_no_labels(
    chosen: tuple[int, ...], labels: bool, tmp_path: Path
) -> None:
    text = plain(written(findings_of(tmp_path, person(*chosen), labels))[f"{TEXT}.md"].decode())
    assert text.count("**Measured** on the sweep in σ") == len(chosen)
    assert ("This dimension has collapsed" in text) == (7 in chosen)
    assert "The assignment asks for 4" in text
    assert ("there is no attribute file" in text) == (not labels)
    assert not re.search(r"\b(nan|None|inf|Undefined)\b", text)


@pytest.mark.parametrize("suffix", ["md", "tex"])
def test_every_link_resolves(suffix: str, findings: Findings) -> None:
    contact = {Drawn("contact"): ("pdf", "png")}
    files = written(replace(findings, figures={**findings.figures, **contact}))
    archive = zipfile.ZipFile(io.BytesIO(files["writeup.zip"]))
    assert archive.testzip() is None
    text = files[f"{TEXT}.{suffix}"].decode()
    pattern = (
        r"\]\(([^)]+)\)" if suffix == "md" else r"\\(?:href|includegraphics\[[^]]*\])\{([^}]+)\}"
    )
    links = [link for link in re.findall(pattern, text) if not link.startswith("https://")]
    assert len(links) >= 5 + 2 + 4 + 3  # pictures, both sheets, their files, tables
    there = set(files) if suffix == "md" else set(archive.namelist())
    assert {f"writeup/{link}" for link in links} <= there


@pytest.mark.parametrize("pdf", [pytest.param(True, marks=TYPST), False])
def test_the_archive_holds_what_a_marker_needs_once(findings: Findings, pdf: bool) -> None:
    files = written(findings, pdf)
    archive = zipfile.ZipFile(io.BytesIO(files["writeup.zip"]))
    packed = {name: archive.read(name) for name in archive.namelist()}
    assert packed.items() <= files.items()
    names = [name.removeprefix("writeup/") for name in packed]
    document = f"feature_amplification.{'pdf' if pdf else 'docx'}"
    assert [name for name in names if "/" not in name] == sorted(
        [document, "feature_amplification.tex", "references.bib"]
    )
    assert [name for name in names if "/" in name] == [
        *(f"figures/dim{dim:03d}-sigma.pdf" for dim in (0, 1, 2, 4)),
        "figures/sheet.pdf",
        *(f"tables/{name}.csv" for name in ("attributes", "dimensions", "effects")),
    ]
    assert {entry.date_time for entry in archive.infolist()} == {EPOCH}
    assert archive.namelist() == sorted(archive.namelist())


@TYPST
@pytest.mark.parametrize("suffix", ["docx", "pdf", "md", "tex"])
def test_the_archive_holds_the_document_that_a_person_edited(
    findings: Findings, suffix: str, tmp_path: Path
) -> None:
    mine = tmp_path / "mine"
    mine.write_bytes(b"my own words")
    files = written(findings, True, {f"{TEXT}.{suffix}": mine})
    archive = zipfile.ZipFile(io.BytesIO(files["writeup.zip"]))
    assert archive.read(f"{TEXT}.{suffix}") == b"my own words"
    documents = {name for name in archive.namelist() if name.endswith((".docx", f"{TEXT}.pdf"))}
    assert documents == {f"{TEXT}.{'docx' if suffix == 'docx' else 'pdf'}"}
    assert (f"{TEXT}.new.tex" in archive.namelist()) == (suffix == "tex")


@pytest.mark.parametrize("pdf", [pytest.param(True, marks=TYPST), False])
def test_the_archive_holds_the_contact_sheet_as_a_picture_too(
    findings: Findings, pdf: bool
) -> None:
    contact = {Drawn("contact"): ("pdf", "png")}
    files = written(replace(findings, figures={**findings.figures, **contact}), pdf)
    names = zipfile.ZipFile(io.BytesIO(files["writeup.zip"])).namelist()
    assert [name for name in names if "contact" in name or name.endswith(".png")] == [
        "writeup/figures/contact.pdf",
        *["writeup/figures/contact.png"] * pdf,  # Word's document holds it
    ]


def test_the_same_bytes_twice_and_no_date(findings: Findings, files: dict[str, bytes]) -> None:
    assert written(findings) == files
    word = zipfile.ZipFile(io.BytesIO(files[f"{TEXT}.docx"]))
    assert {entry.date_time for entry in word.infolist()} == {EPOCH}
    assert b"W3CDTF" not in word.read("docProps/core.xml")
    document = docx.Document(io.BytesIO(files[f"{TEXT}.docx"]))
    assert len(document.inline_shapes) == 4 and len(document.tables) == 2


def test_word_takes_no_longer_for_the_last_line_than_for_the_first(findings: Findings) -> None:
    lines = Quote(tuple((Phrase(str(number)),) for number in range(300)))
    blocks = (*blocks_of(findings), lines, lines)
    pictures = dict.fromkeys(PICTURES, picture("png"))
    add = docx.document.Document.add_paragraph
    with patch.object(
        docx.document.Document, "add_paragraph", autospec=True, side_effect=add
    ) as at_end:
        made = to_docx(blocks, pictures)
    assert at_end.call_count < 100  # each looks for the end
    said = [p.text for p in docx.Document(io.BytesIO(made)).paragraphs]
    assert said[-600:] == [str(number) for number in range(300)] * 2


def test_words_formula_can_be_edited(files: dict[str, bytes]) -> None:
    word = zipfile.ZipFile(io.BytesIO(files[f"{TEXT}.docx"])).read("word/document.xml").decode()
    formula = re.search(r"<m:oMathPara.*?</m:oMathPara>", word, re.DOTALL)
    assert formula is not None
    assert formula[0].count("<m:sSub>") == 3  # e_i, z'_i and z_i
    assert "".join(re.findall(r"<m:t[^>]*>([^<]*)", formula[0])) == (
        "x′ = g(μ(x) + α ei),\u2003z′i = zi + α"
    )


def test_word_says_what_its_pictures_show_and_its_links_can_be_pressed(
    findings: Findings, files: dict[str, bytes]
) -> None:
    document = docx.Document(io.BytesIO(files[f"{TEXT}.docx"]))
    captions = [
        "".join(phrase.text for phrase in block.caption)
        for block in blocks_of(findings)
        if isinstance(block, Picture)
    ]
    pictures = [
        paragraph for paragraph in document.paragraphs if paragraph._p.xpath(".//wp:docPr")
    ]
    assert [paragraph._p.xpath(".//wp:docPr/@descr") for paragraph in pictures] == [
        [words] for words in captions
    ]
    assert all(paragraph.paragraph_format.keep_with_next for paragraph in pictures)
    links = [link.address for paragraph in document.paragraphs for link in paragraph.hyperlinks]
    assert "figures/sheet.pdf" in links and "https://arxiv.org/abs/1312.6114" in links


def test_words_table_has_a_number_heads_and_numbers_flush_right(files: dict[str, bytes]) -> None:
    document = docx.Document(io.BytesIO(files[f"{TEXT}.docx"]))
    caption = next(
        paragraph for paragraph in document.paragraphs if paragraph.text.startswith("Table 1. ")
    )
    assert (
        caption.style is not None
        and caption.style.name == "Caption"
        and caption.paragraph_format.keep_with_next
    )
    rows = document.tables[0].rows
    assert [bool(row._tr.xpath("./w:trPr/w:tblHeader")) for row in rows] == [True, *[False] * 4]
    flush = [cell.paragraphs[0].alignment == WD_ALIGN_PARAGRAPH.RIGHT for cell in rows[1].cells]
    assert flush == [True, False, True, True, True, True, False, True, True, True]


def test_citations_references_and_bib_agree(findings: Findings, files: dict[str, bytes]) -> None:
    references = next(block for block in blocks_of(findings) if isinstance(block, References))
    listed = {entry.key: entry.label for entry in references.entries}
    assert set(
        re.findall(r"^@\w+\{(\w+),", files["writeup/references.bib"].decode(), re.MULTILINE)
    ) == set(listed)
    assert set(re.findall(r"\\cite\{(\w+)\}", files[f"{TEXT}.tex"].decode())) == set(listed)
    text = files[f"{TEXT}.md"].decode()
    assert all(f"({label})" in text for label in listed.values())


def test_two_hyphens_stay_two_hyphens() -> None:
    from report.handin.formats.document import Paragraph

    assert r"a-{}-{}-b it'{}'s -3" in to_tex((Paragraph((Phrase("a---b it''s -3"),)),))


def test_a_build_hands_in_all_that_it_links(tmp_path: Path) -> None:
    config = project(tmp_path / "project")
    assert run(config) == 0
    folder = config.parent / "site/writeup"
    text = (folder / "feature_amplification.md").read_text()
    links = [
        link for link in re.findall(r"\]\(([^)]+)\)", text) if not link.startswith("https://")
    ]
    found = [link for link in links if re.fullmatch(r"figures/dim\d+-(raw|sigma)\.\w+", link)]
    assert len(found) == 4 * 2  # as pictures, and as files
    assert all((folder / link).is_file() for link in links)
    figures = [path.name for path in (folder.parent / "figures").iterdir()]
    assert len([name for name in figures if "-animation" in name or "-column" in name]) == 8
    for link in found:  # one file with two names
        assert (folder / link).samefile(folder.parent / link)
    told = json.loads((folder.parent / "data/choice.json").read_text())
    assert told["by_person"] is False
    assert text.startswith("# Draft with placeholders")
