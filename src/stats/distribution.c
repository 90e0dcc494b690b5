/* SPDX-License-Identifier: MIT */
/* Distribution functions by continued fraction and erfc(), quantiles by bisection. */
#include "stats/distribution.h"

#include <math.h>

#define TINY	  1e-300
#define FRACTIONS 1000 /* some hundred are needed for a = b = 1e5 */

double normal_cdf(double z)
{
	return 0.5 * erfc(-z * M_SQRT1_2);
}

/* The continued fraction without its factor. */
static double beta_fraction(double x, double a, double b)
{
	double c = 1, d = 1 - (a + b) * x / (a + 1);

	d = 1 / (fabs(d) < TINY ? TINY : d);
	double f = d;

	for (int i = 1; i <= FRACTIONS; i++) {
		const double m = i, a2 = a + 2 * m;
		const double step[2] = { m * (b - m) * x / ((a2 - 1) * a2),
					 -(a + m) * (a + b + m) * x / (a2 * (a2 + 1)) };
		double last = 1;

		for (int k = 0; k < 2; k++) {
			d = 1 + step[k] * d;
			c = 1 + step[k] / c;
			d = 1 / (fabs(d) < TINY ? TINY : d);
			c = fabs(c) < TINY ? TINY : c;
			last = c * d;
			f *= last;
		}
		if (fabs(last - 1) < 1e-15)
			break;
	}
	return f;
}

double beta_regularised(double x, double a, double b)
{
	if (!(x > 0))
		return isnan(x) ? x : 0;
	if (x >= 1)
		return 1;
	/* lgamma_r(): lgamma() writes a global. */
	int sign;
	const double scale = exp(lgamma_r(a + b, &sign) - lgamma_r(a, &sign) - lgamma_r(b, &sign) +
				 a * log(x) + b * log1p(-x));

	if (x < (a + 1) / (a + b + 2))
		return scale * beta_fraction(x, a, b) / a;
	return 1 - scale * beta_fraction(1 - x, b, a) / b;
}

double student_cdf(double t, double df)
{
	const double tail = 0.5 * beta_regularised(df / (df + t * t), df / 2, 0.5);

	return isnan(t) ? t : t < 0 ? tail : 1 - tail;
}

/* The argument above 0 at which @tail (falling) is @p. @df: passed on. */
static double upper_point(double (*tail)(double x, double df), double df, double p)
{
	double low = 0, high = 1;

	while (tail(high, df) > p && high < 1e300)
		high *= 2;
	for (int i = 0; i < 200 && high - low > 1e-13 * high; i++) {
		const double mid = low + (high - low) / 2;

		if (tail(mid, df) > p)
			low = mid;
		else
			high = mid;
	}
	return low + (high - low) / 2;
}

static double normal_tail(double z, double unused)
{
	(void)unused;
	return normal_cdf(-z);
}

static double student_tail(double t, double df)
{
	return student_cdf(-t, df);
}

static double quantile(double (*tail)(double x, double df), double df, double p)
{
	if (!(p > 0 && p < 1))
		return NAN;
	if (p == 0.5)
		return 0;
	return p > 0.5 ? upper_point(tail, df, 1 - p) : -upper_point(tail, df, p);
}

double normal_quantile(double p)
{
	return quantile(normal_tail, 0, p);
}

double student_quantile(double p, double df)
{
	return df > 0 ? quantile(student_tail, df, p) : NAN;
}

double coin_cdf(size_t k, size_t n)
{
	if (k >= n)
		return 1;
	/* P(X <= k) = I(1 - p; n - k, k + 1), DLMF 8.17.5 */
	return beta_regularised(0.5, (double)(n - k), (double)(k + 1));
}
