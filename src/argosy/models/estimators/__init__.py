"""The estimators by name; nothing is imported until one is asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from argosy.registry import Registry

if TYPE_CHECKING:
    from argosy.models.estimator import Estimator

estimators: Registry[Estimator] = Registry("model", "argosy.models.estimator:Estimator")
estimators.register("as_imported", "argosy.models.estimators.imported:ForwardedScores")
estimators.register("as_imported_number", "argosy.models.estimators.imported:ForwardedNumbers")
estimators.register("as_tensors", "argosy.models.estimators.imported:ForwardedTensors")
estimators.register("calibrated", "argosy.models.estimators.calibrated:Calibrated")
estimators.register("gradient_boosting", "argosy.models.estimators.gradient_boosting:GradientBoosting")
estimators.register(
    "gradient_boosting_regressor", "argosy.models.estimators.gradient_boosting_regressor:GradientBoostingRegressor"
)
estimators.register("logistic", "argosy.models.estimators.logistic:Logistic")
estimators.register("mean", "argosy.models.estimators.mean:Mean")
estimators.register("mlp", "argosy.models.estimators.mlp:Mlp")
estimators.register("naive_bayes", "argosy.models.estimators.naive_bayes:NaiveBayes")
estimators.register("nearest_centroid", "argosy.models.estimators.nearest_centroid:NearestCentroid")
estimators.register("one_vs_rest", "argosy.models.estimators.one_vs_rest:OneVsRest")
estimators.register("ridge", "argosy.models.estimators.ridge:Ridge")
estimators.register("sgd", "argosy.models.estimators.sgd:Sgd")
estimators.register("stack", "argosy.models.estimators.stack:Stack")
estimators.register("svm", "argosy.models.estimators.svm:Svm", aliases=("scikit_model_svm",))
estimators.register("transformer", "argosy.models.estimators.transformer:Transformer")
estimators.register("vote", "argosy.models.estimators.vote:Vote")
