/* genhep_pythia8.h -- a model as a source of hard processes for Pythia 8.3.
 *
 *   auto source = std::make_shared<genhep::LHAupGenhep>("zmumu.h5");
 *   source->beams(2212, 6500, 2212, 6500);
 *   source->incoming(2, -2).incoming(-2, 2);    or override flavours()
 *   source->outgoing("mum", 13).outgoing("mup", -13).resonance(23, {"mum", "mup"});
 *   pythia.readString("Beams:frameType = 5");
 *   pythia.setLHAupPtr(source);
 *
 * The model gives columns <name>_E, _px, _py, _pz in GeV of every outgoing particle. The incoming partons follow from
 * them: massless, along the beams, with fractions x = (E +- pz) / (2 E_beam). They have no transverse momentum, so the
 * event must have none: prep = tree does that exactly (see prep.balance). Header only, C++11. What a call refuses is
 * thrown as genhep::Error while setting up, and told by problem() once Pythia runs.
 * SPDX-License-Identifier: BSD-3-Clause */
#ifndef GENHEP_PYTHIA8_H
#define GENHEP_PYTHIA8_H

#include <algorithm>
#include <cmath>
#include <locale>
#include <sstream>

#include "Pythia8/Basics.h"
#include "Pythia8/LesHouches.h"
#include "genhep.hpp"

namespace genhep {

class LHAupGenhep : public Pythia8::LHAup {
public:
    /** A model file and, if needed, the sampler's options (seed, sample.stream, latent.*). */
    explicit LHAupGenhep(const std::string &path) : LHAupGenhep(path, Options()) {}
    LHAupGenhep(const std::string &path, const Options &options)
        : LHAup(3), model_(Model::open(path)), sampler_(model_, options), seed_(options.integer("seed")),
          stream_(options.integer("sample.stream")), event_(detail::size(model_.columns()))
    {
        if (model_.conditions() > 0)
            throw Error(GENHEP_E_STATE, path + ": found a model with conditions, expected one without");
        cross_section_ = number("sigma_pb", 1);
        energy_[0] = energy_[1] = number("sqrt_s_GeV", 0) / 2;
    }

    /** Beams: PDG codes and energies in GeV. Default: protons that share the file's attribute sqrt_s_GeV. */
    LHAupGenhep &beams(int id_a, double energy_a, int id_b, double energy_b)
    {
        beam_[0] = id_a, beam_[1] = id_b;
        energy_[0] = energy_a, energy_[1] = energy_b;
        return *this;
    }
    /** Cross section in pb, which Pythia reports. Default: the file's attribute sigma_pb, or 1. */
    LHAupGenhep &cross_section(double pb, double error = 0)
    {
        cross_section_ = pb, cross_section_error_ = error;
        return *this;
    }
    /** A pair of incoming partons that takes part with a weight; call it once for every pair, or override flavours(). */
    LHAupGenhep &incoming(int id_1, int id_2, double weight = 1)
    {
        if (!(weight > 0)) throw Error(GENHEP_E_ARG, "LHAupGenhep::incoming: the weight of a pair has to be positive");
        pairs_.push_back(Pair{{id_1, id_2}, (pairs_.empty() ? 0 : pairs_.back().cumulative) + weight});
        return *this;
    }
    /** Colour and anticolour line of each incoming parton. Default: a colour singlet. */
    LHAupGenhep &incoming_colours(int colour_1, int anticolour_1, int colour_2, int anticolour_2)
    {
        lines_ = {colour_1, anticolour_1, colour_2, anticolour_2};
        return *this;
    }
    /** An outgoing particle: the name in front of _E, its PDG code, and its colour and anticolour line (from 501). */
    LHAupGenhep &outgoing(const std::string &name, int id, int colour = 0, int anticolour = 0)
    {
        Outgoing particle = {name, id, {colour, anticolour}, 0, {0, 0, 0, 0}};
        const char *const endings[] = {"_px", "_py", "_pz", "_E"};
        for (int k = 0; k < 4; k++) particle.column[k] = column(name + endings[k]);
        outgoing_.push_back(particle);
        return *this;
    }
    /** An intermediate resonance that decays to outgoing particles; Pythia then keeps its mass. */
    LHAupGenhep &resonance(int id, const std::vector<std::string> &products)
    {
        resonances_.push_back(id);
        for (const std::string &name : products) {
            bool found = false;
            for (Outgoing &particle : outgoing_)
                if (particle.name == name) particle.resonance = static_cast<int>(resonances_.size()), found = true;
            if (!found) throw Error(GENHEP_E_ARG, "LHAupGenhep::resonance: '" + name + "' is not an outgoing particle");
        }
        return *this;
    }
    /** Scale of the hard process in GeV. Default: the mass of all outgoing particles together. */
    LHAupGenhep &fixed_scale(double gev)
    {
        fixed_scale_ = gev;
        return *this;
    }
    /** Take all randomness from Pythia's generator, which must live as long as this object. */
    LHAupGenhep &use_rndm(Pythia8::Rndm &rndm)
    {
        uniform_.rndm = &rndm;
        sampler_.set_uniform(uniform_);
        return *this;
    }

