"""The real case: CelebA's first 600 images and a VAE that nobody here wrote, against plain NumPy
and SciPy."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from scipy.stats import pointbiserialr, ttest_ind

from featamp.io.batches import decoded_batches
from featamp.io.celeba.folder import Folder, open_folder
from featamp.io.files.decode import load_image
from featamp.io.files.steps import Steps
from featamp.io.network.encode import begin_encoding
from featamp.io.network.model import TrainedVAE
from featamp.io.network.opening import open_model
from featamp.statistics.correlation import point_biserial
from featamp.statistics.holdout import hold_out, measure_held_out
from featamp.statistics.redraws import partial_correlations
from featamp.statistics.variance import rank_by_variance
from tests.conftest import REAL

pytestmark = pytest.mark.skipif(
    not REAL.is_dir(), reason="../shared/real is not beside this clone"
)


@pytest.fixture(scope="module")
def model() -> TrainedVAE:
    return open_model(
        REAL / "best_model.pt", "user_vae:VAE", {"latent_dim": 256}, None, (-1.0, 1.0), REAL, "cpu"
    )


@pytest.fixture(scope="module")
def folder() -> Folder:
    return open_folder(REAL / "celeba")


@pytest.fixture(scope="module")
def codes(model: TrainedVAE, folder: Folder) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    paths = [folder.directory / name for name in folder.names]
    decoded = decoded_batches(paths, Steps.usual(178, 64), 128)
    batches = [begin_encoding(model, paths, batch)() for batch in decoded]
    return np.concatenate([b.mu for b in batches]), np.concatenate([b.logvar for b in batches])


def test_codes_are_the_networks_own_posterior_means(
    model: TrainedVAE, folder: Folder, codes: tuple[NDArray[np.float32], NDArray[np.float32]]
) -> None:
    import torch

    with Image.open(folder.directory / folder.names[7]) as image:
        pixels = np.asarray(
            image.crop((0, 20, 178, 198)).resize((64, 64), Image.Resampling.BILINEAR), np.float32
        )
    batch = torch.from_numpy(pixels / 127.5 - 1.0).permute(2, 0, 1)[None]
    with torch.inference_mode():
        mu, logvar = model.module.encode(batch)  # type: ignore[operator]
    np.testing.assert_allclose(codes[0][7], mu[0].numpy(), rtol=1e-3, atol=2e-3)
    np.testing.assert_allclose(codes[1][7], logvar[0].numpy(), rtol=1e-3, atol=2e-3)


def test_variances_are_numpys_and_in_the_hundreds(
    codes: tuple[NDArray[np.float32], NDArray[np.float32]],
) -> None:
    ranking = rank_by_variance(*codes)
    np.testing.assert_allclose(
        ranking.variance, codes[0].astype(np.float64).var(axis=0, ddof=1), rtol=1e-9
    )
    assert ranking.variance.max() > 300


def test_correlations_are_scipys(
    folder: Folder, codes: tuple[NDArray[np.float32], NDArray[np.float32]]
) -> None:
    assert folder.attributes is not None and folder.attributes.shape == (600, 40)
    ours = point_biserial(codes[0], folder.attributes, folder.attribute_names)
    for attribute, dim in ((31, 106), (20, 220), (15, 111), (39, 0)):
        has, values = folder.attributes[:, attribute], codes[0][:, dim].astype(np.float64)
        assert ours.r[attribute, dim] == pytest.approx(pointbiserialr(has, values)[0], abs=1e-9)
        # of groups of unequal spread; Student's of the 35 with glasses is a million times less
        welch = ttest_ind(values[has], values[~has], equal_var=False).pvalue
        assert np.log10(ours.p[attribute, dim]) == pytest.approx(np.log10(welch), rel=0.06)


def test_intervals_of_shuffled_labels_leave_out_zero_in_one_of_ten_attributes_at_most(
    folder: Folder,
    codes: tuple[NDArray[np.float32], NDArray[np.float32]],
    generator: np.random.Generator,
) -> None:
    assert folder.attributes is not None
    missed = []
    for seed in range(5):
        labels = folder.attributes[generator.permutation(len(folder.attributes))]
        holdout = hold_out(len(labels), None, seed)
        held = measure_held_out(codes[0], labels, holdout)
        told = partial_correlations(codes[0], labels, folder.attribute_names, holdout, held)
        known = held.at_dims(held.defined)
        low, high = held.at_dims(held.low)[known], held.at_dims(held.high)[known]
        missed.append([np.mean((low > 0) | (high < 0)), np.mean((told.low > 0) | (told.high < 0))])
    assert np.mean(missed, axis=0).max() < 0.1


def test_a_crop_and_resize_of_our_own_is_what_the_model_saw(
    folder: Folder, model: TrainedVAE
) -> None:
    images = np.stack([load_image(folder.directory / name, 178, 64) for name in folder.names[:16]])
    decoded = model.decode(model.encode(images)[0])
    assert float(np.sqrt(np.square(decoded - images / 255.0).mean())) < 0.06
