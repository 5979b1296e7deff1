/* schedule.c -- learning-rate schedules, t = share of the steps done behind the warm-up
 *   constant      lr
 *   cosine        lr (f + (1-f) (1 + cos(pi t)) / 2), f = train.final_lr
 *   one_cycle     rises as a cosine from lr/25 to lr over the warm-up share, then cosine to f lr (Smith 1708.07120)
 *   inverse_time  lr / (1 + decay epoch), a staircase
 *   staged        lr / 2^stage; SGD stages also / (1 + decay steps_in_stage) (1901.00875)
 *   plateau       lr times train.plateau_factor for every time the validation loss stalled
 * The warm-up (constant, cosine) rises linearly from 0. Tests: tests/unit/test_schedule.c. */
#include "train/schedule.h"

#include <math.h>
#include <string.h>

#include "base/text.h"

enum { CONSTANT, COSINE, ONE_CYCLE, INVERSE_TIME, STAGED, PLATEAU };

static gh_optimiser optimiser_of(const char *name)
{
    return strcmp(name, "sgd") == 0 ? GH_SGD : strcmp(name, "adamw") == 0 ? GH_ADAMW : GH_ADAM;
}

/* 'adam 240, sgd 120': optimiser and epochs of each stage. */
static gh_status read_stages(const char *text, int64_t steps_per_epoch, gh_schedule *schedule)
{
    int64_t end = 0;
    for (const char *c = text; *c;) {
        const char *stop = strchr(c, ','), *begin = c, *finish = stop ? stop : c + strlen(c);
        gh_trim(&begin, &finish);
        char word[32] = "";
        size_t length = strcspn(begin, " \t");
        if (length > (size_t)(finish - begin)) length = (size_t)(finish - begin);
        if (length < sizeof word) memcpy(word, begin, length), word[length] = '\0';
        const char *number_end, *number = begin + length;
        while (number < finish && (*number == ' ' || *number == '\t')) number++;
        double epochs = gh_parse_real(number, &number_end);
        int known = strcmp(word, "adam") == 0 || strcmp(word, "adamw") == 0 || strcmp(word, "sgd") == 0;
        if (!known || number == number_end || number_end != finish || epochs < 1 || epochs > 1e9 || epochs != floor(epochs))
            GH_FAIL(GENHEP_E_OPTION, "option 'train.stages': found '%.*s', expected an optimiser (adam, adamw, sgd) and whole epochs, "
                    "as in 'adam 240'", (int)(finish - begin), begin);
        if (schedule->n_stages == GH_MAX_STAGES)
            GH_FAIL(GENHEP_E_OPTION, "option 'train.stages': more than %d stages", GH_MAX_STAGES);
        end += (int64_t)epochs * steps_per_epoch;
        schedule->stage_optimiser[schedule->n_stages] = optimiser_of(word);
        schedule->stage_end[schedule->n_stages++] = end;
        if (!stop) break;
        c = stop + 1;
    }
    if (schedule->n_stages == 0) GH_FAIL(GENHEP_E_OPTION, "option 'train.stages' is empty, needed by train.schedule = staged");
    schedule->steps = end;
    return GENHEP_OK;
}

gh_status gh_schedule_read(const genhep_options *options, int64_t steps_per_epoch, gh_schedule *schedule)
{
    static const char *const kinds[] = {"constant", "cosine", "one_cycle", "inverse_time", "staged", "plateau"};
    memset(schedule, 0, sizeof *schedule);
    for (int i = 0; i < 6; i++)
        if (gh_option_is(options, "train.schedule", kinds[i])) schedule->kind = i;
    schedule->plateau = schedule->kind == PLATEAU;
    schedule->lr = gh_option_real(options, "train.lr");
    schedule->warmup = gh_option_real(options, "train.warmup");
    schedule->final_lr = gh_option_real(options, "train.final_lr");
    schedule->decay = gh_option_real(options, "train.decay");
    schedule->optimiser = optimiser_of(gh_option_text(options, "train.optimiser"));
    schedule->steps_per_epoch = steps_per_epoch;
    int64_t epochs = gh_option_int(options, "train.epochs");
    schedule->steps = epochs > 0 ? epochs * steps_per_epoch : gh_option_int(options, "train.steps");
    if (schedule->kind == STAGED) GH_TRY(read_stages(gh_option_text(options, "train.stages"), steps_per_epoch, schedule));
    return GENHEP_OK;
}

int gh_schedule_stage(const gh_schedule *schedule, int64_t step)
{
    int stage = 0;
    while (stage + 1 < schedule->n_stages && step >= schedule->stage_end[stage]) stage++;
    return stage;
}

gh_optimiser gh_schedule_optimiser(const gh_schedule *schedule, int64_t step)
{
    return schedule->kind == STAGED ? schedule->stage_optimiser[gh_schedule_stage(schedule, step)] : schedule->optimiser;
}

double gh_schedule_rate(const gh_schedule *schedule, int64_t step, double plateau_factor)
{
    const double pi = 3.14159265358979323846;
    double warm = schedule->warmup * (double)schedule->steps, left = (double)schedule->steps - warm;
    double t = left > 0 ? ((double)step - warm) / left : 1, f = schedule->final_lr;
    if (t > 1) t = 1;
    switch (schedule->kind) {
    case COSINE:
        if ((double)step < warm) return schedule->lr * (double)(step + 1) / (warm + 1);
        return schedule->lr * (f + (1 - f) * 0.5 * (1 + cos(pi * t)));
    case ONE_CYCLE:
        if ((double)step < warm) return schedule->lr * (0.04 + 0.96 * 0.5 * (1 - cos(pi * (double)step / warm)));
        return schedule->lr * (f + (1 - f) * 0.5 * (1 + cos(pi * t)));
    case INVERSE_TIME: return schedule->lr / (1 + schedule->decay * (double)(step / schedule->steps_per_epoch));
    case STAGED: {
        int stage = gh_schedule_stage(schedule, step);
        double rate = ldexp(schedule->lr, -stage);
        int64_t start = stage ? schedule->stage_end[stage - 1] : 0;
        return schedule->stage_optimiser[stage] == GH_SGD ? rate / (1 + schedule->decay * (double)(step - start)) : rate;
    }
    case PLATEAU: return schedule->lr * plateau_factor;
    default: return (double)step < warm ? schedule->lr * (double)(step + 1) / (warm + 1) : schedule->lr;
    }
}
