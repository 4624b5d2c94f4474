/**
 * Tables of hyparquet-writer 0.17 and apache-arrow 21, for data/tables:
 *
 *     npm install --prefix DIR hyparquet-writer@0.17.0 apache-arrow@21.2.0
 *     cp tools/table_fixtures.mjs DIR && node DIR/table_fixtures.mjs > data/_testdata/tables.json
 */
import { Buffer } from "node:buffer";
import { gzipSync } from "node:zlib";

// By variables: this repository does not depend on them.
const [arrows, parquets] = ["apache-arrow", "hyparquet-writer"];
const arrow = await import(arrows);
const { parquetWriteBuffer } = await import(parquets);

const text = (bytes) => Buffer.from(bytes).toString("base64");
const columnData = [
  { name: "height", data: [1.5, null, -3, 2.25, 0], type: "DOUBLE" },
  { name: "kind", data: ["b", "a", null, "b", "c"], type: "STRING" },
  { name: "big", data: [1n, 2n, 3n, 4n, 2n ** 60n], type: "INT64" },
  { name: "count", data: [1, 2, 3, 4, 5], type: "INT32" },
  { name: "sold", data: [true, false, true, true, false], type: "BOOLEAN" },
];
const parquet = (codec, compressors) =>
  text(parquetWriteBuffer({ columnData, rowGroupSize: 2, codec, compressors }));
const height = arrow.vectorFromArray([1.5, null, -3], new arrow.Float64());
const half = arrow.vectorFromArray([1.5, -2, 6e-8], new arrow.Float16());
const kind = arrow.vectorFromArray(["b", "a", null]);
const big = arrow.vectorFromArray([1n, 2n, 2n ** 60n], new arrow.Int64());
const sold = arrow.vectorFromArray([true, false, null], new arrow.Bool());
const table = new arrow.Table({ height, half, kind, big, sold });
console.log(JSON.stringify(
  {
    snappy: parquet("SNAPPY"),
    plain: parquet("UNCOMPRESSED"),
    gzip: parquet("GZIP", { GZIP: (bytes) => gzipSync(bytes) }),
    file: text(arrow.tableToIPC(table, "file")),
    stream: text(arrow.tableToIPC(table, "stream")),
  },
  null,
  2,
));
