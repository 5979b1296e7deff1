/* test_events_lhe.c -- Les Houches events as text and in HDF5, and HepMC3: round trips, colours, mothers, bad input. */
#include <hdf5.h>

#include "event_files.h"
#include "io/particles.h"

#define INIT "<LesHouchesEvents version=\"1.0\">\n<!-- made by\n hand: <init> -->\n<header>\n<event>\n</header>\n" \
             "<init>\n 2212 2212 6.5E+03 6500. 0 0 0 0 3 2\n 1.5 0.3 1 1\n 2.25 0.4 1 2\n</init>\n"
#define IN1 " 21 -1 0 0 101 102 0 0 50 50 0 0 9\n 21 -1 0 0 102 101 0. 0. -50. 50. 0. 0. 9.\n"
#define OUT1 " 13 1 1 2 0 0 30 0 40 50 0 0 9\n -13 1 1 2 0 0 -30 0 -40 50 0 0 9\n"
#define EVENT(weight) "<event>\n 4 1 " weight " 91.2 0.0078 0.118\n" IN1 OUT1 "</event>\n"
#define END "</LesHouchesEvents>\n"

START_TEST(reads)
{
    genhep_dataset *table;
    const char *text = INIT EVENT("1.0")
        "<event npLO=\"1\">\n# comment\n 3 1 1.0 91.2 -1 -1\n" IN1 " 23 1 1 2 0 0 0 0 0 100 1.0E+02 0 9\n"
        "#pdf 21 21 0.1 0.2\n<rwgt>\n<wgt id='1'> 2.0 </wgt>\n</rwgt>\n<scales muf='1'></scales>\n</event>\n" END;
    ck_ok(genhep_dataset_open(put_text("a.lhe", text), NULL, &table));
    ck_assert_int_eq(table->n, 2);
    ck_assert_int_eq(table->d, 28);
    ck_assert_str_eq(table->names[0], "p1_id");
    ck_assert_str_eq(table->names[13], "p2_m");
    ck_assert_str_eq(table->names[26], "p4_E");
    ck_assert_str_eq(table->units[26], "GeV");
    const double third[] = {13, 1, 30, 0, 40, 50, 0}, z[] = {23, 1, 0, 0, 0, 100, 100}, absent[7] = {0};
    ck_assert_mem_eq(table->values + 14, third, sizeof third);
    ck_assert_mem_eq(table->values + 28 + 14, z, sizeof z);
    ck_assert_mem_eq(table->values + 28 + 21, absent, sizeof absent);
    ck_assert_ptr_null(table->weights);
    ck_assert_str_eq(genhep_dataset_attribute(table, "sigma_pb"), "3.75");
    ck_assert_str_eq(genhep_dataset_attribute(table, "sigma_err_pb"), "0.5");
    ck_assert_str_eq(genhep_dataset_attribute(table, "beams"), "2212 2212 6500 6500");
    ck_assert_str_eq(genhep_dataset_attribute(table, "sqrt_s_GeV"), "13000");
    genhep_dataset_free(table);
}
END_TEST

START_TEST(weights_and_selection)
{
    genhep_dataset *table;
    const char *path = put_text("w.lhe", INIT EVENT("1.5") EVENT("-2") EVENT("0.25") EVENT("7") END);
    ck_ok(genhep_dataset_open(path, NULL, &table));
    ck_assert(table->weights && table->weights[1] == -2 && table->weights[2] == 0.25);
    genhep_dataset_free(table);
    genhep_options *options = options_of("data.columns=p4_px,p3_*", "data.offset=1", "data.limit=2", NULL);
    ck_ok(genhep_dataset_open(path, options, &table));
    ck_assert_int_eq(table->n, 2);
    ck_assert_int_eq(table->d, 8);
    ck_assert(table->values[0] == -30 && table->values[1] == 13 && table->weights[0] == -2 &&
              table->weights[1] == 0.25);
    genhep_dataset_free(table);
    ck_ok(genhep_options_set(options, "data.offset", "4"));
    check_open_fails(path, options, GENHEP_E_OPTION, "only 4 events");
    ck_ok(genhep_options_set(options, "data.weights", "p3_px"));
    ck_ok(genhep_options_set(options, "data.offset", "0"));
    check_open_fails(path, options, GENHEP_E_OPTION, "carry their own weights");
    genhep_options_free(options);
    /* equal weights below zero are not dropped */
    ck_ok(genhep_dataset_open(put_text("m.lhe", INIT EVENT("-1") EVENT("-1") END), NULL, &table));
    ck_assert(table->weights && table->weights[0] == -1);
    genhep_dataset_free(table);
}
END_TEST

