"""What optuna's and hyperopt's estimators reach on Branin's function in 60 trials (median regret over 15
seeds), beside which TuningTests prints ours. Needs optuna or hyperopt."""
import math
import statistics

SEEDS, TRIALS, LEAST = range(15), 60, 0.397887


def branin(a, b):
    bowl = b - 5.1 / (4 * math.pi ** 2) * a * a + 5 / math.pi * a - 6
    return bowl ** 2 + 10 * (1 - 1 / (8 * math.pi)) * math.cos(a) + 10


def with_optuna(seed):
    import optuna

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    study = optuna.create_study(sampler=optuna.samplers.TPESampler(seed=seed))
    study.optimize(
        lambda t: branin(t.suggest_float("a", -5, 10), t.suggest_float("b", 0, 15)), n_trials=TRIALS)
    return study.best_value - LEAST


def with_hyperopt(seed):
    import numpy
    from hyperopt import Trials, fmin, hp, tpe

    trials = Trials()
    fmin(lambda x: branin(*x), [hp.uniform("a", -5, 10), hp.uniform("b", 0, 15)], algo=tpe.suggest,
         max_evals=TRIALS, trials=trials, rstate=numpy.random.default_rng(seed),
         show_progressbar=False)
    return min(trials.losses()) - LEAST


for name, search in (("optuna", with_optuna), ("hyperopt", with_hyperopt)):
    try:
        regrets = [search(seed) for seed in SEEDS]
    except ImportError as error:
        print(f"SKIPPED: {error}")
        continue
    print(f"{name}: median regret {statistics.median(regrets):.4f}")
