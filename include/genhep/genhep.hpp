/* genhep.hpp -- libgenhep for C++11: handles that free themselves, exceptions for failed calls, std::vector for arrays.
 *
 *   genhep::Model model = genhep::Model::open("zmumu.h5");
 *   genhep::Options options;  options.set("seed", 7);
 *   genhep::Sampler sampler(model, options);
 *   std::vector<double> event(model.columns());
 *   sampler.next(event.data());
 *
 * Header only, over the C headers, which are the manual. Every class owns one handle, is move-only, and gives it to C
 * code with get(). What a call needs stays alive as in C: a Model outlives its Samplers. A failed call throws
 * genhep::Error. next() and draw() into a caller's buffer are the C calls and one comparison.
 * SPDX-License-Identifier: BSD-3-Clause */
#ifndef GENHEP_GENHEP_HPP
#define GENHEP_GENHEP_HPP

#include <cstdint>
#include <exception>
#include <functional>
#include <initializer_list>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "genhep.h"

namespace genhep {

/** A failed call: what() is the library's message, status() its code. */
class Error : public std::runtime_error {
public:
    Error(genhep_status status, const std::string &message) : std::runtime_error(message), status_(status) {}
    genhep_status status() const noexcept { return status_; }
    const char *name() const noexcept { return genhep_status_name(status_); }

private:
    genhep_status status_;
};

namespace detail {

[[noreturn]] inline void fail(genhep_status status)
{
    char message[512] = "";
    genhep_last_error(message, sizeof message);
    throw Error(status, message[0] ? std::string(message) : std::string(genhep_status_name(status)));
}

inline std::size_t size(int64_t n) { return static_cast<std::size_t>(n); }
inline int64_t count(std::size_t n) { return static_cast<int64_t>(n); }

/** An owned C handle, freed once. */
template <class T, void (*Free)(T *)>
class Handle {
public:
    Handle() noexcept : handle_(nullptr) {}
    explicit Handle(T *handle) noexcept : handle_(handle) {}
    Handle(Handle &&other) noexcept : handle_(other.release()) {}
    Handle(const Handle &) = delete;
    Handle &operator=(const Handle &) = delete;
    Handle &operator=(Handle &&other) noexcept
    {
        if (this != &other) {
            Free(handle_);
            handle_ = other.release();
        }
        return *this;
    }
    ~Handle() { Free(handle_); }

