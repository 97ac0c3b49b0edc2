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
    for number, (image, label) in enumerate(
        zip(digits.images, digits.target, strict=True)
    ):
        path = pathlib.Path(folder, str(label), f"{number}.png")
        path.parent.mkdir(exist_ok=True)
        Image.fromarray((image * 15).astype("uint8")).save(path)


def train(folder):
    x, y, classes = arrays(folder, subset="training")
    x_test, y_test, _ = arrays(folder, subset="validation")
    model = keras.Sequential(
        [
            keras.Input((SIDE, SIDE, 3)),
            keras.layers.Conv2D(16, 3, strides=2, activation="relu"),
            keras.layers.Flatten(),
            keras.layers.Dense(classes),
        ]
    )
    trainer = xvat_tf.Trainer(model, method=xvat_tf.XVat(), unlabeled=x, seed=0)
    trainer.compile(optimizer="adam")
    few = len(x) // 10
    trainer.fit(x[:few], y[:few], batch_size=32, epochs=20, verbose=0)
    accuracy = trainer.evaluate(x_test, y_test, verbose=0, return_dict=True)
    print(f"{few} labels: accuracy {accuracy['accuracy']:.4f}")


def arrays(folder, subset):
    """Shuffled images in [-0.5, 0.5], since a mask cannot change a zero."""
    batches = keras.utils.image_dataset_from_directory(
        folder,
        image_size=(SIDE, SIDE),
        validation_split=0.2,
        subset=subset,
        seed=0,
    )
    x, y = next(iter(batches.unbatch().batch(1_000_000)))
    return x.numpy() / 255 - 0.5, y.numpy(), len(batches.class_names)


if __name__ == "__main__":
    keras.utils.set_random_seed(0)
    with tempfile.TemporaryDirectory() as scratch:
        if not sys.argv[1:]:
            write_digits(scratch)
        train(*sys.argv[1:] or [scratch])
