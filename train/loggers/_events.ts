/**
 * Events of TensorBoard as bytes: messages of protocol buffers in records with
 * checksums, as TensorFlow's `event.proto`, `summary.proto`, `graph.proto` and
 * `record_writer.h` define them.
 *
 * @module
 */
// @ts-types="crc-32"
import crc32c from "crc-32/crc32c.js";
import { PbfWriter } from "pbf";

/** What an event says beside its step and time. */
export type Content =
  | { readonly version: string }
  | { readonly graph: Uint8Array }
  | { readonly values: readonly Value[] };

/** A figure, a histogram or an image under a name. */
export type Value =
  & { readonly tag: string }
  & (
    | { readonly scalar: number }
    | { readonly histogram: Histogram }
    | { readonly image: Image }
  );

/** How often numbers fall between limits; each limit is the upper one. */
export interface Histogram {
  readonly min: number;
  readonly max: number;
  readonly count: number;
  readonly sum: number;
  readonly sumOfSquares: number;
  readonly limits: readonly number[];
  readonly buckets: readonly number[];
}

/** A picture as PNG. */
export interface Image {
  readonly width: number;
  readonly height: number;
  readonly channels: number;
  readonly png: Uint8Array;
}

/** The bytes of a record that holds one event. */
export function eventRecord(
  content: Content,
  step: number,
  seconds: number,
): Uint8Array {
  const pbf = new PbfWriter();
  pbf.writeDoubleField(1, seconds);
  if (step !== 0) pbf.writeVarintField(2, step);
  if ("version" in content) pbf.writeStringField(3, content.version);
  else if ("graph" in content) pbf.writeBytesField(4, content.graph);
  else {
    pbf.writeMessage(5, (values, summary) => {
      for (const value of values) summary.writeMessage(1, writeValue, value);
    }, content.values);
  }
  return record(pbf.finish());
}

function writeValue(value: Value, pbf: PbfWriter): void {
  pbf.writeStringField(1, value.tag);
  if ("scalar" in value) pbf.writeFloatField(2, value.scalar);
  else if ("image" in value) pbf.writeMessage(4, writeImage, value.image);
  else pbf.writeMessage(5, writeHistogram, value.histogram);
}

function writeImage(image: Image, pbf: PbfWriter): void {
  pbf.writeVarintField(1, image.height);
  pbf.writeVarintField(2, image.width);
  pbf.writeVarintField(3, image.channels);
  pbf.writeBytesField(4, image.png);
}

function writeHistogram(histogram: Histogram, pbf: PbfWriter): void {
  pbf.writeDoubleField(1, histogram.min);
  pbf.writeDoubleField(2, histogram.max);
  pbf.writeDoubleField(3, histogram.count);
  pbf.writeDoubleField(4, histogram.sum);
  pbf.writeDoubleField(5, histogram.sumOfSquares);
  pbf.writePackedDouble(6, [...histogram.limits]);
  pbf.writePackedDouble(7, [...histogram.buckets]);
}

/** A node of a graph, with the nodes whose results it takes. */
export interface GraphNode {
  readonly name: string;
  readonly op: string;
  readonly inputs: readonly string[];
  /** What is shown of it, by title. */
  readonly attributes: Readonly<Record<string, string>>;
}

/** A graph as `graph.proto` has it. */
export function graphBytes(nodes: readonly GraphNode[]): Uint8Array {
  const pbf = new PbfWriter();
  for (const node of nodes) pbf.writeMessage(1, writeNode, node);
  return pbf.finish();
}

function writeNode(node: GraphNode, pbf: PbfWriter): void {
  pbf.writeStringField(1, node.name);
  pbf.writeStringField(2, node.op);
  for (const input of node.inputs) pbf.writeStringField(3, input);
  for (const attribute of Object.entries(node.attributes)) {
    pbf.writeMessage(5, ([title, text], entry) => {
      entry.writeStringField(1, title);
      entry.writeMessage(2, (text, value) => {
        value.writeBytesField(2, new TextEncoder().encode(text));
      }, text);
    }, attribute);
  }
}

/** Length, its checksum, the bytes, theirs. */
function record(bytes: Uint8Array): Uint8Array {
  const whole = new Uint8Array(bytes.length + 16);
  const view = new DataView(whole.buffer);
  view.setUint32(0, bytes.length, true);
  view.setUint32(8, masked(whole.subarray(0, 8)), true);
  whole.set(bytes, 12);
  view.setUint32(12 + bytes.length, masked(bytes), true);
  return whole;
}

/** CRC-32C, turned by 15 bits and moved, so that it is no CRC of itself. */
function masked(bytes: Uint8Array): number {
  const crc = crc32c.buf(bytes) >>> 0;
  return ((crc >>> 15 | crc << 17) + 0xa282ead8) >>> 0;
}
