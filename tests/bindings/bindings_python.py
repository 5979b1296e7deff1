#!/usr/bin/env python3
"""The Python package: its prototypes against the headers, statuses and messages, every handle, with numpy and without.

    python3 bindings_python.py EVENTS FOLDER [--without-numpy]
"""
import array
import ctypes
import gc
import os
import sys

if "--without-numpy" in sys.argv:
    sys.modules["numpy"] = None  # import numpy now fails

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "..", "..", "lib", "python")]
import c_headers  # noqa: E402
import genhep  # noqa: E402
from genhep import _library  # noqa: E402

NUMBERS = {"int64_t": ctypes.c_int64, "int32_t": ctypes.c_int32, "uint32_t": ctypes.c_uint32, "double": ctypes.c_double,
           "float": ctypes.c_float, "genhep_status": ctypes.c_int32, "size_t": ctypes.c_size_t}
STRUCTS = {"genhep_column": _library.Column, "genhep_option_row": _library.OptionRow,
           "genhep_allocator": _library.Allocator, "genhep_progress": _library.Progress,
           "genhep_observable": _library.ObservableRow, "genhep_class": _library.ModelClass,
           "genhep_overdensity": _library.Overdensity,
           "genhep_integral": _library.Integral}
CALLBACKS = {"genhep_log_fn": _library.LOG, "genhep_progress_fn": _library.PROGRESS,
             "genhep_uniform_fn": _library.UNIFORM, "genhep_integrand_fn": _library.INTEGRAND}
failures = 0


def expect(good, what):
    global failures
    if not good:
        failures += 1
        print("bindings_python.py: expected " + what, file=sys.stderr)


def expect_error(name, part, action):
    try:
        action()
    except genhep.Error as error:
        good = error.name == name and part in str(error)
        expect(good, "%s with '%s', found %s: %s" % (name, part, error.name, error))
    else:
        expect(False, "%s with '%s', found success" % (name, part))


def c_type(headers, v):
    """The ctypes type of a C declaration."""
    if v.base in CALLBACKS:
        return CALLBACKS[v.base]
    if v.base == "void":
        return ctypes.c_void_p if v.stars else None
    if v.base in headers.opaque:
        return ctypes.c_void_p if v.stars == 1 else ctypes.POINTER(ctypes.c_void_p)
    if v.base == "char":
        return ctypes.c_char_p if v.stars == 1 else ctypes.POINTER(ctypes.c_char_p)
    kind = STRUCTS.get(v.base) or NUMBERS[v.base]
    return ctypes.POINTER(kind) if v.stars or v.extent else kind


def prototypes():
    headers = c_headers.Headers()
    expect({f.name for f in headers.functions} == set(_library.PROTOTYPES), "exactly the functions of the headers")
    for f in headers.functions:
        result, parameters = _library.PROTOTYPES.get(f.name, (None, None))
        expect(result is c_type(headers, f.result), "the result of " + f.name)
        expect(parameters == [c_type(headers, p) for p in f.parameters], "the parameters of " + f.name)
    expect(set(headers.structs) == set(STRUCTS), "the structures of the headers")
    for name, fields in headers.structs.items():
        expect([f.name for f in fields] == [f[0] for f in STRUCTS[name]._fields_], "the fields of " + name)
    for name, value in headers.constants:
        if name.startswith("GENHEP_E_") or name == "GENHEP_OK":
            expect(_library.STATUS.get(value) == name, name)
    expect(genhep.version() == dict(headers.texts)["GENHEP_VERSION"], "library and headers of one version")


def rows(table):
    """A table as a list of lists, whatever it is."""
    return table.tolist() if hasattr(table, "tolist") else [list(row) for row in table]


def options():
    o = genhep.Options({"train.lr": 0.25, "seed": 9, "model.family": "vae"})
    o.parse("train.steps = 12")
    expect((o["train.lr"], o["seed"], o["model.family"], o["train.steps"]) == (0.25, 9, "vae", 12), "what was set")
    expect("seed" in o and "train.batch" not in o and o["train.batch"] > 0, "what was set told from defaults")
    other = o.copy()
    other["seed"] = 10
    expect(o["seed"] == 9, "copies to be independent")
    expect_error("GENHEP_E_OPTION", "train.lr", lambda: o.__setitem__("tran.lr", 1))
    expect_error("GENHEP_E_OPTION", "train.batch", lambda: o.__setitem__("train.batch", 0))
    expect_error("GENHEP_E_IO", "nothing.card", lambda: genhep.Options("nothing.card"))
    table = genhep.option_table()
    expect(table[0].key == "seed" and table[0].type == "int" and all(row.help for row in table), "the option table")
    o.close()
    try:
        o["seed"]
    except ValueError as error:
        expect("closed" in str(error), "a closed handle named")
    else:
        expect(False, "a closed handle refused")


