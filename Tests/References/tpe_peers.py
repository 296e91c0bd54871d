"""What optuna's and hyperopt's estimators reach on standard test functions in 20 and 60 trials (median regret over
45 seeds), beside which TuningTests prints ours. Needs optuna or hyperopt."""
import math
import statistics
import sys

SEEDS = range(45)
HARTMANN_WEIGHTS = (1.0, 1.2, 3.0, 3.2)
HARTMANN_SHAPES = (
    (10, 3, 17, 3.5, 1.7, 8), (0.05, 10, 17, 0.1, 8, 14), (3, 3.5, 1.7, 10, 17, 8), (17, 8, 0.05, 10, 0.1, 14))
HARTMANN_CENTRES = (
    (0.1312, 0.1696, 0.5569, 0.0124, 0.8283, 0.5886), (0.2329, 0.4135, 0.8307, 0.3736, 0.1004, 0.9991),
    (0.2348, 0.1451, 0.3522, 0.2883, 0.3047, 0.6650), (0.4047, 0.8828, 0.8732, 0.5743, 0.1091, 0.0381))


def branin(x):
    bowl = x[1] - 5.1 / (4 * math.pi ** 2) * x[0] ** 2 + 5 / math.pi * x[0] - 6
    return bowl ** 2 + 10 * (1 - 1 / (8 * math.pi)) * math.cos(x[0]) + 10


def hartmann(x):
    return -sum(
        weight * math.exp(-sum(a * (v - p) ** 2 for a, v, p in zip(shape, x, centre)))
        for weight, shape, centre in zip(HARTMANN_WEIGHTS, HARTMANN_SHAPES, HARTMANN_CENTRES))


# The function, its bounds, its least value.
FUNCTIONS = {
    "Branin": (branin, [(-5, 10), (0, 15)], 0.397887),
    "Hartmann, six dimensions": (hartmann, [(0, 1)] * 6, -3.32237),
}


def with_optuna(function, bounds, seed, count):
    import optuna

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    study = optuna.create_study(sampler=optuna.samplers.TPESampler(seed=seed))
    study.optimize(
        lambda trial: function([trial.suggest_float(str(i), *ends) for i, ends in enumerate(bounds)]),
        n_trials=count)
    return study.best_value


def with_hyperopt(function, bounds, seed, count):
    import numpy
    from hyperopt import Trials, fmin, hp, tpe

    trials = Trials()
    fmin(function, [hp.uniform(str(i), *ends) for i, ends in enumerate(bounds)], algo=tpe.suggest,
         max_evals=count, trials=trials, rstate=numpy.random.default_rng(seed),
         show_progressbar=False)
    return min(trials.losses())


for name, search in (("optuna", with_optuna), ("hyperopt", with_hyperopt)):
    for title, (function, bounds, least) in FUNCTIONS.items():
        for count in (20, 60):
            try:
                regrets = [search(function, bounds, seed, count) - least for seed in SEEDS]
            except ImportError as error:
                sys.exit(f"SKIPPED: {error}")
            print(f"{name}, {title}, {count} trials: median regret {statistics.median(regrets):.4f}")
