// bindings_cpp.cpp -- genhep.hpp: ownership, exceptions, and the same bits as the C calls underneath.
//   bindings_cpp EVENTS FOLDER      a table of muon pairs; a folder for what is written
#include <cmath>
#include <cstdio>
#include <cstring>
#include <type_traits>

#include <genhep/genhep.hpp>

static int failures;

static void expect(bool good, const char *what, int line)
{
    if (good) return;
    std::fprintf(stderr, "bindings_cpp.cpp:%d: expected %s\n", line, what);
    failures++;
}
#define EXPECT(condition) expect((condition), #condition, __LINE__)

template <class Action>
static void expect_error(genhep_status status, const char *part, Action action, int line)
{
    try {
        action();
        expect(false, part, line);
    } catch (const genhep::Error &error) {
        if (error.status() != status || !std::strstr(error.what(), part))
            std::fprintf(stderr, "found %s: %s\n", error.name(), error.what());
        expect(error.status() == status && std::strstr(error.what(), part), part, line);
    }
}
#define EXPECT_ERROR(status, part, action) expect_error(status, part, [&] { action; }, __LINE__)

static_assert(!std::is_copy_constructible<genhep::Model>::value, "one owner");
static_assert(!std::is_copy_assignable<genhep::Model>::value, "one owner");
static_assert(!std::is_constructible<genhep::Sampler, genhep::Model>::value, "a temporary is gone too soon");
static_assert(std::is_nothrow_move_constructible<genhep::Sampler>::value, "moves");
static_assert(std::is_nothrow_move_assignable<genhep::Options>::value, "moves");

static void options()
{
    genhep::Options o{"train.lr = 0.25", "seed=9"};
    o.set("model.family", "vae").set("train.steps", 12).set("latent.gamma", 0.5);
    EXPECT(o.real("train.lr") == 0.25 && o.integer("seed") == 9 && o.text("model.family") == "vae");
    EXPECT(o.is_set("seed") && !o.is_set("train.batch"));
    genhep::Options other = o.copy(), moved = std::move(o);
    other.set("seed", int64_t(10));
    EXPECT(!o.get() && moved.integer("seed") == 9 && other.integer("seed") == 10);
    moved = std::move(other);
    EXPECT(moved.integer("seed") == 10 && !other.get());
    EXPECT_ERROR(GENHEP_E_OPTION, "train.lr", moved.set("tran.lr", 1.0));
    EXPECT_ERROR(GENHEP_E_OPTION, "train.batch", moved.set("train.batch", 0));
    EXPECT_ERROR(GENHEP_E_IO, "nothing.card", genhep::Options::from_card("nothing.card"));
    EXPECT(genhep::option_table().size() == static_cast<std::size_t>(genhep_option_count()));
    EXPECT(genhep::version() == GENHEP_VERSION);
}

static void datasets(const std::string &folder)
{
    const std::vector<double> values = {1, 2.5, -3, 4, 5e10, 0.125};
    genhep::Dataset table = genhep::Dataset::from_arrays({"a", "b"}, values, {1, -2, 0.5});
    EXPECT(table.events() == 3 && table.columns() == 2 && table.names()[1] == "b" && table.values() == values);
    EXPECT(table.weights()[1] == -2);
    table.set_attribute("process", "toy");
    EXPECT(table.attribute("process") == "toy" && !table.has_attribute("other"));
    genhep::Options full{"data.storage=float64"};
    table.write(folder + "/table.h5", full);
    const std::vector<double> rest(values.begin() + 2, values.end());
    EXPECT(genhep::Dataset::open(folder + "/table.h5").slice(1, 2).values() == rest);
    EXPECT(table.shuffle(3).events() == 3);
    EXPECT_ERROR(GENHEP_E_SHAPE, "5 values", genhep::Dataset::from_arrays({"a", "b"}, {1, 2, 3, 4, 5}));
    EXPECT_ERROR(GENHEP_E_NUMERIC, "", genhep::Dataset::from_arrays({"a"}, {NAN}));
}

static genhep::Model train(const genhep::Dataset &events, const std::string &folder)
{
    genhep::Options o{"prep = tree, quantile", "prep.tree = Z: mum mup", "data.masses = mum: 0.10566, mup: 0.10566",
                      "train.steps=60", "train.batch=256", "encoder.units=16", "decoder.units=16", "train.figure=loss"};
    genhep::Model start = genhep::Model::create(o, events);
    genhep::Trainer whole(start, events, o), stopped(start, events, o), thrower(start, events);
    int64_t calls = 0;
    whole.run("", [&](const genhep_progress &) { return ++calls < 0; });
    EXPECT(calls > 0 && whole.progress().finished && whole.progress().step == 60);
    EXPECT_ERROR(GENHEP_E_USER, "", stopped.run("", [](const genhep_progress &) { return true; }));
    EXPECT(stopped.progress().step < 60);
    stopped.save(folder + "/cpp.ckpt");
    genhep::Trainer resumed = genhep::Trainer::resume(folder + "/cpp.ckpt", {&events}, o);
    resumed.run();
    const genhep::Model last = whole.model(GENHEP_LAST), continued = resumed.model(GENHEP_LAST);
    EXPECT(genhep::Sampler(last).draw(50) == genhep::Sampler(continued).draw(50));
    bool caught = false;
    try {
        thrower.run("", [](const genhep_progress &) -> bool { throw std::out_of_range("mine"); });
    } catch (const std::out_of_range &) {
        caught = true;
    }
    EXPECT(caught);
    return whole.model();
}

