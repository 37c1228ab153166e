/* Lends a machine without /dev/dma_heap the buffers that picamera2 asks of it: memfd in their place.
 *
 * Preloaded into the tests of tools/picamera2.sh only. Not here: everything else libcamera does, which is real. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/dma-heap.h>
#include <stdarg.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

static const char HEAPS[] = "/dev/dma_heap/";

static int opened(const char *name, const char *path, int flags, mode_t mode) {
    int (*real)(const char *, int, ...) = dlsym(RTLD_NEXT, name);
    return strncmp(path, HEAPS, sizeof HEAPS - 1) ? real(path, flags, mode) : memfd_create("heap", MFD_CLOEXEC);
}

#define OPEN(name)                                                    \
    int name(const char *path, int flags, ...) {                      \
        va_list rest;                                                 \
        va_start(rest, flags);                                        \
        mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(rest, mode_t) : 0; \
        va_end(rest);                                                 \
        return opened(#name, path, flags, mode);                      \
    }
OPEN(open)
OPEN(open64)

int ioctl(int file, unsigned long request, ...) {
    va_list rest;
    va_start(rest, request);
    void *argument = va_arg(rest, void *);
    va_end(rest);
    if (request == DMA_HEAP_IOCTL_ALLOC) {
        struct dma_heap_allocation_data *asked = argument;
        int buffer = memfd_create("buffer", MFD_CLOEXEC);
        if (buffer < 0 || ftruncate(buffer, asked->len)) return -1;
        asked->fd = buffer;
        return 0;
    }
    int (*real)(int, unsigned long, ...) = dlsym(RTLD_NEXT, "ioctl");
    int answer = real(file, request, argument);
    /* 'b' is dma-buf's sync, which a memfd does not need */
    return answer < 0 && errno == ENOTTY && _IOC_TYPE(request) == 'b' ? 0 : answer;
}
