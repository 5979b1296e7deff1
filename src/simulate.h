/* simulate.h -- the subcommand `genhep simulate`: events of the built-in processes into a file. */
#ifndef SIMULATE_H
#define SIMULATE_H

/** genhep simulate PROCESS -n N -o EVENTS [--seed S] [key=value ...], or --list for the processes and their keys.
 * argv[0] is "simulate". Keys with a dot (data.storage, lhe.*) go to the writer of the file, all others to the process.
 * @return 0, or 1 after one line on standard error that names what was found and what was expected. */
int command_simulate(int argc, char **argv);

#endif
