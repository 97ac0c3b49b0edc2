"""Takes steps on the replicas of one process, and dumps what it then holds.

A strategy has to be there before TensorFlow does anything, so tests start
`main` in processes of its own.
"""

import functools
import os

import numpy as np
import tensorflow as tf

GIVEN = {
    "dataset": "digits",
    "hidden_sizes": (8,),
    "batch_size": 4,
    "ul_batch_size": 6,
    "epsilon": 1.0,
    "xi": 1e-2,
    "generator_learning_rate": 1e-2,
    "dtype": "float64",
}


def start(devices):
    """Double precision, and as many logical CPU devices."""
    import keras

    (cpu,) = tf.config.list_physical_devices("CPU")
    tf.config.set_logical_device_configuration(
        cpu, [tf.config.LogicalDeviceConfiguration()] * devices
    )
    keras.config.set_floatx("float64")
    keras.config.set_dtype_policy("float64")


@functools.cache
def digits():
    from xvat_tf import training
    from xvat_tf.settings import resolve

    return training.prepare_data(resolve(GIVEN | {"method": "mle"}))


def steps(case, distribution, count):
    """Arrays of a case after `count` steps; of a table the own rows."""
    import keras

    from xvat_tf import training
    from xvat_tf.data.streams import training_stream
    from xvat_tf.settings import resolve
    from xvat_tf.training.experiment import stream_options

    settings, data = resolve(GIVEN | case), digits()
    trainer = training.build_trainer(settings, data, distribution)
    options = stream_options(settings, 0)
    with distribution.scope():
        history = keras.Model.fit(
            trainer,
            distribution.stream(
                functools.partial(training_stream, data, **options)
            ),
            steps_per_epoch=count,
            verbose=0,
        )
    arrays = {
        f"{part}/{i}": variable.numpy()
        for part in ("classifier", "optimizer", "generator", "average")
        if getattr(trainer, part) is not None
        for i, variable in enumerate(getattr(trainer, part).variables)
    }
    means = {name: np.array(v[0]) for name, v in history.history.items()}
    return arrays | means


def moving_statistics(distribution, synchronized):
    """Of a batch norm after one step with the values 0, 2, 4, 10."""
    import keras

    from xvat_tf.models import BatchNorm
    from xvat_tf.settings import resolve
    from xvat_tf.training import Trainer

    with distribution.scope():
        layer = BatchNorm(0.9, 1.0, affine=False, synchronized=synchronized)
        network = [keras.Input((1,)), layer, keras.layers.Dense(2)]
        classifier = keras.Sequential(network)
        optimizer = keras.optimizers.SGD(0.1)
    method = resolve({"dataset": "digits", "method": "mle"}).method
    trainer = Trainer(classifier, method, distribution=distribution)
    trainer.compile(optimizer)
    values = np.array([[0.0], [2.0], [4.0], [10.0]])

    def stream(part):
        index, count = part
        size = 4 // count
        own = values[index * size : (index + 1) * size]
        labels = tf.zeros([size], tf.int32)
        batch = {"images": own, "labels": labels, "indices": labels}
        return tf.data.Dataset.from_tensors(batch).repeat()

    with distribution.scope():
        data = distribution.stream(stream)
        keras.Model.fit(trainer, data, steps_per_epoch=1, verbose=0)
    return np.array([layer.moving_mean.numpy(), layer.moving_variance.numpy()])


def main(request):
    start(request["devices"])
    from xvat_tf import training
    from xvat_tf.cluster import ALONE, read_cluster
    from xvat_tf.settings import resolve

    kind = request["distribute"]
    cluster = read_cluster(os.environ) if kind == "multiworker" else ALONE
    shards = {"batch_size": 4, "ul_batch_size": 6, "shards": 2}
    settings = resolve(GIVEN | shards | {"distribute": kind, "method": "mle"})
    distribution = training.join(settings, cluster)
    found = {}
    for name, case in request["cases"].items():
        arrays = steps(case, distribution, request["steps"])
        found |= {f"{name}:{key}": value for key, value in arrays.items()}
    if request.get("batch_norm"):
        for synchronized in (False, True):
            key = f"batch_norm:{synchronized}"
            found[key] = moving_statistics(distribution, synchronized)
    np.savez(request["out"], **found)
    distribution.leave_together()
