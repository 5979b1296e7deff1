/* options.h -- the option handle and its table (options.def). Public: include/genhep/options.h. */
#ifndef GH_OPTIONS_H
#define GH_OPTIONS_H

#include "base/memory.h"

/** Typed look-up of a key that is known to exist; the library asks only for keys of its own table. NULL options: defaults. */
int64_t gh_option_int(const genhep_options *options, const char *key);
double gh_option_real(const genhep_options *options, const char *key);
const char *gh_option_text(const genhep_options *options, const char *key); /* valid until the key is set again */
int gh_option_is(const genhep_options *options, const char *key, const char *word);
int gh_option_is_set(const genhep_options *options, const char *key);

/** All keys that were set, as a card ("key = value" lines); for the model file. Free the text with gh_text_free. */
struct gh_text;
void gh_options_to_card(const genhep_options *options, struct gh_text *text);
gh_status gh_options_from_card(genhep_options *options, const char *card, const char *where);

/** New options: those of `base` overlaid by those set in `over`; either may be NULL. Hooks from `over`, else `base`. */
gh_status gh_options_merge(const genhep_options *base, const genhep_options *over, genhep_options **merged);

#endif
