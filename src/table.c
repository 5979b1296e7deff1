/* table.c -- making event tables from what a model knows. */
#include "table.h"

#include <stdlib.h>
#include <string.h>

static genhep_status pass_attributes(const genhep_model *model, genhep_dataset *table)
{
    static const char *const keys[] = {"process", "sqrt_s_GeV", "sigma_pb", "sigma_err_pb", "units", "cuts", "pdf"};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        if (strncmp(keys[i], "sigma", 5) == 0 && genhep_model_classes(model)) continue; /* those of one training sample */
        const char *value = genhep_model_attribute(model, keys[i]);
        genhep_status status = value ? genhep_dataset_set_attribute(table, keys[i], value) : GENHEP_OK;
        if (status) return status;
    }
    return genhep_dataset_set_attribute(table, "generator", "libgenhep " GENHEP_VERSION);
}

genhep_status table_of_model(const genhep_model *model, int64_t n, const double *values, const double *weights,
                             genhep_dataset **table)
{
    int64_t d = genhep_model_columns(model);
    const char **texts = malloc((size_t)(2 * d) * sizeof *texts + 1);
    genhep_status status = texts ? GENHEP_OK : GENHEP_E_NOMEM;
    for (int64_t j = 0; !status && j < d; j++) {
        genhep_column column = {.struct_size = sizeof column};
        status = genhep_model_column(model, j, &column);
        texts[j] = column.name;
        texts[d + j] = column.unit;
    }
    if (!status) status = genhep_dataset_from_arrays(NULL, n, d, texts, texts + d, values, d, weights, table);
    free(texts);
    if (!status) status = pass_attributes(model, *table);
    return status;
}
