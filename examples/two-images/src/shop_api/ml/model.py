"""The scoring model: an ONNX graph that ships inside the package."""

from importlib.resources import files

import numpy as np
import onnxruntime as ort

from shop_api.schemas import ScoreRequest

MODEL_FILE = files("shop_api.ml") / "score.onnx"


class ScoreModel:
    """A loaded model. Loading takes milliseconds, but once per process is enough."""

    def __init__(self, graph: bytes) -> None:
        """Load a graph that takes `features` (n x 3) and gives `score` (n x 1)."""
        options = ort.SessionOptions()
        # The graph is tiny: a pool with a thread per core would only wait, and it counts the
        # cores of the node, not those that the container may use.
        options.intra_op_num_threads = 1
        self._session = ort.InferenceSession(graph, options, providers=["CPUExecutionProvider"])

    @classmethod
    def load(cls) -> "ScoreModel":
        """Load the model that ships with the package."""
        return cls(MODEL_FILE.read_bytes())

    def score(self, request: ScoreRequest) -> float:
        """Return the chance, 0 to 1, that the product sells this week."""
        features = np.array(
            [[request.price_cents / 100, request.rating, request.stock]], dtype=np.float32
        )
        (scores,) = self._session.run(["score"], {"features": features})
        return float(scores[0, 0])
