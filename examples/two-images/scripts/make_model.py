"""Write the scoring model: a logistic regression over price, rating and stock.

The coefficients stand in for what a training job would find. The file is committed, so only a
change of the model needs this script and the `onnx` package.
"""

from pathlib import Path

import numpy as np
from onnx import ModelProto, TensorProto, checker, helper, numpy_helper

OUTPUT = Path(__file__).parent.parent / "src/shop_api/ml/score.onnx"

# In the order of the features: price in whole currency units, rating from 0 to 5, items in stock.
MEANS = [40.0, 3.5, 50.0]
DEVIATIONS = [30.0, 1.0, 40.0]
WEIGHTS = [[-0.9], [1.4], [0.3]]
BIAS = [-0.2]


def build() -> ModelProto:
    """Return `score = sigmoid((features - mean) / deviation @ weights + bias)`."""
    constants = {"mean": MEANS, "deviation": DEVIATIONS, "weights": WEIGHTS, "bias": BIAS}
    graph = helper.make_graph(
        nodes=[
            helper.make_node("Sub", ["features", "mean"], ["centred"]),
            helper.make_node("Div", ["centred", "deviation"], ["scaled"]),
            helper.make_node("Gemm", ["scaled", "weights", "bias"], ["logit"]),
            helper.make_node("Sigmoid", ["logit"], ["score"]),
        ],
        name="score",
        inputs=[helper.make_tensor_value_info("features", TensorProto.FLOAT, ["n", 3])],
        outputs=[helper.make_tensor_value_info("score", TensorProto.FLOAT, ["n", 1])],
        initializer=[
            numpy_helper.from_array(np.array(value, dtype=np.float32), name)
            for name, value in constants.items()
        ],
    )
    # Both versions are pinned: `onnx` would write its newest, which onnxruntime may not read yet.
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


def main() -> None:
    """Build, check, write."""
    model = build()
    checker.check_model(model, full_check=True)
    OUTPUT.write_bytes(model.SerializeToString(deterministic=True))
    print(f"{OUTPUT}: {OUTPUT.stat().st_size} bytes")


if __name__ == "__main__":
    main()
