/* Tries to change files: "changes_files CALL PATH [OTHER]" writes the number of the error, or 0. */

#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

static int opened(const char *path, int flags) {
    int file = open(path, flags, 0644);
    return file < 0 ? -1 : (int)write(file, "changed", 7);
}

static int bound(const char *path) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    strncpy(address.sun_path, path, sizeof address.sun_path - 1);
    return bind(socket(AF_UNIX, SOCK_STREAM, 0), (struct sockaddr *)&address, sizeof address);
}

int main(int count, char **words) {
    const char *call = words[1], *path = words[2], *other = count > 3 ? words[3] : "";
    int result = -2;
    if (!strcmp(call, "write")) result = opened(path, O_WRONLY);
    if (!strcmp(call, "update")) result = opened(path, O_RDWR);
    if (!strcmp(call, "append")) result = opened(path, O_WRONLY | O_APPEND);
    if (!strcmp(call, "empty")) result = open(path, O_RDONLY | O_TRUNC);
    if (!strcmp(call, "create")) result = opened(path, O_WRONLY | O_CREAT);
    if (!strcmp(call, "unnamed")) result = opened(path, O_RDWR | O_TMPFILE);
    if (!strcmp(call, "truncate")) result = truncate(path, 0);
    if (!strcmp(call, "mkdir")) result = mkdir(path, 0755);
    if (!strcmp(call, "mkfifo")) result = mkfifo(path, 0644);
    if (!strcmp(call, "bind")) result = bound(path);
    if (!strcmp(call, "unlink")) result = unlink(path);
    if (!strcmp(call, "rmdir")) result = rmdir(path);
    if (!strcmp(call, "symlink")) result = symlink(other, path);
    if (!strcmp(call, "link")) result = link(other, path);
    if (!strcmp(call, "rename")) result = rename(other, path);
    if (!strcmp(call, "exchange"))
        result = renameat2(AT_FDCWD, other, AT_FDCWD, path, RENAME_EXCHANGE);
    printf("%d", result == -2 ? -1 : result < 0 ? errno : 0);
    return 0;
}
