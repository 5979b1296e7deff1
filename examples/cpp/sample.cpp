// sample.cpp -- draw events from a model file in C++.
//   g++ -std=c++11 sample.cpp -o sample $(pkg-config --cflags --libs genhep)
//   ./sample MODEL.h5 N SEED [EVENTS.bin]      EVENTS.bin: N*D doubles, event after event
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <stdexcept>
#include <string>
#include <vector>

#include <genhep/genhep.hpp>

static void sample(const char *path, int64_t n, int64_t seed, const char *output)
{
    genhep::Model model = genhep::Model::open(path);
    genhep::Options options;
    options.set("seed", seed);
    genhep::Sampler sampler(model, options);

    // All at once: n rows of model.columns() numbers.
    std::vector<double> events = sampler.draw(n);
    const std::size_t d = static_cast<std::size_t>(model.columns());
    std::printf("mean of each column over %lld events\n", static_cast<long long>(n));
    for (std::size_t j = 0; j < d; j++) {
        double sum = 0;
        for (std::size_t i = j; i < events.size(); i += d) sum += events[i];
        std::printf("%16s %14.5f\n", model.column(static_cast<int64_t>(j)).name.c_str(), n > 0 ? sum / double(n) : 0);
    }

    // One by one, as a Monte Carlo code would: event number n follows.
    std::vector<double> event(d);
    double weight = 0;
    sampler.next(event.data(), &weight);
    std::printf("event %lld has weight %.3f\n", static_cast<long long>(n), weight);

    if (!output) return;
    std::ofstream file(output, std::ios::binary);
    const std::streamsize bytes = static_cast<std::streamsize>(events.size() * sizeof events[0]);
    file.write(reinterpret_cast<const char *>(events.data()), bytes);
    if (!file.flush()) throw std::runtime_error(std::string(output) + ": cannot be written");
}

int main(int argc, char **argv)
{
    if (argc < 4) {
        std::fprintf(stderr, "usage: sample MODEL.h5 N SEED [EVENTS.bin]\n");
        return 2;
    }
    try {
        sample(argv[1], std::atoll(argv[2]), std::atoll(argv[3]), argc > 4 ? argv[4] : nullptr);
    } catch (const std::exception &error) {
        std::fprintf(stderr, "sample: %s\n", error.what());
        return 1;
    }
    return 0;
}
