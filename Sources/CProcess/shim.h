// What Swift cannot call itself: functions with a variable number of arguments, fork, and the C library's stdout.
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/types.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif

// Orphaned descendants of this process become its children from now on. 0 when they do.
static inline int millrace_adopt_orphans(void) {
#ifdef __linux__
    return prctl(PR_SET_CHILD_SUBREAPER, 1UL, 0UL, 0UL, 0UL);
#else
    return -1;
#endif
}

#ifdef __linux__
// POSIX_SPAWN_SETSID, which the headers show only to those who ask for all of the GNU C library.
static const short millrace_spawn_new_session = 0x80;

// Absent before glibc 2.34.
extern int posix_spawn_file_actions_addclosefrom_np(posix_spawn_file_actions_t *, int) __attribute__((weak));

// The program that is started gets no descriptor from `first` on. Nothing happens where the C library cannot do it.
static inline void millrace_spawn_close_from(posix_spawn_file_actions_t *actions, int first) {
    if (posix_spawn_file_actions_addclosefrom_np) posix_spawn_file_actions_addclosefrom_np(actions, first);
}
#endif

// Every line that is printed goes out at once, also into a pipe. To be called before anything is printed.
static inline void millrace_print_by_line(void) {
    setvbuf(stdout, NULL, _IOLBF, 0);
}

// Runs a command line and waits for the shell, not for what the shell leaves behind.
static inline int millrace_run_shell(const char *script) {
    return system(script);
}

// For trying what becomes of handlers that fork.
static inline pid_t millrace_fork(void) {
    return fork();
}
