/* prep_handle.h -- the preparation from inside: its stages in order. */
#ifndef GH_PREP_HANDLE_H
#define GH_PREP_HANDLE_H

#include "prep/stage.h"

#define GH_PREP_MOST_STAGES 64

struct gh_prep {
    gh_hooks hooks;
    int64_t columns, width; /* D, P */
    int64_t count;
    gh_stage *stages;
    gh_layout out;  /* the P prepared coordinates */
    char *measure;
    int64_t draws, uniforms; /* per row, of all stages */
    int64_t widest, scratch; /* panel columns */
};

gh_status gh_prep_create(const gh_hooks *hooks, int64_t stages, gh_prep **prep);

/** Build stage k, whose constants, widths and names are there, and give it its share of draws and uniforms. */
gh_status gh_prep_adopt(gh_prep *prep, int64_t k);

/** Text of the reference measure, from the final coordinates. */
gh_status gh_prep_make_measure(gh_prep *prep);

/** Forward through one stage, one full panel. */
gh_status gh_prep_stage_forward(const gh_stage *stage, const gh_pass *pass, double *in, double *out, double **result);

#endif