    T *get() const noexcept { return handle_; }
    /** Give the handle away: the caller frees it. */
    T *release() noexcept
    {
        T *handle = handle_;
        handle_ = nullptr;
        return handle;
    }

protected:
    T *handle_;
};

/** Text from a function that tells its length: get(buf, capacity, &length). */
template <class Get>
std::string text(Get get)
{
    int64_t length = 0;
    genhep_status status = get(static_cast<char *>(nullptr), int64_t(0), &length);
    if (status != GENHEP_OK && status != GENHEP_E_BUFFER) fail(status);
    std::vector<char> buffer(size(length) + 1);
    status = get(buffer.data(), length + 1, &length);
    if (status != GENHEP_OK) fail(status);
    return std::string(buffer.data(), size(length));
}

} // namespace detail

/** Throw genhep::Error unless status is GENHEP_OK; for C calls without a wrapper. */
inline void check(genhep_status status)
{
    if (status != GENHEP_OK) detail::fail(status);
}

/** Version of the library that runs; GENHEP_VERSION is that of the headers. */
inline std::string version() { return genhep_version(); }
inline std::string blas() { return genhep_blas(); }

/** Numbers first .. first+n-1 of the uniform or normal sequence (seed, stream). */
inline std::vector<double> random_uniform(int64_t seed, int64_t stream, int64_t first, int64_t n)
{
    std::vector<double> numbers(detail::size(n > 0 ? n : 0));
    check(genhep_random_uniform(seed, stream, first, n, numbers.data()));
    return numbers;
}
inline std::vector<double> random_normal(int64_t seed, int64_t stream, int64_t first, int64_t n)
{
    std::vector<double> numbers(detail::size(n > 0 ? n : 0));
    check(genhep_random_normal(seed, stream, first, n, numbers.data()));
    return numbers;
}
/** (n,width): the numbers that events first .. first+n-1 of a sampler with this seed and stream take. */
inline std::vector<float> random_normal_float(int64_t seed, int64_t stream, int64_t first, int64_t n, int64_t width)
{
    std::vector<float> numbers(detail::size(n > 0 && width > 0 ? n * width : 0));
    check(genhep_random_normal_float(seed, stream, first, n, width, numbers.data()));
    return numbers;
}

/** All rows of the option table. Their texts are static. */
inline std::vector<genhep_option_row> option_table()
{
    std::vector<genhep_option_row> rows(detail::size(genhep_option_count()));
    for (std::size_t i = 0; i < rows.size(); i++) {
        rows[i].struct_size = sizeof rows[i];
        check(genhep_option_info(detail::count(i), &rows[i]));
    }
    return rows;
}

struct Column {
    std::string name;
    std::string unit;
};

class Options : public detail::Handle<genhep_options, genhep_options_free> {
public:
    Options() { check(genhep_options_create(&handle_)); }
    /** With an allocator for this handle and all that is created from it. */
    explicit Options(const genhep_allocator &allocator) { check(genhep_options_create_with(&allocator, &handle_)); }
    /** From "key=value" texts. */
    Options(std::initializer_list<const char *> assignments)
    {
        Options fresh;
        for (const char *assignment : assignments) fresh.parse(assignment);
        handle_ = fresh.release();
    }
    static Options from_card(const std::string &path)
    {
        Options options;
        options.read_card(path);
        return options;
    }
    Options copy() const
    {
        genhep_options *other = nullptr;
        check(genhep_options_copy(handle_, &other));
        return Options(other);
    }

    Options &set(const char *key, const char *value) { return done(genhep_options_set(handle_, key, value)); }
    Options &set(const char *key, const std::string &value) { return set(key, value.c_str()); }
    Options &set(const char *key, int64_t value) { return done(genhep_options_set_int(handle_, key, value)); }
    Options &set(const char *key, int value) { return set(key, static_cast<int64_t>(value)); }
    Options &set(const char *key, double value) { return done(genhep_options_set_real(handle_, key, value)); }
    Options &parse(const std::string &assignment) { return done(genhep_options_parse(handle_, assignment.c_str())); }
    Options &read_card(const std::string &path) { return done(genhep_options_read_card(handle_, path.c_str())); }
    Options &set_log(genhep_log_fn log, void *user) { return done(genhep_options_set_log(handle_, log, user)); }

    int64_t integer(const char *key) const
    {
        int64_t value = 0;
        check(genhep_options_get_int(handle_, key, &value));
        return value;
    }
    double real(const char *key) const
    {
        double value = 0;
        check(genhep_options_get_real(handle_, key, &value));
        return value;
    }
    std::string text(const char *key) const
    {
        const genhep_options *options = handle_;
        return detail::text([options, key](char *buffer, int64_t capacity, int64_t *length) {
            return genhep_options_get_text(options, key, buffer, capacity, length);
        });
    }
    bool is_set(const char *key) const
    {
        int32_t set = 0;
        check(genhep_options_is_set(handle_, key, &set));
        return set != 0;
    }

private:
    explicit Options(genhep_options *handle) : Handle(handle) {}
    Options &done(genhep_status status)
    {
        check(status);
        return *this;
    }
};

class Dataset : public detail::Handle<genhep_dataset, genhep_dataset_free> {
public:
    explicit Dataset(genhep_dataset *handle) : Handle(handle) {} /* takes it over */

