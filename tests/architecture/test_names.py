"""The names that users write in plans: removing one breaks their files, so each is pinned here."""

from __future__ import annotations

from argosy.datasets.cuts import cuts
from argosy.models.adapters import adapters
from argosy.models.estimators import estimators

NAMES = {
    "dataset": ["all", "frozen", "given_split", "latest", "span"],
    "adapter": [
        "hashing",
        "imported",
        "imported_tensors",
        "members",
        "numeric",
        "remote",
        "remote_tensors",
        "sentence_embedding",
        "tfidf",
        "translated",
        "union",
        "word2vec",
        "word_frequency",
        "word_pieces",
    ],
    "model": [
        "as_imported",
        "as_imported_number",
        "as_tensors",
        "calibrated",
        "gradient_boosting",
        "gradient_boosting_regressor",
        "logistic",
        "mean",
        "mlp",
        "naive_bayes",
        "nearest_centroid",
        "one_vs_rest",
        "ridge",
        "sgd",
        "stack",
        "svm",
        "transformer",
        "vote",
    ],
}
ALIASES = {
    "dataset": {"SpanDataset": "span"},
    "adapter": {"Word2VecAdapter": "word2vec", "WordFrequencyAdapter": "word_frequency"},
    "model": {"scikit_model_svm": "svm"},
}
OPTIONS = {
    "all": "collection training_ratio validation_ratio seed",
    "frozen": "digest collection",
    "given_split": "collection validation_ratio test_ratio seed",
    "latest": "collection rows days training_ratio validation_ratio seed",
    "span": "collection start end training_ratio validation_ratio seed",
    "hashing": "buckets analyzer ngrams signed lowercase field",
    "imported": "format sha256 classes text fields trusted",
    "imported_tensors": "format sha256 signatures own",
    "members": "of folds seed",
    "numeric": "numbers categories texts scaling missing max_categories ngrams min_count max_features",
    "remote": "url sha256 classes text fields inputs output",
    "remote_tensors": "url sha256 signatures own binary parameters",
    "sentence_embedding": "backend length threads field",
    "tfidf": "analyzer ngrams min_count max_features sublinear lowercase field",
    "translated": "format sha256 classes fields",
    "union": "of",
    "word2vec": "sequence_length dimensions epochs window min_count seed field",
    "word_frequency": "sequence_length vocabulary_size field",
    "word_pieces": "length field",
    "as_imported": "kind",
    "as_imported_number": "",
    "as_tensors": "",
    "calibrated": "of settings method thresholds folds seed",
    "gradient_boosting": "trees leaves learning_rate min_rows feature_share row_share l2 class_weight seed",
    "gradient_boosting_regressor": "trees leaves learning_rate min_rows feature_share row_share l2 loss seed",
    "mean": "",
    "mlp": "hidden alpha learning_rate batch_size max_iter tolerance early_stopping seed",
    "logistic": "C class_weight max_iter tolerance",
    "naive_bayes": "alpha",
    "nearest_centroid": "",
    "one_vs_rest": "of settings threshold folds seed",
    "ridge": "alpha tolerance",
    "sgd": "alpha loss penalty class_weight max_iter tolerance seed update after passes",
    "stack": "C class_weight max_iter tolerance",
    "svm": "kernel degree tolerance C gamma coef0 class_weight seed",
    "transformer": "epochs learning_rate head_learning_rate batch_size warm_up weight_decay dropout frozen_layers"
    " pooling precision class_weight early_stopping seed",
    "vote": "",
}


def test_registered_names():
    assert {registry.noun: registry.names() for registry in (cuts, adapters, estimators)} == NAMES


def test_aliases():
    assert {registry.noun: registry.aliases() for registry in (cuts, adapters, estimators)} == ALIASES


def test_options_of_every_plugin():
    found = {
        name: " ".join(registry.get(name).options)
        for registry in (cuts, adapters, estimators)
        for name in registry.names()
    }
    assert found == OPTIONS
