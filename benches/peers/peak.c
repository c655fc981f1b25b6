/* peak OUT PROGRAM ARGS…: runs a program and writes its peak memory (KiB) to OUT. A small parent of its own, because a
   child's peak counts the memory of whoever started it. */
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

int main(int argc, char **argv) {
    struct rusage used;
    int status;
    FILE *out;
    pid_t child;
    if (argc < 3 || (child = fork()) < 0) return 2;
    if (child == 0) {
        execv(argv[2], argv + 2);
        _exit(127);
    }
    if (wait4(child, &status, 0, &used) < 0 || !(out = fopen(argv[1], "w"))) return 2;
    fprintf(out, "%ld\n", used.ru_maxrss);
    fclose(out);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}
