/* Makes each sync of a disk slower, and counts them: loaded into a process before its own libraries (LD_PRELOAD).
   Each process counts in a file of its own, which whoever started it may read meanwhile. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

static atomic_ulong own_count;
static atomic_ulong *count = &own_count;
static long delay_us;

__attribute__((constructor)) static void begin(void) {
    const char *delay = getenv("SLOW_DISK_DELAY_US");
    const char *folder = getenv("SLOW_DISK_COUNTS");
    char name[4096];
    delay_us = delay ? atol(delay) : 0;
    if (!folder || snprintf(name, sizeof name, "%s/%ld", folder, (long)getpid()) >= (int)sizeof name) return;
    int file = open(name, O_RDWR | O_CREAT, 0600);
    if (file < 0) return;
    if (ftruncate(file, sizeof *count) == 0) {
        void *shared = mmap(NULL, sizeof *count, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
        if (shared != MAP_FAILED) count = shared;
    }
    close(file);
}

static int delayed(const char *name, int file) {
    int (*sync)(int) = (int (*)(int))dlsym(RTLD_NEXT, name);
    struct timespec pause = {delay_us / 1000000, delay_us % 1000000 * 1000};
    int result = sync(file);
    if (delay_us > 0) nanosleep(&pause, NULL);
    atomic_fetch_add(count, 1);
    return result;
}

int fsync(int file) { return delayed("fsync", file); }
int fdatasync(int file) { return delayed("fdatasync", file); }
