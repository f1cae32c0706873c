/* Seatbelt for Linux: the profiles that lambda-tui writes, enforced by Landlock. */

#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <stdint.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { WRITE = 1 << 1, CHANGE_FOLDERS = 0x3ff0, TRUNCATE = 1 << 14 };

/* Copies the quoted string behind a place in a profile; returns the place behind it. */
static const char *read_string(const char *at, char *path, size_t room) {
    size_t length = 0;
    for (at = strchr(at, '"') + 1; *at != '"'; at++) {
        if (*at == '\\')
            at++;
        if (length < room - 1)
            path[length++] = *at;
    }
    path[length] = 0;
    return at + 1;
}

static void allow(int rules, const char *path) {
    struct stat status;
    struct landlock_path_beneath_attr rule = {.allowed_access = WRITE | TRUNCATE};
    rule.parent_fd = open(path, O_PATH | O_CLOEXEC);
    if (rule.parent_fd < 0)
        return;
    if (fstat(rule.parent_fd, &status) == 0 && S_ISDIR(status.st_mode))
        rule.allowed_access |= CHANGE_FOLDERS;
    syscall(SYS_landlock_add_rule, rules, LANDLOCK_RULE_PATH_BENEATH, &rule, 0);
    close(rule.parent_fd);
}

int sandbox_init(const char *profile, uint64_t flags, char **error) {
    uint64_t handled = WRITE | TRUNCATE | CHANGE_FOLDERS;
    char path[4096];
    const char *at = profile;
    *error = "";
    if (flags != 0 || strncmp(profile, "(version 1)\n(allow default)\n(deny file-write*)\n", 47)) {
        *error = "the profile is not one that is imitated";
        return -1;
    }
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    int rules = (int)syscall(SYS_landlock_create_ruleset, &handled, sizeof handled, 0);
    if (rules < 0)
        return -1;
    while ((at = strpbrk(at, "\"")) != NULL) {
        at = read_string(at, path, sizeof path);
        allow(rules, path);
    }
    int result = (int)syscall(SYS_landlock_restrict_self, rules, 0);
    close(rules);
    return result;
}
