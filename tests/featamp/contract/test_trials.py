"""Images that are given back under other settings: known errors, and what chance may give."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor, nn

from featamp.contract.crops import _Fit
from featamp.contract.settings import other_settings
from featamp.contract.trials import (
    Factor,
    Found,
    Images,
    Reading,
    Trials,
    Tried,
    Turn,
    rmse,
    rmse_of_codes,
    rmse_of_mean,
    squared_errors,
)
from featamp.contract.turns import better_colours, better_turn
from featamp.contract.values import _values_alike, better_values
from featamp.io.files.steps import Steps
from featamp.io.network.adapters import METHODS
from featamp.io.network.forms import Normal
from featamp.io.network.model import TrainedVAE

GREYS = np.stack([np.full((4, 4, 3), grey, np.uint8) for grey in (51, 102, 153)])


class Mean(nn.Module):
    """Gives back an even picture of an image's mean, so much lighter."""

    def __init__(self, lighter: float) -> None:
        super().__init__()
        self.lighter = lighter

    def encode(self, images: Tensor) -> Tensor:
        return images.mean((1, 2, 3))[:, None]

    def decode(self, codes: Tensor) -> Tensor:
        return (codes + self.lighter)[:, :, None, None].expand(-1, 3, 4, 4)


class Known(nn.Module):
    """Gives back one picture, whatever it is given."""

    def __init__(self, picture: Images) -> None:
        super().__init__()
        self.picture = torch.from_numpy(picture / np.float32(255)).permute(2, 0, 1)

    def encode(self, images: Tensor) -> Tensor:
        return images[:, 0, 0, :1] * 0

    def decode(self, codes: Tensor) -> Tensor:
        return self.picture.expand(len(codes), -1, -1, -1)


def opened(network: float | nn.Module = 0.0) -> TrainedVAE:
    module = network if isinstance(network, nn.Module) else Mean(network)
    return TrainedVAE(module, torch.device("cpu"), (0.0, 1.0), {}, METHODS)


def tried(vae: TrainedVAE, images: Images) -> Tried:
    """Images of which anything given back tells more than their mean."""
    none = np.zeros((len(images), 1), np.float32)
    return Tried(images, none, none, rmse(vae, images), of_mean=1.0)


def test_errors_are_those_of_the_pixels() -> None:
    assert rmse(opened(0.2), GREYS) == pytest.approx(0.2, abs=1e-6)
    assert squared_errors(opened(0.2), GREYS) == pytest.approx([0.04] * 3, abs=1e-6)
    doubled = 2 * np.array([[0.2], [0.4], [0.6]], np.float32)  # the last two lie beyond 1
    assert rmse_of_codes(opened(), doubled[:2], GREYS[:2]) == pytest.approx(0.1**0.5, abs=1e-6)
    assert rmse_of_mean(GREYS, GREYS) == pytest.approx((2 / 3) ** 0.5 * 51 / 255)


def test_what_cannot_be_given_back_is_infinitely_wrong() -> None:
    assert rmse(opened(), GREYS[:, :2]) == np.inf
    assert rmse_of_codes(opened(), np.full((3, 1), np.nan, np.float32), GREYS) == np.inf


def test_a_sign_test_counts_images_better_less_those_worse_over_its_error() -> None:
    errors = np.ones(16, np.float32)
    trials = Trials(np.zeros((16, 4, 4, 3), np.uint8), errors)
    better = np.where(np.arange(16) < 12, 0.9, 50.0).astype(np.float32)  # by how much: no matter
    assert trials.apart(better) == pytest.approx((12 - 4) / 16**0.5)
    assert trials.apart(errors) == 0


@pytest.mark.parametrize(("error", "tells"), [(0.19, True), (0.1901, False)])
def test_pictures_tell_nothing_from_95_hundredths_of_the_means_error_on(
    error: float, tells: bool
) -> None:
    none = np.zeros((1, 1), np.float32)
    assert Tried(GREYS, none, none, error, 0.2).tells is tells


