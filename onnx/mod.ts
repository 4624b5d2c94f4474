/**
 * ONNX models as modules: read, run on any backend, trained; and modules as ONNX
 * files.
 *
 * @module
 */
export * from "./errors.ts";
export { exportOnnx, type ExportOnnxOptions } from "./export_onnx.ts";
export { importOnnx, type ImportOnnxOptions } from "./import_onnx.ts";
export type { OnnxInput, OnnxValueInfo } from "./_inputs.ts";
export { OnnxModule } from "./model.ts";
