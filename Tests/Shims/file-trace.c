/* Records what a process does to the files below a directory, and what it answers over HTTP, in one order.
 *
 * LD_PRELOADed into `millrace` by PowerLossTests and FsyncCountTests. TRACE_ROOT names the directory (absolute), TRACE_FILE
 * the file that records are appended to. From them FileTrace.swift rebuilds what a disk may hold after a power cut: what was
 * synced, and any part of what was not.
 *
 * A write and its record are made under one lock, so the order of the records is an order in which everything happened. A
 * sync is two records, before and after the call: what was written before the first is on disk at the second. Bytes of an
 * HTTP answer are recorded when the kernel has taken them, under the same lock: what is recorded before them had happened
 * before the client could know.
 *
 * A memory-mapped file is not seen: SQLite maps only the -shm file, which it rebuilds.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

/* One record: this header, `path_length` bytes of path, `length` bytes of data. Little endian as the machine is. */
struct record {
    uint32_t magic;
    uint32_t kind;
    uint64_t inode;      /* of the file; of the moved one for RENAME */
    int64_t offset;      /* WRITE: where; TRUNCATE: new size; NET: descriptor */
    uint32_t path_length;
    uint32_t length;
};
enum {
    MAGIC = 0x4352544d,
    CREATE = 1,    /* path: the new file */
    MKDIR = 2,     /* path: the new directory */
    WRITE = 3,
    TRUNCATE = 4,
    SYNC_BEGIN = 5,
    SYNC_END = 6,
    RENAME = 7,    /* path: old and new, with a NUL between */
    UNLINK = 8,    /* path */
    NET = 9,       /* data: bytes of an answer */
    NET_CLOSE = 10,
    UNKNOWN = 11,  /* path: the name of a call whose effect is not modelled */
};

enum { MOST = 65536 };
static unsigned char kinds[MOST]; /* of each descriptor: 0 nothing of ours, 1 a file or directory below the root, 2 HTTP */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static const char *root;
static size_t root_length;
static int trace = -1;

