/* --threads: a parallel-for on POSIX threads. */
#include "cli.h"

#include <pthread.h>
#include <stdatomic.h>

typedef struct job {
    atomic_size_t next;
    size_t n;
    void (*body)(void *, size_t);
    void *argument;
} job;

static void *help(void *user)
{
    job *j = user;
    for (size_t i; (i = atomic_fetch_add(&j->next, 1)) < j->n;) j->body(j->argument, i);
    return NULL;
}

void cli_parallel(void *user, size_t n, void (*body)(void *, size_t), void *argument)
{
    pthread_t thread[64];
    size_t want = (size_t) * (const long *)user - 1, have = 0;
    job j = {.n = n, .body = body, .argument = argument};
    if (want > sizeof thread / sizeof *thread) want = sizeof thread / sizeof *thread;
    if (n > 0 && want > n - 1) want = n - 1;
    /* Threads that cannot be had are done without: the caller works too. */
    while (have < want && pthread_create(&thread[have], NULL, help, &j) == 0) have++;
    help(&j);
    while (have > 0) pthread_join(thread[--have], NULL);
}
