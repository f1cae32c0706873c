/* A libproc for Linux: the calls of macOS that lambda-tui makes, answered from /proc. */

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

enum { PGRP_ONLY = 2, PPID_ONLY = 6, TBSDINFO = 3, ZOMBIE = 5, SLEEPING = 3 };

struct stat_line {
    char state;
    int parent, group;
    unsigned long long start;
};

static int read_stat(int pid, struct stat_line *line) {
    char path[64], text[1024], *rest;
    snprintf(path, sizeof path, "/proc/%d/stat", pid);
    FILE *file = fopen(path, "r");
    if (file == NULL)
        return 0;
    size_t size = fread(text, 1, sizeof text - 1, file);
    fclose(file);
    text[size] = 0;
    rest = strrchr(text, ')');
    if (rest == NULL)
        return 0;
    /* The start is the 22nd field, the state the third. */
    return sscanf(rest + 1,
                  " %c %d %d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d %*d %*d %llu",
                  &line->state, &line->parent, &line->group, &line->start) == 4;
}

static int list_children(int pid, int *pids, int room) {
    char path[64];
    int count = 0;
    snprintf(path, sizeof path, "/proc/%d/task", pid);
    DIR *folder = opendir(path);
    struct dirent *entry;
    if (folder == NULL)
        return 0;
    while ((entry = readdir(folder)) != NULL) {
        snprintf(path, sizeof path, "/proc/%d/task/%.20s/children", pid, entry->d_name);
        FILE *file = fopen(path, "r");
        if (file == NULL)
            continue;
        while (count < room && fscanf(file, "%d", &pids[count]) == 1)
            count++;
        fclose(file);
    }
    closedir(folder);
    return count * (int)sizeof(int);
}

int proc_listpids(uint32_t kind, uint32_t number, void *buffer, int size) {
    int *pids = buffer, count = 0, room = size / (int)sizeof(int);
    if (kind == PPID_ONLY)
        return list_children((int)number, pids, room);
    DIR *folder = opendir("/proc");
    struct dirent *entry;
    if (folder == NULL)
        return -1;
    while (count < room && (entry = readdir(folder)) != NULL) {
        struct stat_line line;
        int pid = atoi(entry->d_name);
        if (!isdigit((unsigned char)entry->d_name[0]) || !read_stat(pid, &line))
            continue;
        if (line.group == (int)number)
            pids[count++] = pid;
    }
    closedir(folder);
    return count * (int)sizeof(int);
}

int proc_pidinfo(int pid, int flavour, uint64_t argument, void *buffer, int size) {
    struct stat_line line;
    uint32_t *fields = buffer;
    (void)argument;
    if (flavour != TBSDINFO || size < 136 || !read_stat(pid, &line)) {
        errno = ESRCH;
        return 0;
    }
    memset(buffer, 0, 136);
    fields[1] = line.state == 'Z' ? ZOMBIE : SLEEPING;
    fields[3] = (uint32_t)pid;
    fields[4] = (uint32_t)line.parent;
    fields[25] = (uint32_t)line.group;
    memcpy((char *)buffer + 120, &line.start, sizeof line.start);
    return 136;
}

int proc_pid_rusage(int pid, int flavour, void *buffer) {
    char path[64];
    unsigned long long resident, of_files;
    uint64_t *numbers = (uint64_t *)((char *)buffer + 16);
    snprintf(path, sizeof path, "/proc/%d/statm", pid);
    FILE *file = fopen(path, "r");
    if (flavour != 0 || file == NULL)
        return -1;
    int found = fscanf(file, "%*u %llu %llu", &resident, &of_files);
    fclose(file);
    if (found != 2)
        return -1;
    memset(buffer, 0, 96);
    numbers[7] = (resident - of_files) * (uint64_t)sysconf(_SC_PAGESIZE);
    return 0;
}