def datasets(folder):
    values = [[1, 2.5], [-3, 4], [5e10, 0.125]]
    table = genhep.Dataset.from_arrays(["a", "b"], values, weights=[1, -2, 0.5], units=["GeV", ""])
    expect(len(table) == 3 and table.columns == ["a", "b"] and table.units == ["GeV", ""], "3 events of 2 columns")
    expect(rows(table.values()) == values, "values")
    expect(list(table.weights()) == [1, -2, 0.5] and table.has_weights, "weights")
    expect(rows(table.slice(1, 2).values()) == values[1:], "the last two rows")
    expect(sorted(rows(table.shuffle(3).values())) == sorted(values), "shuffled rows")
    table.set_attribute("process", "toy")
    expect(table.attribute("process") == "toy" and table.attribute("other") is None, "attributes")
    path = os.path.join(folder, "python.h5")
    table.write(path, genhep.Options({"data.storage": "float64"}))
    with genhep.Dataset.open(path) as opened:
        expect(rows(opened.values()) == values and opened.attribute("process") == "toy", "what was written")
    flat = genhep.Dataset.from_arrays(["x"], [array.array("d", [1.5]), (2.5,)])
    expect(rows(flat.values()) == [[1.5], [2.5]] and not flat.has_weights, "any sequence of rows accepted")
    expect_error("GENHEP_E_NUMERIC", "", lambda: genhep.Dataset.from_arrays(["a"], [[float("nan")]]))
    expect_error("GENHEP_E_SHAPE", "3", lambda: genhep.Dataset.from_arrays(["a", "b"], values, weights=[1, 2]))


def train(events, folder):
    o = genhep.Options({"prep": "tree, quantile", "prep.tree": "Z: mum mup", "train.figure": "loss",
                        "data.masses": "mum: 0.10566, mup: 0.10566", "train.steps": 60, "train.batch": 256,
                        "encoder.units": 16, "decoder.units": 16})
    start = genhep.Model.create(o, events)
    whole, stopped, raising = [genhep.Trainer(start, events, o) for _ in range(3)]
    seen = []
    whole.run(progress=lambda p: seen.append(p.step))
    expect(seen and seen[-1] == 60 and whole.progress().finished == 1, "training to the end")
    expect_error("GENHEP_E_USER", "", lambda: stopped.run(progress=lambda p: True))
    checkpoint = os.path.join(folder, "python.ckpt")
    stopped.save(checkpoint)
    resumed = genhep.Trainer.resume(checkpoint, [events], o)
    resumed.run()
    last, again = [genhep.Sampler(t.model(genhep.LAST)).draw(50) for t in (whole, resumed)]
    expect(rows(last) == rows(again), "a resumed run to give the same bits")
    try:
        raising.run(progress=lambda p: {}["mine"])
    except KeyError as error:
        expect("mine" in str(error), "the exception of the callback")
    else:
        expect(False, "the exception of the callback")
    return whole.model()


def samples(model):
    sampler = genhep.Sampler(model, seed=5, sample_stream=3)
    everything = rows(sampler.draw(700))
    expect(sampler.tell() == 700, "position 700")
    sampler.seek(0)
    one_by_one = [sampler.next() for _ in range(300)]
    expect([list(event) for event, _ in one_by_one] == everything[:300], "next() to give what draw() gave")
    expect(all(weight == 1 for _, weight in one_by_one), "weights of one")
    sampler.seek(0)
    single, double = rows(sampler.draw(1, single=True))[0][0], everything[0][0]
    expect(abs(single - double) <= 1e-6 * abs(double), "float as double")
    expect(len(sampler.draw(0)) == 0, "no events")
    expect_error("GENHEP_E_ARG", "-1", lambda: sampler.draw(-1))

    def host():
        numbers = iter(range(10 ** 9))
        return lambda: float(genhep.random_uniform(1, 0, next(numbers), 1)[0])

    drawn = []
    for _ in range(2):
        other = genhep.Sampler(model)
        other.set_uniform(host())
        drawn.append(rows(other.draw(5)))
    expect(drawn[0] == drawn[1] and drawn[0] != everything[:5], "the host's numbers to decide the events")
    expect_error("GENHEP_E_STATE", "", lambda: other.seek(0))
    other.set_uniform(lambda: {}["mine"])
    try:
        other.draw(5)
    except KeyError:
        other.set_uniform(None)
        other.seek(0)
    else:
        expect(False, "the exception of the host's generator")


