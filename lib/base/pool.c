/* pool.c -- a few threads that a handle owns; the thread that calls takes part.
 *
 * A run has a number. One atomic word holds the number of the run that is open and the next task of it; a thread takes
 * a task by comparing and swapping that word, so a worker that comes late to a finished run takes nothing from the next
 * one under old arguments, and the caller need not wait for workers that never woke. */
#include "base/pool.h"

#include <assert.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>

#define TASK_BITS 40
#define TASK_MASK (((uint64_t)1 << TASK_BITS) - 1)
#define SPINS 100 /* a few microseconds of the processor's pause instruction */

/* Arguments of one run. */
typedef struct run {
    uint64_t number; /* counts from 1 */
    gh_pool_task *task;
    void *context;
    int64_t n_tasks;
} run;

typedef struct seat {
    gh_pool *pool;
    pthread_t thread;
    int64_t worker;
} seat;

struct gh_pool {
    gh_hooks hooks;
    int64_t threads; /* the caller included */
    int64_t started; /* workers that run */
    seat *seats;
    pthread_mutex_t lock;
    pthread_cond_t wake;     /* workers wait: another run, or stop */
    pthread_cond_t complete; /* the caller waits: all tasks done */
    run current;             /* under lock */
    int stop;                /* under lock */
    _Atomic uint64_t announced; /* number of the newest run, for waiting without the lock; UINT64_MAX to stop */
    _Atomic uint64_t ticket;    /* run number << TASK_BITS | next task */
    _Atomic int64_t done;       /* tasks done in this run */
};

static inline void relax(void)
{
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#endif
}

/* Take tasks of `r` until none is left; 1 when this thread finished the run's last one. */
static int take_tasks(gh_pool *pool, const run *r, int64_t worker)
{
    uint64_t number = r->number & (UINT64_MAX >> TASK_BITS);
    int last = 0;
    uint64_t ticket = atomic_load(&pool->ticket);
    while (ticket >> TASK_BITS == number && (int64_t)(ticket & TASK_MASK) < r->n_tasks) {
        if (!atomic_compare_exchange_weak(&pool->ticket, &ticket, ticket + 1)) continue;
        r->task(r->context, (int64_t)(ticket & TASK_MASK), worker);
        last = atomic_fetch_add(&pool->done, 1) + 1 == r->n_tasks;
        ticket = atomic_load(&pool->ticket);
    }
    return last;
}

static void *work(void *argument)
{
    seat *own = argument;
    gh_pool *pool = own->pool;
    uint64_t seen = 0;
    for (;;) {
        for (int i = 0; i < SPINS && atomic_load(&pool->announced) == seen; i++) relax();
        pthread_mutex_lock(&pool->lock);
        while (pool->current.number == seen && !pool->stop) pthread_cond_wait(&pool->wake, &pool->lock);
        run r = pool->current;
        int stop = pool->stop;
        pthread_mutex_unlock(&pool->lock);
        if (stop) return NULL;
        seen = r.number;
        if (take_tasks(pool, &r, own->worker)) {
            pthread_mutex_lock(&pool->lock);
            pthread_cond_signal(&pool->complete);
            pthread_mutex_unlock(&pool->lock);
        }
    }
}

static gh_status start_workers(gh_pool *pool)
{
    sigset_t all, old;
    sigfillset(&all);
    int error = pthread_sigmask(SIG_SETMASK, &all, &old); /* workers inherit it: signals are the host's business */
    if (error) GH_FAIL(GENHEP_E_NOMEM, "cannot block signals for threads: %s", strerror(error));
    for (int64_t i = 0; i < pool->threads - 1 && !error; i++) {
        pool->seats[i] = (seat){.pool = pool, .worker = i + 1};
        error = pthread_create(&pool->seats[i].thread, NULL, work, &pool->seats[i]);
        if (!error) pool->started++;
    }
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    if (error)
        GH_FAIL(GENHEP_E_NOMEM, "cannot start thread %lld of %lld: %s", (long long)pool->started + 2,
                (long long)pool->threads, strerror(error));
    return GENHEP_OK;
}

gh_status gh_pool_create(const gh_hooks *hooks, int64_t threads, gh_pool **created)
{
    gh_pool *pool;
    *created = NULL;
    if (threads < 1) GH_FAIL(GENHEP_E_ARG, "%lld threads, expected at least 1", (long long)threads);
    GH_TRY(gh_alloc(hooks, &pool, 1, sizeof *pool));
    pool->hooks = *hooks;
    pool->threads = threads;
    pthread_mutex_init(&pool->lock, NULL); /* these three cannot fail with default attributes */
    pthread_cond_init(&pool->wake, NULL);
    pthread_cond_init(&pool->complete, NULL);
    gh_status status = gh_alloc(hooks, &pool->seats, threads - 1, sizeof *pool->seats);
    if (!status) status = start_workers(pool);
    if (status) gh_pool_free(pool);
    else *created = pool;
    return status;
}

void gh_pool_run(gh_pool *pool, gh_pool_task *task, void *context, int64_t n_tasks)
{
    if (!pool || pool->threads == 1 || n_tasks <= 1) {
        for (int64_t i = 0; i < n_tasks; i++) task(context, i, 0);
        return;
    }
    assert((uint64_t)n_tasks < TASK_MASK);
    pthread_mutex_lock(&pool->lock);
    run r = {pool->current.number + 1, task, context, n_tasks};
    pool->current = r;
    atomic_store(&pool->done, 0);
    atomic_store(&pool->ticket, r.number << TASK_BITS);
    atomic_store(&pool->announced, r.number);
    pthread_cond_broadcast(&pool->wake);
    pthread_mutex_unlock(&pool->lock);

    if (take_tasks(pool, &r, 0)) return;
    for (int i = 0; i < SPINS && atomic_load(&pool->done) != n_tasks; i++) relax();
    if (atomic_load(&pool->done) == n_tasks) return;
    pthread_mutex_lock(&pool->lock);
    while (atomic_load(&pool->done) != n_tasks) pthread_cond_wait(&pool->complete, &pool->lock);
    pthread_mutex_unlock(&pool->lock);
}

int64_t gh_pool_threads(const gh_pool *pool)
{
    return pool ? pool->threads : 1;
}

void gh_pool_free(gh_pool *pool)
{
    if (!pool) return;
    gh_hooks hooks = pool->hooks;
    pthread_mutex_lock(&pool->lock);
    pool->stop = 1;
    atomic_store(&pool->announced, UINT64_MAX);
    pthread_cond_broadcast(&pool->wake);
    pthread_mutex_unlock(&pool->lock);
    for (int64_t i = 0; i < pool->started; i++) pthread_join(pool->seats[i].thread, NULL);
    pthread_cond_destroy(&pool->complete);
    pthread_cond_destroy(&pool->wake);
    pthread_mutex_destroy(&pool->lock);
    gh_free(&hooks, pool->seats);
    gh_free(&hooks, pool);
}