class Shares(nn.Module):
    """Reads its code as shares of a whole, of any scale."""

    scaling_factor = 0.5

    def encode(self, images: Tensor) -> Tensor:
        light = images.mean((1, 2, 3))
        return torch.stack([light, 1 - light], dim=1)

    def decode(self, codes: Tensor) -> Tensor:
        share = codes[:, :1] / codes.sum(1, keepdim=True)
        return 0.98 * share[..., None, None].expand(-1, 3, 4, 4)


@pytest.mark.parametrize("own", [True, False])
def test_a_factor_that_pictures_do_not_show_is_asked_of_who_applies_it(own: bool) -> None:
    vae = replace(opened(Shares()), adapter=replace(METHODS, own=own))
    some = replace(tried(vae, GREYS), mu=vae.encode(GREYS)[0])
    found = [
        one.how for one in other_settings(vae, some, GREYS) if isinstance(one.setting, Factor)
    ]
    assert found == ["alike"] * own


def test_a_factor_is_multiplied_or_divided_by_or_both() -> None:
    assert Factor(divided=0.25).times == 4 and Factor(0.25).times == 0.25 == Factor(0.5, 2).times


LEFT = np.full((4, 4, 3), 60, np.uint8)
LEFT[:, 0] = 180
LEFT[0, 2] = 64
MIRRORED = LEFT[None, :, ::-1]


@pytest.mark.parametrize(("wrong", "others"), [(0, []), (10, ["turned by half"])])
def test_an_image_that_is_better_turned_is_chance_where_more_are_not(
    wrong: int, others: list[str]
) -> None:
    vae = opened(Known(LEFT + np.uint8(wrong)))

    def found(more: Images) -> list[Found]:
        return [*better_turn(vae, tried(vae, MIRRORED), Trials.of(vae, more), least=0.1)]

    (told,) = found(np.repeat(MIRRORED, 16, 0))
    names = [turn.name for turn in (told.setting, *told.others) if isinstance(turn, Turn)]
    assert names == ["mirrored", *others]
    assert found(np.concatenate([MIRRORED, *[GREYS] * 5])) == []


class Darker(nn.Module):
    """Gives back one picture where what it is given goes below 0, and else another."""

    def __init__(self, below: Images, other: Images) -> None:
        super().__init__()
        self.pictures = [torch.from_numpy(p / np.float32(255)).permute(2, 0, 1)
                         for p in (below, other)]  # fmt: skip

    def encode(self, images: Tensor) -> Tensor:
        return (images.amin((1, 2, 3)) < 0)[:, None].float()

    def decode(self, codes: Tensor) -> Tensor:
        below, other = self.pictures
        return torch.where(codes[..., None, None] > 0, below, other)


@pytest.mark.parametrize(("wrong", "told"), [(8, False), (13, True)])
def test_a_turn_leaves_less_than_the_other_values_that_were_found(wrong: int, told: bool) -> None:
    vae = opened(Darker(MIRRORED[0] + np.uint8(wrong), LEFT + np.uint8(10)))
    found = [*other_settings(vae, tried(vae, MIRRORED), np.repeat(MIRRORED, 16, 0))]
    assert found[0].error == pytest.approx(wrong / 255) and isinstance(found[0].setting, Reading)
    assert ("mirrored" in str(found)) is told


class Unbiased(nn.Module):
    """Gives images back in whatever values they come: its codes tell which are right."""

    def encode(self, images: Tensor) -> tuple[Tensor, Tensor]:
        mu = 5 * images.mean((1, 2, 3))[:, None]
        return mu, mu * 0 - 2

    def decode(self, codes: Tensor) -> Tensor:
        return (codes / 5)[:, :, None, None].expand(-1, 3, 4, 4)


