"""Weights in half the bytes: stored in 16 bits, computed with in 32."""

from __future__ import annotations

import numpy as np

LEAST = 256
"""Fewer values than these are stored as they are."""


def halved(network: bytes) -> bytes:
    """The same ONNX network with its large weights stored as float16, each with a Cast to float32
    before its use.

    Values beyond the range of float16 are stored as they are.
    """
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    model = onnx.load_from_string(network)
    kept, casts = [], []
    for tensor in model.graph.initializer:
        if tensor.data_type != TensorProto.FLOAT or np.prod(tensor.dims) < LEAST:
            kept.append(tensor)
            continue
        values = numpy_helper.to_array(tensor)
        with np.errstate(over="ignore"):
            half = values.astype(np.float16)
        if not np.isfinite(half).all():
            kept.append(tensor)
            continue
        name = f"{tensor.name}.half"
        kept.append(numpy_helper.from_array(half, name))
        casts.append(helper.make_node("Cast", [name], [tensor.name], to=TensorProto.FLOAT))
    nodes = [*casts, *model.graph.node]
    del model.graph.initializer[:], model.graph.node[:]
    model.graph.initializer.extend(kept)
    model.graph.node.extend(nodes)
    content: bytes = model.SerializeToString(deterministic=True)
    return content
