// How is one function run on several threads at once, thousands of times a second?
#include "workers.h"
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdint.h>

// Workers wait for the next call for some 50 microseconds before they sleep: the calls of a training step
// follow each other more closely than that, and waking a sleeper takes as long as many of them.
enum { SPINS = 1500, MOST = 255 };

static struct {
  atomic_uint generation;
  atomic_int tickets, running, sleepers, busy;
  void (*body)(void *);
  void *context;
  int workers;
  pthread_mutex_t lock;
  pthread_cond_t called;
} pool = {.lock = PTHREAD_MUTEX_INITIALIZER, .called = PTHREAD_COND_INITIALIZER};

static inline void relax(void) {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("yield");
#endif
}

static unsigned wait_for_call(unsigned seen) {
  for (int spin = 0; spin < SPINS; spin++) {
    unsigned now = atomic_load(&pool.generation);
    if (now != seen) return now;
    relax();
  }
  pthread_mutex_lock(&pool.lock);
  atomic_fetch_add(&pool.sleepers, 1);
  while (atomic_load(&pool.generation) == seen) pthread_cond_wait(&pool.called, &pool.lock);
  atomic_fetch_sub(&pool.sleepers, 1);
  pthread_mutex_unlock(&pool.lock);
  return atomic_load(&pool.generation);
}

static void *work(void *unused) {
  (void)unused;
  unsigned seen = 0;
  for (;;) {
    seen = wait_for_call(seen);
    // Whoever counts as running before the tickets are withdrawn is waited for.
    atomic_fetch_add(&pool.running, 1);
    if (atomic_fetch_sub(&pool.tickets, 1) > 0) pool.body(pool.context);
    atomic_fetch_sub(&pool.running, 1);
  }
  return NULL;
}

static void hire(int wanted) {
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
  pthread_attr_setstacksize(&attributes, 8u << 20);
  while (pool.workers < wanted) {
    pthread_t thread;
    if (pthread_create(&thread, &attributes, work, NULL) != 0) break;
    pool.workers++;
  }
  pthread_attr_destroy(&attributes);
}

void indgrm_run(int threads, void (*body)(void *), void *context) {
  if (threads < 2 || atomic_exchange(&pool.busy, 1)) return body(context);
  hire(threads - 1 < MOST ? threads - 1 : MOST);
  pool.body = body;
  pool.context = context;
  atomic_store(&pool.tickets, threads - 1);
  atomic_fetch_add(&pool.generation, 1);
  if (atomic_load(&pool.sleepers) > 0) {
    pthread_mutex_lock(&pool.lock);
    pthread_cond_broadcast(&pool.called);
    pthread_mutex_unlock(&pool.lock);
  }
  body(context);
  atomic_store(&pool.tickets, 0);
  for (int spin = 0; atomic_load(&pool.running) > 0; spin++)
    if (spin < SPINS) relax();
    else sched_yield();
  atomic_store(&pool.busy, 0);
}
