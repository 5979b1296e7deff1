/* tree_directions.c -- a root 'Z:: a b' of a decay tree, given by where its two particles fly instead of by decay angles and its own motion:
 *   m, eta_a, eta_b, phi_a, dphi = phi_b - phi_a, l = log(pT_a/pT_b)
 * Six numbers for six. Detectors measure directions far better than momenta, so what is behind a measured event is narrow in four of them,
 * one by one; in decay angles, log pT and rapidity six coordinates have to move together for that.
 * Back: with pT_a = t r, pT_b = t/r, r = exp(l/2), a = r cosh eta_a, b = cosh eta_b/r, c = cos dphi + sinh eta_a sinh eta_b, T = t^2,
 *   E_a E_b = M + c T,   M = (m^2 - m_a^2 - m_b^2)/2,   E_a^2 = m_a^2 + a^2 T,   E_b^2 = m_b^2 + b^2 T
 * squared is A T^2 + B T - (M - m_a m_b)(M + m_a m_b) = 0 with B = m_a^2 b^2 + m_b^2 a^2 - 2 M c and A = (ab - c)(ab + c), where
 *   ab - c = cosh(eta_a - eta_b) - cos dphi = 2 (sinh^2((eta_a - eta_b)/2) + sin^2(dphi/2)),   the opening
 *   ab + c = cosh(eta_a + eta_b) + cos dphi = 2 (sinh^2((eta_a + eta_b)/2) + cos^2(dphi/2))
 * Its one positive root takes no difference of like numbers. A smaller opening than half the smallest of the data is widened to
 * that, or transverse momenta would have no bound. */
#include <math.h>

#include "prep/panel.h"
#include "prep/tree_frames.h"

#define MOST_ETA 20.0
#define MOST_LOG_RATIO 10.0

static double pseudorapidity(const gh_direction *v)
{
    return asinh(v->z / sqrt(v->x * v->x + v->y * v->y));
}

double gh_tree_opening(const gh_direction *first, const gh_direction *second)
{
    const double half = sinh(0.5 * (pseudorapidity(first) - pseudorapidity(second))),
                 turn = sin(0.5 * (atan2(first->y, first->x) - atan2(second->y, second->x)));
    return 2 * (half * half + turn * turn);
}

const char *gh_tree_directions_row(const gh_direction *first, const gh_direction *second, double *out)
{
    const double a = sqrt(first->x * first->x + first->y * first->y), b = sqrt(second->x * second->x + second->y * second->y);
    if (!(a > 0 && b > 0)) return "expected particles with a transverse momentum";
    const double phi = atan2(first->y, first->x);
    out[0] = pseudorapidity(first);
    out[GH_PANEL] = pseudorapidity(second);
    out[2 * GH_PANEL] = phi;
    out[3 * GH_PANEL] = gh_wrap_angle(atan2(second->y, second->x) - phi);
    out[4 * GH_PANEL] = log(a / b);
    return fabs(out[0]) < MOST_ETA && fabs(out[GH_PANEL]) < MOST_ETA ? NULL : "expected pseudorapidities below 20";
}

/* Differences in eta and phi, widened to the smallest opening. */
static inline void widen(double opening, double *deta, double *dphi)
{
    double half, other, s, c;
    gh_panel_sinhcosh(0.5 * *deta, &half, &other);
    gh_panel_sincos(0.5 * *dphi, &s, &c);
    const double found = 2 * (half * half + s * s), factor = found < opening ? sqrt(opening / (found > 1e-30 ? found : 1e-30)) : 1;
    *deta = gh_clamp(*deta * factor, -2 * MOST_ETA, 2 * MOST_ETA);
    *dphi = found > 1e-30 ? *dphi * factor : sqrt(opening);
    *dphi = found < opening ? gh_clamp(*dphi, -GH_PI, GH_PI) : *dphi;
}

GH_CLONES void gh_tree_directions_panel(const double *in, const double *const masses[3], double opening, double *first, double *second,
                                        double *recoil, double *rapidity)
{
    for (int i = 0; i < GH_PANEL; i++) {
        const double eta = gh_clamp(in[i], -MOST_ETA, MOST_ETA), eta2 = gh_clamp(in[GH_PANEL + i], -MOST_ETA, MOST_ETA);
        const double m = masses[0][i], m1 = masses[1][i], m2 = masses[2][i], middle = 0.5 * (eta + eta2);
        double deta = eta - eta2, dphi = gh_clamp(in[3 * GH_PANEL + i], -1e4, 1e4), half, sum, ch, sh, ch2, sh2, s, c, cos1, sin1, cos2, sin2;
        widen(opening, &deta, &dphi);
        gh_panel_sinhcosh(0.5 * deta, &half, &ch);
        gh_panel_sinhcosh(middle, &sum, &ch);
        gh_panel_sinhcosh(middle + 0.5 * deta, &sh, &ch);
        gh_panel_sinhcosh(middle - 0.5 * deta, &sh2, &ch2);
        gh_panel_sincos(0.5 * dphi, &s, &c);
        const double r = gh_panel_exp(0.5 * gh_clamp(in[4 * GH_PANEL + i], -MOST_LOG_RATIO, MOST_LOG_RATIO)), a = r * ch, b = ch2 / r;
        const double apart = 2 * (half * half + s * s), A = apart * 2 * (sum * sum + c * c), C = 1 - 2 * s * s + sh * sh2;
        const double spare = (m - m1 - m2) * (m + m1 + m2), least = 0.5 * (spare > 0 ? spare : 0), M = least + m1 * m2; /* M - m1 m2, M */
        const double product = least * (M + m1 * m2), B = m1 * m1 * b * b + m2 * m2 * a * a - 2 * M * C;
        const double root = sqrt(B * B + 4 * A * product), below = B + root, above = 2 * A;
        const double T = B > 0 ? 2 * product / (below > 0 ? below : 1) : (root - B) / (above > 0 ? above : 1), t = sqrt(T);
        const double pt1 = t * r, pt2 = t / r, phi = gh_clamp(in[2 * GH_PANEL + i], -1e4, 1e4);
        gh_panel_sincos(phi, &sin1, &cos1);
        gh_panel_sincos(phi + dphi, &sin2, &cos2);
        first[i] = pt1 * cos1, first[GH_PANEL + i] = pt1 * sin1, first[2 * GH_PANEL + i] = pt1 * sh;
        second[i] = pt2 * cos2, second[GH_PANEL + i] = pt2 * sin2, second[2 * GH_PANEL + i] = pt2 * sh2;
        recoil[i] -= first[i] + second[i];
        recoil[GH_PANEL + i] -= first[GH_PANEL + i] + second[GH_PANEL + i];
    }
    for (int i = 0; i < GH_PANEL; i++) {
        const double x = first[i] + second[i], y = first[GH_PANEL + i] + second[GH_PANEL + i];
        const double z = first[2 * GH_PANEL + i] + second[2 * GH_PANEL + i], m = masses[0][i], mt = sqrt(m * m + x * x + y * y);
        rapidity[i] = mt > 0 ? asinh(z / mt) : 0;
    }
}
