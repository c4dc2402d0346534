"""Which image a text names, and which column of a table names them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import PurePosixPath

from featamp.errors import InputError, shown
from featamp.io.files.listing import IMAGE_SUFFIXES, is_image
from featamp.io.files.numbers import as_numbers
from featamp.io.files.rows import Rows, counts

FILES = frozenset(
    ("image", "images", "img", "imgs", "im", "imagename", "imgname", "imagepath", "imgpath",
     "file", "files", "filename", "filenames", "filepath", "fname", "photo", "picture", "pic",
     "frame")
)  # fmt: skip
NAMES = frozenset(("id", "ids", "idx", "name", "names", "path", "paths", "key"))
COUNTERS = frozenset(("index", "unnamed", "row", "0"))
"""Words in the head of a column that names images, of one that may name anything, and of one that
only numbers its rows; pandas leaves that without a head, or calls it `Unnamed: 0`."""


@dataclass(frozen=True)
class Naming:
    """How one column of a table names images.

    Attributes
    ----------
    column : its place in the table.
    images : row to image, of those that have one.
    rivals : heads of the other columns that could.
    """

    column: int
    images: dict[int, str]
    rivals: tuple[str, ...]


@dataclass(frozen=True)
class _Candidate:
    """A column, and what speaks for its naming the images.

    Attributes
    ----------
    files : whether most of it is file names.
    rank : how much its head is that of such a column, 0 to 3.
    found : row to image, of those that have one; of none where it says the same in most rows, as
        labels 0 and 1 do, which may be names, too.
    """

    column: int
    head: str
    texts: Sequence[str]
    files: bool
    rank: int
    found: dict[int, str]

    @classmethod
    def of(cls, rows: Rows, column: int, images: Sequence[str], home: str) -> _Candidate:
        """That column of a table."""
        head, texts = rows.head[column], rows.columns[column]
        files = 2 * sum(is_image(_path(text).rpartition("/")[2]) for text in texts) > len(texts)
        told = [text for text in texts if text]
        found = match_names(texts, images, home) if 2 * len(set(told)) >= len(told) else {}
        return cls(column, head, texts, files, _rank(head), found)

    @cached_property
    def worth(self) -> tuple[bool, int, int, bool]:
        """What is first of two: file names or paths, which no number is by chance; then its head;
        the images that it names; and not counting.
        """
        paths = 2 * sum("/" in _path(text) for text in self.texts) > len(self.texts)
        return (
            self.files or paths,
            self.rank,
            len(set(self.found.values())),
            not counts(self.texts),
        )

    def differs(self, other: _Candidate) -> list[int]:
        """The rows that are of one image by this column and of another by that one."""
        rows = self.found.keys() & other.found.keys()
        return sorted(row for row in rows if self.found[row] != other.found[row])

    def _says_nothing_else(self, best: _Candidate) -> bool:
        """Whether it holds addresses, or the ends of the paths that the best holds."""
        return all(
            "://" in self.texts[row] or image.endswith(self.texts[row])
            for row, image in best.found.items()
        )

    @property
    def names_once(self) -> bool:
        """Whether no two of its rows are of one image, as of an age that happens to name some;
        where its head or its suffixes say that it names them, that is told later.
        """
        return self.rank > 1 or self.files or len({*self.found.values()}) == len(self.found)

    def rivals(self, best: _Candidate) -> bool:
        """Whether its head says as much as that of the best, or the best names fewer images and
        this does not only number its rows; or whether its head alone says that it names them, of
        which it has no suffix.
        """
        (written, rank, count, _), (as_best, best_rank, fewer, _) = self.worth, best.worth
        if written != as_best:
            return rank == 3 > best_rank and count >= fewer
        return rank == best_rank or (count > fewer and (rank > 0 or best_rank < 2))

    def is_rather(self, best: _Candidate) -> bool:
        """Whether this should name the images, though it names none: by its head or its suffixes,
        or as a word of its own in each row, beside whole numbers that happen to name them.
        """
        if self.found or self._says_nothing_else(best):
            return False
        if not all(text.isdigit() for text in best.texts if text):
            as_likely = best.rank == 3 or (best.files and best.rank == 2)
            return self.files and self.rank == 3 and not as_likely
        called = self.rank > max(best.rank, 1) or (self.files and self.rank >= best.rank)
        return called or (best.rank < 2 and _are_words(self.texts))


def column_of_images(rows: Rows, images: Sequence[str], home: str = "") -> Naming:
    """The column of a table that names images; `home` as of `match_names`.

    Raises
    ------
    InputError
        There is none, or nobody can tell which it is.
    """
    columns = [_Candidate.of(rows, at, images, home) for at in range(len(rows.head))]
    able = [column for column in columns if column.found]
    if not able:
        likely = [column for column in columns if column.files or column.rank > 1] or columns
        likely.sort(key=lambda column: (column.files, column.rank), reverse=True)
        found = unmatched([column.texts for column in likely], images)
        raise InputError(f"{rows.path}: names none of the images: {found}")
    able = [column for column in able if column.names_once] or able
    best = max(able, key=lambda column: column.worth)
    if rows.longer and best.column == 0 and columns[1].rank == 3 and not columns[1].found:
        raise rows.lacks_quotes()  # the head has the word for images one column too late
    for other in columns:
        if other.is_rather(best):
            raise InputError(
                f"{rows.path}: names none of the images by column {shown(other.head)}:"
                f" {unmatched([other.texts], images)}; leave that out where column"
                f" {shown(best.head)} names them"
            )
    for other in able:
        if other.rivals(best) and (rows_apart := best.differs(other)):
            at = rows_apart[0]
            raise InputError(
                f"{rows.path}, line {rows.lines[at]}: columns {shown(best.head)} and"
                f" {shown(other.head)} both name images, and differ: {shown(best.texts[at])},"
                f" {shown(other.texts[at])}; leave out the one that does not say which image its"
                f" row is of"
            )
    rivals = tuple(column.head for column in able if column != best)
    return Naming(best.column, best.found, rivals)


def _are_words(texts: Sequence[str]) -> bool:
    """Whether each text is a word, and none a number or the same as another."""
    words = all(re.fullmatch(r"\S*[^\W\d]\S*", text) for text in texts)
    return words and len(set(texts)) == len(texts) and as_numbers(texts) is None


def _rank(head: str) -> int:
    """How much a head is that of a column of images: 3 where it says so, 0 where it says that rows
    are numbered.
    """
    apart = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", head).lower()
    words = set(re.findall(r"[^\W\d_]+|\d+", apart))
    if words & FILES and words <= FILES | NAMES | COUNTERS:
        return 3
    if words <= COUNTERS:
        return 0
    return 2 if words <= NAMES else 1


def is_index(head: str, column: Sequence[str]) -> bool:
    """Whether a column says that it is an index, and its numbers are all different: that of rows
    which were shuffled.
    """
    return _rank(head) == 0 and all(map(str.isdigit, column)) and len(set(column)) == len(column)


def match_names(column: Sequence[str], images: Sequence[str], home: str = "") -> dict[int, str]:
    """The image that each row of a column names: as it is, without its suffix, or by as many of
    its last folders as tell most of them; a table may have been written one folder higher, or
    name images from the folder that it lies in itself, its `home`.
    """
    paths, texts = [*map(_path, images)], [*map(_path, column)]
    best = _matched(texts, paths, images)
    if home:
        near = [_bare(f"{home}/{text}") for text in texts]
        best = max(best, _matched(near, [*map(_bare, paths)], images), key=len)
    paths, texts = [*map(_bare, paths)], [*map(_bare, texts)]
    for depth in range(1 + max((path.count("/") for path in paths), default=0), 0, -1):
        ends, known = ([_tail(path, depth) for path in those] for those in (texts, paths))
        best = max(best, _matched(ends, known, images), key=lambda found: len(set(found.values())))
    return best


def _matched(texts: Sequence[str], paths: Sequence[str], images: Sequence[str]) -> dict[int, str]:
    """The image of each row whose text is its path, and that of no other one."""
    known: dict[str, str | None] = {}
    for path, image in zip(paths, images, strict=True):
        known[path] = None if path in known else image
    found = ((row, known.get(text)) for row, text in enumerate(texts) if text)
    return {row: image for row, image in found if image is not None}


def contradictions(texts: Sequence[str], found: Mapping[int, str]) -> list[int]:
    """The rows whose text has another folder than the image that was found for it."""
    return [row for row, image in found.items() if _parted(texts[row], image)]


def _parted(text: str, image: str) -> bool:
    ours, theirs = (_bare(_path(name)).split("/")[-2::-1] for name in (text, image))
    return any(one != other for one, other in zip(ours, theirs, strict=False))


def _path(name: str) -> str:
    """A path as it is written here, whatever system wrote it: macOS may write one letter with an
    accent as two.
    """
    path = unicodedata.normalize("NFC", name).replace("\\", "/")
    # else nothing is to be made plain, and a table may have 200,000 rows
    return str(PurePosixPath(path)) if "/" in path else path


def _bare(path: str) -> str:
    """A path without an image's suffix."""
    bare, point, suffix = path.rpartition(".")
    return bare if bare and (point + suffix).lower() in IMAGE_SUFFIXES else path


def _tail(path: str, depth: int) -> str:
    """The end of a path, of so many parts."""
    return "/".join(path.split("/")[-depth:]) if "/" in path else path


def unmatched(columns: Sequence[Sequence[str]], images: Sequence[str]) -> str:
    """Why no column names an image; the first is that which should."""
    alike: dict[str, list[str]] = {}
    for image in images:
        alike.setdefault(_tail(_bare(_path(image)), 1), []).append(image)
    for text in (text for column in columns for text in column):
        if len(both := alike.get(_bare(_path(text)), [])) > 1:
            return (
                f"{shown(text)} may be {both[0]!r} or {both[1]!r}; rename one, or write their"
                f" folders before the names"
            )
    return (
        f"it has {shown(columns[0][0])} where the folder has {images[0]!r} (expected a column of"
        f" file names, with or without suffix, and with their folders where two are called alike)"
    )
