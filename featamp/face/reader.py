"""What the networks see of pictures, as plain numbers."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from featamp.face.crop import FaceBox, cut_out
from featamp.face.networks import SIZE, age_and_gender, dense, prepare
from featamp.face.pose import mirrored
from featamp.face.weights import (
    AGE_GENDER,
    EXPRESSION,
    LANDMARKS,
    NETWORKS,
    Weights,
    load_networks,
)

if TYPE_CHECKING:
    import torch

Float32 = NDArray[np.float32]

EXPRESSIONS = ("neutral", "happy", "sad", "angry", "fearful", "disgusted", "surprised")
BATCH = 16
"""Pictures at a time: more leave a core's cache and are slower."""


@dataclass(frozen=True)
class Readings:
    """What the networks see of each picture; NaN from a network that was not asked.

    Attributes
    ----------
    age : [...] years.
    male : [...] logit of male against female.
    expressions : [..., 7] logits of `EXPRESSIONS`, each against all others.
    landmarks : [..., 68, 2] x to the right and y down, as shares of the face's box: the mean of
        what is found in the picture and in its mirror image.
    disagreement : [...] how far these two lie apart (root mean square over landmarks), in
        distances of the eyes' outer corners.
    """

    age: Float32
    male: Float32
    expressions: Float32
    landmarks: Float32
    disagreement: Float32


@dataclass(frozen=True)
class FaceReader:
    """The three networks, and where in the pictures the face is.

    They run on the CPU, whatever the VAE runs on: so small, they are slower on a graphics card.
    """

    weights: dict[str, Weights]
    box: FaceBox

    @classmethod
    def open(cls, box: FaceBox) -> FaceReader:
        """Load the weights; FileNotFoundError where they are not there."""
        return cls(load_networks(), box)

    def read(self, pictures: Float32, networks: Collection[str] = NETWORKS) -> Readings:
        """Read pictures [..., height, width, 3] of any size, RGB in [0, 1].

        Parameters
        ----------
        networks : those that look, of `NETWORKS`: each takes its time.
        """
        import torch

        lead = pictures.shape[:-3]
        flat = pictures.reshape(-1, *pictures.shape[-3:])
        with torch.inference_mode():
            parts = [
                self._read(flat[start : start + BATCH], networks)
                for start in range(0, len(flat), BATCH)
            ]
        values = [np.concatenate(part) for part in zip(*parts, strict=True)]
        return Readings(*(value.reshape(*lead, *value.shape[1:]) for value in values))

    def _read(self, pictures: Float32, networks: Collection[str]) -> list[Float32]:
        import torch

        batch = torch.from_numpy(np.ascontiguousarray(pictures, np.float32))
        faces = prepare(cut_out(batch.permute(0, 3, 1, 2), self.box, SIZE))
        faces = faces.contiguous(memory_format=torch.channels_last)
        age, gender = _unread(batch), _unread(batch, 2)
        expressions, points = _unread(batch, len(EXPRESSIONS)), _unread(batch, 68, 2)
        other = points
        if AGE_GENDER in networks:
            age, gender = age_and_gender(faces, self.weights[AGE_GENDER])
        if EXPRESSION in networks:
            expressions = dense(faces, self.weights[EXPRESSION])
        if LANDMARKS in networks:
            points, other = (
                dense(x, self.weights[LANDMARKS]).reshape(-1, 68, 2)
                for x in (faces, faces.flip(3))
            )
        male = gender[:, 0] - gender[:, 1]
        logits = _against_others(expressions)
        seen, again = points.cpu().numpy(), mirrored(other.cpu().numpy())
        landmarks = ((seen + again) / 2).astype(np.float32)
        distance = np.linalg.norm(landmarks[:, 36] - landmarks[:, 45], axis=-1)
        apart = np.sqrt(np.square(seen - again).sum(-1).mean(-1)) / distance
        parts = (age.cpu().numpy(), male.cpu().numpy(), logits.cpu().numpy(), landmarks)
        return [*parts, apart.astype(np.float32)]


def _unread(batch: torch.Tensor, *shape: int) -> torch.Tensor:
    return batch.new_full((len(batch), *shape), float("nan"))


def _against_others(logits: torch.Tensor) -> torch.Tensor:
    """Logit of each class against all others together, of a softmax's logits [n, class].

    Not by way of its share, of which a float has no digits left near 1.
    """
    import torch

    itself = torch.eye(logits.shape[1], dtype=torch.bool, device=logits.device)
    others = logits[:, None].expand(-1, logits.shape[1], -1)
    return logits - others.masked_fill(itself, -float("inf")).logsumexp(2)
