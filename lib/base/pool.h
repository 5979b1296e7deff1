/* pool.h -- a few threads that a handle owns; the thread that calls takes part. */
#ifndef GH_POOL_H
#define GH_POOL_H

#include "base/memory.h"

typedef struct gh_pool gh_pool;

/** Start threads - 1 workers, which sleep between runs and block all signals; threads >= 1, and 1 starts none.
 * @return GENHEP_E_ARG, GENHEP_E_NOMEM (also when the system gives no thread). Free with gh_pool_free. */
gh_status gh_pool_create(const gh_hooks *hooks, int64_t threads, gh_pool **pool);

/** One task: index in 0..n_tasks-1, worker in 0..threads-1 (0 is the caller). */
typedef void gh_pool_task(void *context, int64_t index, int64_t worker);

/** task(context, index, worker) for index = 0..n_tasks-1, handed out one by one in rising order; returns when all are
 * done, and what the tasks wrote is visible to the caller then. No two tasks run with the same worker at a time, so it
 * picks scratch. One run at a time per pool, and a task does not call gh_pool_run on its own pool. pool NULL: all of it
 * on the caller. n_tasks < 2^40. Allocates nothing. */
void gh_pool_run(gh_pool *pool, gh_pool_task *task, void *context, int64_t n_tasks);

int64_t gh_pool_threads(const gh_pool *pool); /* the caller included; 1 for NULL */

void gh_pool_free(gh_pool *pool); /* waits for the workers; NULL is fine */

#endif
