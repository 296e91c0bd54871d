#!/usr/bin/env python3
"""Prints means over seeds with half-widths of 95 % intervals (Student's t) as a table of models and figures.

Reads lines of model, seed, figure and value; a value that is missing or null is left out.
"""
import statistics
import sys

# The 97.5 % quantiles of Student's t for 1 to 10 degrees of freedom; beyond those the normal one is taken.
QUANTILES = [12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228]


def interval(values):
    """The mean and the half-width of its interval, which is 0 for one value."""
    count = len(values)
    if count < 2:
        return values[0], 0.0
    quantile = QUANTILES[count - 2] if count - 2 < len(QUANTILES) else 1.96
    return statistics.fmean(values), quantile * statistics.stdev(values) / count**0.5


def table(lines):
    """Rows of text, models and figures in the order in which they come."""
    values = {}
    for model, _, figure, *value in map(str.split, lines):
        if value and value[0] != "null":
            values.setdefault((model, figure), []).append(float(value[0]))
    models, figures = (list(dict.fromkeys(names)) for names in zip(*values)) if values else ([], [])
    yield "".join([f"{'means':14}", *(f" {figure:>22}" for figure in figures)])
    for model in models:
        cells = (values.get((model, figure)) for figure in figures)
        texts = ("{:.4f} +- {:.4f}".format(*interval(cell)) if cell else "-" for cell in cells)
        yield "".join([f"{model:14}", *(f" {text:>22}" for text in texts)])


if __name__ == "__main__":
    for row in table(sys.stdin):
        print(row)
