/* test_pool.c -- every task runs once, workers keep apart, and runs may follow each other closely. */
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>

#include "base/pool.h"
#include "testing.h"

enum { TASKS = 1000, MOST_THREADS = 5 };

typedef struct record {
    int64_t runs[TASKS]; /* how often each task ran; plain memory: the pool has to order it */
    _Atomic int inside[MOST_THREADS];
    _Atomic int64_t wrong; /* two tasks at a time under one worker, or a worker out of range */
    int64_t threads;
} record;

static void count(void *context, int64_t index, int64_t worker)
{
    record *r = context;
    if (worker < 0 || worker >= r->threads) {
        atomic_fetch_add(&r->wrong, 1);
        return;
    }
    if (atomic_fetch_add(&r->inside[worker], 1) != 0) atomic_fetch_add(&r->wrong, 1);
    r->runs[index]++;
    atomic_fetch_sub(&r->inside[worker], 1);
}

START_TEST(every_task_once)
{
    gh_hooks hooks = gh_hooks_default();
    for (int64_t threads = 1; threads <= MOST_THREADS; threads++) {
        gh_pool *pool;
        static record r;
        memset(&r, 0, sizeof r);
        r.threads = threads;
        ck_ok(gh_pool_create(&hooks, threads, &pool));
        ck_assert_int_eq(gh_pool_threads(pool), threads);
        int64_t expected[TASKS] = {0}, wrong = 0;
        for (int64_t n = 0; n <= TASKS; n += 1 + n / 7) { /* many short runs one after another */
            gh_pool_run(pool, count, &r, n);
            for (int64_t i = 0; i < n; i++) expected[i]++;
            for (int64_t i = 0; i < TASKS; i++) wrong += r.runs[i] != expected[i];
        }
        gh_pool_free(pool);
        ck_assert_int_eq(wrong, 0);
        ck_assert_int_eq(r.wrong, 0);
    }
}
END_TEST

START_TEST(many_short_runs)
{
    gh_hooks hooks = gh_hooks_default();
    gh_pool *pool;
    static record r;
    r.threads = 3;
    ck_ok(gh_pool_create(&hooks, 3, &pool));
    for (int i = 0; i < 20000; i++) gh_pool_run(pool, count, &r, 3);
    gh_pool_free(pool);
    for (int i = 0; i < 3; i++) ck_assert_int_eq(r.runs[i], 20000);
    ck_assert_int_eq(r.wrong, 0);
}
END_TEST

/* Waits until all tasks of the run are inside at once, which needs as many threads as tasks. */
typedef struct meeting {
    pthread_mutex_t lock;
    pthread_cond_t arrived;
    int64_t inside, expected;
    int64_t workers_seen;
} meeting;

static void meet(void *context, int64_t index, int64_t worker)
{
    meeting *m = context;
    (void)index;
    pthread_mutex_lock(&m->lock);
    m->inside++;
    m->workers_seen |= (int64_t)1 << worker;
    pthread_cond_broadcast(&m->arrived);
    while (m->inside < m->expected) pthread_cond_wait(&m->arrived, &m->lock);
    pthread_mutex_unlock(&m->lock);
}

START_TEST(tasks_run_at_the_same_time)
{
    gh_hooks hooks = gh_hooks_default();
    gh_pool *pool;
    meeting m = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, 0, 4, 0};
    ck_ok(gh_pool_create(&hooks, 4, &pool));
    usleep(20000); /* the workers sleep by now and have to be woken */
    gh_pool_run(pool, meet, &m, 4);
    gh_pool_free(pool);
    ck_assert_int_eq(m.workers_seen, 15);
}
END_TEST

static void signals_blocked(void *context, int64_t index, int64_t worker)
{
    sigset_t set;
    _Atomic int *open = context;
    (void)index;
    pthread_sigmask(SIG_SETMASK, NULL, &set);
    if (worker > 0 && (!sigismember(&set, SIGINT) || !sigismember(&set, SIGTERM))) atomic_fetch_add(open, 1);
    usleep(100);
}

START_TEST(workers_leave_signals_alone)
{
    gh_hooks hooks = gh_hooks_default();
    gh_pool *pool;
    sigset_t before, after;
    _Atomic int open = 0;
    pthread_sigmask(SIG_SETMASK, NULL, &before);
    ck_ok(gh_pool_create(&hooks, 3, &pool));
    pthread_sigmask(SIG_SETMASK, NULL, &after);
    for (int s = 1; s < 32; s++) ck_assert_int_eq(sigismember(&before, s), sigismember(&after, s));
    gh_pool_run(pool, signals_blocked, &open, 50);
    gh_pool_free(pool);
    ck_assert_int_eq(open, 0);
}
END_TEST

START_TEST(null_pool_and_wrong_count)
{
    gh_hooks hooks = gh_hooks_default();
    gh_pool *pool = NULL;
    static record r;
    r.threads = 1;
    gh_pool_run(NULL, count, &r, 10);
    for (int i = 0; i < 10; i++) ck_assert_int_eq(r.runs[i], 1);
    ck_assert_int_eq(gh_pool_threads(NULL), 1);
    ck_fails(gh_pool_create(&hooks, 0, &pool), GENHEP_E_ARG, "0 threads");
    ck_assert(pool == NULL);
    gh_pool_free(NULL);
}
END_TEST

/* Fails at the n-th allocation and counts blocks that are out. */
typedef struct meter {
    int64_t until_failure, blocks;
} meter;

static void *metered(void *user, void *block, size_t size)
{
    meter *m = user;
    if (m->until_failure-- == 0) return NULL;
    void *got = realloc(block, size);
    if (got && !block) m->blocks++;
    return got;
}

static void release(void *user, void *block)
{
    ((meter *)user)->blocks--;
    free(block);
}

START_TEST(failed_allocations)
{
    for (int64_t fail_at = 0;; fail_at++) {
        meter m = {fail_at, 0};
        gh_hooks hooks = {metered, release, &m, NULL, NULL};
        gh_pool *pool;
        gh_status status = gh_pool_create(&hooks, 2, &pool);
        if (status == GENHEP_OK) {
            ck_assert_int_ge(fail_at, 2);
            gh_pool_free(pool);
            ck_assert_int_eq(m.blocks, 0);
            break;
        }
        ck_assert_int_eq(status, GENHEP_E_NOMEM);
        ck_assert(pool == NULL);
        ck_assert_int_eq(m.blocks, 0);
    }
}
END_TEST

GH_TEST_MAIN("pool", every_task_once, many_short_runs, tasks_run_at_the_same_time, workers_leave_signals_alone,
             null_pool_and_wrong_count, failed_allocations)
