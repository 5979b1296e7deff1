/* status.c -- the thread-local message. It lives in static thread-local storage, so failing never allocates. */
#include "base/status.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define MESSAGE_BYTES 512

static _Thread_local char message[MESSAGE_BYTES];
static _Thread_local gh_status last_status = GENHEP_OK;

gh_status gh_fail(gh_status code, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    for (char *c = message; *c; c++)
        if (*c == '\n' || *c == '\r') *c = ' '; /* file content may reach a message; it stays one line */
    last_status = code;
    return code;
}

genhep_status genhep_last_error(char *buf, int64_t capacity)
{
    if (buf && capacity > 0) {
        size_t length = strlen(message);
        if (length > (size_t)capacity - 1) length = (size_t)capacity - 1;
        memcpy(buf, message, length);
        buf[length] = '\0';
    }
    return last_status;
}

const char *genhep_status_name(genhep_status status)
{
    switch (status) {
    case GENHEP_OK: return "GENHEP_OK";
    case GENHEP_E_ARG: return "GENHEP_E_ARG";
    case GENHEP_E_NOMEM: return "GENHEP_E_NOMEM";
    case GENHEP_E_OPTION: return "GENHEP_E_OPTION";
    case GENHEP_E_SHAPE: return "GENHEP_E_SHAPE";
    case GENHEP_E_STATE: return "GENHEP_E_STATE";
    case GENHEP_E_BUFFER: return "GENHEP_E_BUFFER";
    case GENHEP_E_IO: return "GENHEP_E_IO";
    case GENHEP_E_FORMAT: return "GENHEP_E_FORMAT";
    case GENHEP_E_VERSION: return "GENHEP_E_VERSION";
    case GENHEP_E_NUMERIC: return "GENHEP_E_NUMERIC";
    case GENHEP_E_USER: return "GENHEP_E_USER";
    default: return "GENHEP_E_UNKNOWN";
    }
}
