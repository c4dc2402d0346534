"""Words of the glossary are linked where a page first uses them."""

from __future__ import annotations

import re
from pathlib import Path

from report.pages.glossary import WORDS, link_words
from report.pages.render import render_pages
from tests.sample_findings import sample_findings


def test_the_first_use_is_linked_and_no_other_and_nothing_in_links_or_headings() -> None:
    page = (
        '<p>nats</p><main id="main"><h2>Leakage</h2><p title="a > nats">5 nats, 6 nats;'
        " self-response, <a>leakage</a> and leakage</p><code>q</code><p>q</p></main><p>logit</p>"
    )
    told = link_words(page, "../")
    assert re.sub(r'<a class="word"[^>]*>(.*?)</a>', r"\1", told) == page
    assert re.findall(r'<a class="word" href="([^"]*)">([^<]*)', told) == [
        ("../method.html#word-nat", "nats"),
        ("../method.html#word-self-response", "self-response"),
        ("../method.html#word-leakage", "leakage"),
        ("../method.html#word-q", "q"),
    ]
    assert "5 <a" in told and "6 nats" in told and "<a>leakage</a>" in told


def test_the_first_use_is_linked_where_it_heads_a_column() -> None:
    page = '<main><table><th scope="col">leakage</th><td>leakage, 3 nats</td></table></main>'
    told = link_words(page, "")
    assert told.startswith('<main><table><th scope="col"><a class="word" href="method.html#word-l')
    assert told.count("word-leakage") == 1


def test_every_word_that_is_linked_is_explained(tmp_path: Path) -> None:
    site = render_pages(sample_findings(tmp_path))
    meanings = set(re.findall(r'<dfn id="word-([^"]*)"', site["method.html"].decode()))
    assert meanings == set(WORDS)
    linked = [re.findall(r'class="word" href="[^#]*#word-([^"]*)"', p.decode())
              for path, p in site.items() if path.endswith(".html")]  # fmt: skip
    assert all(len(names) == len(set(names)) for names in linked)
    assert set().union(*linked) == set(WORDS)
