/* watch.h -- is adversarial training still sound? Said in the log, each thing once until it has passed. */
#ifndef GH_WATCH_H
#define GH_WATCH_H

#include "loss/adversarial.h"
#include "train/trainer.h"

enum { GH_WATCH_ROWS = 4096 }; /* generated rows that are looked at */

/** Compare the spread of n generated rows (n,P) with that of n_truth true ones, and the discriminators' mean loss with its
 * equilibrium: one line in the log for a coordinate that has collapsed or a discriminator that has won. *warned: bits,
 * what has been said. GENHEP_E_NUMERIC when the generator has diverged. Too few true rows are not looked at. */
gh_status gh_watch_rows(const genhep_trainer *t, enum gh_gan_loss loss, int64_t n_truth, const gh_real *truth, int64_t n,
                        const gh_real *rows, int64_t *warned);

#endif
