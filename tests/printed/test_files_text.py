"""Golden text of relativities."""

import glmkit as gk

EXPECTED = """\
Relativities
          Relativity  2.5 %  97.5 %  Exposure   Share
Group
  <1l          1.000  1.000   1.000      4947  0.2118
  1-1.5l       1.176  1.066   1.299     11463  0.4907
  1.5-2l       1.484  1.332   1.653      5370  0.2299
  >2l          1.767  1.534   2.036      1579  0.0676
Age
  <25          1.000  1.000   1.000      1138  0.0487
  25-29        0.829  0.705   0.976      2336  0.1000
  30-35        0.714  0.609   0.837      3007  0.1287
  >35          0.590  0.515   0.677     16878  0.7225
Exposure: Holders."""


def test_relativities_print_grouped_by_factor():
    claims = gk.load_dataset("insurance_claims")
    fit = gk.glm("Claims ~ Group + Age", claims, "poisson", exposure="Holders")
    assert str(fit.relativities()) == EXPECTED