def writers(model, folder):
    o = genhep.Options({"data.storage": "float64"})
    path, sampler = os.path.join(folder, "pieces.h5"), genhep.Sampler(model, seed=5)
    with genhep.Writer(path, model, weighted=True, options=o) as writer:
        for i in range(10):
            event, _ = sampler.next()
            writer.append([event], [i - 4.5])
        writer.append(sampler.draw(50))
        writer.append(sampler.draw(3, single=True))
        writer.set_attribute("sigma_pb", "2.5")
        expect(writer.events == 63, "63 events")
    back = genhep.Dataset.open(path)
    drawn = rows(genhep.Sampler(model, seed=5).draw(60))
    expect(rows(back.values())[:60] == drawn and back.columns == model.columns, "the file to hold what was drawn")
    expect(list(back.weights())[:11] == [i - 4.5 for i in range(10)] + [1], "weights, ones where none were given")
    expect(back.attribute("sigma_pb") == "2.5" and back.attribute("process") == "zll", "attributes")
    other = os.path.join(folder, "given_up.csv")
    try:
        with genhep.Writer(other, back) as writer:
            writer.append(drawn)
            raise KeyError("mine")
    except KeyError:
        expect(not os.path.exists(other), "no file after an exception")
    expect_error("GENHEP_E_SHAPE", "2", lambda: genhep.Writer(other, back).append([[1, 2]]))
    expect_error("GENHEP_E_ARG", "tells no format", lambda: genhep.Writer("x.y", model))


def latents(model, folder):
    events = genhep.Sampler(model).draw(40)
    mu, sigma = model.encode(events)
    expect(len(mu) == 40 and len(mu[0]) == model.latents and sigma[0][0] > 0, "40 means and sigmas")
    expect(len(model.decode(mu)) == 40 and len(model.log_density(events)) == 40, "40 decoded events and densities")
    expect("m(ll)" in genhep.Dataset.from_arrays(model.columns, events).observables("zmumu").columns, "observables of two muons")
    mean, variances, vectors = model.components()
    expect(len(mean) == len(variances) == len(vectors) == model.latents, "components of every latent")
    expect(abs(sum(v * v for v in vectors[0]) - 1) < 1e-12 and list(variances) == sorted(variances, reverse=True), "unit vectors, falling variances")
    density = model.buffer_density(events)
    expect(len(density) == 40 and all(x == x for x in density), "40 buffer densities")
    found = genhep.find_overdensity(mu, mu, genhep.Options({"bump.neighbours": "5 10", "bump.axis_neighbours": "20", "bump.permutations": 19}))
    expect(0.05 <= found.p_value <= 1 and found.neighbours in ((5, 10) if found.axis < 0 else (20,)), "an excess with its p-value")
    expect_error("GENHEP_E_OPTION", "latent.box", lambda: genhep.Sampler(model, genhep.Options({"latent.box": "pc0: 1"})))
    expect_error("GENHEP_E_SHAPE", "8", lambda: model.encode([[1.0] * 7]))
    expect(model.info()["family"] == "bvae" and model.attribute("process") == "zll", "what the model says")
    expect(model.columns[0] == "mum_E" and model.units[0] == "GeV" and model.conditions == 0, "the columns")
    model.verify()
    path = os.path.join(folder, "python_model.h5")
    model.save(path)
    with open(path, "rb") as file:
        sampler = genhep.Sampler(genhep.Model.open_memory(file.read()))
    gc.collect()  # the model's Python object is gone, the sampler still needs what it owned
    expect(rows(sampler.draw(40)) == rows(events), "the same model from memory")
    expect_error("GENHEP_E_IO", "missing.h5", lambda: genhep.Model.open("missing.h5"))
    expect_error("GENHEP_E_FORMAT", "", lambda: genhep.Model.open_memory(b"not a model"))


