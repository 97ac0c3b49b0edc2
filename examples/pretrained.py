"""Puts logits on a network of keras.applications; trains with VAT and xVAT.

    python examples/pretrained.py

Weights are random, so that nothing is downloaded and nothing can be frozen.
With WEIGHTS = "imagenet" they are pretrained; then try FROZEN = True first.
"""

import keras
import numpy as np
from sklearn.datasets import load_digits

import xvat_tf

WEIGHTS, FROZEN, SIDE = None, False, 32


def network():
    whole = keras.applications.MobileNet(
        input_shape=(SIDE, SIDE, 3),
        alpha=0.25,
        include_top=False,
        weights=WEIGHTS,
    )
    # Much deeper, images of 32x32 would be 4x4 and less.
    features = whole.get_layer("conv_pw_2_relu").output
    backbone = keras.Model(whole.input, features)
    backbone.trainable = not FROZEN
    for layer in backbone.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.momentum = 0.9  # As few steps ask for.
    logits = keras.layers.Dense(10)
    return keras.Sequential([backbone, keras.layers.Flatten(), logits])


def main():
    images, labels = load_digits(return_X_y=True)
    # What these networks expect, [-1, 1], is centred, as masks need it.
    images = (images.reshape(-1, 8, 8, 1) / 8 - 1).astype("float32")
    images = np.tile(images.repeat(4, 1).repeat(4, 2), 3)
    for method in (xvat_tf.Vat(epsilon=2.0), xvat_tf.XVat()):
        keras.utils.set_random_seed(0)
        trainer = xvat_tf.Trainer(network(), method=method, seed=0)
        trainer.compile(optimizer=keras.optimizers.Adam(0.002))
        trainer.fit(images[:400], labels[:400], epochs=3, verbose=0)
        found = trainer.evaluate(
            images[1297:], labels[1297:], verbose=0, return_dict=True
        )
        print(f"{method.method}: accuracy {found['accuracy']:.4f}")


if __name__ == "__main__":
    main()
