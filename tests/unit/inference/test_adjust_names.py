"""An adjustment of another name is refused with the one meant."""

from __future__ import annotations

import pytest

import glmkit as gk


def test_dunnett_is_told_the_name_of_his_test():
    means = gk.glm("breaks ~ tension", gk.load_dataset("warpbreaks")).emmeans("tension")
    with pytest.raises(gk.FitError, match='Dunnett\'s test is "single-step"'):
        means.contrast("trt.vs.ctrl", adjust="dunnettx")