def conditions(events):
    options = genhep.Options({"data.condition": "mup_*", "prep": "standardise", "train.steps": 20, "train.figure": "loss",
                              "data.masses": "free"})
    trainer = genhep.Trainer(genhep.Model.create(options, events), events)
    trainer.run()
    model = trainer.model()
    expect(model.conditions == 4 and model.condition_columns == ["mup_E", "mup_px", "mup_py", "mup_pz"], "the conditions")
    truth = rows(events.values())[:300]
    given = [row[4:] for row in truth]
    drawn = rows(genhep.Sampler(model, seed=3).draw(300, given))
    expect([row[4:] for row in drawn] == given and drawn[0][:4] != truth[0][:4], "conditions in the events")
    sampler = genhep.Sampler(model, seed=3)
    expect([list(sampler.next(row)[0]) for row in given[:50]] == drawn[:50], "next() to give what draw() gave")
    expect_error("GENHEP_E_SHAPE", "no conditions", lambda: sampler.draw(5))
    expect_error("GENHEP_E_SHAPE", "299", lambda: sampler.draw(300, given[:299]))
    mu, _ = model.encode(truth)
    back = rows(model.decode(mu, truth))
    expect([row[4:] for row in back] == given and back[0][:4] != truth[0][:4], "decoded events with their conditions")
    expect_error("GENHEP_E_ARG", "conditions", lambda: model.decode(mu))


def evaluations(model, truth):
    generated = genhep.Dataset.from_arrays(model.columns, genhep.Sampler(model).draw(3000))
    result = genhep.evaluate(truth, generated, process="zmumu", options=genhep.Options({"evaluate.auc": "off"}))
    expect(result.figure("chi2_ndf_median") > 0 and "chi2_ndf_median" in str(result.figures()), "figures")
    first = result.observables()[0]
    expect(len(first.edges) == len(first.truth) + 1 and first.name, "histograms")
    expect_error("GENHEP_E_ARG", "beauty", lambda: result.figure("beauty"))


def integrals(folder):
    def square(points):
        return [3 * x[0] * x[0] for x in points]

    options = {"train.steps": 100, "integrate.points": 4000, "integrate.samples": 3}
    integrator = genhep.Integrator(square, 2, options, seed=3)
    steps = []
    integrator.adapt(lambda state: steps.append(state.step))
    result = integrator.run(20000)
    expect(abs(result.integral - 1) < 5 * result.error and 0 < result.error < 0.01, "the integral of 3 x^2")
    expect(0 < result.efficiency <= 1 and result.ess <= 1 and result.points == 20000, "figures of an integral")
    points, weights = integrator.draw(500)
    expect(len(rows(points)) == 500 and len(weights) == 500 and min(weights) > 0, "weighted points")
    points, weights = integrator.unweight(500)
    expect(len(rows(points)) == 500 and min(weights) == 1, "unweighted points")
    path = os.path.join(folder, "integral.h5")
    integrator.save(path)
    other = genhep.Integrator(square, 2, dict(options, seed=3), model=genhep.Model.open(path))
    other.adapt()
    again = other.run(20000)
    expect(again.integral == result.integral and again.error == result.error, "the same integral from the model's file")
    grid = genhep.Integrator(square, 2, {"integrate.method": "vegas", "vegas.points": 2000}).run(20000)
    expect(abs(grid.integral - 1) < 5 * grid.error and grid.error < 0.003, "the integral by VEGAS")

    def broken(points):
        raise KeyError("mine")

    try:
        genhep.Integrator(broken, 2, {"integrate.method": "none"}).run(100)
        expect(False, "the integrand's own exception")
    except KeyError as error:
        expect(error.args == ("mine",), "the integrand's own exception")
    short = genhep.Integrator(lambda points: [1.0], 2, {"integrate.method": "none"})
    expect_error("GENHEP_E_SHAPE", "1 numbers", lambda: short.run(100))
    expect_error("GENHEP_E_ARG", "dim", lambda: genhep.Integrator(square, 0))
    expect_error("GENHEP_E_STATE", "run", lambda: genhep.Integrator(square, 2, {"integrate.method": "none"}).unweight(5))


def main(path, folder, *_):
    expect((genhep._tables.numpy is None) == ("--without-numpy" in sys.argv), "numpy as asked")
    prototypes()
    options()
    datasets(folder)
    events = genhep.Dataset.open(path)
    model = train(events, folder)
    samples(model)
    writers(model, folder)
    latents(model, folder)
    conditions(events)
    evaluations(model, events)
    integrals(folder)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
