"""Options of the commands that draw or translate, a row each."""

from tfgan_transfer.settings import choices
from tfgan_transfer.settings.setting import Setting

CHECKPOINT = Setting(
    "checkpoint",
    "text",
    "A checkpoint in place of --run_dir, or zoo:NAME.",
    common=True,
)
EMA = Setting(
    "ema", "yes", "Take the averaged weights (yes), or the last ones."
)
SEED = Setting(
    "seed",
    "integer",
    "Seed of what is drawn (0).",
    low=0,
    high=choices.LARGEST_SEED,
    common=True,
)

GENERATE = (
    CHECKPOINT,
    Setting(
        "num", "integer", "Number of images to draw (16).", low=1, common=True
    ),
    Setting(
        "best",
        "integer",
        "Keep so many, the most realistic of those that are drawn.",
        low=1,
        common=True,
    ),
    Setting(
        "of",
        "integer",
        "Draw so many for --best to choose from (four times as many).",
        low=1,
        common=True,
    ),
    Setting(
        "out",
        "text",
        "Folder of PNG files, or FILE.npz; FILE.gif, .webp or .mp4 (where "
        "ffmpeg is) with --interpolate.",
        common=True,
    ),
    Setting(
        "grid",
        "text",
        "FILE.png with all images, or classes: a row for each label.",
        common=True,
    ),
    Setting(
        "tags",
        "text",
        'Draw these tags, such as "green hair blue eyes".',
        common=True,
    ),
    Setting("class", "text", "Draw this class.", common=True),
    Setting("prompts", "text", "File of lines id,tags: draw each."),
    Setting(
        "interpolate",
        "integer",
        "Draw so many pictures on the way from each image to the next.",
        low=1,
        common=True,
    ),
    Setting(
        "cell",
        "integer",
        "Enlarge --grid and --interpolate by a whole factor, to pictures of "
        "so many pixels or a few more (128, less in very large sheets); 0: as "
        "they are drawn, rows of --grid=classes without names.",
        low=0,
        common=True,
    ),
    Setting(
        "truncation",
        "number",
        "Factor on the latents: below 1 sharper and less varied (1).",
        low=0.01,
        high=1.0,
    ),
    Setting(
        "resize", "text", "Scale the images to this side, or HEIGHTxWIDTH."
    ),
    Setting(
        "precision",
        "text",
        "Arithmetic of the layers (float32), whatever it was in training.",
        choices=choices.PRECISIONS[:2],
    ),
    EMA,
    SEED,
    Setting(
        "overwrite",
        "yes",
        "Draw into a folder that holds pictures already, or over a file that "
        "is not the program's own.",
    ),
)

TRANSLATE = (
    CHECKPOINT,
    Setting(
        "images",
        "text",
        "What to translate: folder:PATH, zip:PATH (either with #sub/folder), "
        "or the path of a folder, a zip file, one image, or, where ffmpeg is, "
        "a video.",
        common=True,
    ),
    Setting(
        "direction",
        "text",
        "a2b, from A to B (the default), or back.",
        choices=choices.DIRECTIONS,
        common=True,
    ),
    Setting("out", "text", "Folder of PNG files.", common=True),
    Setting(
        "cycles",
        "text",
        "FILE.png: the first 16 images, their translations, and the way back.",
        common=True,
    ),
    Setting("num", "integer", "Only so many, the first by name.", low=1),
    Setting(
        "size",
        "text",
        "Side in pixels or HEIGHTxWIDTH in place of that of training; own: as "
        "each image is.",
        common=True,
    ),
    Setting(
        "tiles",
        "yes",
        "Translate images larger than those of training in overlapping tiles "
        "of that size.",
        common=True,
    ),
    Setting(
        "fit",
        "text",
        "How images of another shape are made to fit (as in training).",
        choices=choices.FITS,
    ),
    EMA,
    Setting("overwrite", "yes", "Replace files of an earlier call."),
)