__attribute__((constructor)) static void start(void) {
    const char *file = getenv("TRACE_FILE");
    root = getenv("TRACE_ROOT");
    if (!root || !file) return;
    root_length = strlen(root);
    trace = (int)syscall(SYS_openat, AT_FDCWD, file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
}

#define REAL(name) ((__typeof__(&name))real(#name))
static void *real(const char *name) { return dlsym(RTLD_NEXT, name); }

static int ours(const char *path) {
    return trace >= 0 && path && strncmp(path, root, root_length) == 0 && (path[root_length] == '/' || path[root_length] == 0);
}
static int kind_of(int fd) { return trace >= 0 && fd >= 0 && fd < MOST ? kinds[fd] : 0; }

/* Writes one record. With the lock held. A trace that cannot be written would make the test lie, so the process ends. */
static void put(uint32_t kind, uint64_t inode, int64_t offset, const char *path, size_t path_length, const struct iovec *parts,
                int count, size_t length) {
    struct record head = {MAGIC, kind, inode, offset, (uint32_t)path_length, (uint32_t)length};
    struct iovec all[1026] = {{&head, sizeof head}, {(void *)path, path_length}};
    size_t expected = sizeof head + path_length + length;
    int used = 2;
    for (int i = 0; i < count && length > 0; i++) {
        if (used == 1026) abort();
        size_t take = parts[i].iov_len < length ? parts[i].iov_len : length;
        all[used++] = (struct iovec){parts[i].iov_base, take};
        length -= take;
    }
    if ((size_t)syscall(SYS_writev, trace, all, used) != expected) abort();
}
static void put_path(uint32_t kind, uint64_t inode, const char *path) { put(kind, inode, 0, path, strlen(path), NULL, 0, 0); }

static uint64_t inode_of(int fd) {
    struct stat status;
    return fstat(fd, &status) == 0 ? status.st_ino : 0;
}
static uint64_t inode_at(const char *path) {
    struct stat status;
    return lstat(path, &status) == 0 ? status.st_ino : 0;
}

/* ---- opening and closing ---- */

static int opened(const char *path, int flags, mode_t mode, const char *name) {
    int (*next)(const char *, int, ...) = real(name);
    if (!ours(path)) return next(path, flags, mode);
    pthread_mutex_lock(&lock);
    uint64_t before = inode_at(path);
    int fd = next(path, flags, mode), code = errno;
    if (fd >= 0 && fd < MOST) {
        kinds[fd] = 1;
        uint64_t inode = inode_of(fd);
        if (before == 0) put_path(CREATE, inode, path);
        else if (flags & O_TRUNC) put(TRUNCATE, inode, 0, path, strlen(path), NULL, 0, 0);
    }
    pthread_mutex_unlock(&lock);
    errno = code;
    return fd;
}
#define MODE(flags) \
    mode_t mode = 0; \
    if ((flags) & (O_CREAT | O_TMPFILE)) { \
        va_list list; \
        va_start(list, flags); \
        mode = va_arg(list, mode_t); \
        va_end(list); \
    }
int open(const char *path, int flags, ...) { MODE(flags) return opened(path, flags, mode, "open"); }
int open64(const char *path, int flags, ...) { MODE(flags) return opened(path, flags, mode, "open64"); }
int openat(int directory, const char *path, int flags, ...) {
    MODE(flags)
    if (ours(path)) return opened(path, flags, mode, "open");
    return REAL(openat)(directory, path, flags, mode);
}
int close(int fd) {
    if (!kind_of(fd)) return REAL(close)(fd);
    pthread_mutex_lock(&lock);
    if (kinds[fd] == 2) put(NET_CLOSE, 0, fd, NULL, 0, NULL, 0, 0);
    kinds[fd] = 0;
    int result = REAL(close)(fd), code = errno;
    pthread_mutex_unlock(&lock);
    errno = code;
    return result;
}
int dup(int fd) {
    int copy = REAL(dup)(fd);
    if (copy >= 0 && copy < MOST) kinds[copy] = (unsigned char)kind_of(fd);
    return copy;
}

/* ---- bytes ---- */

/* Runs `call` and records what it wrote: at `offset`, or where the descriptor stands for -1. */
#define WRITTEN(fd, at, parts, count, call) \
    do { \
        pthread_mutex_lock(&lock); \
        int64_t place = (at) >= 0 ? (int64_t)(at) : (int64_t)lseek(fd, 0, SEEK_CUR); \
        ssize_t result = call; \
        int code = errno; \
        if (result > 0) put(WRITE, inode_of(fd), place, NULL, 0, parts, count, (size_t)result); \
        pthread_mutex_unlock(&lock); \
        errno = code; \
        return result; \
    } while (0)

/* The same for what may be part of an HTTP answer. */
#define SENT(fd, parts, count, call) \
    do { \
        pthread_mutex_lock(&lock); \
        ssize_t result = call; \
        int code = errno; \
        if (result > 0) { \
            kinds[fd] = 2; \
            put(NET, 0, fd, NULL, 0, parts, count, (size_t)result); \
        } \
        pthread_mutex_unlock(&lock); \
        errno = code; \
        return result; \
    } while (0)

static int is_answer(int fd, const struct iovec *parts, int count) {
    if (trace < 0 || fd < 0 || fd >= MOST) return 0;
    return kinds[fd] == 2 || (count > 0 && parts[0].iov_len >= 9 && memcmp(parts[0].iov_base, "HTTP/1.1 ", 9) == 0);
}

ssize_t write(int fd, const void *bytes, size_t length) {
    struct iovec part = {(void *)bytes, length};
    if (kind_of(fd) == 1) WRITTEN(fd, -1, &part, 1, REAL(write)(fd, bytes, length));
    if (is_answer(fd, &part, 1)) SENT(fd, &part, 1, REAL(write)(fd, bytes, length));
    return REAL(write)(fd, bytes, length);
}
ssize_t writev(int fd, const struct iovec *parts, int count) {
    if (kind_of(fd) == 1) WRITTEN(fd, -1, parts, count, REAL(writev)(fd, parts, count));
    if (is_answer(fd, parts, count)) SENT(fd, parts, count, REAL(writev)(fd, parts, count));
    return REAL(writev)(fd, parts, count);
}
ssize_t send(int fd, const void *bytes, size_t length, int flags) {
    struct iovec part = {(void *)bytes, length};
    if (is_answer(fd, &part, 1)) SENT(fd, &part, 1, REAL(send)(fd, bytes, length, flags));
    return REAL(send)(fd, bytes, length, flags);
}
ssize_t sendmsg(int fd, const struct msghdr *message, int flags) {
    if (is_answer(fd, message->msg_iov, (int)message->msg_iovlen))
        SENT(fd, message->msg_iov, (int)message->msg_iovlen, REAL(sendmsg)(fd, message, flags));
    return REAL(sendmsg)(fd, message, flags);
}
ssize_t pwrite(int fd, const void *bytes, size_t length, off_t offset) {
    struct iovec part = {(void *)bytes, length};
    if (kind_of(fd) == 1) WRITTEN(fd, offset, &part, 1, REAL(pwrite)(fd, bytes, length, offset));
    return REAL(pwrite)(fd, bytes, length, offset);
}
ssize_t pwrite64(int fd, const void *bytes, size_t length, off64_t offset) {
    struct iovec part = {(void *)bytes, length};
    if (kind_of(fd) == 1) WRITTEN(fd, offset, &part, 1, REAL(pwrite64)(fd, bytes, length, offset));
    return REAL(pwrite64)(fd, bytes, length, offset);
}

static int truncated(int fd, off64_t size) {
    if (kind_of(fd) != 1) return REAL(ftruncate64)(fd, size);
    pthread_mutex_lock(&lock);
    int result = REAL(ftruncate64)(fd, size), code = errno;
    if (result == 0) put(TRUNCATE, inode_of(fd), size, NULL, 0, NULL, 0, 0);
    pthread_mutex_unlock(&lock);
    errno = code;
    return result;
}
int ftruncate(int fd, off_t size) { return truncated(fd, size); }
int ftruncate64(int fd, off64_t size) { return truncated(fd, size); }

/* ---- syncing ---- */

static int synced(int fd, const char *name) {
    int (*next)(int) = real(name);
    if (kind_of(fd) != 1) return next(fd);
    uint64_t inode = inode_of(fd);
    pthread_mutex_lock(&lock);
    put(SYNC_BEGIN, inode, 0, NULL, 0, NULL, 0, 0);
    pthread_mutex_unlock(&lock);
    int result = next(fd), code = errno;
    if (result == 0) {
        pthread_mutex_lock(&lock);
        put(SYNC_END, inode, 0, NULL, 0, NULL, 0, 0);
        pthread_mutex_unlock(&lock);
    }
    errno = code;
    return result;
}
int fsync(int fd) { return synced(fd, "fsync"); }
int fdatasync(int fd) { return synced(fd, "fdatasync"); }

/* ---- names ---- */

int mkdir(const char *path, mode_t mode) {
    if (!ours(path)) return REAL(mkdir)(path, mode);
    pthread_mutex_lock(&lock);
    int result = REAL(mkdir)(path, mode), code = errno;
    if (result == 0) put_path(MKDIR, inode_at(path), path);
    pthread_mutex_unlock(&lock);
    errno = code;
    return result;
}
int rename(const char *from, const char *to) {
    if (!ours(from) && !ours(to)) return REAL(rename)(from, to);
    pthread_mutex_lock(&lock);
    uint64_t inode = inode_at(from);
    int result = REAL(rename)(from, to), code = errno;
    if (result == 0) {
        size_t length = strlen(from);
        char *both = malloc(length + strlen(to) + 2);
        if (!both) abort();
        memcpy(both, from, length + 1);
        memcpy(both + length + 1, to, strlen(to) + 1);
        put(RENAME, inode, 0, both, length + 1 + strlen(to), NULL, 0, 0);
        free(both);
    }
    pthread_mutex_unlock(&lock);
    errno = code;
    return result;
}
int unlink(const char *path) {
    if (!ours(path)) return REAL(unlink)(path);
    pthread_mutex_lock(&lock);
    uint64_t inode = inode_at(path);
    int result = REAL(unlink)(path), code = errno;
    if (result == 0) put_path(UNLINK, inode, path);
    pthread_mutex_unlock(&lock);
    errno = code;
    return result;
}

/* ---- not modelled: seen, so that a test cannot pass because something went past it ---- */

static void unknown(const char *name) {
    pthread_mutex_lock(&lock);
    put_path(UNKNOWN, 0, name);
    pthread_mutex_unlock(&lock);
}
int renameat(int a, const char *from, int b, const char *to) {
    if (ours(from) || ours(to)) unknown("renameat");
    return REAL(renameat)(a, from, b, to);
}
int unlinkat(int directory, const char *path, int flags) {
    if (ours(path)) unknown("unlinkat");
    return REAL(unlinkat)(directory, path, flags);
}
int rmdir(const char *path) {
    if (ours(path)) unknown("rmdir");
    return REAL(rmdir)(path);
}
int link(const char *from, const char *to) {
    if (ours(from) || ours(to)) unknown("link");
    return REAL(link)(from, to);
}
int truncate(const char *path, off_t size) {
    if (ours(path)) unknown("truncate");
    return REAL(truncate)(path, size);
}
ssize_t pwritev(int fd, const struct iovec *parts, int count, off_t offset) {
    if (kind_of(fd) == 1) unknown("pwritev");
    return REAL(pwritev)(fd, parts, count, offset);
}
