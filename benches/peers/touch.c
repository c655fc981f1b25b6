/* touch ROOT: the least that a first touch takes of the kernel.

   Reads "PATH NAME" from standard input; reads PATH below ROOT; makes the session's copy and the base, each with those bytes
   and under its own name at once, gives the copy the file's time, and appends a line to a file beside the ledger. The same
   directories and the same bytes as redraft's own, and nothing else: no lock, no look whether it may, no name aside. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char bytes[64 * 1024];

static int put(int root, const char *path, int mode, ssize_t n, const struct timespec *times) {
    int fd = openat(root, path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
    return fd >= 0 && write(fd, bytes, n) == n && (!times || futimens(fd, times) == 0);
}

int main(int argc, char **argv) {
    char asked[1024], path[768], name[80], at[1024], line[1200];
    struct stat is;
    ssize_t n = read(0, asked, sizeof asked - 1);
    int root, from, ledger;
    if (argc < 2 || n <= 0) return 2;
    asked[n] = 0;
    if (sscanf(asked, "%767s %79s", path, name) != 2) return 2;
    if ((root = open(argv[1], O_RDONLY | O_DIRECTORY | O_CLOEXEC)) < 0) return perror(argv[1]), 3;
    if ((from = openat(root, path, O_RDONLY | O_CLOEXEC)) < 0 || fstat(from, &is) < 0) return perror(path), 3;
    if (is.st_size > (off_t)sizeof bytes || (n = read(from, bytes, is.st_size)) != is.st_size) return perror(path), 3;
    struct timespec times[2] = {{0, UTIME_OMIT}, is.st_mtim};
    snprintf(at, sizeof at, "workspace/sessions/bench/%s", path);
    if (!put(root, at, is.st_mode & 0777, n, times)) return perror(at), 3;
    snprintf(at, sizeof at, "workspace/.redraft/blobs/%s", name);
    if (!put(root, at, 0600, n, NULL)) return perror(at), 3;
    ledger = openat(root, "workspace/sessions/bench/.least.jsonl", O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    n = snprintf(line, sizeof line,
                 "{\"path\":\"%s\",\"op\":\"modified\",\"at\":\"2026-01-01T00:00:00Z\",\"base\":{\"hash\":\"%s\",\"size\":%ld,"
                 "\"mode\":%d,\"mtime\":%ld,\"ctime\":%ld}}\n",
                 path, name, (long)n, is.st_mode & 0777, (long)is.st_mtime, (long)is.st_ctime);
    return ledger >= 0 && write(ledger, line, n) == n ? 0 : 3;
}
