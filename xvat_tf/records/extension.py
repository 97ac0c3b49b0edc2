"""More epochs for a run that has its settings already."""

from xvat_tf.settings import Settings, TrainSettings, differences


def is_extension(settings: Settings, recorded: Settings) -> bool:
    """Tells whether settings differ from the recorded ones by more epochs."""
    more = settings.train.num_epochs > recorded.train.num_epochs
    return more and len(differences(settings, recorded)) == 1


def extended(record: dict, settings: Settings, step: int) -> dict:
    """A record of settings.json with more epochs, and when it got them."""
    values = record["settings"]
    before = {"num_epochs": values["num_epochs"], "step": step}
    more = {"num_epochs": settings.train.num_epochs}
    history = [*record.get("extended", []), before]
    return record | {"settings": values | more, "extended": history}


def schedule_text(settings: TrainSettings, step: int, rate: float) -> str:
    """Says how the learning rate goes on from a step, at which it is `rate`."""
    end, start = settings.num_epochs, settings.epoch_decay_start
    whole = f"a run of {end} epochs from the start"
    decays = settings.lr_schedule == "linear"
    if not decays or step <= start * settings.num_iter_per_epoch:
        return (
            f"extended to {end} epochs: step {step} goes on at learning rate"
            f" {rate:.3g}, as in {whole}"
        )
    return (
        f"extended to {end} epochs: the linear decay is now from epoch"
        f" {start} to {end}, so step {step} goes on at learning rate"
        f" {rate:.3g}; {whole} had higher rates before"
    )


def history_text(record: dict) -> str:
    """Says in a sentence when a run was extended; empty if it was not."""
    parts = [
        f"from {one['num_epochs']} after step {one['step']:,}"
        for one in record.get("extended", [])
    ]
    if not parts:
        return ""
    return f"The number of epochs was raised {', '.join(parts)}."
