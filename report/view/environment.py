"""Jinja for templates/, which knows the findings, the readings and the filters."""

from __future__ import annotations

from pathlib import Path

from jinja2 import Environment, FileSystemBytecodeCache, FileSystemLoader, StrictUndefined

from featamp.measure.effect import SATURATION_RISE
from featamp.measure.health import PSNR_FAIR, PSNR_GOOD
from featamp.measure.quality import REGIONS
from featamp.measure.score import PLAIN
from featamp.measure.verdict import BOUNDS
from featamp.statistics.redraws import REDRAWS, TIE_ERRORS
from featamp.statistics.support import TAIL
from featamp.statistics.variance import ACTIVE_THRESHOLD
from featamp.statistics.weigh import FEW_POSITIVES

from ..engine.store import TEMPLATES
from ..findings.findings import ANIMATED_SAMPLES, TARGET_SAMPLES, Findings
from ..findings.sweeps import MAP_GAIN
from ..inputs.selection import CHOICES, EXPECTED
from ..stages.plan import FAR
from . import judgements, pairs, readings, words


def strict_environment(compiled: Path | None = None) -> Environment:
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
        bytecode_cache=FileSystemBytecodeCache(str(compiled)) if compiled else None,
    )
    environment.filters.update(words.FILTERS)
    return environment


def make_environment(findings: Findings, compiled: Path | None) -> Environment:
    """A strict environment that also knows the findings and the readings."""
    environment = strict_environment(compiled)
    environment.globals.update(readings.reader(findings))
    environment.globals.update(pairs.pairer(findings))
    environment.globals.update(judgements.judger(findings))
    environment.globals.update(
        f=findings,
        tops=pairs.top_attributes(findings),
        choices=CHOICES,
        expected=EXPECTED,
        regions=REGIONS,
        bounds=BOUNDS,
        psnr_fair=PSNR_FAIR,
        psnr_good=PSNR_GOOD,
        few_positives=FEW_POSITIVES,
        screening_q=pairs.SCREENING_Q,
        saturation_rise=SATURATION_RISE,
        active_above=ACTIVE_THRESHOLD,
        tie_errors=TIE_ERRORS,
        far=FAR,
        map_gain=MAP_GAIN,
        target_samples=TARGET_SAMPLES,
        animated_samples=ANIMATED_SAMPLES,
        redraws=REDRAWS,
        plain=PLAIN,
        few_images=judgements.FEW_IMAGES,
        inner_share=1 - 2 * TAIL,
        abs=abs,
        zip=zip,
    )
    return environment
