/* A scratch folder for tests, and whole files. */
#ifndef OF_TEST_DIR_H
#define OF_TEST_DIR_H

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char test_dir[64];

static inline void test_dir_make(void)
{
    strcpy(test_dir, "of_test_XXXXXX");
    if (!mkdtemp(test_dir)) ck_abort_msg("mkdtemp");
}

static inline const char *test_path(const char *name)
{
    static char path[2][400];
    static int turn;
    turn ^= 1;
    snprintf(path[turn], sizeof path[turn], "%s/%s", test_dir, name);
    return path[turn];
}

/* Entries in the folder, "." and ".." not counted. */
static inline int test_dir_count(void)
{
    DIR *d = opendir(test_dir);
    int n = 0;
    while (d && readdir(d)) n++;
    if (d) closedir(d);
    return n - 2;
}

static inline void test_dir_remove(void)
{
    DIR *d = opendir(test_dir);
    struct dirent *e;
    while (d && (e = readdir(d)) != NULL) {
        if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0) {
            if (unlinkat(dirfd(d), e->d_name, 0) != 0) unlinkat(dirfd(d), e->d_name, AT_REMOVEDIR);
        }
    }
    if (d) closedir(d);
    rmdir(test_dir);
}

static inline void test_write(const char *path, const void *p, size_t n)
{
    FILE *f = fopen(path, "wb");
    if (!f || fwrite(p, 1, n, f) != n) ck_abort_msg("write %s", path);
    fclose(f);
}

/* Whether the file holds exactly these bytes. */
static inline int test_holds(const char *path, const void *p, size_t n)
{
    FILE *f = fopen(path, "rb");
    char *b = malloc(n + 1);
    int same = f && b && fread(b, 1, n + 1, f) == n && (n == 0 || memcmp(b, p, n) == 0);
    if (f) fclose(f);
    free(b);
    return same;
}

static inline int test_open_fds(void)
{
    DIR *d = opendir("/proc/self/fd");
    int n = 0;
    while (d && readdir(d)) n++;
    if (d) closedir(d);
    return n;
}

#endif