    /** Why Pythia was told that there is no next event; empty while all is well. */
    const std::string &problem() const { return problem_; }
    /** Events left out because a parton would have needed more than the energy of its beam. */
    int64_t rejected() const { return rejected_; }
    const Model &model() const { return model_; }

    bool setInit() override
    {
        if (outgoing_.empty()) return refuse("no outgoing particle is set");
        if (!(energy_[0] > 0 && energy_[1] > 0)) return refuse("the energies of the beams are not set");
        if (lines_.empty())
            for (const Outgoing &particle : outgoing_)
                if (particle.line[0] || particle.line[1]) return refuse("outgoing colours need incoming_colours()");
        setBeamA(beam_[0], energy_[0]);
        setBeamB(beam_[1], energy_[1]);
        addProcess(process, cross_section_, cross_section_error_, 1);
        return true;
    }

    bool setEvent(int = 0) override
    {
        double x[2], total[4];
        const int attempts = 1000;
        for (int i = 0;; i++) {
            try {
                sampler_.next(event_.data());
            } catch (const Error &error) {
                return refuse(error.what());
            }
            sum(total);
            x[0] = (total[3] + total[2]) / (2 * energy_[0]);
            x[1] = (total[3] - total[2]) / (2 * energy_[1]);
            if (x[0] > 0 && x[0] < 1 && x[1] > 0 && x[1] < 1) break;
            rejected_++;
            if (i == attempts) return refuse("1000 events in a row need more energy than the beams have");
        }
        if (!(std::hypot(total[0], total[1]) <= 1e-6 * total[3]))
            return refuse("found " + std::to_string(std::hypot(total[0], total[1])) +
                          " GeV of transverse momentum in an event, expected balance (see prep.balance)");
        return fill(x, total);
    }

protected:
    /** The incoming partons at x1, x2 and scale q; u is uniform in (0,1). A model gives momenta only: override this to
     * choose by parton densities, as examples/pythia8 does. Code 0 is refused. */
    virtual std::pair<int, int> flavours(double x1, double x2, double q, double u)
    {
        (void)x1, (void)x2, (void)q;
        if (pairs_.empty()) return std::make_pair(0, 0);
        std::size_t i = 0;
        while (i + 1 < pairs_.size() && u * pairs_.back().cumulative >= pairs_[i].cumulative) i++;
        return std::make_pair(pairs_[i].id[0], pairs_[i].id[1]);
    }

private:
    enum { process = 9999 };

    struct Outgoing {
        std::string name;
        int id;
        int line[2];
        int resonance; /* from 1, 0 for none */
        std::size_t column[4];
    };
    struct Pair {
        int id[2];
        double cumulative;
    };
    struct Uniform {
        Pythia8::Rndm *rndm;
        double operator()() { return rndm->flat(); }
    };

    bool refuse(const std::string &why)
    {
        problem_ = "LHAupGenhep: " + why;
        return false;
    }
    double number(const char *key, double otherwise) const
    {
        const std::string text = model_.attribute(key);
        std::istringstream stream(text);
        double value = 0;
        stream.imbue(std::locale::classic());
        return stream >> value ? value : otherwise;
    }
    std::size_t column(const std::string &name) const
    {
        std::string all;
        for (int64_t j = 0; j < model_.columns(); j++) {
            const Column found = model_.column(j);
            if (found.name == name) return detail::size(j);
            all += " " + found.name;
        }
        throw Error(GENHEP_E_SHAPE, "LHAupGenhep::outgoing: the model has no column '" + name + "'; it has" + all);
    }

