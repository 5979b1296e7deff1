/* momentum_view.c -- finding the affine map from prepared coordinates to momenta by probing the inverse preparation. */
#include "model/momentum_view.h"

#include <math.h>
#include <string.h>

#include "prep/particle_columns.h"

/* One prepared row to the momenta of all particles; the redrawn numbers of the inverse are all `uniform`. */
static void probe(const genhep_model *model, gh_prep_work *work, const gh_particle_list *particles, const double *x,
                  double uniform, double *row, double *momenta, double *mass)
{
    double uniforms[64];
    for (int i = 0; i < 64; i++) uniforms[i] = uniform;
    gh_prep_inverse(model->prep, work, 1, x, model->p, uniforms, 0, row, gh_prep_columns(model->prep));
    for (int64_t k = 0; k < particles->count; k++) {
        gh_momentum p = gh_particle_read(particles->list[k].column, row, 1);
        momenta[3 * k] = p.px, momenta[3 * k + 1] = p.py, momenta[3 * k + 2] = p.pz;
        if (mass) mass[k] = p.mass;
    }
}

/* The masses that are fixed; elsewhere what a probe finds is the mass, rounded by its energy. */
static gh_status read_masses(const genhep_model *model, gh_momentum_view *view)
{
    for (int64_t k = 0; k < view->particles; k++) {
        int found;
        double mass;
        GH_TRY(gh_masses_look_up(gh_option_text(model->options, "data.masses"), view->names[k], &found, &mass));
        if (found == 1) view->mass[k] = mass;
        if (!(view->mass[k] >= 0)) view->mass[k] = 0;
    }
    return GENHEP_OK;
}

static gh_status fill(const genhep_model *model, const gh_particle_list *particles, gh_prep_work *work, gh_momentum_view *view,
                      double *x, double *row, double *a, double *b)
{
    const int64_t P = model->p, M = 3 * view->particles;
    double worst = 0, size = 1e-9;
    memset(x, 0, (size_t)P * sizeof *x);
    probe(model, work, particles, x, 0.5, row, a, view->mass);
    for (int64_t i = 0; i < M; i++) view->offset[i] = (gh_real)a[i];
    for (int64_t j = 0; j < P; j++) {
        memset(x, 0, (size_t)P * sizeof *x);
        x[j] = 1;
        probe(model, work, particles, x, 0.5, row, b, NULL);
        for (int64_t i = 0; i < M; i++) view->matrix[i * P + j] = (gh_real)(b[i] - a[i]);
    }
    const gh_rng rng = gh_rng_make(1, GH_RANDOM_PREP, 3);
    for (int64_t test = 0; test < 8; test++) {
        for (int64_t j = 0; j < P; j++) x[j] = 4 * gh_rng_uniform(&rng, test, j) - 2;
        probe(model, work, particles, x, 0.1 + 0.1 * (double)test, row, b, NULL);
        for (int64_t i = 0; i < M; i++) {
            double expected = a[i];
            for (int64_t j = 0; j < P; j++) expected += (double)view->matrix[i * P + j] * x[j];
            worst = fmax(worst, fabs(b[i] - expected));
            size = fmax(size, fabs(expected));
        }
    }
    if (!(worst <= 1e-5 * size))
        GH_FAIL(GENHEP_E_OPTION, "option 'prep': '%s' does not keep momenta an affine function of its coordinates (a deviation of %.3g in "
                "%.3g GeV), which losses and features of momenta need; scaled momenta do, and names of coordinates work everywhere",
                gh_option_text(model->options, "prep"), worst, size);
    return GENHEP_OK;
}

/* Scaled momenta have one coordinate a row: what is zero on both sides is not multiplied. */
static void find_ranges(gh_momentum_view *view)
{
    for (int64_t k = 0; k < 3 * view->particles; k++) {
        const gh_real *row = view->matrix + k * view->p;
        int64_t first = 0, end = view->p;
        while (first < end && row[first] == 0) first++;
        while (end > first && row[end - 1] == 0) end--;
        view->range[2 * k] = first;
        view->range[2 * k + 1] = end;
    }
}

