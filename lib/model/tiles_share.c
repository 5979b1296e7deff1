/* tiles_share.c -- a model's decoder packed for tiles. Tests: tests/property/test_sampler.c, test_threads.c. */
#include "model/tiles_share.h"

#include <pthread.h>

struct gh_tiles_share {
    gh_hooks hooks;
    pthread_mutex_t lock;
    gh_network_tiles *tiles; /* under lock, then unchanging */
};

gh_status gh_tiles_share_create(const gh_hooks *hooks, gh_tiles_share **share)
{
    GH_TRY(gh_alloc(hooks, share, 1, sizeof **share));
    (*share)->hooks = *hooks;
    pthread_mutex_init(&(*share)->lock, NULL); /* cannot fail with default attributes */
    return GENHEP_OK;
}

void gh_tiles_share_free(gh_tiles_share *share)
{
    if (!share) return;
    gh_hooks hooks = share->hooks;
    gh_network_tiles_free(share->tiles);
    pthread_mutex_destroy(&share->lock);
    gh_free(&hooks, share);
}

gh_status gh_tiles_share_get(gh_tiles_share *share, const gh_network *network, const gh_real *parameters,
                             const gh_network_tiles **tiles)
{
    gh_status status = GENHEP_OK;
    pthread_mutex_lock(&share->lock);
    if (!share->tiles) status = gh_network_tiles_create(&share->hooks, network, parameters, &share->tiles);
    *tiles = share->tiles;
    pthread_mutex_unlock(&share->lock);
    return status;
}
