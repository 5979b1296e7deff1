/* h5.c -- the door to hdf5.h. */
#include "io/h5.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

void gh_h5_enter(gh_h5_guard *guard)
{
    guard->handler = NULL;
    guard->data = NULL;
    H5Eget_auto2(H5E_DEFAULT, &guard->handler, &guard->data);
    H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
}

void gh_h5_leave(const gh_h5_guard *guard)
{
    H5Eclear2(H5E_DEFAULT);
    H5Eset_auto2(H5E_DEFAULT, guard->handler, guard->data);
}

void gh_h5_close(hid_t *id)
{
    if (*id < 0) return;
    switch (H5Iget_type(*id)) {
    case H5I_FILE: H5Fclose(*id); break;
    case H5I_GROUP: H5Gclose(*id); break;
    case H5I_DATASET: H5Dclose(*id); break;
    case H5I_DATASPACE: H5Sclose(*id); break;
    case H5I_DATATYPE: H5Tclose(*id); break;
    case H5I_ATTR: H5Aclose(*id); break;
    case H5I_GENPROP_LST: H5Pclose(*id); break;
    default: H5Idec_ref(*id);
    }
    *id = -1;
}

static herr_t keep_deepest(unsigned depth, const H5E_error2_t *error, void *reason)
{
    (void)depth;
    if (error->desc) snprintf(reason, 160, "%s", error->desc);
    return 0;
}

gh_status gh_h5_fail(gh_status code, const char *format, ...)
{
    char what[320], reason[160] = "";
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(what, sizeof what, format, arguments);
    va_end(arguments);
    H5Ewalk2(H5E_DEFAULT, H5E_WALK_DOWNWARD, keep_deepest, reason);
    return gh_fail(code, "%s%s%s", what, reason[0] ? ": HDF5 says " : "", reason);
}

gh_status gh_h5_open(const char *path, hid_t *file)
{
    *file = -1;
    GH_TRY(gh_h5_check_file(path));
    hid_t access = H5Pcreate(H5P_FILE_ACCESS);
    H5Pset_fclose_degree(access, H5F_CLOSE_STRONG);
#if H5_VERSION_GE(1, 10, 7)
    H5Pset_file_locking(access, 1, 1); /* folders without locks can still be read */
#endif
    *file = H5Fopen(path, H5F_ACC_RDONLY, access);
    gh_h5_close(&access);
    if (*file < 0) return gh_h5_fail(GENHEP_E_FORMAT, "%s: cannot be opened as HDF5", path);
    return GENHEP_OK;
}

/* The core driver would copy an image twice, once into the property list and once when it opens it. These callbacks hand it the
 * caller's bytes instead: `user` is the image, which is only read and stays where it is until the file is closed. */
static void *image_is_there(size_t size, H5FD_file_image_op_t operation, void *user)
{
    (void)size;
    return operation == H5FD_FILE_IMAGE_OP_PROPERTY_LIST_GET ? NULL : user;
}
static void *image_copy(void *to, const void *from, size_t size, H5FD_file_image_op_t operation, void *user)
{
    (void)operation;
    (void)user;
    return to == from ? to : memcpy(to, from, size);
}
static void *image_stays(void *image, size_t size, H5FD_file_image_op_t operation, void *user)
{
    (void)image;
    (void)size;
    (void)operation;
    (void)user;
    return NULL; /* growing is refused */
}
static herr_t image_is_the_callers(void *image, H5FD_file_image_op_t operation, void *user)
{
    (void)image;
    (void)operation;
    (void)user;
    return 0;
}
static void *same_user(void *user)
{
    return user;
}
static herr_t keep_user(void *user)
{
    (void)user;
    return 0;
}

gh_status gh_h5_open_image(const void *bytes, int64_t size, const char *where, hid_t *file)
{
    *file = -1;
    GH_TRY(gh_h5_check_image(bytes, size, where));
    hid_t access = H5Pcreate(H5P_FILE_ACCESS);
    H5Pset_fclose_degree(access, H5F_CLOSE_STRONG);
    H5FD_file_image_callbacks_t callbacks = {image_is_there, image_copy, image_stays, image_is_the_callers,
                                             same_user,      keep_user,  (void *)bytes};
    if (H5Pset_fapl_core(access, 1 << 20, 0) >= 0 && H5Pset_file_image_callbacks(access, &callbacks) >= 0 &&
        H5Pset_file_image(access, (void *)bytes, (size_t)size) >= 0)
        *file = H5Fopen("genhep-image", H5F_ACC_RDONLY, access);
    gh_h5_close(&access);
    if (*file < 0) return gh_h5_fail(GENHEP_E_FORMAT, "%s: the content cannot be opened as HDF5", where);
    return GENHEP_OK;
}

