"""Families of distributions and their links, as frozen values with pure array methods."""

from glmkit.families.base import Family
from glmkit.families.binomial import Bernoulli, Binomial
from glmkit.families.counts import NegativeBinomial
from glmkit.families.link import Link, Mean
from glmkit.families.link_names import LinkLike, link_from
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
from glmkit.families.positive import Gamma, InverseGaussian
from glmkit.families.quasi import Quasi, QuasiBinomial, QuasiPoisson
from glmkit.families.registry import FamilyLike, family_from, family_names, register_family
from glmkit.families.standard import Gaussian, Poisson
from glmkit.families.tweedie import Tweedie

__all__ = [
    "Bernoulli",
    "Binomial",
    "CLogLog",
    "Cauchit",
    "Family",
    "FamilyLike",
    "Gamma",
    "Gaussian",
    "Identity",
    "Inverse",
    "InverseGaussian",
    "InverseSquare",
    "Link",
    "LinkLike",
    "Log",
    "LogLog",
    "Logit",
    "Mean",
    "NegativeBinomial",
    "Poisson",
    "Power",
    "Probit",
    "Quasi",
    "QuasiBinomial",
    "QuasiPoisson",
    "Sqrt",
    "Tweedie",
    "family_from",
    "family_names",
    "link_from",
    "register_family",
]
