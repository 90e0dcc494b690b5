/* SPDX-License-Identifier: MIT */
/*
 * Distributions that tests and intervals need. Pure functions; NaN in, NaN out.
 *
 * Sources. Incomplete beta function: continued fraction DLMF 8.17.22 (https://dlmf.nist.gov/8.17)
 * evaluated by Lentz's method as modified by Thompson and Barnett (J. Comput. Phys. 64, 1986), on
 * the side x < (a + 1) / (a + b + 2) where it converges fast. Student's t: DLMF 8.17 with
 * P(|T| > t) = I(df / (df + t^2); df / 2, 1 / 2). Normal: erfc() of the C library. Quantiles are
 * found by bisection of the distribution function, which needs no table of coefficients: to 1e-12
 * of their size.
 */
#pragma once

#include <stddef.h>

double normal_cdf(double z);
double normal_quantile(double p); /* 0 < p < 1 */

/* I(x; a, b), the regularised incomplete beta function; a, b > 0, 0 <= x <= 1. */
double beta_regularised(double x, double a, double b);

double student_cdf(double t, double df);
double student_quantile(double p, double df); /* 0 < p < 1, df > 0 */

/* P(X <= k) for X = heads of @n fair coins. */
double coin_cdf(size_t k, size_t n);