    static Dataset open(const std::string &path) { return open(path, nullptr); }
    static Dataset open(const std::string &path, const Options &options) { return open(path, options.get()); }

    /** Copy values, (N,D) row-major with D = names.size(). weights: N numbers, or empty for none. */
    static Dataset from_arrays(const std::vector<std::string> &names, const std::vector<double> &values,
                               const std::vector<double> &weights = std::vector<double>())
    {
        std::vector<const char *> pointers;
        for (const std::string &name : names) pointers.push_back(name.c_str());
        const std::size_t d = names.size();
        if (d == 0 || values.size() % d != 0 || (!weights.empty() && weights.size() != values.size() / d))
            throw Error(GENHEP_E_SHAPE, "genhep::Dataset::from_arrays: found " + std::to_string(values.size()) +
                        " values and " + std::to_string(weights.size()) + " weights, expected rows of " +
                        std::to_string(d));
        const int64_t n = detail::count(values.size() / d), width = detail::count(d);
        genhep_dataset *made = nullptr;
        check(genhep_dataset_from_arrays(nullptr, n, width, pointers.data(), nullptr, values.data(), width,
                                         weights.empty() ? nullptr : weights.data(), &made));
        return Dataset(made);
    }

    void write(const std::string &path) const { check(genhep_dataset_write(handle_, path.c_str(), nullptr)); }
    void write(const std::string &path, const Options &options) const
    {
        check(genhep_dataset_write(handle_, path.c_str(), options.get()));
    }
    /** Observables of a process, one column each: masses, transverse momenta ... */
    Dataset observables(const char *process = nullptr) const
    {
        genhep_dataset *made = nullptr;
        check(genhep_observables(handle_, process, nullptr, &made));
        return Dataset(made);
    }
    Dataset slice(int64_t first, int64_t n) const
    {
        genhep_dataset *made = nullptr;
        check(genhep_dataset_slice(handle_, first, n, &made));
        return Dataset(made);
    }
    Dataset shuffle(int64_t seed) const
    {
        genhep_dataset *made = nullptr;
        check(genhep_dataset_shuffle(handle_, seed, &made));
        return Dataset(made);
    }

    int64_t events() const noexcept { return genhep_dataset_events(handle_); }
    int64_t columns() const noexcept { return genhep_dataset_columns(handle_); }
    Column column(int64_t index) const
    {
        genhep_column column = {sizeof column, nullptr, nullptr};
        check(genhep_dataset_column(handle_, index, &column));
        return Column{column.name, column.unit};
    }
    std::vector<std::string> names() const
    {
        std::vector<std::string> all;
        for (int64_t j = 0; j < columns(); j++) all.push_back(column(j).name);
        return all;
    }
    /** (N,D) row-major. */
    std::vector<double> values() const
    {
        std::vector<double> all(detail::size(events() * columns()));
        check(genhep_dataset_values(handle_, all.data(), columns(), detail::count(all.size())));
        return all;
    }
    /** N weights, ones where the table has none. */
    std::vector<double> weights() const
    {
        std::vector<double> all(detail::size(events()));
        check(genhep_dataset_weights(handle_, all.data(), detail::count(all.size()), nullptr));
        return all;
    }
    bool has_attribute(const char *key) const { return genhep_dataset_attribute(handle_, key) != nullptr; }
    /** Empty when there is no such attribute. */
    std::string attribute(const char *key) const
    {
        const char *value = genhep_dataset_attribute(handle_, key);
        return value ? value : "";
    }
    void set_attribute(const char *key, const std::string &value)
    {
        check(genhep_dataset_set_attribute(handle_, key, value.c_str()));
    }

private:
    static Dataset open(const std::string &path, const genhep_options *options)
    {
        genhep_dataset *opened = nullptr;
        check(genhep_dataset_open(path.c_str(), options, &opened));
        return Dataset(opened);
    }
};

namespace detail {

inline std::vector<const genhep_dataset *> pointers(const std::vector<const Dataset *> &datasets)
{
    std::vector<const genhep_dataset *> handles;
    for (const Dataset *dataset : datasets) handles.push_back(dataset->get());
    return handles;
}

} // namespace detail

class Model : public detail::Handle<genhep_model, genhep_model_free> {
public:
    explicit Model(genhep_model *handle) : Handle(handle) {} /* takes it over */

