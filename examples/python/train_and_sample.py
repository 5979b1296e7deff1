#!/usr/bin/env python3
"""Learn from a file of events, draw new ones, and compare the two.

PYTHONPATH=lib/python python3 train_and_sample.py CARD EVENTS MODEL.h5 [key=value ...]
"""
import sys

import genhep


def show(progress):
    """Called now and then while training; a true result would stop it."""
    if progress.finished:
        print("%d steps in %.1f s, loss %.4f" % (progress.step, progress.seconds, progress.loss))


def main(card, path, model_path, *settings):
    options = genhep.Options(card)
    for setting in settings:
        options.parse(setting)

    # An untrained model takes columns and preparation from the data; the trainer hands out the best snapshot.
    events = genhep.Dataset.open(path, options)
    trainer = genhep.Trainer(genhep.Model.create(options, events), events, options)
    trainer.run(progress=show)
    trainer.model(genhep.BEST).save(model_path)

    # Event k depends on (model, seed, k) only, so a draw can start anywhere.
    model = genhep.Model.open(model_path)
    sampler = genhep.Sampler(model, seed=7)
    drawn = sampler.draw(len(events))
    sampler.seek(3)
    event, weight = sampler.next()
    assert list(event) == list(drawn[3]), "event 3 is not the event 3 drawn before"
    print("event 3:", ", ".join("%s %.4g" % pair for pair in zip(model.columns, event)), "weight %g" % weight)

    result = genhep.evaluate(events, genhep.Dataset.from_arrays(model.columns, drawn))
    for observable in result.observables():
        print("%-12s chi2/ndf %6.2f   W1 %.4g %s" % (observable.name, observable.chi2_ndf, observable.w1,
                                                    observable.unit))
    print("a classifier tells generated from true with AUC %.3f" % result.figure("auc"))


if __name__ == "__main__":
    if len(sys.argv) < 4:
        sys.exit(__doc__)
    try:
        main(*sys.argv[1:])
    except genhep.Error as error:
        sys.exit("train_and_sample.py: %s: %s" % (error.name, error))
