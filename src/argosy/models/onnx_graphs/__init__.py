"""Trained pairs as ONNX graphs: from an input as it is asked for to labels and probabilities, in double precision."""