    /** Untrained model of the family that model.family names; schema and preparation come from the data. */
    static Model create(const Options &options, const Dataset &dataset)
    {
        return create(options, std::vector<const Dataset *>(1, &dataset));
    }
    static Model create(const Options &options, const std::vector<const Dataset *> &datasets)
    {
        std::vector<const genhep_dataset *> handles = detail::pointers(datasets);
        genhep_model *made = nullptr;
        check(genhep_model_create(options.get(), handles.data(), detail::count(handles.size()), &made));
        return Model(made);
    }
    static Model open(const std::string &path) { return open(path, Options()); }
    static Model open(const std::string &path, const Options &hooks)
    {
        genhep_model *opened = nullptr;
        check(genhep_model_open(path.c_str(), hooks.get(), &opened));
        return Model(opened);
    }
    /** From the bytes of a model file, which may be freed afterwards. */
    static Model open_memory(const void *bytes, int64_t size)
    {
        genhep_model *opened = nullptr;
        check(genhep_model_open_memory(bytes, size, nullptr, &opened));
        return Model(opened);
    }

    void save(const std::string &path) const { check(genhep_model_save(handle_, path.c_str())); }
    /** Repeat the stored self-test; throws when the events differ. */
    void verify() const { check(genhep_model_verify(handle_)); }

    int64_t columns() const noexcept { return genhep_model_columns(handle_); }
    int64_t conditions() const noexcept { return genhep_model_conditions(handle_); }
    int64_t latents() const noexcept { return genhep_model_latents(handle_); }
    Column column(int64_t index) const
    {
        genhep_column column = {sizeof column, nullptr, nullptr};
        check(genhep_model_column(handle_, index, &column));
        return Column{column.name, column.unit};
    }
    std::vector<std::string> names() const
    {
        std::vector<std::string> all;
        for (int64_t j = 0; j < columns(); j++) all.push_back(column(j).name);
        return all;
    }
    /** Number `index` of a condition. */
    Column condition(int64_t index) const
    {
        genhep_column column = {sizeof column, nullptr, nullptr};
        check(genhep_model_condition(handle_, index, &column));
        return Column{column.name, column.unit};
    }
    /** One JSON object about the model. */
    std::string info() const
    {
        const genhep_model *model = handle_;
        return detail::text([model](char *buffer, int64_t capacity, int64_t *length) {
            return genhep_model_info(model, buffer, capacity, length);
        });
    }
    /** Empty when there is no such attribute. */
    std::string attribute(const char *key) const
    {
        const char *value = genhep_model_attribute(handle_, key);
        return value ? value : "";
    }

