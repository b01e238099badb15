"""Generalized linear models as scikit-learn estimators; needs scikit-learn.

>>> from glmkit.sklearn import GLMRegressor
>>> from sklearn.model_selection import KFold, cross_val_score
>>> import glmkit as gk
>>> data = gk.load_dataset("insurance_claims")
>>> model = GLMRegressor("poisson", formula="District + Group + Age + offset(log(Holders))")
>>> cross_val_score(model, data, data["Claims"], cv=KFold(4, shuffle=True, random_state=1)).shape
(4,)

The estimators are thin: what was fitted is `results_`, with everything a glmkit fit can do.
"""

from glmkit.sklearn.classifiers import GLMClassifier, MultinomialClassifier
from glmkit.sklearn.regressor import GLMRegressor

__all__ = ["GLMClassifier", "GLMRegressor", "MultinomialClassifier"]
