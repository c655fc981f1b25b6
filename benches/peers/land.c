/* land TREE OTHER RECORD: the bare work of a durable landing.

   What no landing can do without: a record of what will be done, a flush, an exchange of two names for each file, a flush. Nothing is
   looked at, compared or checked, and the record says too little to take anything back. OTHER has directories and files of the
   same names as TREE. */
#define _GNU_SOURCE
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef RENAME_EXCHANGE
#define RENAME_EXCHANGE (1 << 1)
#endif

/* As many bytes as a line of redraft's journal has. */
enum { LINE = 400 };

static void die(const char *what) {
    perror(what);
    exit(1);
}

static char *record;
static size_t recorded;

/* Exchanges every file of two directories, and of those below them; with `swap` 0 only counts them for the record. */
static void walk(int here, int there, int swap) {
    int copy = dup(there);
    DIR *dir = copy < 0 ? NULL : fdopendir(copy);
    if (!dir) die("opendir");
    rewinddir(dir);
    for (struct dirent *entry; (entry = readdir(dir));) {
        const char *name = entry->d_name;
        if (!strcmp(name, ".") || !strcmp(name, "..")) continue;
        if (entry->d_type == DT_DIR) {
            int a = openat(here, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
            int b = openat(there, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
            if (a < 0 || b < 0) die(name);
            walk(a, b, swap);
            close(a);
            close(b);
        } else if (swap) {
            if (syscall(SYS_renameat2, here, name, there, name, RENAME_EXCHANGE)) die(name);
        } else {
            record = realloc(record, recorded + LINE);
            if (!record) die("memory");
            memset(record + recorded, '.', LINE);
            recorded += LINE;
        }
    }
    closedir(dir);
}

int main(int argc, char **argv) {
    if (argc != 4) return 2;
    int here = open(argv[1], O_RDONLY | O_DIRECTORY | O_CLOEXEC), there = open(argv[2], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (here < 0 || there < 0) die("open");
    walk(here, there, 0);
    int out = open(argv[3], O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (out < 0 || write(out, record, recorded) != (ssize_t)recorded) die(argv[3]);
    if (syncfs(out)) die("syncfs");
    walk(here, there, 1);
    if (syncfs(out)) die("syncfs");
    return 0;
}
