// main_genhep.cc -- Pythia 8.3 showers and hadronises Z -> mu mu events that a model draws.
//   g++ main_genhep.cc -o main_genhep $(pythia8-config --cxxflags --libs) $(pkg-config --cflags --libs genhep)
//   ./main_genhep MODEL.h5 N [pythia]      `pythia`: the model's randomness comes from Pythia's generator
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "Pythia8/Pythia.h"
#include <genhep/genhep_pythia8.h>

// Mass of the hard muon pair, and of the muons that come out of the shower.
static double hard_mass(const Pythia8::Event &process)
{
    for (int i = 0; i < process.size(); i++)
        if (process[i].id() == 23) return process[i].m();
    return 0;
}

static double final_mass(const Pythia8::Event &event)
{
    int muon[2] = {0, 0}; // of either charge, the hardest that is left
    for (int i = 0; i < event.size(); i++)
        if (event[i].isFinal() && event[i].idAbs() == 13) {
            int &best = muon[event[i].id() > 0];
            if (!best || event[i].pT() > event[best].pT()) best = i;
        }
    return (event[muon[0]].p() + event[muon[1]].p()).mCalc();
}

// What the model does not say: which quarks met. Parton densities times the couplings of the Z decide.
class ZFromQuarks : public genhep::LHAupGenhep {
public:
    explicit ZFromQuarks(const char *path) : genhep::LHAupGenhep(path) {}
    Pythia8::PDFPtr proton;

protected:
    std::pair<int, int> flavours(double x1, double x2, double q, double u) override
    {
        const double coupling[] = {0.370, 0.287}; // v^2 + a^2 of down and up quarks
        double sum[10], total = 0;
        for (int i = 0; i < 10; i++) {
            const int id = code(i);
            total += proton->xf(id, x1, q * q) * proton->xf(-id, x2, q * q) * coupling[std::abs(id) % 2 == 0];
            sum[i] = total;
        }
        int i = 0;
        while (i < 9 && !(u * total < sum[i])) i++;
        return std::make_pair(code(i), -code(i));
    }

private:
    static int code(int i) { return i < 5 ? i + 1 : 4 - i; } // 1 .. 5, -1 .. -5
};

static int shower(const char *path, int n, bool pythia_numbers)
{
    Pythia8::Pythia pythia;
    std::shared_ptr<ZFromQuarks> source = std::make_shared<ZFromQuarks>(path);
    source->beams(2212, 6500, 2212, 6500);
    source->outgoing("mum", 13).outgoing("mup", -13).resonance(23, {"mum", "mup"});
    if (pythia_numbers) source->use_rndm(pythia.rndm);

    pythia.readString("Beams:frameType = 5");
    pythia.readString("Next:numberCount = 0");
    pythia.readString("Next:numberShowEvent = 0");
    pythia.readString("Random:setSeed = on");
    pythia.readString("Random:seed = 1");
    pythia.setLHAupPtr(source);
    if (!pythia.init()) {
        std::fprintf(stderr, "main_genhep: Pythia does not start. %s\n", source->problem().c_str());
        return 1;
    }
    source->proton = pythia.getPDFPtr(2212);
    std::vector<double> hard, after;
    for (int i = 0; i < n; i++) {
        if (!pythia.next()) {
            if (source->problem().empty()) continue; // Pythia gave this event up; statistics are below
            std::fprintf(stderr, "main_genhep: %s\n", source->problem().c_str());
            return 1;
        }
        hard.push_back(hard_mass(pythia.process));
        after.push_back(final_mass(pythia.event));
    }
    pythia.stat();
    if (hard.empty()) return 1;
    std::sort(hard.begin(), hard.end());
    std::sort(after.begin(), after.end());
    std::printf("%zu of %d events accepted, %lld drawn anew, median mass %.3f GeV hard, %.3f GeV after the shower\n",
                hard.size(), n, static_cast<long long>(source->rejected()), hard[hard.size() / 2],
                after[after.size() / 2]);
    return 0;
}

int main(int argc, char **argv)
{
    if (argc < 3) {
        std::fprintf(stderr, "usage: main_genhep MODEL.h5 N [pythia]\n");
        return 2;
    }
    try {
        return shower(argv[1], std::atoi(argv[2]), argc > 3 && std::string(argv[3]) == "pythia");
    } catch (const std::exception &error) {
        std::fprintf(stderr, "main_genhep: %s\n", error.what());
        return 1;
    }
}
