/* view LOWER UPPER WORK COMMAND: the bare work of showing a session to a command. A user and a mount namespace, one
   overlay over LOWER, then `sh -c COMMAND`. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

static int put(const char *path, const char *text) {
    int fd = open(path, O_WRONLY);
    int ok = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);
    if (fd >= 0) close(fd);
    return ok;
}

int main(int argc, char **argv) {
    char map[64], options[8192];
    unsigned uid = getuid(), gid = getgid();
    if (argc != 5) return 2;
    if (unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0) return perror("unshare"), 3;
    put("/proc/self/setgroups", "deny");
    snprintf(map, sizeof map, "%u %u 1", uid, uid);
    if (!put("/proc/self/uid_map", map)) return perror("uid_map"), 3;
    snprintf(map, sizeof map, "%u %u 1", gid, gid);
    if (!put("/proc/self/gid_map", map)) return perror("gid_map"), 3;
    snprintf(options, sizeof options, "lowerdir=%s,upperdir=%s,workdir=%s,userxattr", argv[1], argv[2], argv[3]);
    if (mount("overlay", argv[1], "overlay", 0, options) != 0) return perror("mount"), 3;
    execl("/bin/sh", "sh", "-c", argv[4], (char *)0);
    return 127;
}
