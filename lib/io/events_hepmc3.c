/* events_hepmc3.c -- HepMC3 ASCII, written only: the incoming partons (status 4) meet in one vertex, resonances decay
 * in vertices of their own, outgoing particles have status 1. GeV and mm. */
#include <string.h>

#include "io/events.h"
#include "io/particles.h"
#include "io/writer.h"

static void put_int(gh_sink *sink, int64_t value)
{
    gh_sink_put(sink, " ", 1);
    gh_sink_int(sink, value);
}

static void put_real(gh_sink *sink, double value)
{
    gh_sink_put(sink, " ", 1);
    gh_sink_exact(sink, value, 0);
}

/* P <number> <production> <code> <px> <py> <pz> <e> <m> <status>; production is a particle, a vertex (below 0) or 0 */
static void write_particle(gh_sink *sink, const gh_particle *p, int64_t number, int64_t production)
{
    gh_sink_put(sink, "P", 1);
    put_int(sink, number);
    put_int(sink, production);
    put_int(sink, p->id);
    put_real(sink, p->px);
    put_real(sink, p->py);
    put_real(sink, p->pz);
    put_real(sink, p->e);
    put_real(sink, p->m);
    put_int(sink, p->status == -1 ? 4 : p->status);
    gh_sink_put(sink, "\n", 1);
}

static int has_daughters(const gh_record *r, int64_t i)
{
    for (int64_t j = 0; j < r->n; j++)
        if (r->particles[j].status != -1 && r->particles[j].first == i + 1 && r->particles[i].status == 2) return 1;
    return 0;
}

static void write_event(gh_sink *sink, const gh_record_plan *plan, const gh_record *r, int64_t event)
{
    int64_t vertices = 1, incoming = 0;
    for (int64_t i = 0; i < r->n; i++) {
        vertices += has_daughters(r, i);
        incoming += r->particles[i].status == -1;
    }
    gh_sink_put(sink, "E", 1);
    put_int(sink, event);
    put_int(sink, vertices);
    put_int(sink, r->n);
    gh_sink_text(sink, "\nU GEV MM\nW");
    put_real(sink, r->weight);
    gh_sink_text(sink, "\nA 0 GenCrossSection");
    put_real(sink, plan->sigma);
    put_real(sink, plan->sigma_error);
    gh_sink_text(sink, " -1 -1\nA 0 event_scale");
    put_real(sink, r->scale);
    gh_sink_put(sink, "\n", 1);
    /* a vertex with one incoming particle has no line of its own: its products name that particle */
    int64_t numbers = 0, listed = 0, first_incoming = 0;
    for (int64_t i = 0; i < r->n; i++) {
        const gh_particle *p = &r->particles[i];
        if (p->status != -1) {
            if (!listed && incoming > 1) {
                gh_sink_text(sink, "V -1 0 [");
                for (int64_t k = 1; k <= incoming; k++) {
                    if (k > 1) gh_sink_put(sink, ",", 1);
                    gh_sink_int(sink, k);
                }
                gh_sink_text(sink, "]\n");
            }
            listed = 1;
        } else if (!first_incoming) {
            first_incoming = i + 1;
        }
        const gh_particle *mother = p->first ? &r->particles[p->first - 1] : NULL;
        int64_t hard = incoming > 1 ? -1 : first_incoming;
        write_particle(sink, p, ++numbers, p->status == -1 ? 0 : mother && mother->status == 2 ? p->first : hard);
    }
}

/* Incoming particles must come first, since particles are numbered in the order of their lines. */
static gh_status check_order(const gh_record *r, const char *path, int64_t row)
{
    int outgoing = 0;
    for (int64_t i = 0; i < r->n; i++) {
        if (r->particles[i].status != -1) outgoing = 1;
        else if (outgoing)
            GH_FAIL(GENHEP_E_SHAPE, "%s: row %lld: an incoming particle follows outgoing ones", path, (long long)row);
    }
    if (!outgoing || r->particles[0].status != -1)
        GH_FAIL(GENHEP_E_SHAPE, "%s: row %lld: no incoming or no outgoing particle", path, (long long)row);
    return GENHEP_OK;
}

typedef struct hepmc3_writer {
    gh_record_plan plan;
    gh_sink sink;
} hepmc3_writer;

static gh_status open_hepmc3(genhep_writer *w)
{
    hepmc3_writer *f = w->format_state;
    GH_TRY(gh_record_plan_make(w, &f->plan));
    return gh_sink_open(&w->hooks, w->path, w->compress, &f->sink);
}

static gh_status start_hepmc3(genhep_writer *w)
{
    hepmc3_writer *f = w->format_state;
    GH_TRY(gh_record_plan_totals(&f->plan));
    gh_sink_text(&f->sink, "HepMC::Version 3.02.00\nHepMC::Asciiv3-START_EVENT_LISTING\nT genhep\\|" GENHEP_VERSION
                           "\\|events of a trained model\n");
    return f->sink.status;
}

static gh_status rows_hepmc3(genhep_writer *w, int64_t n, const double *values, const double *weights)
{
    hepmc3_writer *f = w->format_state;
    gh_record *record = &f->plan.record;
    for (int64_t i = 0; i < n && !f->sink.status; i++) {
        GH_TRY(gh_record_fill(&f->plan, w->n + i, values + i * w->schema->d, weights ? weights[i] : 1, record));
        GH_TRY(check_order(record, w->path, w->n + i));
        write_event(&f->sink, &f->plan, record, w->n + i);
    }
    return f->sink.status;
}

static gh_status end_hepmc3(genhep_writer *w)
{
    hepmc3_writer *f = w->format_state;
    GH_TRY(gh_record_plan_end(&f->plan));
    gh_sink_text(&f->sink, "HepMC::Asciiv3-END_EVENT_LISTING\n\n");
    return gh_sink_close(&f->sink, GENHEP_OK);
}

static void abandon_hepmc3(genhep_writer *w)
{
    hepmc3_writer *f = w->format_state;
    gh_sink_close(&f->sink, GENHEP_E_IO);
    gh_record_plan_free(&f->plan);
}

/* the cross section stands with every event, the first one too */
const gh_format gh_format_hepmc3 = {sizeof(hepmc3_writer), "beams sqrt_s_GeV sigma_pb sigma_err_pb", open_hepmc3, start_hepmc3, rows_hepmc3,
                                    end_hepmc3, abandon_hepmc3};