gh_status gh_h5_create_image(int64_t block, hid_t *file)
{
    hid_t access = H5Pcreate(H5P_FILE_ACCESS), create = H5Pcreate(H5P_FILE_CREATE);
    H5Pset_fclose_degree(access, H5F_CLOSE_STRONG);
    *file = -1;
    if (H5Pset_fapl_core(access, 4 << 20, 0) >= 0 && H5Pset_userblock(create, (hsize_t)block) >= 0)
        *file = H5Fcreate("genhep-image", H5F_ACC_TRUNC, create, access);
    gh_h5_close(&access);
    gh_h5_close(&create);
    if (*file < 0) return gh_h5_fail(GENHEP_E_NOMEM, "an HDF5 file cannot be built in memory");
    return GENHEP_OK;
}

gh_status gh_h5_get_image(const gh_hooks *hooks, hid_t file, char **bytes, int64_t *size)
{
    *bytes = NULL;
    if (H5Fflush(file, H5F_SCOPE_GLOBAL) < 0)
        return gh_h5_fail(GENHEP_E_NOMEM, "an HDF5 file cannot be built in memory");
    ssize_t length = H5Fget_file_image(file, NULL, 0);
    if (length < 0) return gh_h5_fail(GENHEP_E_NOMEM, "an HDF5 file cannot be taken from memory");
    GH_TRY(gh_alloc(hooks, bytes, length, 1));
    if (H5Fget_file_image(file, *bytes, (size_t)length) != length) {
        gh_free(hooks, *bytes);
        *bytes = NULL;
        return gh_h5_fail(GENHEP_E_NOMEM, "an HDF5 file cannot be taken from memory");
    }
    *size = length;
    return GENHEP_OK;
}

int gh_h5_has(hid_t parent, const char *name)
{
    return H5Lexists(parent, name, H5P_DEFAULT) > 0;
}

static hid_t text_type(size_t size)
{
    hid_t type = H5Tcopy(H5T_C_S1);
    H5Tset_size(type, size);
    H5Tset_cset(type, H5T_CSET_UTF8);
    return type;
}

/* A decimal number that a reader wants as a number; "007" and "12 GeV" stay texts. */
static int looks_numeric(const char *text, double *value)
{
    const char *end, *digits = text + (text[0] == '-');
    if (!text[0] || strspn(text, "0123456789+-.eE") != strlen(text)) return 0;
    if (digits[0] == '0' && digits[1] >= '0' && digits[1] <= '9') return 0;
    *value = gh_parse_real(text, &end);
    return end != text && *end == '\0' && isfinite(*value);
}

static int is_integer(const char *text, int64_t *value)
{
    size_t length = strlen(text), sign = text[0] == '-';
    if (length == sign || length > 18 + sign || strspn(text + sign, "0123456789") != length - sign) return 0;
    *value = strtoll(text, NULL, 10);
    return 1;
}

gh_status gh_h5_write_attribute(hid_t object, const char *name, const char *value)
{
    double real = 0;
    int64_t integer = 0;
    int failed;
    int numeric = looks_numeric(value, &real), whole = numeric && is_integer(value, &integer);
    hid_t type = numeric ? H5Tcopy(whole ? H5T_STD_I64LE : H5T_IEEE_F64LE) : text_type(H5T_VARIABLE);
    hid_t space = H5Screate(H5S_SCALAR), attribute = H5Acreate2(object, name, type, space, H5P_DEFAULT, H5P_DEFAULT);
    if (attribute < 0) failed = 1;
    else if (whole) failed = H5Awrite(attribute, H5T_NATIVE_INT64, &integer) < 0;
    else if (numeric) failed = H5Awrite(attribute, H5T_NATIVE_DOUBLE, &real) < 0;
    else failed = H5Awrite(attribute, type, &value) < 0;
    gh_status status = failed ? gh_h5_fail(GENHEP_E_IO, "attribute '%.80s' cannot be written", name) : GENHEP_OK;
    gh_h5_close(&attribute);
    gh_h5_close(&space);
    gh_h5_close(&type);
    return status;
}

gh_status gh_h5_write_texts(hid_t object, const char *name, int64_t n, const char *const *texts)
{
    hsize_t dims[1] = {(hsize_t)n};
    hid_t type = text_type(H5T_VARIABLE), space = H5Screate_simple(1, dims, NULL);
    hid_t attribute = H5Acreate2(object, name, type, space, H5P_DEFAULT, H5P_DEFAULT);
    gh_status status = GENHEP_OK;
    if (attribute < 0 || H5Awrite(attribute, type, texts) < 0)
        status = gh_h5_fail(GENHEP_E_IO, "attribute '%.80s' cannot be written", name);
    gh_h5_close(&attribute);
    gh_h5_close(&space);
    gh_h5_close(&type);
    return status;
}

