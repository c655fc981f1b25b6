/* view ROOT COMMAND [-o AT OPTIONS | -b FROM AT]…: the bare work of showing a session to a command.

   The calls of the kernel that redraft's own child makes, in the same order, and nothing before and after them: a mount
   namespace (for root; else a user namespace, too), private; hold of each FROM; an overlay AT each place; each FROM shown AT
   its place; then `sh -c COMMAND` in ROOT. It waits for nothing and brings nothing anywhere. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <unistd.h>

#define CLONE_TREE (1 | 0x8000 | O_CLOEXEC) /* OPEN_TREE_CLONE | AT_RECURSIVE | OPEN_TREE_CLOEXEC */
#define FROM_HOLD 4                         /* MOVE_MOUNT_F_EMPTY_PATH */
#define MOST 16

static int put(const char *path, const char *text) {
    int fd = open(path, O_WRONLY);
    int ok = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);
    if (fd >= 0) close(fd);
    return ok;
}

static int leave(void) {
    char map[64];
    unsigned uid = getuid(), gid = getgid();
    if (uid == 0 && unshare(CLONE_NEWNS) == 0) return 1;
    if (unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0) return 0;
    put("/proc/self/setgroups", "deny");
    snprintf(map, sizeof map, "%u %u 1", uid, uid);
    if (!put("/proc/self/uid_map", map)) return 0;
    snprintf(map, sizeof map, "%u %u 1", gid, gid);
    return put("/proc/self/gid_map", map);
}

int main(int argc, char **argv) {
    int held[MOST], n = 0, i;
    if (argc < 3 || argc % 3 != 0 || argc / 3 > MOST) return 2;
    if (!leave()) return perror("unshare"), 3;
    if (mount(NULL, "/", NULL, MS_PRIVATE | MS_REC, NULL) != 0) return perror("private"), 3;
    if (chdir(argv[1]) != 0) return perror(argv[1]), 3;
    for (i = 3; i < argc; i += 3) {
        if (strcmp(argv[i], "-b") != 0) continue;
        held[n] = syscall(SYS_open_tree, AT_FDCWD, argv[i + 1], CLONE_TREE);
        if (held[n++] < 0) return perror(argv[i + 1]), 3;
    }
    for (i = 3; i < argc; i += 3) {
        if (strcmp(argv[i], "-o") != 0) continue;
        if (mount("overlay", argv[i + 1], "overlay", 0, argv[i + 2]) != 0) return perror(argv[i + 1]), 3;
    }
    for (n = 0, i = 3; i < argc; i += 3) {
        if (strcmp(argv[i], "-b") != 0) continue;
        if (syscall(SYS_move_mount, held[n++], "", AT_FDCWD, argv[i + 2], FROM_HOLD) != 0) {
            return perror(argv[i + 2]), 3;
        }
    }
    if (chdir(argv[1]) != 0) return perror(argv[1]), 3;
    execl("/bin/sh", "sh", "-c", argv[2], (char *)0);
    return 127;
}
