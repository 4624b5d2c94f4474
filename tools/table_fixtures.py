"""
Tables that pyarrow 25.0.1 writes, for data/tables: Feather files compressed by
LZ4 (its default) and zstd, with rows enough for blocks that refer to the one
before, and a Parquet file of binary values. Prints their bytes in base 64:

    pip install pyarrow==25.0.1
    python tools/table_fixtures.py > data/_testdata/pyarrow_tables.json
"""

import base64
import io
import json

import pyarrow as pa
import pyarrow.feather as feather
import pyarrow.parquet as parquet

ROWS = 10_000
table = pa.table(
    {
        "third": pa.array([row % 100 / 3 for row in range(ROWS)], pa.float64()),
        "row": pa.array([None if row == 1 else row % 7 for row in range(ROWS)], pa.int64()),
        "kind": pa.array([f"kind {row % 5}" for row in range(ROWS)]).dictionary_encode(),
    }
)
images = pa.table(
    {
        "image": [{"bytes": b"\x89PNG\xff", "path": "a.png"}, {"bytes": b"", "path": None}],
        "key": [b"\xff\x00", "ä".encode()],
    }
)


def written(write, *arguments, **options):
    out = io.BytesIO()
    write(*arguments, out, **options)
    return base64.b64encode(out.getvalue()).decode()


print(
    json.dumps(
        {
            "lz4": written(feather.write_feather, table),
            "zstd": written(feather.write_feather, table, compression="zstd"),
            "binary": written(parquet.write_table, images),
        },
        indent=2,
    )
)
