/* Sets the wall clock of one process, as an operator or a time server would set a machine's.
 *
 * LD_PRELOADed into `millrace` by WallClockTests. CLOCK_FILE names a file of eight bytes: nanoseconds, signed, that are added
 * to the real time from then on whenever the file changes. Monotonic clocks are left alone, as they are on a machine.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static volatile int64_t *offset;

__attribute__((constructor)) static void start(void) {
    const char *file = getenv("CLOCK_FILE");
    int fd = file ? open(file, O_RDONLY | O_CLOEXEC) : -1;
    if (fd < 0) return;
    void *memory = mmap(NULL, sizeof *offset, PROT_READ, MAP_SHARED, fd, 0);
    if (memory != MAP_FAILED) offset = memory;
    close(fd);
}

static void shift(struct timespec *time) {
    const int64_t second = 1000000000;
    int64_t all = time->tv_sec * second + time->tv_nsec + (offset ? *offset : 0);
    time->tv_sec = all / second;
    time->tv_nsec = all % second;
}

int clock_gettime(clockid_t clock, struct timespec *result) {
    int (*next)(clockid_t, struct timespec *) = (int (*)(clockid_t, struct timespec *))dlsym(RTLD_NEXT, "clock_gettime");
    int code = next(clock, result);
    if (code == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) shift(result);
    return code;
}

int gettimeofday(struct timeval *restrict result, void *restrict zone) {
    (void)zone;
    struct timespec now;
    if (clock_gettime(CLOCK_REALTIME, &now) != 0) return -1;
    result->tv_sec = now.tv_sec;
    result->tv_usec = now.tv_nsec / 1000;
    return 0;
}

time_t time(time_t *result) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    if (result) *result = now.tv_sec;
    return now.tv_sec;
}
