/* memory.c -- allocation through a handle's hooks, sizes checked for overflow; and its log. */
#include "base/memory.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *default_reallocate(void *user, void *block, size_t size)
{
    (void)user;
    return realloc(block, size);
}

static void default_release(void *user, void *block)
{
    (void)user;
    free(block);
}

gh_hooks gh_hooks_default(void)
{
    gh_hooks hooks = {default_reallocate, default_release, NULL, NULL, NULL};
    return hooks;
}

static gh_status byte_count(int64_t count, size_t size, size_t *bytes)
{
    if (count < 0 || (size && (uint64_t)count > (uint64_t)(PTRDIFF_MAX / 2) / size))
        GH_FAIL(GENHEP_E_NOMEM, "cannot allocate %lld items of %zu bytes: too large", (long long)count, size);
    *bytes = (size_t)count * size;
    if (*bytes == 0) *bytes = 1;
    return GENHEP_OK;
}

gh_status gh_alloc(const gh_hooks *hooks, void *pointer, int64_t count, size_t size)
{
    void **target = pointer;
    size_t bytes = 0;
    *target = NULL;
    GH_TRY(byte_count(count, size, &bytes));
    void *block = hooks->reallocate(hooks->allocator_user, NULL, bytes);
    if (!block) GH_FAIL(GENHEP_E_NOMEM, "out of memory: %zu bytes", bytes);
    memset(block, 0, bytes);
    *target = block;
    return GENHEP_OK;
}

gh_status gh_resize(const gh_hooks *hooks, void *pointer, int64_t count, size_t size)
{
    void **target = pointer;
    size_t bytes = 0;
    GH_TRY(byte_count(count, size, &bytes));
    void *block = hooks->reallocate(hooks->allocator_user, *target, bytes);
    if (!block) GH_FAIL(GENHEP_E_NOMEM, "out of memory: %zu bytes", bytes);
    *target = block;
    return GENHEP_OK;
}

#define ALIGNMENT 64

/* The original pointer is kept in the word before the aligned block. */
gh_status gh_alloc_aligned(const gh_hooks *hooks, void *pointer, int64_t count, size_t size)
{
    void **target = pointer;
    size_t bytes = 0;
    *target = NULL;
    GH_TRY(byte_count(count, size, &bytes));
    void *block;
    GH_TRY(gh_alloc(hooks, &block, (int64_t)(bytes + ALIGNMENT + sizeof(void *)), 1));
    char *raw = block;
    raw += sizeof(void *);
    raw += (ALIGNMENT - (uintptr_t)raw % ALIGNMENT) % ALIGNMENT;
    ((void **)raw)[-1] = block;
    *target = raw;
    return GENHEP_OK;
}

void gh_free_aligned(const gh_hooks *hooks, void *block)
{
    if (block) gh_free(hooks, ((void **)block)[-1]);
}

void gh_free(const gh_hooks *hooks, void *block)
{
    if (block) hooks->release(hooks->allocator_user, block);
}

gh_status gh_strdup(const gh_hooks *hooks, const char *text, char **copy)
{
    size_t length = strlen(text) + 1;
    GH_TRY(gh_alloc(hooks, copy, (int64_t)length, 1));
    memcpy(*copy, text, length);
    return GENHEP_OK;
}

void gh_log(const gh_hooks *hooks, int32_t level, const char *format, ...)
{
    if (!hooks->log) return;
    char line[512];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    hooks->log(hooks->log_user, level, line);
}
