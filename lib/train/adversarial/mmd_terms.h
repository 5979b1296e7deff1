/* mmd_terms.h -- the terms of loss.mmd: maximum mean discrepancy between a batch of truth and a generated one.
 *   loss.mmd = mass(q1,q1barp): 2.05 8.2 ; mass(b,q1,q1barp): 1.49 6 * 0.5
 * A term is a list of values (train/adversarial/event_values.h; several make it n-dimensional), kernel widths in their units
 * and an optional weight. All widths are multiplied by loss.mmd.scale, and while cooling by a factor that falls
 * geometrically from loss.mmd.cool to 1 over the share loss.mmd.cool_until of the training (1912.00477). The factor loss.mmd.weight of all
 * terms is reached at the share loss.mmd.ramp of the training, linearly from 0. */
#ifndef GH_MMD_TERMS_H
#define GH_MMD_TERMS_H

#include "loss/mmd.h"
#include "train/adversarial/event_values.h"
#include "train/trainer.h"

enum { GH_MMD_TERMS = 16 };

typedef struct gh_mmd_term {
    gh_event_values values;
    double width[GH_MMD_WIDTHS];
    int64_t widths;
    double weight;
    gh_real *x, *y, *gradient; /* (events, d) */
    double *sums, *truth_sums; /* blocks */
    gh_mmd_problem problem;    /* of this step */
} gh_mmd_term;

typedef struct gh_mmd_terms {
    gh_hooks hooks;
    int64_t count, events, blocks;
    enum gh_mmd_shape shape;
    double weight, ramp, scale, cool, cool_until;
    gh_mmd_term term[GH_MMD_TERMS];
} gh_mmd_terms;

/** From the options of the trainer; none when loss.mmd is empty or loss.mmd.weight is 0. */
gh_status gh_mmd_terms_create(const genhep_trainer *t, gh_mmd_terms *terms);
void gh_mmd_terms_free(gh_mmd_terms *terms);

/** Truth (batch,P) with weights or NULL against generated (batch,P): gradient (batch,P) += that of all terms by the generated
 * rows; *loss += their value. GENHEP_E_NUMERIC when the truth weights of this batch cancel. */
gh_status gh_mmd_terms_add(genhep_trainer *t, gh_mmd_terms *terms, const gh_real *truth, const gh_real *truth_weights,
                           const gh_real *generated, gh_real *gradient, double *loss);

#endif
