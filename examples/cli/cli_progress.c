/* --progress. */
#include "cli.h"

int cli_progress_bar(void *user, double done)
{
    static int shown = -1; /* the command has one bar */
    int percent = (int)(done * 100);
    (void)user;
    if (percent == shown) return 0;
    shown = percent;
    fprintf(stderr, "\r[%-50.*s] %3d%%", percent / 2, "##################################################", percent);
    return 0;
}

void cli_progress_end(void) { fputs("\r\033[K", stderr); }
