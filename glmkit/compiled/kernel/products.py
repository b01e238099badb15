"""Products of the dense columns of a tile, (d, m): predictor, score, information and moments."""

from __future__ import annotations

from glmkit.compiled.kernel.memory import exact, summing

__all__ = ["add_gram", "add_moments", "add_score", "predictor", "weighted"]


@summing
def predictor(X, beta, eta, m):
    """Write X beta."""
    d = len(beta)
    for r in range(m):
        eta[r] = 0.0
    j = 0
    while j + 4 <= d:
        x0, x1, x2, x3 = X[j], X[j + 1], X[j + 2], X[j + 3]
        b0, b1, b2, b3 = beta[j], beta[j + 1], beta[j + 2], beta[j + 3]
        for r in range(m):
            eta[r] += b0 * x0[r] + b1 * x1[r] + b2 * x2[r] + b3 * x3[r]
        j += 4
    while j < d:
        x0, b0 = X[j], beta[j]
        for r in range(m):
            eta[r] += b0 * x0[r]
        j += 1


@summing
def add_score(X, v, tdot, m):
    """Add X'v."""
    d = len(tdot)
    j = 0
    while j + 4 <= d:
        x0, x1, x2, x3 = X[j], X[j + 1], X[j + 2], X[j + 3]
        s0, s1, s2, s3 = 0.0, 0.0, 0.0, 0.0
        for r in range(m):
            q = v[r]
            s0 += q * x0[r]
            s1 += q * x1[r]
            s2 += q * x2[r]
            s3 += q * x3[r]
        tdot[j] += s0
        tdot[j + 1] += s1
        tdot[j + 2] += s2
        tdot[j + 3] += s3
        j += 4
    while j < d:
        x0, s0 = X[j], 0.0
        for r in range(m):
            s0 += v[r] * x0[r]
        tdot[j] += s0
        j += 1


@summing
def weighted(X, w, U, m):
    """Write X'diag(w), (d, m)."""
    for j in range(len(X)):
        x, u = X[j], U[j]
        for r in range(m):
            u[r] = w[r] * x[r]


@exact
def add_four(gram, i, j, a, b, c, e):
    """Add four numbers, or as many as there are columns left, to a row."""
    d = len(gram)
    gram[i, j] += a
    if j + 1 < d:
        gram[i, j + 1] += b
    if j + 2 < d:
        gram[i, j + 2] += c
    if j + 3 < d:
        gram[i, j + 3] += e


@summing
def add_corner(U, X, gram, i, j, m):
    """Add three by four products of columns."""
    d = len(gram)
    u0, u1, u2 = U[i], U[min(i + 1, d - 1)], U[min(i + 2, d - 1)]
    x0, x1, x2, x3 = X[j], X[min(j + 1, d - 1)], X[min(j + 2, d - 1)], X[min(j + 3, d - 1)]
    a0, a1, a2, a3 = 0.0, 0.0, 0.0, 0.0
    b0, b1, b2, b3 = 0.0, 0.0, 0.0, 0.0
    c0, c1, c2, c3 = 0.0, 0.0, 0.0, 0.0
    for r in range(m):
        a, b, c = u0[r], u1[r], u2[r]
        p, q, s, t = x0[r], x1[r], x2[r], x3[r]
        a0 += a * p
        a1 += a * q
        a2 += a * s
        a3 += a * t
        b0 += b * p
        b1 += b * q
        b2 += b * s
        b3 += b * t
        c0 += c * p
        c1 += c * q
        c2 += c * s
        c3 += c * t
    add_four(gram, i, j, a0, a1, a2, a3)
    if i + 1 < d:
        add_four(gram, i + 1, j, b0, b1, b2, b3)
    if i + 2 < d:
        add_four(gram, i + 2, j, c0, c1, c2, c3)


@exact
def add_gram(U, X, gram, m):
    """Add the products of columns on and below the diagonal, and some above it."""
    d = len(gram)
    for i in range(0, d, 3):
        for j in range(0, min(i + 3, d), 4):
            add_corner(U, X, gram, i, j, m)


@summing
def add_moments(X, w, total, mean, squares, m):
    """Add a tile's rows to total weight, weighted means, and sums of squares about them."""
    weight = 0.0
    for r in range(m):
        weight += w[r]
    if not weight > 0.0:
        return
    share = weight / (total[0] + weight)
    for j in range(len(mean)):
        x, own, about = X[j], 0.0, 0.0
        for r in range(m):
            own += w[r] * x[r]
        own /= weight
        for r in range(m):
            about += w[r] * (x[r] - own) * (x[r] - own)
        apart = own - mean[j]
        squares[j] += about + apart * apart * total[0] * share
        mean[j] += apart * share
    total[0] += weight
