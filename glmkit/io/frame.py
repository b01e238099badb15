"""What is kept of a model frame: counts of rows, the response's name, how weights and offsets were given."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import pandas as pd

from glmkit.fitting.absent import absent
from glmkit.frame.absent import AbsentColumn
from glmkit.frame.arguments import RowArguments
from glmkit.frame.coding import Coding
from glmkit.frame.columns import Columns
from glmkit.frame.formula import parse_expression
from glmkit.frame.modelframe import ModelFrame
from glmkit.frame.response import Response
from glmkit.frame.rows import NA_ACTIONS
from glmkit.io.node import Node
from glmkit.io.plain import level_of, tagged

__all__ = ["argument_columns", "frame_document", "frame_of"]

KINDS = ("numeric", "binomial", "multinomial")
ROW_ARGUMENTS = tuple(f.name for f in fields(RowArguments) if f.name != "na_action")
VALUES = {"values": True}  # an argument that was given as an array


def frame_document(frame: ModelFrame) -> dict[str, Any]:
    """Return what is kept of a frame as JSON."""
    rows, response = frame.rows, frame.response
    levels = None if response.levels is None else [tagged(level) for level in response.levels]
    return {
        "ready": frame.ready,
        "response": {
            "kind": response.kind,
            "label": response.label,
            "event": response.event,
            "levels": levels,
            "trials": response.trials is not None,
        },
        "rows": {
            "read": rows.n_read,
            "used": rows.n_used,
            "outside": rows.n_outside,
            "dropped": [[str(name), int(count)] for name, count in rows.dropped.items()],
            "na_action": rows.na_action,
        },
        "arguments": {name: _argument_document(getattr(frame.arguments, name)) for name in ROW_ARGUMENTS},
        "columns": list(argument_columns(frame)),
        "offset": frame.offset is not None,
        "frequencies": frame.freq_weights is not None,
        "notes": list(frame.notes),
    }


def frame_of(node: Node, coding: Coding, seen: tuple[str, ...]) -> ModelFrame:
    """Return a frame without rows around a coding, whose formula saw these columns."""
    parts = node.record("ready", "response", "rows", "arguments", "columns", "offset", "frequencies", "notes")
    arguments = {name: _argument_of(item) for name, item in parts["arguments"].record(*ROW_ARGUMENTS).items()}
    rows = _rows_of(parts["rows"])
    columns = dict.fromkeys((*seen, *parts["columns"].texts()))
    return ModelFrame(
        response=_response_of(parts["response"], coding),
        coding=coding,
        blocks=absent("the design"),
        rows=rows,
        weights=absent("the weights"),
        freq_weights=absent("the frequency weights") if parts["frequencies"].truth() else None,
        offset=absent("the offset") if parts["offset"].truth() else None,
        arguments=RowArguments(**arguments, na_action=rows.na_action),
        source=Columns(rows.n_read, pd.RangeIndex(0), {name: AbsentColumn(name) for name in columns}),
        notes=parts["notes"].texts(),
        ready=parts["ready"].truth(),
    )


def argument_columns(frame: ModelFrame) -> tuple[str, ...]:
    """Return the columns of the data that weights, offset, exposure and subset name."""
    used: dict[str, None] = {}
    for name in ROW_ARGUMENTS:
        given = getattr(frame.arguments, name)
        if not isinstance(given, str):
            continue
        if given in frame.source:
            used[given] = None
        else:
            used |= dict.fromkeys(parse_expression(given, frame.source, frame.coding.context).variables)
    return tuple(used)


def _argument_document(given: object) -> Any:
    return given if given is None or isinstance(given, str) else VALUES


def _argument_of(node: Node) -> Any:
    if node.value is None or isinstance(node.value, str):
        return node.value
    if not node.record("values")["values"].truth():
        node.wrong("is not an argument")
    return absent("an argument that was given as values")


def _rows_of(node: Node) -> Any:
    parts = node.record("read", "used", "outside", "dropped", "na_action")
    read, used, outside = (parts[name].whole() for name in ("read", "used", "outside"))
    if used < 1 or used + outside > read:
        node.wrong("do not add up")
    return absent(
        "the labels of the rows",
        n_read=read,
        n_used=used,
        n_outside=outside,
        n_dropped=read - outside - used,
        all_used=used == read,
        dropped=dict(_count(item) for item in parts["dropped"]),
        made={},
        na_action=parts["na_action"].choice(NA_ACTIONS),
    )


def _count(node: Node) -> tuple[str, int]:
    name, count = node.items(2)
    return name.text(), count.whole(least=1)


def _response_of(node: Node, coding: Coding) -> Response:
    parts = node.record("kind", "label", "event", "levels", "trials")
    if parts["label"].text() != coding.formula.response:
        parts["label"].wrong("is not the response of the formula")
    event, levels = parts["event"].maybe(), parts["levels"].maybe()
    return Response(
        y=absent("the response"),
        kind=parts["kind"].choice(KINDS),
        label=parts["label"].text(),
        trials=absent("the trials") if parts["trials"].truth() else None,
        event=None if event is None else event.text(),
        levels=None if levels is None else tuple(level_of(item) for item in levels),
    )
