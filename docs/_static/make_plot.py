"""Draws the plot of README.md, light and dark: python docs/_static/make_plot.py."""

from __future__ import annotations

from pathlib import Path

import matplotlib as mpl

mpl.use("agg")
import matplotlib.pyplot as plt

import glmkit as gk

PLACE = Path(__file__).parent


def draw(style: str, background: str, name: str) -> None:
    births = gk.load_dataset("birthwt")
    risk = gk.glm("low ~ age + lwt + factor(race) + smoke + ht + ui", births, gk.Binomial())
    trees = gk.glm("Volume ~ log(Girth)", gk.load_dataset("trees"), gk.Gamma("log"))
    with plt.style.context(style):
        figure, (left, right) = plt.subplots(1, 2, figsize=(9, 3.4), layout="constrained")
        risk.plot_coefficients(left, exponentiate=True)
        trees.plot_effect("Girth", ax=right)
        for part in (figure, left, right):
            part.set_facecolor(background)
        figure.savefig(PLACE / name, dpi=144, metadata={"Software": None})
        plt.close(figure)


if __name__ == "__main__":
    draw("default", "#ffffff", "plot-light.png")
    draw("dark_background", "#0d1117", "plot-dark.png")
