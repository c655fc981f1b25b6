/* look TREE OTHER [own]: the least that a comparison of two trees takes of the kernel.

   Lists TREE, then, with two threads, looks at, opens, reads and closes each of its files and the file of the same name below
   OTHER, and tells how many differ; with "own" the other file is only looked at. Nothing is hashed, no line is counted, nobody asks
   what the files were before. */
#define _GNU_SOURCE
#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MOST = 64 * 1024 };

struct file {
    int here, there;
    char *name;
};

static struct file *files;
static size_t n_files;
static int only_own;

struct part {
    size_t from, to, differ;
    char own[MOST], theirs[MOST];
};

static void die(const char *what) {
    perror(what);
    exit(1);
}

/* Lists the files of a directory and of those below it. */
static void walk(int here, int there) {
    DIR *dir = fdopendir(dup(here));
    if (!dir) die("opendir");
    for (struct dirent *entry; (entry = readdir(dir));) {
        const char *name = entry->d_name;
        if (name[0] == '.') continue;
        if (entry->d_type == DT_DIR) {
            int a = openat(here, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
            int b = openat(there, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
            if (a < 0 || b < 0) die(name);
            walk(a, b); /* They stay open for the threads. */
            continue;
        }
        if (n_files % 4096 == 0 && !(files = realloc(files, (n_files + 4096) * sizeof *files))) die("memory");
        files[n_files++] = (struct file){here, there, strdup(name)};
    }
    closedir(dir);
}

/* Looks at a file and, if there is a place for it, reads it there; gives its size. */
static ssize_t look(int dir, const char *name, char *into) {
    struct stat is;
    int fd;
    if (fstatat(dir, name, &is, AT_SYMLINK_NOFOLLOW)) die(name);
    if (!into) return is.st_size;
    if ((fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC)) < 0) die(name);
    ssize_t n = read(fd, into, is.st_size < MOST ? is.st_size : MOST);
    close(fd);
    return n;
}

static void *compare(void *given) {
    struct part *part = given;
    for (size_t at = part->from; at < part->to; at++) {
        struct file *file = &files[at];
        ssize_t own = look(file->here, file->name, part->own);
        ssize_t theirs = look(file->there, file->name, only_own ? NULL : part->theirs);
        part->differ += own != theirs || (!only_own && memcmp(part->own, part->theirs, own));
    }
    return NULL;
}

int main(int argc, char **argv) {
    static struct part parts[2];
    pthread_t other;
    if (argc < 3) return 2;
    only_own = argc > 3 && !strcmp(argv[3], "own");
    int here = open(argv[1], O_RDONLY | O_DIRECTORY | O_CLOEXEC), there = open(argv[2], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (here < 0 || there < 0) die("open");
    walk(here, there);
    parts[0].to = parts[1].from = n_files / 2;
    parts[1].to = n_files;
    if (pthread_create(&other, NULL, compare, &parts[1])) die("thread");
    compare(&parts[0]);
    pthread_join(other, NULL);
    printf("%zu of %zu differ\n", parts[0].differ + parts[1].differ, n_files);
    return 0;
}
