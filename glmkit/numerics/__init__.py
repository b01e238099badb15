"""The numerical core: arrays in, arrays out; numpy and scipy only.

`algebra`        dense linear algebra, or an error of ours where it has no answer
`factor`         triangular factors of an information matrix, by Cholesky or QR
`least_squares`  linear least squares to the last bit
`rank`           which columns are independent, from left to right
`compensated`    sums and products in double-double arithmetic
`special`        elementary functions that are right in the tail
`tails`          logarithms of tail probabilities too small for a double
`scaling`        column norms without overflow, scales without rounding
"""
