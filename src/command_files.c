/* command_files.c -- genhep info, verify, convert. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"

static int print_model(const genhep_model *model)
{
    int64_t length = 0;
    genhep_model_info(model, NULL, 0, &length);
    char *text = malloc((size_t)length + 1);
    if (!text) return fail("out of memory");
    genhep_status status = genhep_model_info(model, text, length + 1, NULL);
    if (!status) fputs(text, stdout);
    free(text);
    return status ? fail_library() : 0;
}

static void print_column(const genhep_column *column, const double *values, int64_t n, int64_t d, int64_t j)
{
    double sum = 0, low = values[j], high = values[j];
    for (int64_t i = 0; i < n; i++) {
        double x = values[i * d + j];
        sum += x;
        if (x < low) low = x;
        if (x > high) high = x;
    }
    printf("  %-20s %-8s mean %-14.8g min %-14.8g max %.8g\n", column->name, column->unit, sum / (double)n, low, high);
}

static int print_events(const genhep_dataset *data)
{
    const int64_t n = genhep_dataset_events(data), d = genhep_dataset_columns(data);
    double *values = malloc((size_t)(n * d) * sizeof *values + 1);
    if (!values) return fail("out of memory");
    genhep_status status = genhep_dataset_values(data, values, d, n * d);
    printf("%lld events, %lld columns\n", (long long)n, (long long)d);
    static const char *const keys[] = {"process", "generator", "sqrt_s_GeV", "sigma_pb", "sigma_err_pb", "cuts", "seed"};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        if (genhep_dataset_attribute(data, keys[i])) printf("  %s: %s\n", keys[i], genhep_dataset_attribute(data, keys[i]));
    for (int64_t j = 0; !status && n > 0 && j < d; j++) {
        genhep_column column = {.struct_size = sizeof column};
        status = genhep_dataset_column(data, j, &column);
        if (!status) print_column(&column, values, n, d, j);
    }
    free(values);
    return status ? fail_library() : 0;
}

/* Model files and checkpoints begin with these eight bytes, whatever else may be wrong with them. */
static int looks_like_model(const char *path)
{
    static const char magic[8] = {'G', 'E', 'N', 'H', 'E', 'P', '\r', '\n'};
    char start[sizeof magic];
    FILE *file = fopen(path, "rb");
    size_t n = file ? fread(start, 1, sizeof start, file) : 0;
    if (file) fclose(file);
    return n == sizeof start && memcmp(start, magic, sizeof magic) == 0;
}

int command_info(int argc, char **argv)
{
    arguments given;
    genhep_model *model = NULL;
    genhep_dataset *data = NULL;
    if (parse_arguments(argc, argv, "", 1, 1, "genhep info FILE", &given)) return 1;
    if (looks_like_model(given.positional[0])) {
        if (genhep_model_open(given.positional[0], NULL, &model)) return fail_library();
        int result = print_model(model);
        genhep_model_free(model);
        return result;
    }
    if (genhep_dataset_open(given.positional[0], NULL, &data)) return fail_library();
    int result = print_events(data);
    genhep_dataset_free(data);
    return result;
}

int command_verify(int argc, char **argv)
{
    arguments given;
    genhep_model *model = NULL;
    if (parse_arguments(argc, argv, "", 1, 1, "genhep verify MODEL.h5", &given)) return 1;
    genhep_status status = genhep_model_open(given.positional[0], NULL, &model);
    if (status) return fail_library();
    status = genhep_model_verify(model);
    genhep_model_free(model);
    if (status) {
        char message[512] = "";
        genhep_last_error(message, sizeof message);
        return fail("%s: %s", given.positional[0], message);
    }
    printf("%s: checksum and self-test are good\n", given.positional[0]);
    return 0;
}

int command_convert(int argc, char **argv)
{
    arguments given;
    genhep_options *options = NULL;
    genhep_dataset *data = NULL;
    if (parse_arguments(argc, argv, "", 2, 2, "genhep convert IN OUT [key=value ...]", &given)) return 1;
    if (make_options(NULL, &given, "sample.threads", &options)) return 1;
    genhep_status status = genhep_dataset_open(given.positional[0], options, &data);
    if (!status) status = genhep_dataset_write(data, given.positional[1], options);
    int result = status ? fail_library() : 0;
    if (!result) printf("%s: %lld events\n", given.positional[1], (long long)genhep_dataset_events(data));
    genhep_dataset_free(data);
    genhep_options_free(options);
    return result;
}