    /** events (N,D) -> {mu, sigma}, each (N,L). */
    std::pair<std::vector<double>, std::vector<double>> encode(const std::vector<double> &events) const
    {
        const int64_t n = rows(events, columns());
        std::vector<double> mu(detail::size(n * latents())), sigma(mu.size());
        check(genhep_model_encode(handle_, n, events.data(), columns(), mu.data(), sigma.data()));
        return std::make_pair(std::move(mu), std::move(sigma));
    }
    /** Principal components of the latent space: L numbers each of mean and variances, vectors (L,L) with component k in row k. */
    struct Components {
        std::vector<double> mean, variances, vectors;
    };
    Components components() const
    {
        Components c;
        c.mean.resize(detail::size(latents()));
        c.variances.resize(c.mean.size());
        c.vectors.resize(c.mean.size() * c.mean.size());
        check(genhep_model_components(handle_, c.mean.data(), c.variances.data(), c.vectors.data()));
        return c;
    }
    /** log p(z) of each event's latent mean under the information buffer. */
    std::vector<double> buffer_density(const std::vector<double> &events, const Options *options = nullptr) const
    {
        const int64_t n = rows(events, columns());
        std::vector<double> made(detail::size(n));
        check(genhep_model_buffer_density(handle_, options ? options->get() : nullptr, n, events.data(), columns(), made.data()));
        return made;
    }
    /** latents (N,L) -> mean events (N,D). */
    std::vector<double> decode(const std::vector<double> &latent) const
    {
        const int64_t n = rows(latent, latents());
        std::vector<double> events(detail::size(n * columns()));
        check(genhep_model_decode(handle_, n, latent.data(), events.data(), columns()));
        return events;
    }
    /** For a conditional model: the conditions are read from their columns of `events` (N,D), the others are written. */
    void decode(const std::vector<double> &latent, std::vector<double> &events) const
    {
        const int64_t n = rows(latent, latents());
        if (rows(events, columns()) != n) throw Error(GENHEP_E_SHAPE, "genhep::Model: as many events as latents are expected");
        check(genhep_model_decode(handle_, n, latent.data(), events.data(), columns()));
    }
    /** log p of each event (N,D), with respect to the reference measure that info() names. */
    std::vector<double> log_density(const std::vector<double> &events) const { return density(nullptr, events); }
    std::vector<double> log_density(const std::vector<double> &events, const Options &options) const
    {
        return density(options.get(), events);
    }

private:
    static int64_t rows(const std::vector<double> &values, int64_t width)
    {
        if (width > 0 && detail::count(values.size()) % width == 0) return detail::count(values.size()) / width;
        throw Error(GENHEP_E_SHAPE, "genhep::Model: found " + std::to_string(values.size()) +
                    " numbers, expected rows of " + std::to_string(width));
    }
    std::vector<double> density(const genhep_options *options, const std::vector<double> &events) const
    {
        const int64_t n = rows(events, columns());
        std::vector<double> result(detail::size(n));
        check(genhep_model_log_density(handle_, options, n, events.data(), columns(), result.data()));
        return result;
    }
};

class Trainer : public detail::Handle<genhep_trainer, genhep_trainer_free> {
public:
    /** Called now and then while training; true stops at the next step (status GENHEP_E_USER). It may throw. */
    typedef std::function<bool(const genhep_progress &)> Callback;

    Trainer(const Model &model, const Dataset &dataset)
    {
        const genhep_dataset *table = dataset.get();
        check(genhep_trainer_create(model.get(), &table, 1, nullptr, &handle_));
    }
    Trainer(const Model &model, const Dataset &dataset, const Options &options)
    {
        const genhep_dataset *table = dataset.get();
        check(genhep_trainer_create(model.get(), &table, 1, options.get(), &handle_));
    }
    Trainer(const Model &model, const std::vector<const Dataset *> &datasets, const Options &options)
    {
        std::vector<const genhep_dataset *> handles = detail::pointers(datasets);
        const int64_t n = detail::count(handles.size());
        check(genhep_trainer_create(model.get(), handles.data(), n, options.get(), &handle_));
    }
    /** Continue from a checkpoint with the same data. */
    static Trainer resume(const std::string &checkpoint, const std::vector<const Dataset *> &datasets,
                          const Options &options)
    {
        std::vector<const genhep_dataset *> handles = detail::pointers(datasets);
        genhep_trainer *trainer = nullptr;
        const int64_t n = detail::count(handles.size());
        check(genhep_trainer_resume(checkpoint.c_str(), handles.data(), n, options.get(), &trainer));
        return Trainer(trainer);
    }

    std::string kernel() const { return genhep_trainer_kernel(handle_); }

