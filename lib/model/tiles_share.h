/* tiles_share.h -- a model's decoder packed for tiles: made when first asked for, by whichever thread comes first. */
#ifndef GH_TILES_SHARE_H
#define GH_TILES_SHARE_H

#include "model/model.h"

gh_status gh_tiles_share_create(const gh_hooks *hooks, gh_tiles_share **share);
void gh_tiles_share_free(gh_tiles_share *share); /* NULL is fine */

/** The packed decoder; it stays the share's. Any thread. */
gh_status gh_tiles_share_get(gh_tiles_share *share, const gh_network *network, const gh_real *parameters,
                             const gh_network_tiles **tiles);

#endif
