"""Fine-tunes a network of keras.applications with VAT and with xVAT.

    python examples/pretrained.py [--frozen]

Weights are random, so that nothing is downloaded: WEIGHTS = "imagenet" takes
pretrained ones (then use images of 96x96 or more, and --frozen at first).
"""

import sys

import keras
import numpy as np
from sklearn.datasets import load_digits

import xvat_tf

WEIGHTS, SIDE = None, 32


def network(frozen):
    backbone = keras.applications.MobileNet(
        input_shape=(SIDE, SIDE, 3),
        alpha=0.25,
        include_top=False,
        pooling="avg",
        weights=WEIGHTS,
    )
    backbone.trainable = not frozen
    inputs = keras.Input((SIDE, SIDE, 3))
    return keras.Model(inputs, keras.layers.Dense(10)(backbone(inputs)))


def main(frozen):
    images, labels = load_digits(return_X_y=True)
    # The range of keras.applications' MobileNets, [-1, 1], is centred.
    images = (images.reshape(-1, 8, 8, 1) / 8 - 1).astype("float32")
    images = np.repeat(images.repeat(4, 1).repeat(4, 2), 3, axis=3)
    for method in (xvat_tf.Vat(epsilon=5.0), xvat_tf.XVat()):
        keras.utils.set_random_seed(0)
        trainer = xvat_tf.Trainer(network(frozen), method=method, seed=0)
        trainer.compile(optimizer=keras.optimizers.Adam(0.002))
        trainer.fit(images[:400], labels[:400], epochs=4, verbose=0)
        found = trainer.evaluate(
            images[1297:], labels[1297:], verbose=0, return_dict=True
        )
        print(f"{method.method}: accuracy {found['accuracy']:.4f}")


if __name__ == "__main__":
    main(frozen="--frozen" in sys.argv[1:])