static void samples(const genhep::Model &model)
{
    genhep::Options o{"seed=5", "sample.stream=3"};
    genhep::Sampler sampler(model, o);
    const std::vector<double> all = sampler.draw(700);
    const std::size_t d = static_cast<std::size_t>(model.columns());
    EXPECT(all.size() == 700 * d && sampler.tell() == 700);
    sampler.seek(0);
    std::vector<double> event(d);
    double weight = 0;
    bool same = true;
    for (std::size_t i = 0; i < 300; i++) {
        i % 2 ? sampler.next(event.data()) : sampler.next(event.data(), &weight);
        same = same && std::memcmp(event.data(), &all[i * d], d * sizeof(double)) == 0;
    }
    EXPECT(same && weight == 1);
    sampler.seek(0);
    EXPECT(std::fabs(double(sampler.draw_float(1)[0]) - all[0]) <= 1e-6 * std::fabs(all[0]));
    EXPECT(sampler.draw(0).empty());
    EXPECT_ERROR(GENHEP_E_ARG, "-1", sampler.draw(-1));

    struct Counter {
        int64_t at;
        double operator()() { return genhep::random_uniform(1, 0, at++, 1)[0]; }
    } counter = {0};
    sampler.set_uniform(counter);
    const std::vector<double> host = sampler.draw(10);
    EXPECT(counter.at > 0);
    EXPECT_ERROR(GENHEP_E_STATE, "", sampler.seek(0));
    counter.at = 0;
    genhep::Sampler second(model, o), moved = std::move(second);
    moved.set_uniform(counter);
    EXPECT(moved.draw(10) == host && !second.get());
    moved.reset_uniform();
    moved.seek(0);
    EXPECT(moved.draw(700) == all);
}

/* Drawn and written as they come: the same file as from a table in one piece. */
static void writers(const genhep::Model &model, const std::string &folder)
{
    genhep::Options o{"seed=5", "data.storage=float64"};
    genhep::Sampler sampler(model, o);
    genhep::Writer writer(model, folder + "/pieces.h5", true, o);
    std::vector<double> event(static_cast<std::size_t>(model.columns()));
    for (int i = 0; i < 100; i++) {
        const double weight = i % 3 - 0.5;
        sampler.next(event.data());
        writer.append(1, event.data(), &weight);
    }
    writer.append(sampler.draw(50));
    writer.append(sampler.draw_float(3));
    EXPECT(writer.events() == 153);
    EXPECT_ERROR(GENHEP_E_SHAPE, "7 numbers", writer.append(std::vector<double>(7)));
    writer.set_attribute("sigma_pb", "2.5");
    writer.close();
    EXPECT_ERROR(GENHEP_E_STATE, "closed", writer.close());
    const genhep::Dataset back = genhep::Dataset::open(folder + "/pieces.h5");
    std::vector<double> values = back.values(), drawn = genhep::Sampler(model, o).draw(150);
    values.resize(drawn.size());
    EXPECT(values == drawn && back.weights()[2] == 1.5 && back.weights()[120] == 1);
    EXPECT(back.attribute("sigma_pb") == "2.5" && back.attribute("process") == "zll" && back.names() == model.names());
    genhep::Writer(back, folder + "/given_up.h5").append(drawn);
    EXPECT_ERROR(GENHEP_E_IO, "given_up.h5", genhep::Dataset::open(folder + "/given_up.h5"));
    EXPECT_ERROR(GENHEP_E_ARG, "tells no format", genhep::Writer(model, folder + "/pieces"));
}

static void latents(const genhep::Model &model, const std::string &folder)
{
    const std::vector<double> events = genhep::Sampler(model).draw(40);
    const auto encoded = model.encode(events);
    EXPECT(encoded.first.size() == 40 * std::size_t(model.latents()) && encoded.second[0] > 0);
    EXPECT(model.decode(encoded.first).size() == events.size());
    EXPECT(model.log_density(events).size() == 40);
    EXPECT(model.log_density(events, genhep::Options{"density.samples=4"}).size() == 40);
    EXPECT_ERROR(GENHEP_E_SHAPE, "7 numbers", model.encode(std::vector<double>(7)));
    EXPECT(model.info().find("\"bvae\"") != std::string::npos && model.attribute("process") == "zll");
    EXPECT(model.column(0).name == "mum_E" && model.column(0).unit == "GeV" && model.names().size() == 8);
    model.verify();
    model.save(folder + "/cpp.h5");
    const genhep::Model opened = genhep::Model::open(folder + "/cpp.h5");
    EXPECT(genhep::Sampler(opened).draw(40) == events);
    EXPECT_ERROR(GENHEP_E_IO, "missing.h5", genhep::Model::open("missing.h5"));
    EXPECT_ERROR(GENHEP_E_FORMAT, "", genhep::Model::open_memory("not a model", 11));
}

