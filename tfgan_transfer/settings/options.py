"""Options of the commands that are no settings of a run, a row each."""

from tfgan_transfer.settings import choices
from tfgan_transfer.settings.samples import CHECKPOINT, EMA
from tfgan_transfer.settings.setting import Setting

PLAN = (
    Setting(
        "dry_run",
        "choice?",
        "Print what would be done and how long it will take, full with every "
        "setting, or json; touch nothing.",
        choices=choices.DRY_RUN,
        common=True,
    ),
    Setting(
        "restart_from",
        "integer",
        "Go back to the checkpoint of this step, with half the rates.",
        low=1,
    ),
    Setting(
        "augment_preview",
        "text",
        "Only write this picture of what --augment does.",
    ),
    Setting(
        "ensemble",
        "integer",
        "Train so many models that share the classes among them.",
        low=2,
    ),
    Setting(
        "report",
        "yes",
        "Write report.html, a page for people, when the training ends (yes).",
    ),
)

_JSON = Setting("json", "yes", "Print JSON in place of a table.")
_IW_CRITICS = Setting(
    "iw_critics",
    "integer",
    "Critics that the metric iw is the mean of (3).",
    low=1,
)

CHECK = (
    Setting(
        "data",
        "text",
        "Images to look at: folder:PATH, zip:PATH (either with #sub/folder), "
        "tfds:NAME, digits or shapes.",
        common=True,
    ),
    Setting(
        "size",
        "text",
        "Side in pixels, or HEIGHTxWIDTH, that will be trained at (as train "
        "would choose).",
        common=True,
    ),
    Setting(
        "fit",
        "text",
        "How images of another shape will be made to fit (crop).",
        choices=choices.FITS,
    ),
    Setting(
        "classes",
        "text",
        "Look at images of these classes only, separated by commas (all).",
    ),
    Setting(
        "max_value",
        "integer",
        "What is white in grey images of more than 8 bits (by the largest "
        "value of them all).",
        low=1,
    ),
    Setting("out", "text", "FILE.html: a page with the pictures.", common=True),
    Setting(
        "json",
        "yes",
        "Print JSON with every name in place of lines.",
        common=True,
    ),
)

EVALUATE = (
    CHECKPOINT,
    Setting(
        "images",
        "text",
        "Images to judge in place of a generator; a source as for --data.",
        common=True,
    ),
    Setting(
        "metrics",
        "text",
        "What to measure, separated by commas: fid, fid_inf, kid, "
        "precision_recall, is, swd, ms_ssim, iw, memorisation, and of runs "
        "with labels per_class, class_ms_ssim, label_accuracy, "
        "discriminability (kid,fid,precision_recall).",
        common=True,
    ),
    Setting(
        "num_images",
        "integer",
        "Samples for each sampling seed.",
        low=4,
        common=True,
    ),
    Setting("sampling_seeds", "integer", "Sets of samples (3).", low=1),
    Setting(
        "seed",
        "integer",
        "First sampling seed (0).",
        low=0,
        high=choices.LARGEST_SEED,
    ),
    Setting(
        "split",
        "text",
        "Real images to compare with: those held out, or those trained on.",
        choices=choices.SPLITS,
    ),
    Setting(
        "iw_budget",
        "text",
        "How large the critic of the metric iw is.",
        choices=choices.IW_BUDGETS,
    ),
    _IW_CRITICS,
    EMA,
    Setting("against", "text", "Another run to compare with.", common=True),
    Setting(
        "pairs",
        "text",
        "FILE.png of samples and the training images nearest to them.",
        common=True,
    ),
    Setting(
        "class_plot",
        "text",
        "FILE.png of each label's accuracy and similarity.",
    ),
    _JSON,
)

SOURCES = (
    Setting(
        "sources",
        "list",
        "Models to start from, separated by commas, each as for --source.",
        common=True,
    ),
)

RANK = (
    Setting(
        "budget", "integer", "Steps of all probes together.", low=1, common=True
    ),
)

STUDY = (
    Setting(
        "study_dir", "text", "Where runs and tables are written.", common=True
    ),
    Setting(
        "target",
        "list",
        "Target images, separated by commas, each as for --data.",
        common=True,
    ),
    Setting(
        "target_sizes",
        "list",
        "Numbers of target images, separated by commas.",
        common=True,
    ),
    Setting(
        "variant",
        "repeated",
        "scratch, critic, generator, both, or 'NAME: --flag=value ...'; "
        "repeat it (the four).",
        common=True,
    ),
    Setting(
        "study_seeds",
        "integer",
        "Runs of each cell, a seed each (1).",
        low=1,
        common=True,
    ),
    Setting("first_seed", "integer", "Seed of the first of them (0).", low=0),
    Setting(
        "final_metrics", "text", "Metrics to measure at the end, such as iw."
    ),
    _IW_CRITICS,
)

REPORT = (
    Setting(
        "study_dir",
        "text",
        "A study in place of --run_dir.",
        common=True,
    ),
    Setting(
        "out",
        "text",
        "FILE.html (report.html in the directory of the run or study).",
        common=True,
    ),
)

EXPORT = (
    CHECKPOINT,
    Setting(
        "model_base",
        "text",
        "Directory of the model's versions 1, 2, ...",
        common=True,
    ),
    Setting(
        "format",
        "text",
        "What to write: saved_model for TensorFlow Serving, or tflite or onnx "
        "for phones, browsers and other programs (saved_model).",
        choices=choices.EXPORTS,
        common=True,
    ),
    EMA,
    Setting(
        "check",
        "text?",
        "With --model_base: judge the version before it gets its number. "
        "--check=DIR: judge a version, whoever wrote it.",
        common=True,
    ),
    Setting("json", "yes", "Print the report of --check as JSON."),
)

SERVE = (
    Setting(
        "model_base",
        "text",
        "Directory with the versions 1, 2, ... of a model.",
        common=True,
    ),
    Setting(
        "model_name",
        "text",
        "Name of the model (the last part of --model_base).",
    ),
    Setting(
        "rest_port",
        "integer",
        "Port for HTTP (8501); 0 for any free one.",
        low=0,
        high=65535,
        common=True,
    ),
    Setting(
        "grpc_port",
        "integer",
        "Port for gRPC (8500); 0 for any free one.",
        low=0,
        high=65535,
        common=True,
    ),
    Setting(
        "host_names",
        "list",
        "Further names by which clients may call it, such as a proxy's.",
    ),
    Setting(
        "max_rows",
        "integer",
        "Rows of a request (as many as the model answers in seconds).",
        low=1,
    ),
    Setting(
        "host",
        "text",
        "Address to listen at (127.0.0.1: nobody but this machine).",
    ),
)
