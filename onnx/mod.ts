/**
 * Reads ONNX models as modules, which run on any backend and can be trained,
 * and writes modules as ONNX files.
 *
 * @module
 */
export * from "./errors.ts";
export { exportOnnx, type ExportOnnxOptions } from "./export_onnx.ts";
export { importOnnx, type ImportOnnxOptions } from "./import_onnx.ts";
export type { OnnxInput, OnnxValueInfo } from "./_inputs.ts";
export { OnnxModule } from "./model.ts";
