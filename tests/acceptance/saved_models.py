"""SavedModels for tests, written by a Python that has TensorFlow: `python saved_models.py FOLDER`."""

import os
import sys
from pathlib import Path

import tensorflow as tf

v1 = tf.compat.v1
PREDICT, CLASSIFY, REGRESS = (f"tensorflow/serving/{one}" for one in ("predict", "classify", "regress"))


def half_plus(folder, addend):
    """TensorFlow Serving's example, made as its program `saved_model_half_plus_two.py` does."""
    with v1.Graph().as_default(), v1.Session() as session:
        half, added, more = (v1.Variable(value) for value in (0.5, addend, addend + 1))
        serialized = v1.placeholder(tf.string, name="tf_example")
        features = {name: v1.FixedLenFeature([1], tf.float32, [0.0]) for name in ("x", "x2")}
        features["x"] = v1.FixedLenFeature([1], tf.float32)
        parsed = v1.parse_example(serialized, features)
        x = tf.identity(parsed["x"], name="x")
        y = tf.add(tf.multiply(half, x), added, name="y")
        y2 = tf.add(tf.multiply(half, x), more, name="y2")
        y3 = tf.add(tf.multiply(half, parsed["x2"]), more, name="y3")
        session.run(v1.global_variables_initializer())
        of_examples = {
            "regress_x_to_y": ("outputs", y, REGRESS),
            "regress_x_to_y2": ("outputs", y2, REGRESS),
            "regress_x2_to_y3": ("outputs", y3, REGRESS),
            "classify_x_to_y": ("scores", y, CLASSIFY),
            "classify_x2_to_y3": ("scores", y3, CLASSIFY),
            REGRESS: ("outputs", y, REGRESS),
        }
        signatures = {
            name: signature({"inputs": serialized}, {output: tensor}, method)
            for name, (output, tensor, method) in of_examples.items()
        }
        signatures["serving_default"] = signature({"x": x}, {"y": y}, PREDICT)
        builder = v1.saved_model.Builder(str(folder))
        builder.add_meta_graph_and_variables(session, ["serve"], signature_def_map=signatures)
        builder.save()


def signature(inputs, outputs, method):
    described = v1.saved_model.build_tensor_info
    given = [{name: described(tensor) for name, tensor in tensors.items()} for tensors in (inputs, outputs)]
    return v1.saved_model.build_signature_def(*given, method)


class Words(tf.Module):
    """TensorFlow 2: a variable, and a table that is filled from a file of `assets`."""

    def __init__(self, words):
        self.weights = tf.Variable([[1.0], [2.0]])
        rows = tf.lookup.TextFileInitializer(words, "string", tf.lookup.TextFileIndex.WHOLE_LINE,
                                             "int64", tf.lookup.TextFileIndex.LINE_NUMBER)  # fmt: skip
        self.table = tf.lookup.StaticHashTable(rows, -1)

    @tf.function(input_signature=[tf.TensorSpec([None, 2], tf.float32), tf.TensorSpec([None], tf.string)])
    def __call__(self, x, word):
        return {"y": tf.squeeze(x @ self.weights, 1), "place": self.table.lookup(word), "large": x[:, 0] > 1.0}


class Ranks(tf.Module):
    """Takes tensors of any rank: one answers each number, one the sum of all."""

    @tf.function(input_signature=[tf.TensorSpec(None, tf.float32, "x")])
    def double(self, x):
        return {"y": x * 2.0}

    @tf.function(input_signature=[tf.TensorSpec(None, tf.float32, "x")])
    def total(self, x):
        return {"sum": tf.reduce_sum(x)}


class Effect(tf.Module):
    """What a caller could make read, write or run something."""

    def __init__(self, effect):
        self.effect = tf.function(effect, input_signature=[tf.TensorSpec([], tf.string, "path")])


EFFECTS = {
    "reads": tf.io.read_file,
    "lists": tf.io.matching_files,
    "runs": lambda path: tf.numpy_function(lambda one: one, [path], tf.string),
}


def keras_networks(folder):
    """Two of Keras, which are written as its users do."""
    import keras

    keras.utils.set_random_seed(1)
    layers = [keras.Input((3,), dtype="int32"), keras.layers.Embedding(10, 4), keras.layers.LSTM(4)]
    keras.Sequential([*layers, keras.layers.Dense(2, activation="softmax")]).export(folder / "recurrent")
    image = [keras.Input((8, 8, 1)), keras.layers.Conv2D(3, 3), keras.layers.BatchNormalization()]
    image += [keras.layers.ReLU(), keras.layers.MaxPool2D(), keras.layers.Flatten(), keras.layers.Dense(1)]
    keras.Sequential(image).export(folder / "image")


def main(folder):
    os.environ["KERAS_HOME"] = str(folder)
    half_plus(folder / "half_plus_three" / "123", 3.0)
    (folder / "words.txt").write_text("oil\ngoal\n")
    words = Words(str(folder / "words.txt"))
    tf.saved_model.save(words, folder / "words", signatures=words.__call__)
    for name, effect in EFFECTS.items():
        module = Effect(effect)
        tf.saved_model.save(module, folder / name, signatures={"serving_default": module.effect})
    ranks = Ranks()
    signatures = {"serving_default": ranks.double, "total": ranks.total}
    tf.saved_model.save(ranks, folder / "ranks", signatures=signatures)
    keras_networks(folder)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
