"""The simulated motor portfolio follows the coefficients it documents."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from glmkit.catalogue import load_dataset
from glmkit.errors import DataError
from glmkit.motor import (
    MOTOR_SHAPE,
    MOTOR_THETA,
    motor_design,
    motor_predictor,
    motor_truth,
    simulate_motor,
)

N_POLICIES = 100_000
N_ERRORS = 4.0  # standard errors; the seed is fixed, so that the tests cannot fail by chance
CHI2_LIMIT = stats.chi2.isf(1e-4, df=12)  # 12 coefficients
FACTORS = ["region", "vehicle_class", "bonus"]


@pytest.fixture(scope="module")
def portfolio():
    return simulate_motor(N_POLICIES, seed=11).assign(
        mean=lambda d: d["exposure"] * np.exp(motor_predictor(d, "frequency")),
        amount=lambda d: np.exp(motor_predictor(d, "severity")),
    )


def quadratic_form(score, information):
    return score @ np.linalg.solve(information, score)


class TestReproducible:
    def test_same_seed_gives_the_same_portfolio(self):
        pd.testing.assert_frame_equal(simulate_motor(500, seed=3), simulate_motor(500, seed=3))

    def test_another_seed_gives_another_portfolio(self):
        assert not simulate_motor(500, seed=3).equals(simulate_motor(500, seed=4))

    def test_a_generator_may_be_passed(self):
        drawn = simulate_motor(500, seed=np.random.default_rng(3))
        pd.testing.assert_frame_equal(drawn, simulate_motor(500, seed=3))

    def test_shipped_file_is_the_default_portfolio(self):
        # rtol: quantile functions may differ in the last bits between scipy versions.
        pd.testing.assert_frame_equal(load_dataset("motor"), simulate_motor(), rtol=1e-5, check_exact=False)


class TestTruth:
    def test_design_has_a_column_for_each_coefficient(self):
        assert list(motor_design(simulate_motor(5))) == motor_truth().index.tolist()

    def test_pure_premium_is_frequency_times_severity(self):
        truth = motor_truth()
        pd.testing.assert_series_equal(
            truth["pure_premium"], truth["frequency"] + truth["severity"], check_names=False
        )

    def test_a_policy_worked_out_by_hand(self):
        policy = pd.DataFrame(
            {
                "driver_age": [50],
                "region": ["city"],
                "vehicle_class": ["van"],
                "vehicle_power": [80],
                "vehicle_age": [10],
                "bonus": ["high"],
            }
        )
        by_hand = 5.7 - 3.0 * np.log(50) + 0.06 * 50 + 0.5 + 0.25 + 0.35 * np.log(80) - 0.02 * 10 - 0.5
        assert motor_predictor(policy, "frequency")[0] == pytest.approx(by_hand, rel=1e-14)

    @pytest.mark.parametrize("factor", FACTORS)
    def test_claims_of_each_level_are_as_expected(self, portfolio, factor):
        variance = portfolio["mean"] + portfolio["mean"] ** 2 / MOTOR_THETA
        cells = portfolio.assign(variance=variance).groupby(factor, observed=True)
        sums = cells[["claims", "mean", "variance"]].sum()
        errors = (sums["claims"] - sums["mean"]) / np.sqrt(sums["variance"])
        assert errors.abs().max() < N_ERRORS

    @pytest.mark.parametrize("factor", FACTORS)
    def test_costs_of_each_level_are_as_expected(self, portfolio, factor):
        expected = portfolio["claims"] * portfolio["amount"]
        variance = portfolio["claims"] * portfolio["amount"] ** 2 / MOTOR_SHAPE
        cells = portfolio.assign(expected=expected, variance=variance).groupby(factor, observed=True)
        sums = cells[["cost", "expected", "variance"]].sum()
        errors = (sums["cost"] - sums["expected"]) / np.sqrt(sums["variance"])
        assert errors.abs().max() < N_ERRORS

    def test_score_test_accepts_the_frequency_coefficients(self, portfolio):
        X = motor_design(portfolio).to_numpy()
        mean = portfolio["mean"].to_numpy()
        spread = 1.0 + mean / MOTOR_THETA
        score = X.T @ ((portfolio["claims"].to_numpy() - mean) / spread)
        assert quadratic_form(score, (X.T * (mean / spread)) @ X) < CHI2_LIMIT

    def test_score_test_accepts_the_severity_coefficients(self, portfolio):
        X = motor_design(portfolio).to_numpy()
        claims = portfolio["claims"].to_numpy(dtype=float)
        score = X.T @ (portfolio["cost"].to_numpy() / portfolio["amount"].to_numpy() - claims)
        assert quadratic_form(score, (X.T * (claims / MOTOR_SHAPE)) @ X) < CHI2_LIMIT

    def test_counts_have_the_variance_of_a_negative_binomial(self, portfolio):
        mean = portfolio["mean"]
        squares = ((portfolio["claims"] - mean) ** 2).mean()
        # 3 %: the standard error of the mean square is about 1 % of it at this size.
        assert squares == pytest.approx((mean + mean**2 / MOTOR_THETA).mean(), rel=0.03)

    def test_infinite_theta_gives_poisson_counts(self):
        drawn = simulate_motor(N_POLICIES, seed=11, theta=float("inf"))
        mean = drawn["exposure"] * np.exp(motor_predictor(drawn, "frequency"))
        assert ((drawn["claims"] - mean) ** 2).mean() == pytest.approx(mean.mean(), rel=0.03)


class TestRows:
    def test_no_claim_costs_nothing(self, portfolio):
        assert portfolio.loc[portfolio["claims"] == 0, "cost"].max() == 0.0

    def test_a_claim_costs_something(self, portfolio):
        assert portfolio.loc[portfolio["claims"] > 0, "cost"].min() > 0.0

    def test_exposure_is_a_part_of_the_year(self, portfolio):
        assert portfolio["exposure"].between(0.01, 1.0).all()

    def test_drivers_are_of_age(self, portfolio):
        assert portfolio["driver_age"].between(18, 85).all()

    def test_bonus_is_the_ordered_factor(self, portfolio):
        assert [name for name in FACTORS if portfolio[name].cat.ordered] == ["bonus"]

    def test_a_single_policy_can_be_drawn(self):
        assert len(simulate_motor(1)) == 1


class TestRefusals:
    @pytest.mark.parametrize("n", [0, -3])
    def test_no_policies_are_refused(self, n):
        with pytest.raises(DataError, match="number of policies"):
            simulate_motor(n)

    @pytest.mark.parametrize("theta", [0.0, -1.0, float("nan")])
    def test_a_theta_that_is_not_positive_is_refused(self, theta):
        with pytest.raises(DataError, match="theta"):
            simulate_motor(10, theta=theta)