    void step(int64_t n_steps) { check(genhep_trainer_step(handle_, n_steps)); }
    /** Train to the end of the schedule; an empty checkpoint name keeps none. */
    void run(const std::string &checkpoint = std::string(), const Callback &callback = Callback())
    {
        Relay relay = {&callback, std::exception_ptr()};
        genhep_status status = genhep_trainer_run(handle_, checkpoint.empty() ? nullptr : checkpoint.c_str(),
                                                  callback ? &Relay::call : nullptr, &relay);
        if (relay.thrown) std::rethrow_exception(relay.thrown);
        check(status);
    }
    genhep_progress progress() const
    {
        genhep_progress now = genhep_progress();
        now.struct_size = sizeof now;
        check(genhep_trainer_progress(handle_, &now));
        return now;
    }
    void save(const std::string &path) const { check(genhep_trainer_save(handle_, path.c_str())); }
    /** Snapshot: GENHEP_BEST, GENHEP_LAST or GENHEP_AVERAGE. */
    Model model(int32_t which = GENHEP_BEST)
    {
        genhep_model *snapshot = nullptr;
        check(genhep_trainer_model(handle_, which, &snapshot));
        return Model(snapshot);
    }

private:
    explicit Trainer(genhep_trainer *handle) : Handle(handle) {}

    /** Carries an exception of the callback around the C code, which it must not pass through. */
    struct Relay {
        const Callback *callback;
        std::exception_ptr thrown;
        static int32_t call(void *user, const genhep_progress *progress)
        {
            Relay *relay = static_cast<Relay *>(user);
            try {
                return (*relay->callback)(*progress) ? 1 : 0;
            } catch (...) {
                relay->thrown = std::current_exception();
                return 1;
            }
        }
    };
};

class Sampler : public detail::Handle<genhep_sampler, genhep_sampler_free> {
public:
    explicit Sampler(const Model &model) : columns_(model.columns()), conditions_(model.conditions())
    {
        check(genhep_sampler_create(model.get(), nullptr, &handle_));
    }
    Sampler(const Model &model, const Options &options) : columns_(model.columns()), conditions_(model.conditions())
    {
        check(genhep_sampler_create(model.get(), options.get(), &handle_));
    }
    Sampler(const Model &&) = delete; /* a temporary would be gone before the first event */
    Sampler(const Model &&, const Options &) = delete;

    /** One event: D numbers. */
    void next(double *event) { check(genhep_sampler_next(handle_, nullptr, event, nullptr)); }
    void next(double *event, double *weight, const double *cond = nullptr)
    {
        check(genhep_sampler_next(handle_, cond, event, weight));
    }

    /** n events into a buffer of the caller's, n*D numbers. */
    void draw(int64_t n, double *events, const double *cond = nullptr)
    {
        check(genhep_sampler_draw_double(handle_, n, cond, conditions_, events, columns_, n * columns_));
    }
    void draw(int64_t n, float *events, const double *cond = nullptr)
    {
        check(genhep_sampler_draw_float(handle_, n, cond, conditions_, events, columns_, n * columns_));
    }
    /** The same with their weights, n numbers: of a subtraction in pb, their mean is the cross section. */
    void draw_weighted(int64_t n, double *events, double *weights, const double *cond = nullptr)
    {
        check(genhep_sampler_draw_weighted_double(handle_, n, cond, conditions_, events, columns_, n * columns_, weights));
    }
    void draw_weighted(int64_t n, float *events, double *weights, const double *cond = nullptr)
    {
        check(genhep_sampler_draw_weighted_float(handle_, n, cond, conditions_, events, columns_, n * columns_, weights));
    }
    /** n events as a vector, (N,D) row-major. */
    std::vector<double> draw(int64_t n)
    {
        std::vector<double> events(detail::size(n > 0 ? n * columns_ : 0));
        draw(n, events.data());
        return events;
    }
    std::vector<float> draw_float(int64_t n)
    {
        std::vector<float> events(detail::size(n > 0 ? n * columns_ : 0));
        draw(n, events.data());
        return events;
    }

