"""Checks our suppression patterns with programs that share no line with ours.

    pip install numpy==2.4.6 scipy==1.17.1 pytauargus==0.6.0
    python tests/independent/suppress.py

Reads tests/data/suppress.json (a Rust test holds it to what the engine chooses today) and, with the
HiGHS solver, computes from the published numbers alone how far each hidden number can be narrowed
down. Then it compares how much is hidden with tau-Argus and, on small tables, with an optimum under
our own rule, which is stricter: zeros are as secret as other small cells, totals of options cannot
be hidden, and the cells hidden to protect others are protected as well.
"""

import contextlib
import json
import pathlib
import sys
import tempfile

import numpy as np
from scipy.optimize import LinearConstraint, Bounds, linprog, milp
from scipy.sparse import lil_matrix

FILE = pathlib.Path(__file__).parent.parent / "data" / "suppress.json"
RATIO_MAX = 1.5
OPTIMUM_ARCS_MAX = 25
OPTIMUM_SECONDS_MAX = 20


def balance(rows, columns):
    """One line per option and per stratum; the numbers are the cells, then the stratum totals."""
    lines = np.zeros((rows + columns, rows * columns + columns))
    for row in range(rows):
        lines[row, row * columns:(row + 1) * columns] = 1
    for column in range(columns):
        lines[rows + column, column:rows * columns:columns] = 1
        lines[rows + column, rows * columns + column] = -1
    return lines


def numbers(table):
    columns = table["columns"]
    cells = np.array(table["cells"]).reshape(-1, columns)
    held = np.concatenate([cells.ravel(), cells.sum(axis=0)])
    hidden = np.array([mark == "x" for mark in table["hidden"] + table["hidden_totals"]])
    return cells, held, hidden


def needed(k, cells):
    own = np.repeat(cells.sum(axis=1), cells.shape[1])
    return np.minimum(k, np.concatenate([own, np.full(cells.shape[1], cells.sum())]))


def check(k, table):
    cells, held, hidden = numbers(table)
    rows, columns = cells.shape
    assert (held[~hidden] >= k).all(), "a small number is shown"
    for row in range(rows if rows > 1 else 0):
        for column in range(columns):
            cell, total = row * columns + column, rows * columns + column
            few = 0 < held[cell] and held[total] - held[cell] < k
            assert not few or hidden[cell] or hidden[total], "a stratum is shown as unanimous"
    right = np.concatenate([cells.sum(axis=1), np.zeros(columns)])
    bounds = [(0, None) if secret else (n, n) for n, secret in zip(held, hidden)]
    for arc in np.flatnonzero(hidden):
        width = 0
        for sign in (1, -1):
            aim = np.zeros(len(held))
            aim[arc] = sign
            found = linprog(aim, A_eq=balance(rows, columns), b_eq=right, bounds=bounds)
            assert found.status == 0, found.message
            width -= sign * found.x[arc]
        assert width >= needed(k, cells)[arc] - 1e-6, f"number {arc} is within {width}"


def optimum(k, table):
    """The fewest numbers to hide: one flow up and one down for each number, if it is hidden."""
    cells, held, _ = numbers(table)
    rows, columns = cells.shape
    arcs, need, lines = len(held), needed(k, cells), balance(rows, columns)
    most = cells.sum()
    size = arcs + 2 * arcs * arcs
    entries, low, high = [], [], []

    def require(terms, least, largest):
        entries.append(terms)
        low.append(least)
        high.append(largest)

    for arc in range(arcs):
        flows = [arcs + (2 * arc + way) * arcs for way in (0, 1)]
        for start in flows:
            for line in lines:
                require([(start + at, line[at]) for at in np.flatnonzero(line)], 0, 0)
            for at in range(arcs):
                require([(start + at, 1), (at, held[at])], 0, np.inf)
                require([(start + at, 1), (at, -most)], -np.inf, 0)
        require([(flows[0] + arc, 1), (flows[1] + arc, -1), (arc, -need[arc])], 0, np.inf)
    for row in range(rows if rows > 1 else 0):
        for column in range(columns):
            cell, total = row * columns + column, rows * columns + column
            if 0 < held[cell] and held[total] - held[cell] < k:
                require([(cell, 1), (total, 1)], 1, np.inf)
    matrix = lil_matrix((len(entries), size))
    for line, terms in enumerate(entries):
        for at, factor in terms:
            matrix[line, at] = factor
    least = np.concatenate([(held < k).astype(float), np.full(size - arcs, -np.inf)])
    largest = np.concatenate([np.ones(arcs), np.full(size - arcs, np.inf)])
    found = milp(
        np.concatenate([np.ones(arcs), np.zeros(size - arcs)]),
        constraints=LinearConstraint(matrix.tocsr(), low, high),
        bounds=Bounds(least, largest),
        integrality=np.concatenate([np.ones(arcs), np.zeros(size - arcs)]),
        options={"time_limit": OPTIMUM_SECONDS_MAX},
    )
    return round(found.fun) if found.status == 0 else None


def reference(k, table):
    """How many numbers tau-Argus hides, or None where its rules cannot be set like ours."""
    from pytauargus import protect

    cells, held, _ = numbers(table)
    if (held == 0).any() or (cells.sum(axis=1) < k).any():
        return None
    ballots = {"option": [], "stratum": [], "count": []}
    for (row, column), votes in np.ndenumerate(cells):
        ballots["option"] += [f"o{row:02}"] * int(votes)
        ballots["stratum"] += [f"s{column:02}"] * int(votes)
        ballots["count"] += [1] * int(votes)
    # The solver leaves files of its own where it runs.
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        done = protect(ballots, ["option", "stratum"], "count", safety_rules=f"FREQ({k},100)",
                       suppress="OPT(1)", workdir=folder)
        marks = [line["status"] for line in done.tables[0].dataframe()]
    return sum(mark not in ("S", "P", "E") for mark in marks)


def main():
    file = json.loads(FILE.read_text())
    k = file["k"]
    sums = {"tau-Argus": [0, 0], "optimum": [0, 0]}
    for index, table in enumerate(file["tables"]):
        check(k, table)
        cells, _, hidden = numbers(table)
        ours = int(hidden.sum())
        others = {"tau-Argus": reference(k, table)}
        if len(hidden) <= OPTIMUM_ARCS_MAX:
            others["optimum"] = optimum(k, table)
        for name, count in others.items():
            if count is not None:
                sums[name][0] += ours
                sums[name][1] += count
        print(f"table {index} {cells.shape}: intervals agree, hidden {ours} of {len(hidden)}, {others}",
              flush=True)
    failed = False
    for name, (ours, theirs) in sums.items():
        print(f"{name}: {ours} to {theirs}, {ours / max(theirs, 1):.2f} times")
        failed |= ours > RATIO_MAX * theirs
    sys.exit(failed)


if __name__ == "__main__":
    main()
