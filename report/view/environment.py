"""Jinja for templates/, which knows the findings, the readings and the filters."""

from __future__ import annotations

from contextlib import suppress
from functools import partial
from hashlib import sha256
from pathlib import Path

from jinja2 import BytecodeCache, Environment, FileSystemLoader, StrictUndefined
from jinja2.bccache import Bucket
from markupsafe import Markup

from featamp.comparison.matching import UNLIKE_SHARE
from featamp.comparison.recurrence import CHANCE_LEVEL
from featamp.contract.network import Doubt
from featamp.face.judge import TELLS
from featamp.measure.effect import SATURATION_RISE
from featamp.measure.layout import REGIONS
from featamp.measure.quality import TOP
from featamp.measure.sweep import FAR, MAP_GAIN
from featamp.measure.visible import HARDLY, PLAIN
from featamp.proof.calibration import CALIBRATED
from featamp.proof.truth import RIGHTLY
from featamp.statistics.correlation import FEW_POSITIVES
from featamp.statistics.intruder import CHANCE, SHOWN
from featamp.statistics.labels.weigh import CHANCE as CHANCE_SHARE
from featamp.statistics.naming import LEVEL
from featamp.statistics.redraws import REDRAWS, TIE_ERRORS
from featamp.statistics.support import LIMIT_QUANTILE, TAIL
from featamp.statistics.variance import ACTIVE_THRESHOLD
from featamp.verdict.axes import LEVEL as AXES_LEVEL
from featamp.verdict.headline import SCREENING_Q
from featamp.verdict.health import (
    KL_COLLAPSED,
    KL_IGNORED,
    KL_USUAL,
    MATCHING,
    PSNR_FAIR,
    PSNR_GOOD,
)
from featamp.verdict.rule import NAMED, OWN, PURE, VERDICTS
from featamp.verdict.score import FULL
from featamp.verdict.verdict import BOUNDS

from ..engine.disk import write_atomically
from ..engine.hashing import find_version
from ..engine.places import TEMPLATES
from ..findings.experiments import TARGET_SAMPLES, Experiments
from ..findings.figures import Figure
from ..findings.findings import ANIMATED_SAMPLES, GLANCED_SAMPLES, Findings
from ..findings.models import Comparison
from ..findings.pictures import QUALITY
from ..inputs.fields import form_fields
from ..inputs.selection import TABLES
from . import contact, judgements, layout, pairs, readings, words
from .comparison import models_reader

DIGEST_BYTES = 32


COMPILED = Path(__file__).with_name("__pycache__") / "templates"
"""Where Python keeps what it compiled of this room."""


class CompiledTemplates(BytecodeCache):
    """Templates that were compiled before, which takes longer than rendering; each file begins
    with a digest, since a damaged one could say anything.
    """

    def load_bytecode(self, bucket: Bucket) -> None:
        """Take what is kept of a template, where it is whole."""
        path = self._path(bucket)
        kept = path.read_bytes() if path.is_file() else b""
        told, code = kept[:DIGEST_BYTES], kept[DIGEST_BYTES:]
        if told == sha256(code).digest():
            bucket.bytecode_from_string(code)

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep a template, where one may: as Python does with what it compiles."""
        code = bucket.bytecode_to_string()
        with suppress(OSError):  # installed for all, or another build keeps the same one just now
            write_atomically(self._path(bucket), sha256(code).digest() + code)

    def _path(self, bucket: Bucket) -> Path:
        return COMPILED / f"{bucket.key}.cache"


def strict_environment() -> Environment:
    """Jinja for templates/, which knows the filters and fails where a template names what is not
    there.
    """
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
        bytecode_cache=CompiledTemplates(),
    )
    environment.filters.update(words.FILTERS)
    environment.globals["changes"] = words.CHANGES
    return environment


def models_environment(comparison: Comparison) -> Environment:
    """A strict environment that knows several models and what is read of them."""
    environment = strict_environment()
    environment.globals.update(models_reader(comparison))
    environment.globals.update(layout.called(next(iter(comparison.models.values()))))
    environment.globals.update(
        c=comparison, active_threshold=ACTIVE_THRESHOLD, again_level=CHANCE_LEVEL,
        axes_level=AXES_LEVEL, named_from=NAMED, unlike=UNLIKE_SHARE, zip=zip,
    )  # fmt: skip
    return environment


def experiments_environment(asked: Experiments) -> Environment:
    """A strict environment that knows the experiments alone."""
    environment = strict_environment()
    environment.globals.update(readings.asked_reader(asked))
    environment.globals.update(layout.laid_out(asked))
    environment.globals.update(layout.called(asked))
    environment.globals.update(
        f=asked,
        tops=pairs.top_attributes(asked),
        best_pairs=partial(pairs.best_pairs, asked),
        pair=partial(pairs.pair, asked),
        figure=Figure,
        few_positives=FEW_POSITIVES,
        target_samples=TARGET_SAMPLES,
        zip=zip,
    )
    return environment


def make_environment(findings: Findings) -> Environment:
    """A strict environment that also knows the findings and the readings."""
    environment = strict_environment()
    environment.globals.update(readings.reader(findings))
    environment.globals.update(layout.laid_out(findings))
    environment.globals.update(layout.called(findings))
    environment.globals.update(pairs.pairer(findings))
    environment.globals.update(judgements.judger(findings))
    environment.globals.update(contact.contact(findings))
    environment.globals.update(
        f=findings,
        tops=pairs.top_attributes(findings),
        fields={name: form_fields(record) for name, record in TABLES.items()},
        expected=findings.selection.expected,
        as_pdf=find_version("typst") is not None,
        regions=REGIONS,
        figure=Figure,
        bounds=BOUNDS,
        psnr_fair=PSNR_FAIR,
        psnr_good=PSNR_GOOD,
        few_positives=FEW_POSITIVES,
        chance=CHANCE_SHARE,
        rightly=RIGHTLY,
        screening_q=SCREENING_Q,
        saturation_rise=SATURATION_RISE,
        tie_errors=TIE_ERRORS,
        far=FAR,
        map_gain=MAP_GAIN,
        target_samples=TARGET_SAMPLES,
        animated_samples=ANIMATED_SAMPLES,
        glanced_samples=GLANCED_SAMPLES,
        redraws=REDRAWS,
        plain=FULL,
        seen_from=(HARDLY, PLAIN),
        calibrated=CALIBRATED,
        named_from=NAMED,
        of_family=OWN,
        pure_light=PURE,
        axes_level=AXES_LEVEL,
        verdict_names=VERDICTS,
        intruder_shown=SHOWN,
        intruder_chance=CHANCE,
        naming_level=LEVEL,
        few_images=judgements.FEW_IMAGES,
        few_names=judgements.FEW_NAMES,
        inner_share=1 - 2 * TAIL,
        neighbour_share=LIMIT_QUANTILE,
        believed_from=TELLS,
        top_share=TOP,
        kl_collapsed=KL_COLLAPSED,
        kl_usual=KL_USUAL,
        kl_ignored=KL_IGNORED,
        matching=MATCHING,
        webp_quality=QUALITY,
        zip=zip,
    )
    return environment


def worded(doubt: Doubt) -> str:
    """A doubt as the pages word it, without their markup."""
    template = strict_environment().get_template("parts/findings/network.html")
    return Markup(template.render(doubt=doubt)).striptags()