    void seek(int64_t event) { check(genhep_sampler_seek(handle_, event)); }
    int64_t tell() const
    {
        int64_t event = 0;
        check(genhep_sampler_tell(handle_, &event));
        return event;
    }
    int64_t columns() const noexcept { return columns_; }
    std::string kernel() const { return genhep_sampler_kernel(handle_); }

    /** All randomness from `generator()`, a double in (0,1), from now on. The sampler keeps a pointer to it; it must
     * not throw, since C code is between. */
    template <class Generator>
    void set_uniform(Generator &generator)
    {
        check(genhep_sampler_set_uniform(handle_, &Sampler::call<Generator>, &generator));
    }
    /** Back to the library's own numbers. */
    void reset_uniform() { check(genhep_sampler_set_uniform(handle_, nullptr, nullptr)); }

private:
    template <class Generator>
    static double call(void *user) noexcept
    {
        return (*static_cast<Generator *>(user))();
    }

    int64_t columns_, conditions_;
};

/** An event file written in pieces; it takes its name in close(), and without it nothing of it is left. */
class Writer : public detail::Handle<genhep_writer, genhep_writer_free> {
public:
    /** Columns, units and attributes of a dataset, or of a model's events. */
    Writer(const Dataset &schema, const std::string &path, bool weighted = false) : columns_(schema.columns())
    {
        check(genhep_writer_create(schema.get(), path.c_str(), weighted, nullptr, &handle_));
    }
    Writer(const Dataset &schema, const std::string &path, bool weighted, const Options &options) : columns_(schema.columns())
    {
        check(genhep_writer_create(schema.get(), path.c_str(), weighted, options.get(), &handle_));
    }
    Writer(const Model &model, const std::string &path, bool weighted = false) : columns_(model.columns())
    {
        check(genhep_writer_create_for_model(model.get(), path.c_str(), weighted, nullptr, &handle_));
    }
    Writer(const Model &model, const std::string &path, bool weighted, const Options &options) : columns_(model.columns())
    {
        check(genhep_writer_create_for_model(model.get(), path.c_str(), weighted, options.get(), &handle_));
    }

    /** n events from a buffer of the caller's, n*D numbers, with n weights in a file of weighted events. */
    void append(int64_t n, const double *events, const double *weights = nullptr)
    {
        check(genhep_writer_append_double(handle_, n, events, columns_, weights));
    }
    void append(int64_t n, const float *events, const double *weights = nullptr)
    {
        check(genhep_writer_append_float(handle_, n, events, columns_, weights));
    }
    /** (N,D) row-major. */
    void append(const std::vector<double> &events) { append(rows(events.size()), events.data()); }
    void append(const std::vector<float> &events) { append(rows(events.size()), events.data()); }

    void set_attribute(const char *key, const std::string &value)
    {
        check(genhep_writer_set_attribute(handle_, key, value.c_str()));
    }
    int64_t events() const noexcept { return genhep_writer_events(handle_); }
    void close() { check(genhep_writer_close(handle_)); }

private:
    int64_t rows(std::size_t numbers) const
    {
        if (detail::count(numbers) % columns_ == 0) return detail::count(numbers) / columns_;
        throw Error(GENHEP_E_SHAPE, "genhep::Writer: found " + std::to_string(numbers) + " numbers, expected rows of " +
                    std::to_string(columns_));
    }

    int64_t columns_;
};

class Evaluation : public detail::Handle<genhep_evaluation, genhep_evaluation_free> {
public:
    Evaluation(const Dataset &truth, const Dataset &generated, const char *process = nullptr)
    {
        check(genhep_evaluate(truth.get(), generated.get(), nullptr, process, nullptr, &handle_));
    }
    Evaluation(const Dataset &truth, const Dataset &generated, const char *process, const Options &options,
               const Dataset *train = nullptr)
    {
        const genhep_dataset *training = train ? train->get() : nullptr;
        check(genhep_evaluate(truth.get(), generated.get(), training, process, options.get(), &handle_));
    }

