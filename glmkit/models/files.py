"""A fit for use elsewhere: as a file, without the rows of its data, as SQL, as a tariff."""

from __future__ import annotations

import os
from typing import Self

from glmkit.inference.relativities import relativities
from glmkit.io import store
from glmkit.io.sql import prediction_sql
from glmkit.models.record import Record
from glmkit.tables.table import Table

__all__ = ["Files"]


class Files(Record):
    """What leaves the session: files, SQL, relativities."""

    def save(self, path: str | os.PathLike[str], *, include_data: bool = False) -> None:
        """Write the model to a file, which `load` reads back.

        JSON with every number exact to the bit, and nothing that could be run. The file is
        written beside its place and then moved there, so that an interruption leaves the old
        file or the new one. See docs/security.md for what loading checks.

        Parameters
        ----------
        path : str or Path
            Compressed where it ends in ``.gz``.
        include_data : bool
            Store the columns and rows of the data that the fit uses. Without them the model
            predicts new data, prints its summary, and has its covariance, Wald intervals and
            tests; residuals, profiles and refits need the rows and say so.

        Raises
        ------
        ModelFileError
            The file cannot be written.
        FamilyError, FitError
            What a file has no word for: a family or link of your own, levels of unknown types.

        Examples
        --------
        >>> import os, tempfile
        >>> import glmkit as gk
        >>> fit = gk.glm("breaks ~ wool", gk.load_dataset("warpbreaks"), "poisson")
        >>> path = os.path.join(tempfile.mkdtemp(), "model.json")
        >>> fit.save(path)
        >>> bool((gk.load(path).predict({"wool": ["A", "B"]}) == fit.predict({"wool": ["A", "B"]})).all())
        True
        """
        store.save(self, path, include_data=include_data)

    def to_json(self, *, include_data: bool = False) -> str:
        """Return what `save` writes, as text; `from_json` reads it.

        Parameters
        ----------
        include_data : bool
            As in `save`.

        Examples
        --------
        >>> import glmkit as gk
        >>> fit = gk.glm("breaks ~ wool", gk.load_dataset("warpbreaks"), "poisson")
        >>> gk.from_json(fit.to_json()).coef.equals(fit.coef)
        True
        """
        return store.json_of(self, include_data=include_data)

    def slim(self) -> Self:
        """Return the same model without the rows of its data, small enough to keep or to send.

        What stays is what `save` writes. Levels of factors, knots and row labels in notes stay
        too: they are part of the model.

        Examples
        --------
        >>> import glmkit as gk
        >>> fit = gk.glm("breaks ~ wool", gk.load_dataset("warpbreaks"), "poisson").slim()
        >>> fit.predict({"wool": "A"}).round(3).tolist()
        [31.037]
        """
        return type(self)(*store.slimmed(self))

    def to_sql(self, dialect: str = "duckdb", *, table: str | None = None, type: str = "response") -> str:
        """Return the prediction as an SQL expression over the columns of the data.

        A level the fit did not use, and anything missing, gives NULL, never the baseline's
        prediction. Offsets are included. What SQL cannot say exactly is refused: splines, the
        inverse of the probit link, functions of your own, infinite and aliased coefficients.

        Parameters
        ----------
        dialect : {"duckdb", "postgres", "sqlite", "bigquery"}
            How names, texts and numbers are written.
        table : str, optional
            Return a query over this table (its schema before a dot) instead, with the
            prediction as the column ``prediction``.
        type : {"response", "link"}
            Scale of the prediction.

        Returns
        -------
        str
            Missing values are taken to be NULL in the table.

        Raises
        ------
        FitError
            The model cannot be written as SQL; the message names the part.

        Examples
        --------
        >>> import glmkit as gk
        >>> fit = gk.glm("breaks ~ wool", gk.load_dataset("warpbreaks"), "poisson")
        >>> print(fit.to_sql(type="link"))
        3.43...e0
        + CASE CAST("wool" AS VARCHAR)
            WHEN 'A' THEN 0.0e0
            WHEN 'B' THEN (-0.205...e0)
          END
        """
        return prediction_sql(self, dialect, table, type)

    def relativities(self, exposure: object = None, *, level: float = 0.95) -> Table:
        """Return what each level of each factor multiplies the mean by, with the exposure behind it.

        Parameters
        ----------
        exposure : column name, expression, (n,) array or Series, or False, optional
            What to add up by level. By default the fit's exposure, else the number of rows;
            False leaves it out, as a model without rows has to.
        level : float
            Level of the intervals.

        Returns
        -------
        Table
            One row a level, ``relativity conf_low conf_high exposure exposure_share``; 1 at
            the base level. Factors that interact have one row for each combination; those
            that interact with a number are left out, with a note.

        Raises
        ------
        FitError
            The link is not the log, or there is no factor.

        Notes
        -----
        exp(L beta) with L the difference of the design at the level and at the base level,
        equation (24.1); the interval is transformed from the log scale.

        Examples
        --------
        >>> import glmkit as gk
        >>> claims = gk.load_dataset("insurance_claims")
        >>> fit = gk.glm("Claims ~ Group", claims, "poisson", exposure="Holders")
        >>> fit.relativities().frame.round(3)["relativity"].tolist()
        [1.0, 1.161, 1.475, 1.738]
        """
        return relativities(self, exposure, level)
