/**
 * GGUF files of llama.cpp: their dequantised weights and their metadata.
 *
 * @module
 */
export {
  type GgufFile,
  type GgufValue,
  readGguf,
  type ReadGgufOptions,
} from "./read_gguf.ts";