gh_status gh_momentum_view_create(const genhep_model *model, gh_momentum_view *view)
{
    gh_status status;
    const gh_hooks *hooks = &model->hooks;
    gh_particle_list particles = {0};
    gh_prep_work *work = NULL;
    const char **names = NULL;
    double *x = NULL, *row = NULL, *a = NULL, *b = NULL;
    const int64_t D = gh_prep_columns(model->prep);
    memset(view, 0, sizeof *view);
    if (model->reference)
        GH_FAIL(GENHEP_E_OPTION, "option 'prep.reference': momenta are no affine function of coordinates at their conditions, which losses and "
                "features of momenta need; names of coordinates work everywhere");
    view->hooks = *hooks;
    view->p = model->p;
    GH_TRY_CLEANUP(gh_alloc(hooks, &names, D, sizeof *names));
    for (int64_t j = 0; j < D; j++) names[j] = model->schema->names[model->targets ? model->targets[j] : j];
    GH_TRY_CLEANUP(gh_particles_find(hooks, names, D, gh_option_text(model->options, "data.particles"), &particles));
    if (particles.count < 1) {
        status = gh_fail(GENHEP_E_OPTION, "the table has no particles with momenta, which losses and features of momenta need");
        goto cleanup;
    }
    view->particles = particles.count;
    GH_TRY_CLEANUP(gh_alloc(hooks, &view->names, particles.count, sizeof *view->names));
    for (int64_t k = 0; k < particles.count; k++) GH_TRY_CLEANUP(gh_strdup(hooks, particles.list[k].name, &view->names[k]));
    GH_TRY_CLEANUP(gh_alloc(hooks, &view->mass, particles.count, sizeof(double)));
    GH_TRY_CLEANUP(gh_alloc_aligned(hooks, &view->matrix, 3 * particles.count * model->p, sizeof(gh_real)));
    GH_TRY_CLEANUP(gh_alloc(hooks, &view->range, 6 * particles.count, sizeof *view->range));
    GH_TRY_CLEANUP(gh_alloc_aligned(hooks, &view->offset, 3 * particles.count, sizeof(gh_real)));
    GH_TRY_CLEANUP(gh_alloc(hooks, &x, model->p, sizeof *x));
    GH_TRY_CLEANUP(gh_alloc(hooks, &row, D, sizeof *row));
    GH_TRY_CLEANUP(gh_alloc(hooks, &a, 3 * particles.count, sizeof *a));
    GH_TRY_CLEANUP(gh_alloc(hooks, &b, 3 * particles.count, sizeof *b));
    GH_TRY_CLEANUP(gh_prep_work_create(hooks, model->prep, 1, &work));
    GH_TRY_CLEANUP(fill(model, &particles, work, view, x, row, a, b));
    GH_TRY_CLEANUP(read_masses(model, view));
    find_ranges(view);
cleanup:
    gh_particles_clear(&particles);
    gh_prep_work_free(work);
    gh_free(hooks, names);
    gh_free(hooks, x);
    gh_free(hooks, row);
    gh_free(hooks, a);
    gh_free(hooks, b);
    if (status) gh_momentum_view_free(view);
    return status;
}

void gh_momentum_view_free(gh_momentum_view *view)
{
    if (!view->particles) return;
    for (int64_t k = 0; view->names && k < view->particles; k++) gh_free(&view->hooks, view->names[k]);
    gh_free(&view->hooks, view->names);
    gh_free(&view->hooks, view->mass);
    gh_free(&view->hooks, view->range);
    gh_free_aligned(&view->hooks, view->matrix);
    gh_free_aligned(&view->hooks, view->offset);
    memset(view, 0, sizeof *view);
}

GH_CLONES
void gh_momentum_view_forward(const gh_momentum_view *view, int64_t N, const gh_real *X, gh_real *momenta)
{
    const int64_t P = view->p, M = 3 * view->particles;
    for (int64_t i = 0; i < N; i++)
        for (int64_t k = 0; k < M; k++) {
            gh_real sum = view->offset[k];
#pragma omp simd reduction(+ : sum)
            for (int64_t j = view->range[2 * k]; j < view->range[2 * k + 1]; j++) sum += view->matrix[k * P + j] * X[i * P + j];
            momenta[i * M + k] = sum;
        }
}

GH_CLONES
void gh_momentum_view_backward(const gh_momentum_view *view, int64_t N, const gh_real *g_momenta, gh_real *gX, int64_t stride)
{
    const int64_t P = view->p, M = 3 * view->particles;
    for (int64_t i = 0; i < N; i++)
        for (int64_t k = 0; k < M; k++) {
            const gh_real g = g_momenta[i * M + k];
#pragma omp simd
            for (int64_t j = view->range[2 * k]; j < view->range[2 * k + 1]; j++) gX[i * stride + j] += g * view->matrix[k * P + j];
        }
}
