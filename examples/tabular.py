"""Few labels of a table: VAT against maximum likelihood.

    python examples/tabular.py

scikit-learn's breast cancer data, 30 columns, 10 labeled rows of each class.
"""

import keras
import numpy as np
from sklearn.datasets import load_breast_cancer
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler

import xvat_tf

LABELS_PER_CLASS = 10


def main():
    rows, kinds = load_breast_cancer(return_X_y=True)
    x, x_test, y, y_test = train_test_split(
        rows, kinds, test_size=0.35, random_state=0, stratify=kinds
    )
    scaler = StandardScaler().fit(x)
    x, x_test = (
        scaler.transform(part).astype("float32") for part in (x, x_test)
    )
    labeled = np.concatenate(
        [np.flatnonzero(y == kind)[:LABELS_PER_CLASS] for kind in (0, 1)]
    )
    for method, rest in ((xvat_tf.Mle(), None), (xvat_tf.Vat(epsilon=1.0), x)):
        keras.utils.set_random_seed(0)
        trainer = xvat_tf.Trainer(
            network(x.shape[1]), method=method, unlabeled=rest, seed=0
        )
        trainer.compile(optimizer=keras.optimizers.Adam(0.002))
        # Equally many for both: a pass over the labels alone is one step.
        steps = {"steps_per_epoch": 3, "epochs": 100}
        trainer.fit(x[labeled], y[labeled], **steps, verbose=0)
        found = trainer.evaluate(x_test, y_test, verbose=0, return_dict=True)
        print(f"{method.method}: accuracy {found['accuracy']:.4f}")


def network(columns):
    return keras.Sequential(
        [
            keras.Input((columns,)),
            keras.layers.Dense(100, activation="relu"),
            keras.layers.Dense(2),
        ]
    )


if __name__ == "__main__":
    main()
