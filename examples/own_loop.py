"""A training loop of one's own, from the functions alone: VAT and masks.

    python examples/own_loop.py

50 labeled digits; the others are unlabeled. No Trainer, no fit.
"""

import keras
import tensorflow as tf
from sklearn.datasets import load_digits

import xvat_tf

EPSILON, STEPS = 1.0, 300
MASKS = xvat_tf.HardConcrete()


def main():
    keras.utils.set_random_seed(0)
    images, labels = load_digits(return_X_y=True)
    images = (images / 16 - 0.5).astype("float32")
    model = keras.Sequential(
        [
            keras.Input((64,)),
            keras.layers.Dense(128, activation="relu"),
            keras.layers.Dense(10),
        ]
    )
    optimizer = keras.optimizers.Adam(0.002)
    optimizer.build(model.trainable_variables)

    @tf.function
    def step(x, y, unlabeled):
        with tf.GradientTape() as tape:
            passes = xvat_tf.TrainingPasses(model, tape)
            logits = passes.stateful(x)
            clean = passes.traceless(unlabeled)
            with passes.untaped():
                r = xvat_tf.virtual_adversarial_perturbation(
                    passes.traceless, unlabeled, clean, epsilon=EPSILON
                )
            mask = MASKS.sample_from_noise(
                tf.zeros_like(unlabeled), tf.random.uniform(unlabeled.shape)
            )
            masked = xvat_tf.apply_mask(unlabeled, mask)
            loss = (
                tf.reduce_mean(xvat_tf.cross_entropy(y, logits))
                + tf.reduce_mean(
                    xvat_tf.kl_divergence(
                        clean, passes.traceless(unlabeled + r)
                    )
                )
                + tf.reduce_mean(
                    xvat_tf.mask_divergence(clean, passes.traceless(masked))
                )
            )
        gradients = tape.gradient(loss, model.trainable_variables)
        optimizer.apply(gradients, model.trainable_variables)

    batches = tf.data.Dataset.from_tensor_slices(images[50:1297])
    batches = batches.shuffle(1247).repeat().batch(200, drop_remainder=True)
    for unlabeled in batches.take(STEPS):
        step(images[:50], labels[:50], unlabeled)
    right = model.predict(images[1297:], verbose=0).argmax(1) == labels[1297:]
    print(f"after {STEPS} steps: accuracy {right.mean():.4f}")


if __name__ == "__main__":
    main()
