/* command_integrate.h -- the subcommand `genhep integrate`. */
#ifndef GENHEP_COMMAND_INTEGRATE_H
#define GENHEP_COMMAND_INTEGRATE_H

int command_integrate(int argc, char **argv);

/** What `genhep integrate --help` prints: processes with their keys, options, flags. */
void integrate_help(void);

#endif