    /** px, py, pz, E of all outgoing particles. Where rounding left less energy than momentum, the energy is raised. */
    void sum(double total[4])
    {
        for (int k = 0; k < 4; k++) total[k] = 0;
        for (const Outgoing &particle : outgoing_) {
            double *energy = &event_[particle.column[3]];
            *energy = std::max(*energy, std::sqrt(momentum2(particle)));
            for (int k = 0; k < 4; k++) total[k] += event_[particle.column[k]];
        }
    }
    double momentum2(const Outgoing &particle) const
    {
        double square = 0;
        for (int k = 0; k < 3; k++) square += std::pow(event_[particle.column[k]], 2);
        return square;
    }
    double mass(const Outgoing &particle) const
    {
        const double square = std::pow(event_[particle.column[3]], 2) - momentum2(particle);
        return square > 0 ? std::sqrt(square) : 0;
    }

    bool fill(const double x[2], const double total[4])
    {
        const double in[2] = {x[0] * energy_[0], x[1] * energy_[1]};
        const double q = fixed_scale_ > 0 ? fixed_scale_ : 2 * std::sqrt(in[0] * in[1]);
        const std::pair<int, int> id = flavours(x[0], x[1], q, uniform());
        if (!id.first || !id.second) return refuse("no pair of incoming partons is set");
        setProcess(process, 1, q);
        std::vector<int> line = lines_.empty() ? singlet(id.first, id.second) : lines_;
        addParticle(id.first, -1, 0, 0, line[0], line[1], 0, 0, in[0], in[0], 0);
        addParticle(id.second, -1, 0, 0, line[2], line[3], 0, 0, -in[1], in[1], 0);
        for (std::size_t r = 0; r < resonances_.size(); r++) add_resonance(static_cast<int>(r) + 1, total);
        for (const Outgoing &particle : outgoing_) {
            const int mother = particle.resonance ? 2 + particle.resonance : 1;
            const std::size_t *c = particle.column;
            addParticle(particle.id, 1, mother, particle.resonance ? mother : 2, particle.line[0], particle.line[1],
                        event_[c[0]], event_[c[1]], event_[c[2]], event_[c[3]], mass(particle));
        }
        setIdX(id.first, id.second, x[0], x[1]);
        setPdf(id.first, id.second, x[0], x[1], q, 0, 0, true); /* for Info; densities are unknown */
        return true;
    }
    void add_resonance(int number, const double total[4])
    {
        double p[4] = {0, 0, 0, 0};
        bool all = true;
        for (const Outgoing &particle : outgoing_) {
            all = all && particle.resonance == number;
            for (int k = 0; k < 4 && particle.resonance == number; k++) p[k] += event_[particle.column[k]];
        }
        /* the only resonance takes the very sum that the partons come from */
        for (int k = 0; k < 4 && all; k++) p[k] = total[k];
        const double square = p[3] * p[3] - p[0] * p[0] - p[1] * p[1] - p[2] * p[2];
        addParticle(resonances_[detail::size(number - 1)], 2, 1, 2, 0, 0, p[0], p[1], p[2], p[3],
                    square > 0 ? std::sqrt(square) : 0);
    }
    /** Lines of two incoming partons that leave nothing coloured behind. */
    static std::vector<int> singlet(int id_1, int id_2)
    {
        if (id_1 == 21 && id_2 == 21) return {501, 502, 502, 501};
        if (std::abs(id_1) > 8 || std::abs(id_2) > 8) return {0, 0, 0, 0};
        return id_1 > 0 ? std::vector<int>{501, 0, 0, 501} : std::vector<int>{0, 501, 501, 0};
    }
    /** One number for the choice of flavours: Pythia's, or the library's own from a stream that no sampler uses. */
    double uniform()
    {
        const int64_t apart = int64_t(1) << 30;
        double u = 0;
        if (uniform_.rndm) return uniform_.rndm->flat();
        check(genhep_random_uniform(seed_, apart + stream_, choices_++, 1, &u));
        return u;
    }

    Model model_;
    Sampler sampler_;
    int64_t seed_, stream_, choices_ = 0, rejected_ = 0;
    std::vector<double> event_;
    std::vector<Outgoing> outgoing_;
    std::vector<Pair> pairs_;
    std::vector<int> resonances_, lines_;
    int beam_[2] = {2212, 2212};
    double energy_[2] = {0, 0};
    double cross_section_ = 1, cross_section_error_ = 0, fixed_scale_ = 0;
    Uniform uniform_ = {nullptr};
    std::string problem_;
};

} // namespace genhep

#endif
