"""Draw `docs/way.svg`, the way of the data: `python docs/way.py`."""

from __future__ import annotations

from pathlib import Path
from xml.sax.saxutils import escape

WIDE, HIGH, GAP = 196, 58, 44
BOXES = {
    "images": (0, 0, "Images", "a folder, preprocessed"),
    "labels": (0, 2, "Attributes", "where there are any"),
    "codes": (1, 0, "Codes", "posterior means, log-variances"),
    "variance": (2, 0, "Variance ranking", "method 1"),
    "correlation": (2, 2, "Correlations", "method 2; held out, redrawn"),
    "plan": (3, 1, "Plan", "dimensions worth a look"),
    "person": (3, 3, "selection.toml", "the four and the notes: a person's"),
    "sweeps": (4, 1, "Sweeps", "z' = z + alpha e, decoded"),
    "judges": (4, 2, "Judges and controls", "probes, pixels, random directions"),
    "findings": (5, 1, "Findings", "frozen records, verdicts"),
    "pages": (6, 0, "Pages and tables", "site/"),
    "handin": (6, 2, "Figures, write-up", "site/writeup.zip"),
}
"""Column, row, title and subtitle."""
ARROWS = (
    ("images", "codes"), ("codes", "variance"), ("codes", "correlation"),
    ("labels", "correlation"),
    ("variance", "plan"), ("correlation", "plan"), ("person", "plan"), ("plan", "sweeps"),
    ("correlation", "judges"), ("sweeps", "findings"), ("judges", "findings"),
    ("findings", "pages"), ("findings", "handin"),
)  # fmt: skip


def draw() -> str:
    """The picture as SVG."""
    columns = 1 + max(column for column, *_ in BOXES.values())
    rows = 1 + max(row for _, row, *_ in BOXES.values())
    width, height = columns * (WIDE + GAP) - GAP + 20, rows * (HIGH + GAP) - GAP + 20
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img">',
        "<title>The way of the data, in one direction only</title>",
        '<defs><marker id="tip" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="8"'
        ' markerHeight="8" orient="auto"><path d="M0 0 8 4 0 8z" fill="#555"/></marker></defs>',
        f'<rect width="{width}" height="{height}" fill="#fff"/>',
        '<g font-family="sans-serif" text-anchor="middle">',
    ]
    lines += [_arrow(start, end) for start, end in ARROWS]
    lines += [_box(name) for name in BOXES]
    return "\n".join([*lines, "</g>", "</svg>", ""])


def _corner(name: str) -> tuple[int, int]:
    column, row, *_ = BOXES[name]
    return 10 + column * (WIDE + GAP), 10 + row * (HIGH + GAP)


def _arrow(start: str, end: str) -> str:
    (left, top), (right, bottom) = _corner(start), _corner(end)
    if left == right:
        down = bottom > top
        x, y, to_y = left + WIDE // 2, top + HIGH * down, bottom + HIGH * (not down)
        path = f"M{x} {y} V{to_y}"
    else:
        x, y, to_x, to_y = left + WIDE, top + HIGH // 2, right, bottom + HIGH // 2
        middle = to_x - GAP // 2
        path = f"M{x} {y} H{middle} V{to_y} H{to_x}"
    return (
        f'<path d="{path}" fill="none" stroke="#555" stroke-width="1.5" marker-end="url(#tip)"/>'
    )


def _box(name: str) -> str:
    (x, y), (_, _, title, subtitle) = _corner(name), BOXES[name]
    middle, fill = x + WIDE // 2, "#fff4d6" if name == "person" else "#eef3fa"
    return (
        f'<rect x="{x}" y="{y}" width="{WIDE}" height="{HIGH}" rx="6" fill="{fill}"'
        ' stroke="#345"/>'
        f'<text x="{middle}" y="{y + 25}" font-size="15" font-weight="600">{escape(title)}</text>'
        f'<text x="{middle}" y="{y + 44}" font-size="11">{escape(subtitle)}</text>'
    )


if __name__ == "__main__":
    Path(__file__).with_name("way.svg").write_text(draw(), encoding="utf-8")
