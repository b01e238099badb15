"""Families of distributions and their links, as frozen values with pure array methods."""

from glmkit.families.base import Family
from glmkit.families.beta import Beta, BetaBinomial
from glmkit.families.binomial import Bernoulli, Binomial
from glmkit.families.cumulative import Cumulative
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
from glmkit.families.multinomial import Multinomial
from glmkit.families.positive import Gamma, InverseGaussian
from glmkit.families.quasi import Quasi, QuasiBinomial, QuasiPoisson
from glmkit.families.registry import FamilyLike, family_from, family_names, register_family
from glmkit.families.standard import Gaussian, Poisson
from glmkit.families.two_part import Hurdle, ZeroInflated
from glmkit.families.vector import VectorFamily

__all__ = [
    "Bernoulli",
    "Beta",
    "BetaBinomial",
    "Binomial",
    "CLogLog",
    "Cauchit",
    "Cumulative",
    "Family",
    "FamilyLike",
    "Gamma",
    "Gaussian",
    "Hurdle",
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
    "Multinomial",
    "Poisson",
    "Power",
    "Probit",
    "Quasi",
    "QuasiBinomial",
    "QuasiPoisson",
    "Sqrt",
    "VectorFamily",
    "ZeroInflated",
    "family_from",
    "family_names",
    "link_from",
    "register_family",
]
