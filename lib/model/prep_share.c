/* prep_share.c -- a reference-counted preparation. */
#include "model/prep_share.h"

#include <stdatomic.h>

struct gh_prep_share {
    gh_hooks hooks;
    gh_prep *prep;
    atomic_long owners;
};

gh_status gh_prep_share_create(const gh_hooks *hooks, gh_prep *prep, gh_prep_share **share)
{
    GH_TRY(gh_alloc(hooks, share, 1, sizeof **share));
    (*share)->hooks = *hooks;
    (*share)->prep = prep;
    atomic_init(&(*share)->owners, 1);
    return GENHEP_OK;
}

gh_prep_share *gh_prep_share_retain(gh_prep_share *share)
{
    atomic_fetch_add(&share->owners, 1);
    return share;
}

void gh_prep_share_release(gh_prep_share *share)
{
    if (!share || atomic_fetch_sub(&share->owners, 1) != 1) return;
    gh_hooks hooks = share->hooks;
    gh_prep_free(share->prep);
    gh_free(&hooks, share);
}