static void conditions(const genhep::Dataset &events)
{
    genhep::Options o{"data.condition=mup_*", "prep=standardise", "data.masses=free", "train.steps=20", "train.figure=loss"};
    genhep::Trainer trainer(genhep::Model::create(o, events), events, o);
    trainer.run();
    const genhep::Model model = trainer.model(GENHEP_BEST);
    EXPECT(model.columns() == 8 && model.conditions() == 4 && model.condition(1).name == "mup_px");
    EXPECT_ERROR(GENHEP_E_ARG, "4 of 4", model.condition(4));
    std::vector<double> cond(300 * 4), drawn(300 * 8), one(8);
    for (std::size_t i = 0; i < cond.size(); i++) cond[i] = double(i % 17) + 1;
    genhep::Sampler sampler(model);
    sampler.draw(300, drawn.data(), cond.data());
    bool same = true;
    sampler.seek(0);
    for (std::size_t i = 0; i < 300; i++) {
        same = same && std::memcmp(&drawn[8 * i + 4], &cond[4 * i], 4 * sizeof(double)) == 0;
        if (i >= 40) continue;
        sampler.next(one.data(), nullptr, &cond[4 * i]);
        same = same && std::memcmp(one.data(), &drawn[8 * i], 8 * sizeof(double)) == 0;
    }
    EXPECT(same);
    EXPECT_ERROR(GENHEP_E_SHAPE, "no conditions", sampler.draw(3));
    std::vector<double> back(drawn);
    model.decode(model.encode(drawn).first, back);
    EXPECT(std::memcmp(&back[4], &cond[0], 4 * sizeof(double)) == 0 && back[0] != drawn[0]);
}

static void evaluations(const genhep::Model &model, const genhep::Dataset &truth)
{
    genhep::Dataset generated = genhep::Dataset::from_arrays(model.names(), genhep::Sampler(model).draw(3000));
    genhep::Options o{"evaluate.auc=off"};
    genhep::Evaluation evaluation(truth, generated, "zmumu", o);
    EXPECT(evaluation.json()[0] == '{' && std::isfinite(evaluation.figure("chi2_ndf_median")));
    EXPECT(evaluation.observables() > 3 && evaluation.observable(0).bins > 0);
    EXPECT_ERROR(GENHEP_E_ARG, "beauty", evaluation.figure("beauty"));
}

static void integrals(const std::string &folder)
{
    genhep::Options o{"train.steps=100", "integrate.points=4000", "integrate.samples=3"};
    bool broken = false;
    auto square = [&broken](int64_t n, int64_t dim, const double *x, double *values) {
        if (broken) throw std::runtime_error("mine");
        for (int64_t i = 0; i < n; i++) values[i] = 3 * x[i * dim] * x[i * dim];
    };
    genhep::Integrator integrator(2, square, o);
    const genhep_integral found = integrator.run(20000);
    EXPECT(std::fabs(found.integral - 1) < 5 * found.error && found.error > 0 && found.error < 0.01);
    std::vector<double> points, weights;
    integrator.draw(300, points, weights);
    EXPECT(points.size() == 600 && weights.size() == 300 && weights[299] > 0);
    integrator.unweight(300, points, weights);
    EXPECT(weights[0] >= 1);
    integrator.save(folder + "/cpp_integral.h5");
    genhep::Model model = genhep::Model::open(folder + "/cpp_integral.h5");
    genhep::Integrator other(2, square, o);
    other.set_model(model);
    const genhep_integral again = other.run(20000);
    EXPECT(!(again.integral < found.integral) && !(again.integral > found.integral));
    broken = true;
    try {
        integrator.run(100);
        EXPECT(!"an exception");
    } catch (const std::runtime_error &error) {
        EXPECT(std::strcmp(error.what(), "mine") == 0);
    }
    broken = false;
    EXPECT_ERROR(GENHEP_E_ARG, "at least 2", integrator.run(1));
    genhep::Integrator moved = std::move(integrator);
    EXPECT(moved.run(1000).points == 1000);
}

int main(int argc, char **argv)
{
    if (argc != 3) return 2;
    try {
        options();
        datasets(argv[2]);
        genhep::Dataset events = genhep::Dataset::open(argv[1]);
        genhep::Model model = train(events, argv[2]);
        samples(model);
        writers(model, argv[2]);
        latents(model, argv[2]);
        conditions(events);
        evaluations(model, events);
        integrals(argv[2]);
    } catch (const std::exception &error) {
        std::fprintf(stderr, "bindings_cpp: %s\n", error.what());
        return 1;
    }
    return failures ? 1 : 0;
}
