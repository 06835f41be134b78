"""The data plane over HTTP: Open Inference Protocol V2; TensorFlow Serving's REST, with which KServe's V1 agrees."""
