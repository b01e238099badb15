"""R's glm and the ecosystem around it, in Python.

>>> import glmkit as gk
>>> fit = gk.glm("breaks ~ wool * tension", data=gk.load_dataset("warpbreaks"), family=gk.Poisson())
>>> fit.coef.round(3).to_dict()["wool[T.B]"]
-0.457
"""

from __future__ import annotations

from glmkit.backends.chunks import chunks
from glmkit.catalogue import datasets, load_dataset
from glmkit.errors import (
    AliasedWarning,
    BoundaryWarning,
    ConvergenceWarning,
    DataChangedError,
    DataError,
    DataReadError,
    DesignError,
    DroppedRowsWarning,
    FamilyError,
    FitError,
    FormulaError,
    GlmkitDeprecationWarning,
    GlmkitError,
    GlmkitWarning,
    ModelFileError,
    NewLevelError,
    NoLikelihoodError,
    OverdispersionWarning,
    SeparationWarning,
)
from glmkit.families.base import Family, Mean
from glmkit.families.beta import Beta, BetaBinomial
from glmkit.families.binomial import Bernoulli, Binomial
from glmkit.families.counts import NegativeBinomial
from glmkit.families.cumulative import Cumulative
from glmkit.families.link import Link
from glmkit.families.links import (
    Cauchit,
    CLogLog,
    Identity,
    Inverse,
    InverseSquare,
    Log,
    Logit,
    LogLog,
    Power,
    Probit,
    Sqrt,
)
from glmkit.families.multinomial import Multinomial
from glmkit.families.positive import Gamma, InverseGaussian
from glmkit.families.quasi import Quasi, QuasiBinomial, QuasiPoisson
from glmkit.families.standard import Gaussian, Poisson
from glmkit.families.tweedie import Tweedie
from glmkit.families.two_part import Hurdle, ZeroInflated
from glmkit.fitting.scoring import Control
from glmkit.frame.registered import register
from glmkit.inference.compare import anova, compare, lr_test
from glmkit.inference.etable import etable
from glmkit.inference.nuisance import power_interval
from glmkit.inference.profile_curve import Profile
from glmkit.inference.replicates import Replicates
from glmkit.models.component_results import ComponentResults
from glmkit.models.entry import glm, glm_fit
from glmkit.models.loading import from_json, load
from glmkit.models.means import MarginalMeans
from glmkit.models.plotting import plot_means
from glmkit.models.results import Results
from glmkit.motor import simulate_motor
from glmkit.tables.equation import Equation
from glmkit.tables.polars_frame import to_polars
from glmkit.tables.prose import Prose
from glmkit.tables.side_by_side import SideBySide
from glmkit.tables.table import Report, Table
from glmkit.verify import verify

__version__ = "0.1.0"

__all__ = [
    "AliasedWarning",
    "Bernoulli",
    "Beta",
    "BetaBinomial",
    "Binomial",
    "BoundaryWarning",
    "CLogLog",
    "Cauchit",
    "ComponentResults",
    "Control",
    "ConvergenceWarning",
    "Cumulative",
    "DataChangedError",
    "DataError",
    "DataReadError",
    "DesignError",
    "DroppedRowsWarning",
    "Equation",
    "Family",
    "FamilyError",
    "FitError",
    "FormulaError",
    "Gamma",
    "Gaussian",
    "GlmkitDeprecationWarning",
    "GlmkitError",
    "GlmkitWarning",
    "Hurdle",
    "Identity",
    "Inverse",
    "InverseGaussian",
    "InverseSquare",
    "Link",
    "Log",
    "LogLog",
    "Logit",
    "MarginalMeans",
    "Mean",
    "ModelFileError",
    "Multinomial",
    "NegativeBinomial",
    "NewLevelError",
    "NoLikelihoodError",
    "OverdispersionWarning",
    "Poisson",
    "Power",
    "Probit",
    "Profile",
    "Prose",
    "Quasi",
    "QuasiBinomial",
    "QuasiPoisson",
    "Replicates",
    "Report",
    "Results",
    "SeparationWarning",
    "SideBySide",
    "Sqrt",
    "Table",
    "Tweedie",
    "ZeroInflated",
    "anova",
    "chunks",
    "compare",
    "datasets",
    "etable",
    "from_json",
    "glm",
    "glm_fit",
    "load",
    "load_dataset",
    "lr_test",
    "plot_means",
    "power_interval",
    "register",
    "simulate_motor",
    "to_polars",
    "verify",
]