START_TEST(bad_lhe)
{
    static const struct {
        const char *text, *part;
    } bad[] = {
        {INIT END, "no events"},
        {INIT EVENT("1"), "</LesHouchesEvents> is missing"},
        {INIT "<event>\n 5 1 1 9 1 1\n" IN1 OUT1 "</event>\n" END, "line 18: '</event>' instead of a particle"},
        {INIT "<event>\n 3 1 1 9 1 1\n" IN1 OUT1 "</event>\n" END, "line 17: the event has more than its 3 particles"},
        {INIT "<event>\n 4 1 1 9 1 1\n" IN1, "truncated event"},
        {INIT "<event>\n 4 1 1 9 1 1\n" IN1 OUT1, "the event is not closed"},
        {INIT "<event>\n 4 1 1 9 1 1\n" IN1 OUT1 EVENT("1") END, "the event is not closed"},
        {INIT "<event>\n 4 1 x 9 1 1\n" IN1 OUT1 "</event>\n" END, "line 13: 'x' in the first line of an event"},
        {INIT "<event>\n 4 1 nan 9 1 1\n" IN1 OUT1 "</event>\n" END, "line 13: 'nan' in the first line"},
        {INIT "<event>\n 0 1 1 9 1 1\n</event>\n" END, "an event of 0 particles"},
        {INIT "<event>\n 1e9 1 1 9 1 1\n</event>\n" END, "an event of 1e+09 particles"},
        {INIT "<event>\n 4 1 1 9 1\n" IN1 OUT1 "</event>\n" END, "5 numbers in the first line of an event, expected 6"},
        {INIT "<event>\n 1 1 1 9 1 1\n 13 1 1 2 0 0 3 4 5 6 7 0\n</event>\n" END,
         "12 numbers in a particle, expected 13"},
        {INIT "<event>\n 1 1 1 9 1 1\n 13 1 1 2 0 0 3 4 5 6Q 7 0 9\n</event>\n" END, "'6Q' in a particle"},
        {INIT "<event>\n 1 1 1 9 1 1\n 1.5 1 1 2 0 0 3 4 5 6 7 0 9\n</event>\n" END, "code 1.5"},
        {INIT "</event>\n" END, "outside of an event"},
        {"<LesHouchesEvents version=\"1.0\">\n" EVENT("1") END, "no <init>"},
        {"<LesHouchesEvents version=\"1.0\">\n<init>\n 1 2 3\n", "3 numbers in the first line of <init>, expected 10"},
        {"<LesHouchesEvents version=\"1.0\">\n<init>\n 1 2 3 4 0 0 0 0 3 2\n 1 1 1 1\n</init>\n" END,
         "has 1 processes, expected 2"},
        {"<LesHouchesEvents version=\"1.0\">\n<init>\n 1 2 3 4 0 0 0 0 3 1\n 1 1 1 1\n", "<init> is not closed"},
        {"<LesHouchesEvents version=\"1.0\">\n<!-- open\n", "a comment is not closed"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        check_open_fails(put_text("bad.lhe", bad[i].text), NULL, GENHEP_E_FORMAT, bad[i].part);
}
END_TEST

/* Cut anywhere: a status. */
START_TEST(truncations)
{
    const char *text = INIT EVENT("1") EVENT("2") END;
    genhep_dataset *table;
    for (size_t cut = strlen(text) - strlen(END); cut > 0; cut -= 3)
        ck_assert_int_eq(genhep_dataset_open(put_bytes("cut.lhe", text, cut), NULL, &table), GENHEP_E_FORMAT);
}
END_TEST

/* Z -> mu mu and a jet, unbalanced on purpose in nothing: momenta of four massless particles. */
static genhep_dataset *muon_table(int64_t n, int weighted, int storage)
{
    static const char *const names[] = {"mum_E", "mum_px", "mum_py", "mum_pz", "mup_E", "mup_px", "mup_py", "mup_pz"};
    double *v = calloc((size_t)n * 8, sizeof *v), *w = calloc((size_t)n, sizeof *w);
    for (int64_t i = 0; i < n; i++) {
        double *r = v + 8 * i, m = 0.10566;
        for (int k = 0; k < 3; k++) {
            r[1 + k] = 40 * sin(3.0 * (double)i + k + 1);
            r[5 + k] = k < 2 ? -r[1 + k] : 60 * cos((double)i);
        }
        if (storage == GENHEP_FLOAT32)
            for (int k = 0; k < 8; k++) r[k] = (float)r[k];
        r[0] = sqrt(r[1] * r[1] + r[2] * r[2] + r[3] * r[3] + m * m);
        r[4] = sqrt(r[5] * r[5] + r[6] * r[6] + r[7] * r[7] + m * m);
        if (storage == GENHEP_FLOAT32) r[0] = (float)r[0], r[4] = (float)r[4];
        w[i] = i % 3 == 1 ? -0.5 - (double)i : 1.25 + (double)i;
    }
    genhep_dataset *table;
    ck_ok(genhep_dataset_from_arrays(NULL, n, 8, names, NULL, v, 8, weighted ? w : NULL, &table));
    table->storage = storage;
    ck_ok(genhep_dataset_set_attribute(table, "sigma_pb", "1432.162291"));
    ck_ok(genhep_dataset_set_attribute(table, "sqrt_s_GeV", "8000"));
    free(v);
    free(w);
    return table;
}

static double column_of(const genhep_dataset *t, int64_t row, const char *name)
{
    int64_t j = gh_dataset_find(t, name);
    ck_assert_msg(j >= 0, "no column %s", name);
    return t->values[row * t->d + j];
}

static void check_muon_records(const genhep_dataset *table, const genhep_dataset *back)
{
    ck_assert_int_eq(back->n, table->n);
    ck_assert_int_eq(back->d, 28);
    ck_assert_str_eq(genhep_dataset_attribute(back, "sigma_pb"), "1432.162291");
    ck_assert_str_eq(genhep_dataset_attribute(back, "beams"), "2212 2212 4000 4000");
    for (int64_t i = 0; i < table->n; i++) {
        static const char *const part[] = {"px", "py", "pz", "E"};
        double sum[4] = {0};
        ck_assert(column_of(back, i, "p1_id") == 21 && column_of(back, i, "p2_status") == -1);
        ck_assert(column_of(back, i, "p3_id") == 13 && column_of(back, i, "p4_id") == -13);
        ck_assert(column_of(back, i, "p3_px") == column_of(table, i, "mum_px"));
        ck_assert(column_of(back, i, "p4_pz") == column_of(table, i, "mup_pz"));
        ck_assert_double_eq_tol(column_of(back, i, "p3_E"), column_of(table, i, "mum_E"), 1e-5);
        for (int k = 1; k <= 4; k++) {
            double p[4], m;
            char name[16];
            for (int c = 0; c < 4; c++) {
                snprintf(name, sizeof name, "p%d_%s", k, part[c]);
                p[c] = column_of(back, i, name);
                sum[c] += k <= 2 ? p[c] : -p[c];
            }
            snprintf(name, sizeof name, "p%d_m", k);
            m = column_of(back, i, name);
            ck_assert(m == (k <= 2 ? 0 : 0.10566));
            ck_assert_double_eq_tol(p[3], sqrt(p[0] * p[0] + p[1] * p[1] + p[2] * p[2] + m * m), 1e-12 * p[3]);
        }
        for (int c = 0; c < 4; c++) ck_assert_double_eq_tol(sum[c], 0, 1e-12 * 500);
    }
    for (int64_t i = 0; table->weights && i < table->n; i++) ck_assert(back->weights[i] == table->weights[i]);
}

START_TEST(writes_particles)
{
    static const char *const files[] = {"mu.lhe", "mu.lhe.gz", "mu.lheh5"};
    static const int64_t rows[] = {1, 3, 1001};
    for (int f = 0; f < 3; f++)
        for (int k = 0; k < 3; k++)
            for (int variant = 0; variant < 4; variant++) {
                genhep_dataset *table = muon_table(rows[k], variant & 1, variant & 2 ? GENHEP_FLOAT32 : GENHEP_FLOAT64),
                               *back;
                ck_ok(genhep_dataset_write(table, gh_test_path(files[f]), NULL));
                ck_ok(genhep_dataset_open(gh_test_path(files[f]), NULL, &back));
                if (rows[k] == 1 && variant & 1) ck_assert_ptr_null(back->weights); /* one weight above zero */
                else check_muon_records(table, back);
                genhep_dataset_free(back);
                genhep_dataset_free(table);
            }
    size_t size;
    genhep_dataset *table = muon_table(2, 1, GENHEP_FLOAT64);
    ck_ok(genhep_dataset_write(table, gh_test_path("first.lhe"), NULL));
    char *text = take_bytes(gh_test_path("first.lhe"), &size);
    ck_assert(strncmp(text, "<LesHouchesEvents version=\"3.0\">\n", 33) == 0);
    ck_assert_ptr_nonnull(strstr(text, " 2212 2212 4000 4000 0 0 0 0 -4 1\n"));
    free(text);
    for (int i = 0; i < 2; i++) table->weights[i] = i ? -1 : 1;
    ck_ok(genhep_dataset_write(table, gh_test_path("first.lhe"), NULL));
    text = take_bytes(gh_test_path("first.lhe"), &size);
    ck_assert_ptr_nonnull(strstr(text, " 0 0 0 0 -3 1\n"));
    free(text);
    genhep_dataset_free(table);
    check_no_leftovers();
}
END_TEST

/* pT, eta, phi with and without a mass; charge columns; absent objects; options for ids, masses and beams. */
START_TEST(other_columns)
{
    static const char *const names[] = {"mu1_pT", "mu1_eta", "mu1_phi", "mu1_Q",   "x_pT",     "x_eta",    "x_phi",
                                        "x_m",    "lep0_id", "lep0_E",  "lep0_pT", "lep0_eta", "lep0_phi", "HT"};
    const double rows[2][14] = {{30, 0.5, 1, 1, 20, -1, 2, 7, -11, 0, 25, 0, -2, 99},
                                {31, 0.5, 1, -1, 21, 1, 2, 7, 0, 0, 0, 0, 0, 9}};
    double values[2][14];
    genhep_dataset *table, *back;
    memcpy(values, rows, sizeof rows);
    values[0][9] = 25; /* massless within rounding */
    ck_ok(genhep_dataset_from_arrays(NULL, 2, 14, names, NULL, &values[0][0], 14, NULL, &table));
    genhep_options *options = options_of("lhe.incoming=2 -2", "lhe.beams=3500 4000", NULL);
    ck_fails(genhep_dataset_write(table, gh_test_path("o.lhe"), options), GENHEP_E_OPTION,
             "particle 'x'; set lhe.ids = 'x: code'");
    ck_ok(genhep_options_set(options, "lhe.ids", "x: 25, y: 3"));
    ck_fails(genhep_dataset_write(table, gh_test_path("o.lhe"), options), GENHEP_E_OPTION, "no particle 'y'");
    ck_ok(genhep_options_set(options, "lhe.ids", "x: 25"));
    ck_ok(genhep_dataset_write(table, gh_test_path("o.lhe"), options));
    ck_ok(genhep_dataset_open(gh_test_path("o.lhe"), NULL, &back));
    ck_assert_int_eq(back->d, 5 * 7);
    ck_assert(column_of(back, 0, "p1_id") == 2 && column_of(back, 0, "p2_id") == -2);
    ck_assert(column_of(back, 0, "p3_id") == -13 && column_of(back, 1, "p3_id") == 13); /* from the charge */
    ck_assert(column_of(back, 0, "p4_id") == 25 && column_of(back, 0, "p4_m") == 7);
    ck_assert(column_of(back, 0, "p5_id") == -11 && column_of(back, 1, "p5_id") == 0);
    ck_assert_double_eq_tol(column_of(back, 0, "p3_pz"), 30 * sinh(0.5), 1e-12);
    ck_assert_double_eq_tol(column_of(back, 0, "p4_E"), sqrt(pow(20 * cosh(1), 2) + 49), 1e-12);
    ck_assert_str_eq(genhep_dataset_attribute(back, "beams"), "2212 2212 3500 4000");
    genhep_dataset_free(back);
    genhep_dataset_free(table);
    genhep_options_free(options);
}
END_TEST

START_TEST(no_particles)
{
    static const char *const names[] = {"MET", "HT"};
    const double values[] = {1, 2};
    genhep_dataset *table, *none = muon_table(1, 0, GENHEP_FLOAT64), *empty;
    ck_ok(genhep_dataset_from_arrays(NULL, 1, 2, names, NULL, values, 2, NULL, &table));
    ck_fails(genhep_dataset_write(table, gh_test_path("n.lhe"), NULL), GENHEP_E_SHAPE, "has no particle");
    ck_fails(genhep_dataset_write(table, gh_test_path("n.hepmc3"), NULL), GENHEP_E_SHAPE, "has no particle");
    ck_ok(genhep_dataset_slice(none, 0, 0, &empty));
    ck_fails(genhep_dataset_write(empty, gh_test_path("n.lhe"), NULL), GENHEP_E_SHAPE, "has no events");
    none->values[0] = -5;
    ck_fails(genhep_dataset_write(none, gh_test_path("n.lhe"), NULL), GENHEP_E_NUMERIC, "particle 'mum' has energy -5");
    ck_assert_int_ne(access(gh_test_path("n.lhe"), F_OK), 0);
    genhep_dataset_free(table);
    genhep_dataset_free(empty);
    genhep_dataset_free(none);
    check_no_leftovers();
}
END_TEST

/* ---- colours and mothers ---- */

enum { MOST = 16 };

static void make_record(gh_record *record, gh_particle *room, const int *in, const int *out)
{
    const gh_particle blank = {0};
    record->particles = room;
    record->n = 0;
    for (int i = 0; i < 2; i++) room[record->n] = blank, room[record->n].status = -1, room[record->n++].id = in[i];
    for (; *out; out++)
        room[record->n] = blank, room[record->n].status = 1, room[record->n].first = 1, room[record->n++].id = *out;
}

/* Every line has exactly two ends, as colour and anticolour seen from the outgoing side, and no gluon closes on itself.
 */
static void check_lines(const gh_record *record)
{
    for (int64_t i = 0; i < record->n; i++) {
        const gh_particle *p = &record->particles[i];
        int type = gh_pdg_colour(p->id);
        ck_assert_int_eq(p->colour != 0, type == 3 || type == 8);
        ck_assert_int_eq(p->anticolour != 0, type == -3 || type == 8);
        if (p->colour) ck_assert_int_ne(p->colour, p->anticolour);
        for (int end = 0; end < 2; end++) {
            int line = end ? p->anticolour : p->colour, count = 0, balance = 0;
            for (int64_t k = 0; line && k < record->n; k++) {
                const gh_particle *q = &record->particles[k];
                int sign = q->status == -1 ? -1 : 1;
                count += (q->colour == line) + (q->anticolour == line);
                balance += sign * ((q->colour == line) - (q->anticolour == line));
            }
            if (line)
                ck_assert_msg(count == 2 && balance == 0, "line %d has %d ends, balance %d", line, count, balance);
        }
    }
}

START_TEST(colour_lines)
{
    static const struct {
        int in[2], out[8];
    } good[] = {
        {{21, 21}, {13, -13}},          {{21, 21}, {5, 2, -1, -5, 1, -2}}, {{2, -2}, {5, 2, -1, -5, 1, -2}},
        {{2, -2}, {13, -13}},           {{2, 21}, {2, 11, -11}},           {{21, -1}, {-1, 22}},
        {{21, 21}, {21, 21}},           {{21, 21}, {21, 21, 21}},          {{2, 2}, {2, 2}},
        {{2, -2}, {2, -2}},             {{2, 1}, {2, 1, 21}},              {{11, -11}, {1, -1, 21}},
        {{11, -11}, {2, -2}},           {{21, 21}, {1, -1, 2, -2}},        {{2, -2}, {21, 23}},
        {{21, 21}, {6, -6, 21}},        {{2, 21}, {2, 21, 21}},            {{-2, -1}, {-2, -1}},
        {{2, -1}, {1, -1, 24}},         {{11, -11}, {21, 21}},             {{22, 22}, {5, -5, 21}},
        {{21, 22}, {3, -3}},            {{-2, 21}, {-2, 21}},
    };
    gh_particle room[MOST];
    gh_record record;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        make_record(&record, room, good[i].in, good[i].out);
        genhep_status status = gh_colour_flow(&record, 0, "here");
        char message[512];
        genhep_last_error(message, sizeof message);
        ck_assert_msg(status == GENHEP_OK, "case %zu: %s", i, message);
        check_lines(&record);
    }
    static const struct {
        int in[2], out[4];
    } bad[] = {{{21, 21}, {2, 13}},   {{2, -2}, {2, 2}},     {{2, 11}, {13}},
               {{21, 22}, {13, -13}}, {{11, -11}, {21, 22}}, {{21, 21}, {1, 2, 3}}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        make_record(&record, room, bad[i].in, bad[i].out);
        ck_assert_int_eq(gh_colour_flow(&record, 0, "here"), GENHEP_E_OPTION);
    }
    /* the b pair is connected with the gluons, the quarks of each W with each other */
    make_record(&record, room, good[1].in, good[1].out);
    ck_ok(gh_colour_flow(&record, 0, "here"));
    ck_assert_int_eq(room[3].colour, room[4].anticolour);
    ck_assert_int_eq(room[6].colour, room[7].anticolour);
    ck_assert_int_ne(room[2].colour, room[5].anticolour);
}
END_TEST

START_TEST(given_colours)
{
    static const char *const names[] = {"b_E", "b_px", "b_py", "b_pz", "bbar_E", "bbar_px", "bbar_py", "bbar_pz"};
    const double values[] = {50, 30, 0, 40, 50, -30, 0, -40};
    genhep_dataset *table;
    size_t size;
    ck_ok(genhep_dataset_from_arrays(NULL, 1, 8, names, NULL, values, 8, NULL, &table));
    genhep_options *options = options_of("lhe.colours=b: 601 0, bbar: 0 601", NULL);
    ck_ok(genhep_dataset_write(table, gh_test_path("c.lhe"), options));
    char *text = take_bytes(gh_test_path("c.lhe"), &size);
    ck_assert_ptr_nonnull(strstr(text, "\n 5 1 1 2 601 0 "));
    ck_assert_ptr_nonnull(strstr(text, "\n -5 1 1 2 0 601 "));
    ck_assert_ptr_nonnull(strstr(text, "\n 21 -1 0 0 602 603 "));
    ck_assert_ptr_nonnull(strstr(text, "\n 21 -1 0 0 603 602 "));
    free(text);
    ck_ok(genhep_options_set(options, "lhe.colours", "b: 601 0"));
    ck_fails(genhep_dataset_write(table, gh_test_path("c.lhe"), options), GENHEP_E_OPTION,
             "'bbar' is coloured and not listed");
    ck_ok(genhep_options_set(options, "lhe.colours", "b: 601"));
    ck_fails(genhep_dataset_write(table, gh_test_path("c.lhe"), options), GENHEP_E_OPTION, "expected 'name: 501 0'");
    genhep_options_free(options);
    genhep_dataset_free(table);
}
END_TEST

/* t -> b W, W -> q qbar: mothers come back from the momenta, colours pass through the top. */
START_TEST(resonances)
{
    const char *event =
        "<event>\n 8 1 1 200 -1 -1\n 21 -1 0 0 0 0 0 0 200 200 0 0 9\n 21 -1 0 0 0 0 0 0 -200 200 0 0 9\n"
        " 6 2 0 0 0 0 10 20 30 250 0 0 9\n 24 2 0 0 0 0 7 9 11 150 0 0 9\n 5 1 0 0 0 0 3 11 19 100 0 0 9\n"
        " 2 1 0 0 0 0 5 4 1 80 0 0 9\n -1 1 0 0 0 0 2 5 10 70 0 0 9\n -6 1 0 0 0 0 -10 -20 -30 150 0 0 9\n</event>\n";
    char text[4096];
    size_t size;
    genhep_dataset *table;
    snprintf(text, sizeof text, "%s%s%s", INIT, event, END);
    ck_ok(genhep_dataset_open(put_text("res.lhe", text), NULL, &table));
    ck_ok(genhep_dataset_write(table, gh_test_path("again.lhe"), NULL));
    char *again = take_bytes(gh_test_path("again.lhe"), &size);
    ck_assert_ptr_nonnull(strstr(again, "\n 6 2 1 2 501 0 "));
    ck_assert_ptr_nonnull(strstr(again, "\n 24 2 3 0 0 0 "));
    ck_assert_ptr_nonnull(strstr(again, "\n 5 1 3 0 501 0 "));
    ck_assert_ptr_nonnull(strstr(again, "\n 2 1 4 0 503 0 "));
    ck_assert_ptr_nonnull(strstr(again, "\n -1 1 4 0 0 503 "));
    ck_assert_ptr_nonnull(strstr(again, "\n -6 1 1 2 0 502 "));
    free(again);
    /* and as vertices */
    ck_ok(genhep_dataset_write(table, gh_test_path("res.hepmc3"), NULL));
    again = take_bytes(gh_test_path("res.hepmc3"), &size);
    ck_assert_ptr_nonnull(strstr(again, "HepMC::Version 3.02.00\nHepMC::Asciiv3-START_EVENT_LISTING\n"));
    ck_assert_ptr_nonnull(strstr(again, "\nE 0 3 8\nU GEV MM\nW 1\n"));
    ck_assert_ptr_nonnull(
        strstr(again, "\nP 2 0 21 0 0 -200 200 0 4\nV -1 0 [1,2]\nP 3 -1 6 10 20 30 250 0 2\nP 4 3 24 "));
    ck_assert_ptr_nonnull(strstr(again, "\nP 7 4 -1 2 5 10 70 0 1\n"));
    ck_assert_ptr_nonnull(strstr(again, "\nHepMC::Asciiv3-END_EVENT_LISTING\n"));
    check_open_fails(gh_test_path("res.hepmc3"), NULL, GENHEP_E_FORMAT, "HepMC files are written, not read");
    free(again);
    genhep_dataset_free(table);
}
END_TEST

START_TEST(codes)
{
    static const struct {
        const char *name;
        int id;
    } cases[] = {{"mum", 13},    {"mup", -13},   {"em", 11}, {"ep", -11},    {"b", 5},    {"bbar", -5},
                 {"q1", 2},      {"q1barp", -1}, {"q2", 1},  {"q2barp", -2}, {"mu1", 13}, {"mu2", -13},
                 {"gamma", 22},  {"g", 21},      {"lm", 13}, {"lp", -13},    {"j1", 21},  {"part_lm", 13},
                 {"det_j2", 21}, {"jet0", 21},   {"foo", 0}, {"q1x", 0},     {"", 0}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        ck_assert_msg(gh_pdg_of_name(cases[i].name) == cases[i].id, "%s", cases[i].name);
}
END_TEST

/* ---- LHEH5 ---- */

START_TEST(lheh5_layout)
{
    genhep_dataset *table = muon_table(5, 1, GENHEP_FLOAT64);
    const char *path = gh_test_path("layout.lheh5");
    double events[4][10], process[6];
    int version[3];
    hsize_t dims[2];
    table->weights[2] = table->weights[4] = 0; /* events of weight zero are not written */
    ck_ok(genhep_dataset_write(table, path, NULL));
    hid_t file = H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT), set = H5Dopen2(file, "version", H5P_DEFAULT);
    H5Dread(set, H5T_NATIVE_INT, H5S_ALL, H5S_ALL, H5P_DEFAULT, version);
    ck_assert(version[0] == 2 && version[1] == 0 && version[2] == 1);
    H5Dclose(set);
    set = H5Dopen2(file, "procInfo", H5P_DEFAULT);
    H5Dread(set, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, process);
    ck_assert(process[0] == 1 && process[1] == 4 && process[2] == -1 && process[3] == 1432.162291);
    H5Dclose(set);
    set = H5Dopen2(file, "events", H5P_DEFAULT);
    hid_t space = H5Dget_space(set);
    H5Sget_simple_extent_dims(space, dims, NULL);
    ck_assert(dims[0] == 3 && dims[1] == 10);
    H5Dread(set, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, events);
    for (int i = 0; i < 3; i++) ck_assert(events[i][1] == 4 && events[i][2] == 4 * i);
    ck_assert(events[0][3] == 1 && events[1][3] == 1 && events[2][3] == 3); /* trials of the ones left out */
    ck_assert(events[2][9] == table->weights[3]);
    H5O_info_t info;
    H5Oget_info(set, &info);
    ck_assert_int_eq((int)info.num_attrs, 1);
    ck_assert(H5Aexists(set, "events") > 0);
    H5Sclose(space);
    H5Dclose(set);
    H5Fclose(file);
    for (int i = 0; i < 5; i++) table->weights[i] = 0;
    ck_fails(genhep_dataset_write(table, path, NULL), GENHEP_E_SHAPE, "every event has weight zero");
    genhep_dataset_free(table);
}
END_TEST

/* `start` and `nparticles` that point outside of `particles`. */
START_TEST(lheh5_bad)
{
    static const double heads[][3] = {{1, 4, 9}, {1, -1, 0}, {1, 4, -1}, {1, 2.5, 0}, {1, 1e300, 0}, {1, NAN, 0}};
    genhep_dataset *table = muon_table(3, 0, GENHEP_FLOAT64);
    const char *path = gh_test_path("bad.lheh5");
    for (size_t i = 0; i < sizeof heads / sizeof *heads; i++) {
        double events[3][10];
        ck_ok(genhep_dataset_write(table, path, NULL));
        hid_t file = H5Fopen(path, H5F_ACC_RDWR, H5P_DEFAULT), set = H5Dopen2(file, "events", H5P_DEFAULT);
        H5Dread(set, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, events);
        memcpy(events[1], heads[i], sizeof heads[i]);
        H5Dwrite(set, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, events);
        H5Dclose(set);
        H5Fclose(file);
        check_open_fails(path, NULL, GENHEP_E_FORMAT, "event 1 has");
    }
    genhep_dataset_free(table);
}
END_TEST

GH_TEST_MAIN("events_lhe", reads, weights_and_selection, bad_lhe, truncations, writes_particles, other_columns,
             no_particles, colour_lines, given_colours, resonances, codes, lheh5_layout, lheh5_bad)