static gh_status number_text(const gh_hooks *hooks, hid_t attribute, hid_t type, char **value)
{
    char buf[40];
    if (H5Tget_class(type) == H5T_INTEGER && H5Tget_sign(type) != H5T_SGN_NONE) {
        int64_t number = 0;
        if (H5Aread(attribute, H5T_NATIVE_INT64, &number) < 0)
            return gh_h5_fail(GENHEP_E_FORMAT, "a number cannot be read");
        snprintf(buf, sizeof buf, "%lld", (long long)number);
    } else if (H5Tget_class(type) == H5T_INTEGER) {
        uint64_t number = 0;
        if (H5Aread(attribute, H5T_NATIVE_UINT64, &number) < 0)
            return gh_h5_fail(GENHEP_E_FORMAT, "a number cannot be read");
        snprintf(buf, sizeof buf, "%llu", (unsigned long long)number);
    } else {
        double number = 0;
        if (H5Aread(attribute, H5T_NATIVE_DOUBLE, &number) < 0)
            return gh_h5_fail(GENHEP_E_FORMAT, "a number cannot be read");
        gh_format_exact(buf, number, H5Tget_size(type) <= 4);
    }
    return gh_strdup(hooks, buf, value);
}

/* n texts of an attribute into texts[]; fixed-length ones may lack a NUL. */
static gh_status read_strings(const gh_hooks *hooks, hid_t attribute, hid_t type, int64_t n, char **texts)
{
    enum { LONGEST = 1 << 20 };
    hid_t space = H5Aget_space(attribute), memory = -1;
    size_t size = H5Tget_size(type);
    int variable = H5Tis_variable_str(type) > 0;
    char *raw = NULL;
    gh_status status = GENHEP_OK;
    if (!variable && (size == 0 || size > LONGEST)) {
        status = gh_fail(GENHEP_E_FORMAT, "a text attribute of %zu bytes, expected at most %d", size, LONGEST);
        goto cleanup;
    }
    memory = H5Tcopy(type);
    GH_TRY_CLEANUP(gh_alloc(hooks, &raw, n, variable ? sizeof(char *) : size));
    if (H5Aread(attribute, memory, raw) < 0) {
        status = gh_h5_fail(GENHEP_E_FORMAT, "a text attribute cannot be read");
        goto cleanup;
    }
    for (int64_t i = 0; i < n && !status; i++) {
        if (variable) {
            const char *text = ((char **)raw)[i];
            status = gh_strdup(hooks, text ? text : "", &texts[i]);
        } else {
            const char *text = raw + (size_t)i * size;
            size_t length = strnlen(text, size);
            if (H5Tget_strpad(type) == H5T_STR_SPACEPAD)
                while (length > 0 && text[length - 1] == ' ') length--;
            status = gh_alloc(hooks, &texts[i], (int64_t)length + 1, 1);
            if (!status) memcpy(texts[i], text, length);
        }
    }
    if (variable) H5Dvlen_reclaim(memory, space, H5P_DEFAULT, raw);

cleanup:
    gh_free(hooks, raw);
    gh_h5_close(&memory);
    gh_h5_close(&space);
    return status;
}

gh_status gh_h5_read_attribute(const gh_hooks *hooks, hid_t attribute, char **value)
{
    hid_t space = H5Aget_space(attribute), type = H5Aget_type(attribute);
    H5T_class_t kind = H5Tget_class(type);
    gh_status status = GENHEP_OK;
    *value = NULL;
    /* a dataspace may be null: one without any element */
    if (H5Sget_simple_extent_type(space) != H5S_NULL && H5Sget_simple_extent_npoints(space) == 1) {
        if (kind == H5T_STRING) status = read_strings(hooks, attribute, type, 1, value);
        else if (kind == H5T_INTEGER || kind == H5T_FLOAT) status = number_text(hooks, attribute, type, value);
    }
    gh_h5_close(&type);
    gh_h5_close(&space);
    return status;
}

gh_status gh_h5_read_texts(const gh_hooks *hooks, hid_t attribute, int64_t n, char **texts)
{
    hid_t space = H5Aget_space(attribute), type = H5Aget_type(attribute);
    hssize_t found = H5Sget_simple_extent_type(space) == H5S_NULL ? 0 : H5Sget_simple_extent_npoints(space);
    gh_status status;
    if (H5Tget_class(type) != H5T_STRING) status = gh_fail(GENHEP_E_FORMAT, "is no array of texts");
    else if (found != n)
        status = gh_fail(GENHEP_E_FORMAT, "holds %lld texts, expected %lld", (long long)found, (long long)n);
    else status = read_strings(hooks, attribute, type, n, texts);
    gh_h5_close(&type);
    gh_h5_close(&space);
    return status;
}