@pytest.mark.parametrize(
    ("now", "other", "how"),
    [(1.0, 255.0, []), (255.0, 1.0, ["codes"]), (1.0, 2.0, ["alike"]), (2.0, 1.0, ["alike"])],
)
def test_values_that_pictures_do_not_tell_are_told_by_codes_unlike_the_priors(
    now: float, other: float, how: list[str]
) -> None:
    vae = replace(opened(Unbiased()), pixels=(0.0, now))
    near = {Reading(Normal((0.0,), (1 / other,), True), None): replace(vae, pixels=(0.0, other))}
    assert [found.how for found in _values_alike(vae, Trials.of(vae, GREYS), near)] == how


@pytest.mark.parametrize(("colour", "told"), [((102, 102, 102), False), ((51, 102, 153), True)])
def test_whether_channels_are_exchanged_is_asked_of_colours_alone(
    colour: tuple[int, int, int], told: bool
) -> None:
    vae, images = opened(), np.full((8, 4, 4, 3), colour, np.uint8)
    found = better_colours(vae, tried(vae, images), Trials.of(vae, images), least=0.0)
    assert ("red and blue exchanged" in str([*found])) is told
    blind = replace(tried(vae, images), of_mean=0.0)  # tells no more than the images' mean
    assert not [*better_colours(vae, blind, Trials.of(vae, images), least=0.0)]


def test_a_crop_fits_by_its_share_of_the_means_error_and_by_how_far_codes_lie_from_the_priors(
    tmp_path: Path,
) -> None:
    paths = [tmp_path / f"{number}.png" for number in range(3)]
    for path, image in zip(paths, GREYS, strict=True):
        Image.fromarray(image).save(path)
    fit = _Fit.under(Steps.usual(None, (4, 4)), opened(0.1), paths, paths)
    assert fit.error == pytest.approx(0.1, abs=1e-6)
    assert fit.share == pytest.approx(0.1 / (0.2 * (2 / 3) ** 0.5), abs=1e-5)
    assert fit.drift == pytest.approx(0.4**2 / (0.2**2 * 2 / 3), rel=1e-4)


@pytest.mark.parametrize(
    ("error", "share", "drift", "better"),
    [
        (0.09, 0.45, 0.19, True),
        (0.09, 0.45, 0.21, False),  # beside the prior's mean
        (0.09, 0.48, 0.19, False),  # shows less, and leaves no less of it
        (0.079, 0.5, 0.21, True),
        (0.05, 0.96, 0.0, False),  # no more than the images' mean
    ],
)
def test_another_crop_is_better_by_far_or_in_error_and_codes(
    error: float, share: float, drift: float, better: bool
) -> None:
    assert _Fit(error, share, drift).better_than(_Fit(0.1, 0.5, 0.2)) is better


class Marked(nn.Module):
    """Gives `GREYS` lighter, of an RMSE of .05 where it reads them in [-1, 1], of `scaled` where
    its codes are decoded four times as large, and else of .2."""

    scaling_factor = 0.25

    def __init__(self, scaled: float) -> None:
        super().__init__()
        self.scaled = scaled

    def encode(self, images: Tensor) -> Tensor:
        below = images.amin() < 0
        mark = 1 + below.float()
        light = torch.where(below, (images + 1) / 2, images).mean((1, 2, 3))
        return torch.stack([light, torch.ones_like(light)], dim=1) * mark

    def decode(self, codes: Tensor) -> Tensor:
        mark: Tensor = codes[:, 1:]
        wrong = torch.where(mark == 2, 0.05, torch.where(mark == 4, self.scaled, 0.2))
        light: Tensor = codes[:, :1] / mark * (1 + wrong / (0.56 / 3) ** 0.5)
        return light[..., None, None].expand(-1, 3, 4, 4)


@pytest.mark.parametrize(("error", "told"), [(0.04, Factor), (0.06, Reading)])
def test_codes_in_another_unit_are_told_where_no_other_values_leave_less(
    error: float, told: type
) -> None:
    vae = opened(Marked(error))
    some = replace(tried(vae, GREYS), mu=vae.encode(GREYS)[0])
    (found,) = better_values(vae, some, Trials.of(vae, GREYS.repeat(3, axis=0)))
    assert isinstance(found.setting, told) and found.error == pytest.approx(
        min(error, 0.05), abs=1e-6
    )
