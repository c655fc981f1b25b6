/* life ROOT start|cancel: the files that begin and end a session, and nothing else.

   start makes the session's directory with its description, its lock, and a new pointer in the place of the old one; cancel moves the
   directory away and puts such a pointer there. The same directories and about the same bytes as redraft's own; no name is checked, no lock is
   taken, nothing is looked at or swept. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef RENAME_EXCHANGE
#define RENAME_EXCHANGE (1 << 1)
#endif

static const char bytes[180] = {'.'};
static int root;

static int put(const char *path, int flags, size_t n) {
    int fd = openat(root, path, O_WRONLY | O_CREAT | O_CLOEXEC | flags, 0644);
    if (fd < 0 || write(fd, bytes, n) != (ssize_t)n) return perror(path), 1;
    return close(fd);
}

static int point(void) {
    if (put("workspace/.aside", O_EXCL, 93)) return 1;
    if (syscall(SYS_renameat2, root, "workspace/.aside", root, "workspace/session.lock", RENAME_EXCHANGE)) return perror("pointer"), 1;
    return unlinkat(root, "workspace/.aside", 0);
}

int main(int argc, char **argv) {
    if (argc != 3 || (root = open(argv[1], O_RDONLY | O_DIRECTORY | O_CLOEXEC)) < 0) return 2;
    if (!strcmp(argv[2], "start")) {
        if (put("workspace/.redraft/locks/session-other.lock", 0, 64)) return 3;
        if (mkdirat(root, "workspace/sessions/other", 0777)) return perror("session"), 3;
        if (put("workspace/sessions/other/session.json", O_EXCL, 180)) return 3;
    } else if (renameat(root, "workspace/sessions/other", root, "workspace/.redraft/trash/other")) {
        return perror("trash"), 3;
    }
    return point() ? 3 : puts("done") < 0;
}
