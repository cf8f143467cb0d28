"""The ML service. Needs the extra `ml`; nothing outside this package imports it."""

import os

# onnxruntime reports its use to its makers unless this is set before its first import.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
