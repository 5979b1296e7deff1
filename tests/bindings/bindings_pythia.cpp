// bindings_pythia.cpp -- genhep_pythia8.h: the hard process holds the events of the sampler, balanced, from the pairs set.
//   bindings_pythia MODEL      a model of muon pairs
#include <cmath>
#include <cstdio>
#include <cstring>

#include "Pythia8/Pythia.h"
#include <genhep/genhep_pythia8.h>

static int failures;

static void expect(bool good, const char *what, int line)
{
    if (good) return;
    std::fprintf(stderr, "bindings_pythia.cpp:%d: expected %s\n", line, what);
    failures++;
}
#define EXPECT(condition) expect((condition), #condition, __LINE__)

typedef std::shared_ptr<genhep::LHAupGenhep> Source;

static void quiet(Pythia8::Pythia &pythia, const Source &source)
{
    pythia.readString("Print:quiet = on");
    pythia.readString("Beams:frameType = 5");
    pythia.readString("PartonLevel:all = off");
    pythia.setLHAupPtr(source);
}

template <class Action>
static void expect_error(const char *part, Action action, int line)
{
    try {
        action();
        expect(false, part, line);
    } catch (const genhep::Error &error) {
        expect(std::strstr(error.what(), part) != nullptr, part, line);
    }
}
#define EXPECT_ERROR(part, action) expect_error(part, [&] { action; }, __LINE__)

static void mistakes(const char *path)
{
    genhep::LHAupGenhep lone(path);
    EXPECT_ERROR("tau_px", lone.outgoing("tau", 15));
    EXPECT_ERROR("mup", lone.outgoing("mum", 13).resonance(23, {"mum", "mup"}));
    EXPECT_ERROR("positive", lone.incoming(2, -2, 0));
    Pythia8::Pythia first, second;
    Source empty = std::make_shared<genhep::LHAupGenhep>(path), pairless = std::make_shared<genhep::LHAupGenhep>(path);
    quiet(first, empty);
    EXPECT(!first.init() && empty->problem().find("no outgoing") != std::string::npos);
    pairless->outgoing("mum", 13).outgoing("mup", -13);
    quiet(second, pairless);
    EXPECT(second.init() && !second.next() && pairless->problem().find("no pair") != std::string::npos);
}

static void events(const char *path)
{
    genhep::Options options{"seed=11", "sample.stream=2"};
    Source source = std::make_shared<genhep::LHAupGenhep>(path, options);
    source->incoming(2, -2, 3).incoming(-1, 1, 1).outgoing("mum", 13).outgoing("mup", -13).resonance(23, {"mum", "mup"});
    source->cross_section(1500, 2);
    Pythia8::Pythia pythia;
    quiet(pythia, source);
    EXPECT(pythia.init());
    const genhep::Model model = genhep::Model::open(path);
    genhep::Sampler sampler(model, options);
    std::vector<double> event(static_cast<std::size_t>(model.columns()));
    const int n = 2000;
    int up = 0;
    for (int i = 0; i < n && pythia.next(); i++) {
        const Pythia8::Event &hard = pythia.process; // 0 system, 1 2 beams, 3 4 partons, 5 Z, 6 mu-, 7 mu+
        while (sampler.next(event.data()), event[0] + event[4] + std::fabs(event[3] + event[7]) >= 13000) continue;
        EXPECT(hard.size() == 8 && hard[5].id() == 23 && hard[6].id() == 13 && hard[7].id() == -13);
        if (hard.size() != 8) return;
        for (int k = 0; k < 2; k++) {
            const double *p = &event[static_cast<std::size_t>(4 * k)], tolerance = 1e-9 * p[0];
            const Pythia8::Vec4 gap = hard[6 + k].p() - Pythia8::Vec4(p[1], p[2], p[3], p[0]);
            EXPECT(std::fabs(gap.px()) + std::fabs(gap.py()) + std::fabs(gap.pz()) + std::fabs(gap.e()) < tolerance);
        }
        const Pythia8::Vec4 rest = hard[3].p() + hard[4].p() - hard[6].p() - hard[7].p();
        EXPECT(rest.pAbs() + std::fabs(rest.e()) < 1e-9 * hard[5].e());
        EXPECT((hard[3].id() == 2 && hard[4].id() == -2) || (hard[3].id() == -1 && hard[4].id() == 1));
        EXPECT(hard[3].id() > 0 ? hard[3].col() == hard[4].acol() : hard[3].acol() == hard[4].col());
        up += hard[3].id() == 2;
    }
    EXPECT(pythia.info.nAccepted() == n);
    EXPECT(std::fabs(up - 0.75 * n) < 5 * std::sqrt(n * 0.75 * 0.25));
    EXPECT(std::fabs(pythia.info.sigmaGen() - 1.5e-6) < 1e-12); // mb
}

int main(int argc, char **argv)
{
    if (argc != 2) return 2;
    try {
        mistakes(argv[1]);
        events(argv[1]);
    } catch (const std::exception &error) {
        std::fprintf(stderr, "bindings_pythia: %s\n", error.what());
        return 1;
    }
    return failures ? 1 : 0;
}
