"""What the name of a file says about it, before it is read."""

import os
import zipfile

from PIL import features

# A camera or browser ending counts as much as the usual one.
_READ = {
    ".png", ".apng", ".jpg", ".jpeg", ".jpe", ".jfif", ".jif", ".mpo",
    ".pjpeg", ".pjp", ".webp", ".bmp", ".dib", ".gif", ".tif", ".tiff",
}  # fmt: skip
# Pictures that a person meant to bring, and that nothing here opens.
_UNREADABLE = {
    ".heic", ".heics", ".heif", ".heifs", ".hif", ".avifs", ".jxl", ".jp2",
    ".j2k", ".jpf", ".jpx", ".jxr", ".wdp", ".hdp", ".dng", ".cr2", ".cr3",
    ".crw", ".nef", ".nrw", ".arw", ".sr2", ".srf", ".orf", ".rw2", ".raf",
    ".pef", ".srw", ".3fr", ".iiq", ".x3f", ".psd", ".psb", ".xcf", ".kra",
    ".svg", ".svgz", ".ico", ".tga", ".pcx", ".ppm", ".pgm", ".pbm", ".pnm",
    ".pfm", ".exr", ".hdr", ".dds", ".dcm", ".qoi", ".eps",
}  # fmt: skip
# Pillow reads AVIF from 11.3 on, if it was built with it.
(_READ if "avif" in features.get_supported() else _UNREADABLE).add(".avif")

# Folders that systems and devices leave among pictures: copies of archives'
# metadata, thumbnails, and what was thrown away.
_LEFT_BEHIND = {
    "__macosx",
    "@eadir",
    "#recycle",
    "@recycle",
    "@recently-snapshot",
    "$recycle.bin",
    "system volume information",
    "lost+found",
}


def ignored(name: str) -> bool:
    """Tells whether no person put a file or folder of this name there.

    Args:
        name: A path, with `/` or `\\` between folders.
    """
    return any(
        (part.startswith(".") and part not in (".", ".."))
        or part.lower() in _LEFT_BEHIND
        for part in name.replace("\\", "/").split("/")
    )


def looks_like_image(name: str) -> bool:
    """Tells whether a path names a picture that a person put there.

    Pictures of kinds that cannot be read count too; `unreadable` tells.
    """
    suffix = _suffix(name)
    return (suffix in _READ or suffix in _UNREADABLE) and not ignored(name)


def unreadable(name: str) -> str:
    """Why no picture with this ending can be used; empty where it can."""
    suffix = _suffix(name)
    if suffix not in _UNREADABLE:
        return ""
    return f"{suffix[1:].upper()} cannot be read; convert it to PNG or JPEG"


def mistaken_for(path: str, written: str = "") -> str:
    """What to give instead of a path that is no source by itself.

    Args:
        path: An existing folder or file.
        written: It with what the user wrote around it, `{}` in place of the
            kind of source.

    Returns:
        The end of a sentence.
    """
    file = os.path.expanduser(path)
    written = written or f"{{}}:{path}"
    if os.path.isdir(file):
        return f"did you mean {written.replace('{}', 'folder', 1)}?"
    if mistake := no_set(path):
        return mistake
    if _suffix(path) == ".zip" or _is_zip(file):
        return f"did you mean {written.replace('{}', 'zip', 1)}?"
    return "give a folder of pictures, or a zip file of them"


def no_set(path: str) -> str:
    """What to do instead of giving one picture or arrays; empty for others."""
    suffix = _suffix(path)
    if suffix in (".npy", ".npz"):
        return "arrays are not read; save their pictures as PNG files"
    if suffix in _READ or suffix in _UNREADABLE:
        folder = os.path.dirname(path) or "."
        return f"one picture is no set; give its folder: folder:{folder}"
    return ""


def _is_zip(file: str) -> bool:
    # A pipe would be waited for.
    return os.path.isfile(file) and zipfile.is_zipfile(file)


def _suffix(name: str) -> str:
    return os.path.splitext(name.replace("\\", "/"))[1].lower()
