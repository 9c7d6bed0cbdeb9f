"""One training session: load, build, restore, fit; again after a rollback."""

import functools
import os
from collections.abc import Callable, Mapping

import keras
import tensorflow as tf

from tfgan_transfer import families
from tfgan_transfer.errors import UserError
from tfgan_transfer.families import source
from tfgan_transfer.families.family import Plan
from tfgan_transfer.sessions import (
    announcement,
    callbacks,
    pace,
    phases,
    standing,
)
from tfgan_transfer.trained import saved
from tfgan_transfer.training import checkpoint, devices, event_files
from tfgan_transfer.training.deadline import Deadline
from tfgan_transfer.training.health import NonFiniteValue
from tfgan_transfer.training.interruption import EXIT_RUN_AGAIN, StopRequest
from tfgan_transfer.training.optimizers import set_rates
from tfgan_transfer.training.run_directory import RunDirectory

ROLLBACKS = 3
# What the record of every part says alike.
_OF_THE_RUN = ("source", "data", "timetable")


class Session:
    """Everything that stays the same while a run is being trained.

    Args:
        plan: What was settled before.
        run: Run directory.
        timetable: When a new run is to be how far, if it has hours.
        began: When the command began, by `time.monotonic`; now, when absent.
    """

    def __init__(
        self,
        plan: Plan,
        run: RunDirectory,
        timetable: pace.Timetable | None = None,
        began: float | None = None,
    ):
        self.plan = plan
        self.deadline = Deadline(plan.config["hours"], began=began)
        config = self.config
        self.family = families.of(config)
        self.run = run
        self.lr_scale = self.source = None
        self.strategy = devices.strategy(config)
        self.xla = devices.use_xla(config, self.strategy)
        self.chief = devices.is_chief(self.strategy)
        if self.chief:
            run.create()
        standing.refuse_ends_of_ones_own(config)
        self.stored = run.read_config()
        self.pace = pace.kept(self.stored, timetable, self.deadline, config)
        note = functools.partial(standing.note_bad_files, run, self.chief)
        self.split = self.family.load_data(config, note)
        for remark in self.split.remarks if self.chief else ():
            print(f"warning: {remark}")
        self.record = self.family.record(plan, self.split)
        if self.stored:
            standing.refuse_other_images(run, self.stored, self.record)
            if "source" in self.stored:
                self.record["source"] = self.stored["source"]
        elif config["source"]:
            self.source = self._open_source()
            self.record["source"] = self.source.record
        if self.pace:
            self.record["timetable"] = self.pace.timetable.ends

    @property
    def config(self) -> dict:
        """Resolved settings; hours may give the run other steps on its way."""
        return self.plan.config

    def train(self) -> int:
        """Trains to the last step.

        Returns:
            0, or 3 when a signal or a lost worker stopped it before its end;
            its end is the last step, or sooner by `--stop_patience` or
            `--hours`.

        Raises:
            UserError: If a value became NaN and may not be rolled back.
        """
        with StopRequest() as stop:
            for attempt in range(ROLLBACKS + 1):
                try:
                    done = self._fit(stop)
                    break
                except NonFiniteValue as error:
                    self._roll_back(error, attempt)
                except BrokenPipeError:
                    # Whoever read what it prints has gone, before the end.
                    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
                    return EXIT_RUN_AGAIN
                except OSError as error:
                    raise standing.stopped_by(self.run, error) from error
                except devices.LOST_WORKER as error:
                    print(devices.lost_worker(error), flush=True)
                    return EXIT_RUN_AGAIN
        steps = self.config["steps"]
        if done < steps and self.deadline.over:
            print(self.deadline.sentence(done, steps))
        elif done < steps and not standing.exhausted(self.run, self.config):
            print(
                f"stopped at step {done} of {steps}; the same command continues"
            )
            return EXIT_RUN_AGAIN
        return 0

    def go_back(self, step: int) -> None:
        """Makes training go on from an earlier step, more slowly.

        The same rates would lead through the same weights once more, so they
        are halved, as after a NaN. Newer checkpoints are set aside.

        Raises:
            UserError: If there is no whole checkpoint of this step.
        """
        kept = checkpoint.place(self.run.checkpoints, step)
        try:
            # Nothing moves before this one is known to be whole.
            manifest = checkpoint.verify(kept).manifest if kept.exists() else {}
        except checkpoint.DamagedCheckpoint as error:
            raise UserError(
                f"--restart_from: {error}; choose another step"
            ) from error
        if self.chief:
            for path in self.run.set_aside_after(step):
                print(f"set aside: {path}")
        self.lr_scale = manifest.get("lr_scale", 1.0) / 2
        print(f"going back to step {step}, with half the learning rates")

    def _fit(self, stop: StopRequest) -> int:
        found = standing.last(
            self.run, self.config, bool(self.stored), self.chief
        )
        start = found.step if found else 0
        devices.agree_on(start, self.strategy)
        saved = found.manifest if found else {}
        if self.deadline.before is None:
            self.deadline.before = saved.get("seconds", 0.0)
        if self.lr_scale is None:
            self.lr_scale = saved.get("lr_scale", 1.0)
        if self.chief:
            standing.cut_back(self.run, found, self.lr_scale)
        owed = standing.owed(self.config, saved)
        if self._ended(start) and not owed:
            flags = self.stored["flags"] if self.stored else {}
            print(standing.nothing_to_do(start, self.config, flags))
            return start
        while True:
            phase = phases.after(self.config, start)[0]
            start = self._train(phase, found, start, stop, owed)
            ended = start >= self.config["steps"] or self.deadline.over
            asked = start == phase.end or self.pace and self.pace.struck
            if ended or stop.requested or not asked:
                return start
            self._replan(start)
            found, owed = checkpoint.latest(self.run.checkpoints)[0], False

    def _replan(self, step: int) -> None:
        """Gives what is left other steps, where the plan does not hold."""
        changed = self.pace and self.pace.replanned(self.config, step)
        if not changed:
            return
        if self.chief:
            print(self.pace.sentence(self.config["steps"], changed["steps"]))
        self.plan = self.plan._replace(config=changed)
        self.record["flags"] = dict(changed)
        self.record["timetable"] = self.pace.timetable.ends

    def _train(
        self,
        phase: phases.Phase,
        found: checkpoint.Checkpoint | None,
        start: int,
        stop: StopRequest,
        owed: bool,
    ) -> int:
        """Trains to the end of a phase, or until told to stop.

        Args:
            phase: The phase.
            found: The checkpoint to go on from.
            start: Its step.
            stop: Set by signals.
            owed: Whether that checkpoint has still to be evaluated.

        Returns:
            Steps done.
        """
        # Of a part that only has other steps all is known.
        told = self.pace and self.pace.struck
        if self.pace:
            self.pace.begin(start, phase.end)
        saved = found.manifest if found else {}
        part = self._enter(phase, found)
        model = self._model(part, found)
        if self.chief and not told:
            self._announce(part, model, start)
        with event_files.written(
            self.run.tensorboard if self.chief else None, self.config
        ) as writer:
            chain = self._callbacks(part, writer, stop, start, saved)
            saver = chain[-1]
            if self.chief and self.config["eval_every"]:
                chain.append(
                    callbacks.evaluation(
                        phase.config,
                        self.run,
                        writer,
                        part.split,
                        saver,
                        self.deadline,
                    )
                )
            begun = []
            if self.chief:
                # Last of all: of settings that nothing has refused, beside
                # the first checkpoint. A run with a configuration has begun.
                whole = {**part.record, "flags": dict(self.config)}
                begun = [standing.Begun(self.run, whole)]
                if owed:
                    chain[-1].catch_up(model)
            if self._ended(start):
                return start
            model.fit(
                self.family.batches(
                    phase.config, part.split.train, self.strategy, start
                ),
                epochs=1,
                steps_per_epoch=phase.end - start,
                callbacks=[*chain, *begun],
                shuffle=False,
                verbose=0,
            )
        return saver.step

    def _enter(
        self, phase: phases.Phase, found: checkpoint.Checkpoint | None
    ) -> phases.Part:
        """What a phase has of its own: plan, images, record."""
        begun = found is not None and (
            found.step > phase.start or not phase.start
        )
        if phase.config is self.config:
            return phases.Part(phase, self.plan, self.split, self.record, begun)
        config, start, record = phase.built, None, None
        if begun:
            record = found.manifest["run"]
        elif phase.start:
            config, start = {**config, "transfer": phase.moved}, found
        elif self.config["source"]:
            start = self._source_checkpoint()
        plan = self.family.at_phase(self.plan, config, start, record)
        split = phases.scaled(self.split, phase.config)
        own = self.family.record(plan._replace(config=phase.config), split)
        kept = {k: self.record[k] for k in _OF_THE_RUN if k in self.record}
        return phases.Part(phase, plan, split, {**own, **kept}, begun)

    def _callbacks(
        self,
        part: phases.Part,
        writer: tf.summary.SummaryWriter | None,
        stop: StopRequest,
        start: int,
        saved: Mapping,
    ) -> list[keras.callbacks.Callback]:
        """All but the evaluation, which follows the saver, the last of them."""
        config, told = part.phase.config, []
        steering = self.family.steering(config, writer, part.split, start)
        if self.chief:
            left = self.pace and self.pace.expected
            told = callbacks.reports(part, self.run, writer, start, saved, left)
        return callbacks.around(
            told,
            config,
            self.run,
            stop,
            self.deadline,
            start=start,
            end=part.phase.end,
            manifest={
                "run": part.record,
                "flags": dict(self.config),
                "lr_scale": self.lr_scale,
            },
            workers=devices.worker_count(),
            steering=[*steering, *([self.pace] if self.pace else ())],
        )

    def _model(
        self, part: phases.Part, found: checkpoint.Checkpoint | None
    ) -> keras.Model:
        """The model as it stands at a checkpoint, or at a phase's beginning."""
        start_from = None if part.begun else self._start_from(part, found)
        devices.prepare(self.config)
        with self.strategy.scope():
            model = self.family.build(
                part.plan,
                part.split.train,
                xla=self.xla,
                lr_scale=self.lr_scale,
                start_from=start_from,
            )
            if part.begun:
                checkpoint.restore(model.state, checkpoint.load(found.path))
                set_rates(model, self.config, self.lr_scale)
        if self.chief and self.config["source"] and not found:
            self.family.show_first_fakes(
                self.run, part.phase.config, part.split, model
            )
        return model

    def _start_from(
        self, part: phases.Part, found: checkpoint.Checkpoint | None
    ) -> Callable | None:
        """What puts first weights into new networks, if anything does."""
        if found is None and not self.config["source"]:
            return None
        if found is None:
            opened = self.source or self._open_source()
        else:
            # A later phase: its source is the one before.
            ends = self.family.source_ends(found.manifest["run"])
            opened = source.opened(found, str(found.path), ends)

        def start_from(*networks: keras.Model) -> None:
            rows = self.family.move(
                opened, part.plan, part.split.train, *networks
            )
            if self.chief and found is None:
                source.report(self.run, opened, rows)

        return start_from

    def _open_source(self) -> source.Source:
        found = self._source_checkpoint()
        ends = self.family.source_ends(found.manifest["run"])
        return source.opened(found, self.config["source"], ends)

    def _source_checkpoint(self) -> checkpoint.Checkpoint:
        return self.plan.source or saved.find(self.config["source"], "--source")

    def _ended(self, step: int) -> bool:
        return standing.ended(self.run, self.config, step, self.deadline)

    def _announce(
        self, part: phases.Part, model: keras.Model, start: int
    ) -> None:
        replicas = self.strategy.num_replicas_in_sync
        same = ", deterministic" if self.config["deterministic"] else ""
        on = "on" if self.xla else "off"
        precision = self.config["precision"]
        where = announcement.where(start, part.begun)
        plan = part.plan._replace(config=part.phase.config)
        devices_of = f"{replicas} x {precision}, XLA {on}{same}"
        told = announcement.lines(plan, part.split, model, devices_of)
        print(
            f"run       {self.run.path}, {where}", *told, sep="\n", flush=True
        )

    def _roll_back(self, error: NonFiniteValue, attempt: int) -> None:
        kept = f"the last good checkpoint is in {self.run.checkpoints}"
        if self.config["on_nan"] == "stop":
            raise UserError(
                f"{error}; {kept}. Lower --generator_lr and --critic_lr in a "
                "new run, or add --on_nan=rollback"
            ) from error
        if attempt == ROLLBACKS:
            raise UserError(
                f"{error}, after {ROLLBACKS} rollbacks; {kept}. Lower the "
                "learning rates in a new run"
            ) from error
        print(f"{error}: going back, with half the learning rates")
        self.lr_scale /= 2
