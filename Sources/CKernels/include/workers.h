// Threads that wait for work and share it.
#pragma once

// Calls `body(context)` on up to `threads` threads, the caller's among them, and returns when all calls have. A
// thread that comes too late does not call it any more, and while another call of this function is under way
// (from another thread, or from inside `body`) only the caller's thread does: `body` must take its work
// from a shared supply until there is none left.
void indgrm_run(int threads, void (*body)(void *context), void *context);
