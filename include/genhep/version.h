/* version.h -- library version and symbol visibility.
 * SPDX-License-Identifier: BSD-3-Clause */
#ifndef GENHEP_VERSION_H
#define GENHEP_VERSION_H

#define GENHEP_VERSION_MAJOR 1
#define GENHEP_VERSION_MINOR 0
#define GENHEP_VERSION_PATCH 0
#define GENHEP_VERSION "1.0.0"

#if defined(__GNUC__)
#define GENHEP_API __attribute__((visibility("default")))
#else
#define GENHEP_API
#endif

#ifdef __cplusplus
extern "C" {
#endif

/** Version of the library that runs, "major.minor.patch"; compare with GENHEP_VERSION of the headers.
 * @return static text, never NULL. Any thread. Since 1.0. */
GENHEP_API const char *genhep_version(void);

/** One line that names the BLAS in use and the kernel it chose for this CPU, for benchmark records.
 * @return static text, never NULL. Any thread. Since 1.0. */
GENHEP_API const char *genhep_blas(void);

#ifdef __cplusplus
}
#endif
#endif
