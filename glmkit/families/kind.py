"""What is asked of every family, whether its rows have one linear predictor or several."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import ClassVar

from glmkit.families.link import Frozen

__all__ = ["AnyKind"]

COMMON_WORDS = (
    "Beta", "Binomial", "Cumulative", "Hurdle", "Inverse", "Multinomial", "Negative", "Quasi", "Zero"
)  # fmt: skip
"""First words of a title that are no names, and so are not written large inside a sentence."""


class AnyKind(Frozen):
    """How a family is fitted, and what its summary says of it."""

    model_kind: ClassVar[str] = "glm"
    """What fits it: "glm" for one linear predictor a row, "components" for several."""
    second_part: ClassVar[str] = ""
    """What the part after ``|`` is without a bar: "same" as before it, or "constant"; "" forbids one."""
    title: ClassVar[str]
    """What tables call it."""

    @property
    def in_words(self) -> str:
        """The title inside a sentence: "negative binomial", but "Poisson"."""
        first = self.title.replace("-", " ").split()[0]
        return self.title[0].lower() + self.title[1:] if first in COMMON_WORDS else self.title

    @property
    def heading(self) -> str:
        """What a summary of a model of this family is headed with."""
        return f"{self.title} model"

    @property
    def link_name(self) -> str:
        """The name of the link; "" for a family without a choice of links."""
        return str(getattr(getattr(self, "link", None), "name", ""))

    def levels_text(self, levels: Sequence[Hashable]) -> str:
        """Return how the levels of the response are modelled, in words; "" where there is nothing to say."""
        return ""
