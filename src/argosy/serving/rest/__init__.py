"""The data plane over HTTP: Open Inference Protocol V2, TensorFlow Serving's REST, feedback, metrics, OpenAPI."""
