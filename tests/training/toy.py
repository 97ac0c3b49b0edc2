"""A small problem on which every method can take steps."""

import keras
import numpy as np
import tensorflow as tf

from xvat_tf.models import BatchNorm, build_generator
from xvat_tf.settings import resolve
from xvat_tf.training import Trainer
from xvat_tf.training.schedules import generator_optimizer

SIDE, LABELED, UNLABELED, CLASSES = 6, 8, 12, 3

# Every method, every mask model, with and without unlabeled images.
METHODS = {
    "mle": {"method": "mle"},
    "at-l2": {"method": "at"},
    "at-linf": {"method": "at", "norm": "linf", "epsilon": 0.1},
    "vat": {"method": "vat", "xi": 1e-2},
    "vat-2": {"method": "vat", "xi": 1e-2, "num_power_iterations": 2},
    "vat-against": {"method": "vat", "direction": "against_prediction"},
    "vatent": {"method": "vatent", "xi": 1e-2},
    "at-added": {"method": "at", "label_loss": "added"},
    "vat-both": {"method": "vat", "xi": 1e-2, "regularised": "all"},
    "xat": {"method": "xat"},
    "xat-kl": {
        "method": "xat",
        "label_loss": "added",
        "xat_target": "prediction",
    },
    "xat-table": {"method": "xat", "mask_model": "transductive"},
    "xvat": {"method": "xvat"},
    "xvat-table": {"method": "xvat", "mask_model": "transductive"},
    "xvat-adam": {
        "method": "xvat",
        "mask_model": "transductive",
        "generator_optimizer": "adam",
    },
    "xvat-both": {
        "method": "xvat",
        "mask_model": "transductive",
        "regularised": "all",
    },
    "xvatent": {"method": "xvatent"},
    "pi": {"method": "pi", "ramp_up_steps": 10},
    "temporal": {"method": "temporal"},
    "mean_teacher": {"method": "mean_teacher"},
    "xvat-eq7": {"method": "xvat", "divergence": "kl_clean_perturbed"},
    "xat-step": {"method": "xat", "mask_step": 0.5},
    "xvat-step": {"method": "xvat", "mask_step": 0.5},
    "xvat-table-step": {
        "method": "xvat",
        "mask_model": "transductive",
        "mask_step": 0.5,
        "mask_step_target": "prediction",
    },
    "xvat-all": {
        "method": "xvat",
        "divergence": "cross_entropy",
        "lambda_smooth": 1.0,
        "l0_reduction": "sum",
        "mask_channels": "separate",
        "mask_gain": 2.0,
        "generator_layers": 2,
        "generator_filters": 2,
        "log_alpha_bound": 0.5,
    },
}


def method_settings(case, **given):
    """Method settings of a case, with perturbations fit for 6x6 images."""
    values = {"dataset": "digits", "epsilon": 0.5, **METHODS[case], **given}
    return resolve(values).method


def toy_classifier(seed=1):
    """Batch norm, dropout and pooling: all that keeps or draws a state."""
    return keras.Sequential(
        [
            keras.Input((SIDE, SIDE, 2)),
            keras.layers.Conv2D(
                4,
                3,
                padding="same",
                use_bias=False,
                kernel_initializer=keras.initializers.HeNormal(seed),
            ),
            BatchNorm(),
            keras.layers.LeakyReLU(negative_slope=0.1),
            keras.layers.MaxPooling2D(),
            keras.layers.Dropout(0.25, seed=seed),
            keras.layers.Flatten(),
            keras.layers.Dense(
                CLASSES, kernel_initializer=keras.initializers.HeNormal(seed)
            ),
        ]
    )


def toy_trainer(
    case,
    classifier=None,
    learning_rate=1e-3,
    jit_compile=False,
    ema_decay=None,
    **given,
):
    """A trainer of a case; the generator's step is large enough to see."""
    settings = method_settings(case, **given)
    generator = None
    if settings.uses_mask:
        rows = UNLABELED
        if settings.regularises_labeled:
            rows += LABELED
        generator = build_generator(settings, (SIDE, SIDE, 2), rows, 2)
    trainer = Trainer(
        classifier or toy_classifier(),
        settings,
        generator=generator,
        seed=3,
        ema_decay=ema_decay,
    )
    trainer.objective.build_memory(UNLABELED, CLASSES)
    if trainer.memory is not None:
        past = tf.one_hot(tf.range(UNLABELED) % CLASSES, CLASSES)
        trainer.memory.remember(tf.range(UNLABELED), past)
    trainer.compile(
        keras.optimizers.SGD(learning_rate),
        generator and generator_optimizer(settings.ascent, 1e-3),
        jit_compile=jit_compile,
    )
    return trainer


def toy_batch(semi_supervised=True, dtype="float32"):
    """Images whose classes differ in brightness."""
    rng = np.random.default_rng(0)

    def images(count):
        noise = rng.normal(size=(count, SIDE, SIDE, 2))
        means = rng.integers(0, CLASSES, (count, 1, 1, 1)) - 1
        return tf.constant(0.5 * noise + means, dtype)

    batch = {
        "images": images(LABELED),
        "labels": tf.constant(rng.integers(0, CLASSES, LABELED), tf.int32),
        "indices": tf.range(LABELED),
    }
    if semi_supervised:
        batch["unlabeled_images"] = images(UNLABELED)
        batch["unlabeled_indices"] = tf.range(UNLABELED)[::-1]
    return batch
