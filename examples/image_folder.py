"""xVAT on a folder of images, FOLDER/<class>/<image>, a tenth of them labeled.

    python examples/image_folder.py [FOLDER]

Without a folder it writes scikit-learn's digits into a temporary one first.
"""

import pathlib
import sys
import tempfile

import keras
from PIL import Image
from sklearn.datasets import load_digits

import xvat_tf

SIDE = 16


def write_digits(folder):
    digits = load_digits()
    for i, image in enumerate(digits.images):
        path = pathlib.Path(folder, str(digits.target[i]), f"{i}.png")
        path.parent.mkdir(exist_ok=True)
        Image.fromarray((image * 15).astype("uint8")).save(path)


def arrays(folder, **part):
    """Images in [-0.5, 0.5], since a mask cannot change a zero, and labels."""
    batches = keras.utils.image_dataset_from_directory(
        folder, image_size=(SIDE, SIDE), verbose=False, **part
    )
    x, y = next(iter(batches.unbatch().batch(1_000_000)))
    return x.numpy() / 255 - 0.5, y.numpy(), len(batches.class_names)


def train(folder):
    part = {"validation_split": 0.2, "seed": 0}
    x, y, classes = arrays(folder, subset="training", **part)
    x_test, y_test, _ = arrays(folder, subset="validation", **part)
    features = keras.layers.Conv2D(16, 3, strides=2, activation="relu")
    logits = [keras.layers.Flatten(), keras.layers.Dense(classes)]
    model = keras.Sequential([keras.Input(x.shape[1:]), features, *logits])
    trainer = xvat_tf.Trainer(model, method=xvat_tf.XVat(), unlabeled=x, seed=0)
    trainer.compile(optimizer="adam")
    few = len(x) // 10
    trainer.fit(x[:few], y[:few], epochs=20, verbose=0)
    found = trainer.evaluate(x_test, y_test, verbose=0, return_dict=True)
    print(f"{few} labels: accuracy {found['accuracy']:.4f}")


if __name__ == "__main__":
    keras.utils.set_random_seed(0)
    with tempfile.TemporaryDirectory() as scratch:
        if not sys.argv[1:]:
            write_digits(scratch)
        train(*sys.argv[1:] or [scratch])
