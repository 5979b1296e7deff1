/* main.c -- the genhep command: finds the subcommand. Everything it does goes through the public API. */
#include <stdio.h>
#include <string.h>

#include "cli.h"
#include "command_integrate.h"
#include "options_table.h"
#include "simulate.h"

static const struct command {
    const char *name, *usage;
    int (*run)(int argc, char **argv);
} commands[] = {
    {"simulate", "simulate PROCESS -n N -o EVENTS [--seed S] [key=value ...]   events of a built-in process", command_simulate},
    {"train", "train CARD [-o MODEL.h5] [key=value ...] [--resume CHECKPOINT]   train a model", command_train},
    {"sample", "sample MODEL.h5 -n N -o EVENTS [--seed S] [--stream K] [--threads T] [--condition EVENTS] [--repeat R] [key=value ...]   draw events", command_sample},
    {"evaluate", "evaluate TRUTH GENERATED [--train EVENTS] [--json FILE] [--report DIR] [--process NAME]   compare", command_evaluate},
    {"info", "info FILE   what a model or an event file holds", command_info},
    {"verify", "verify MODEL.h5   checksum and stored self-test", command_verify},
    {"convert", "convert IN OUT [key=value ...]   from one event format to another", command_convert},
    {"encode", "encode MODEL.h5 EVENTS -o LATENTS   latent means, sigmas and principal components", command_encode},
    {"latent", "latent MODEL.h5 --report DIR [--plane A,B] [--along K] [-n EVENTS] | MODEL.h5 EVENTS -o BETWEEN [-n STEPS]   what latents mean", command_latent},
    {"scan", "scan MODEL.h5 TRUTH --vary KEY=VALUE,VALUE... [--train EVENTS] [-n N] [--report DIR]   figures against a sampling option", command_scan},
    {"observables", "observables EVENTS -o TABLE [--process NAME]   masses, transverse momenta ... of every event", command_observables},
    {"score", "score MODEL.h5 EVENTS -o SCORES   anomaly scores", command_score},
    {"bump", "bump MODEL.h5 DATA REFERENCE | DATA REFERENCE --process NAME [--seed S] [--json FILE]   largest excess of data over a reference, in latent space or observables", command_bump},
    {"density", "density MODEL.h5 EVENTS -o DENSITIES   log density per event", command_density},
    {"integrate", "integrate PROCESS [--method vegas|bvae|none] [-n N] [--seed S] [--model MODEL.h5] [-o MODEL.h5] [--json FILE] [--unweighted EVENTS] [key=value ...]   integrate a built-in function", command_integrate},
    {"bench", "bench [-n REPEATS] [--json FILE] [CASE ...]   events per second on this machine", command_bench},
};

static int print_help(FILE *out)
{
    fprintf(out, "genhep %s: learn to generate collider events, and draw them\n\n", genhep_version());
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) fprintf(out, "  genhep %s\n", commands[i].usage);
    fprintf(out, "\nEVENTS is .h5 .csv[.gz] .npy .lhe[.gz] .hepmc3[.gz] .lheh5 by its ending when written, by content when read.\n"
                 "Options stand in a card (key = value lines) or on the command line as key=value:\n\n");
    return genhep_cli_print_options(out, 0);
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        print_help(stderr);
        return 1;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "help") == 0) {
        if (print_help(stdout) || fflush(stdout)) return fail("cannot write to standard output");
        return 0;
    }
    if (strcmp(argv[1], "--version") == 0) {
        printf("genhep %s (%s)\n", genhep_version(), genhep_blas());
        return fflush(stdout) ? fail("cannot write to standard output") : 0;
    }
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
        if (strcmp(argv[1], commands[i].name) != 0) continue;
        if (argc > 2 && strcmp(argv[2], "--help") == 0) {
            if (commands[i].run == command_integrate) integrate_help();
            else printf("genhep %s\n", commands[i].usage);
            return 0;
        }
        int status = commands[i].run(argc - 1, argv + 1);
        if (fflush(stdout) != 0) return fail("cannot write to standard output");
        return status;
    }
    return fail("unknown command '%s'; 'genhep --help' lists them", argv[1]);
}
