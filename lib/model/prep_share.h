/* prep_share.h -- a reference-counted preparation: immutable, so that a model and its snapshots share one. */
#ifndef GH_PREP_SHARE_H
#define GH_PREP_SHARE_H

#include "model/model.h"

/** Takes over `prep` when it succeeds. */
gh_status gh_prep_share_create(const gh_hooks *hooks, gh_prep *prep, gh_prep_share **share);
gh_prep_share *gh_prep_share_retain(gh_prep_share *share);
void gh_prep_share_release(gh_prep_share *share); /* NULL is fine */

const gh_family *gh_family_find(const char *name); /* settings included; NULL when unknown */

#endif
