/* gnuplot.c -- a child process that becomes gnuplot. */
#include "gnuplot.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

void gnuplot_quoted(FILE *file, const char *text)
{
    fputc('\'', file);
    for (const char *c = text; *c; c++) {
        if (*c == '\'') fputc('\'', file);
        fputc((unsigned char)*c < 0x20 ? ' ' : *c, file);
    }
    fputc('\'', file);
}

/* The child: into the folder, messages into a log, become gnuplot. */
static void become_gnuplot(const char *folder, char **arguments)
{
    if (chdir(folder) != 0) _exit(126);
    int log = open("plots/gnuplot.log", O_WRONLY | O_CREAT | O_TRUNC, 0666), none = open("/dev/null", O_RDWR);
    if (log >= 0) dup2(log, 2);
    if (none >= 0) dup2(none, 0), dup2(none, 1);
    execvp("gnuplot", arguments);
    _exit(errno == ENOENT ? 127 : 126);
}

int run_gnuplot(const char *folder, FILE *errors, char **arguments)
{
    int status = 0;
    fflush(NULL);
    pid_t child = fork();
    if (child < 0) {
        fprintf(errors, "genhep: cannot start gnuplot: %s\n", strerror(errno));
        return 2;
    }
    if (child == 0) become_gnuplot(folder, arguments);
    while (waitpid(child, &status, 0) < 0)
        if (errno != EINTR) return 2;
    if (WIFEXITED(status) && WEXITSTATUS(status) == 127) {
        fprintf(errors, "genhep: gnuplot is not in PATH, there are no plots\n");
        return 2;
    }
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
        fprintf(errors, "genhep: gnuplot ended with %s %d, see %s/plots/gnuplot.log\n", WIFEXITED(status) ? "status" : "signal",
                WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status), folder);
        return 2;
    }
    char path[1024];
    if (snprintf(path, sizeof path, "%s/plots/gnuplot.log", folder) < (int)sizeof path) unlink(path);
    return 0;
}
