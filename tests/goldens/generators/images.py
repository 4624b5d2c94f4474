"""Pictures of Pillow 9.4 (Debian's python3-pil), for data/images.

    /usr/bin/python3 tests/goldens/generators/images.py > data/_testdata/images.json
"""
import base64
import io
import json
import math

from PIL import Image, ImageEnhance, __version__

W, H = 21, 14


def text(data):
    return base64.b64encode(data).decode()


picture = Image.new("RGB", (W, H))
for y in range(H):
    for x in range(W):
        picture.putpixel(
            (x, y),
            (
                int(127 + 120 * math.sin(x / 5)),
                int(127 + 120 * math.cos(y / 4)),
                (x * 9 + y * 3) % 256,
            ),
        )
files = {}


def put(name, image, kind, **options):
    out = io.BytesIO()
    image.save(out, kind, **options)
    back = Image.open(io.BytesIO(out.getvalue())).convert("RGB")
    files[name] = {
        "file": text(out.getvalue()),
        "width": back.width,
        "height": back.height,
        "rgb": text(back.tobytes()),
    }


gray = picture.convert("L")
rgba = picture.copy()
rgba.putalpha(gray)
put("png rgb", picture, "PNG")
put("png gray", gray, "PNG")
put("png palette", picture.quantize(16), "PNG")
put("png of single bits", picture.convert("1"), "PNG")
put("png rgba", rgba, "PNG")
put("png gray and alpha", rgba.convert("LA"), "PNG")
put("jpeg 4:4:4", picture, "JPEG", quality=95, subsampling=0)
put("jpeg 4:2:2", picture, "JPEG", quality=90, subsampling=1)
put("jpeg 4:2:0", picture, "JPEG", quality=90, subsampling=2)
put("jpeg progressive", picture, "JPEG", quality=90, progressive=True)
put("jpeg gray", gray, "JPEG", quality=90)
put("jpeg cmyk", picture.convert("CMYK"), "JPEG", quality=90)

FILTERS = {
    "nearest": Image.NEAREST,
    "bilinear": Image.BILINEAR,
    "bicubic": Image.BICUBIC,
}
resized = [
    {
        "size": [height, width],
        "interpolation": name,
        "rgb": text(picture.resize((width, height), by).tobytes()),
    }
    for name, by in FILTERS.items()
    for height, width in [(7, 9), (28, 42), (14, 5), (3, 21), (1, 1), (40, 10)]
]
adjusted = [
    {
        "name": name,
        "factor": factor,
        "rgb": text(enhance(picture).enhance(factor).tobytes()),
    }
    for name, enhance in {
        "brightness": ImageEnhance.Brightness,
        "contrast": ImageEnhance.Contrast,
        "saturation": ImageEnhance.Color,
    }.items()
    for factor in [0, 0.3, 1, 1.7]
]
print(
    json.dumps(
        {
            "pillow": __version__,
            "width": W,
            "height": H,
            "rgb": text(picture.tobytes()),
            "files": files,
            "resized": resized,
            "adjusted": adjusted,
        },
        indent=2,
    )
)