    std::string json() const { return genhep_evaluation_json(handle_); }
    double figure(const char *name) const
    {
        double value = 0;
        check(genhep_evaluation_figure(handle_, name, &value));
        return value;
    }
    int64_t observables() const noexcept { return genhep_evaluation_observables(handle_); }
    /** Its arrays live as long as this object. */
    genhep_observable observable(int64_t index) const
    {
        genhep_observable found = genhep_observable();
        found.struct_size = sizeof found;
        check(genhep_evaluation_observable(handle_, index, &found));
        return found;
    }
};

/** The integral over the unit box of `function(n, dim, x, values)`, an object that this one keeps a pointer to: it fills
 * values[0..n-1] for the n points at x + i*dim. What it throws comes out of the call that needed it. */
class Integrator : public detail::Handle<genhep_integrator, genhep_integrator_free> {
public:
    template <class Function>
    Integrator(int64_t dim, Function &function, const Options &options) : dim_(dim), state_(new State{&function, nullptr})
    {
        check(genhep_integrator_create(dim, &Integrator::call<Function>, state_.get(), options.get(), &handle_));
    }
    template <class Function>
    Integrator(int64_t dim, Function &function) : dim_(dim), state_(new State{&function, nullptr})
    {
        check(genhep_integrator_create(dim, &Integrator::call<Function>, state_.get(), nullptr, &handle_));
    }

    /** Learn from the function; run() does so too where nothing was learned. */
    void adapt() { finish(genhep_integrator_adapt(handle_, nullptr, nullptr)); }
    genhep_integral run(int64_t n_points)
    {
        genhep_integral found = genhep_integral();
        found.struct_size = sizeof found;
        finish(genhep_integrator_run(handle_, n_points, &found));
        return found;
    }
    /** n points (n,dim) and their weights. */
    void draw(int64_t n, std::vector<double> &points, std::vector<double> &weights)
    {
        make_room(n, points, weights);
        finish(genhep_integrator_draw(handle_, n, points.data(), dim_, detail::count(points.size()), weights.data()));
    }
    void unweight(int64_t n, std::vector<double> &points, std::vector<double> &weights)
    {
        make_room(n, points, weights);
        finish(genhep_integrator_unweight(handle_, n, points.data(), dim_, detail::count(points.size()), weights.data()));
    }
    /** The model must outlive this object. */
    void set_model(const Model &model) { check(genhep_integrator_set_model(handle_, model.get())); }
    void set_model(Model &&) = delete;
    /** Write the trained model. */
    void save(const std::string &path) const { check(genhep_model_save(genhep_integrator_model(handle_), path.c_str())); }

private:
    struct State {
        void *function;
        std::exception_ptr thrown;
    };

    template <class Function>
    static int32_t call(void *user, int64_t n, int64_t dim, const double *x, double *values) noexcept
    {
        State *state = static_cast<State *>(user);
        try {
            (*static_cast<Function *>(state->function))(n, dim, x, values);
            return 0;
        } catch (...) {
            state->thrown = std::current_exception();
            return 1;
        }
    }

    void make_room(int64_t n, std::vector<double> &points, std::vector<double> &weights) const
    {
        const std::size_t rows = n > 0 ? static_cast<std::size_t>(n) : 0;
        points.resize(rows * static_cast<std::size_t>(dim_));
        weights.resize(rows);
    }

    void finish(genhep_status status)
    {
        std::exception_ptr thrown;
        std::swap(thrown, state_->thrown);
        if (status && thrown) std::rethrow_exception(thrown);
        check(status);
    }

    int64_t dim_;
    std::unique_ptr<State> state_;
};

} // namespace genhep

#endif
