/**
 * Convolutions as text.
 *
 * @module
 */
import { shownOptions } from "./_shown_options.ts";

/** What a layer of convolutions says of itself. */
interface ShownConvolution {
  readonly inChannels: number;
  readonly outChannels: number;
  readonly kernelSize: readonly number[];
  readonly stride: readonly number[];
  readonly padding?: unknown;
  readonly dilation: readonly number[];
  readonly outputPadding?: readonly number[];
  readonly groups?: number;
  readonly bias: object | null;
  readonly paddingMode?: string;
}

/** Channels and options, from `dilation` on only those that are not the usual ones. */
export function shownConvolution(layer: ShownConvolution): string {
  const { inChannels, outChannels, kernelSize, stride, padding } = layer;
  const usual = {
    dilation: 1,
    outputPadding: 0,
    groups: 1,
    paddingMode: "zeros",
  };
  const others: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(usual)) {
    const given = layer[name as keyof typeof usual];
    if ([given ?? value].flat().some((one) => one !== value)) {
      others[name] = given;
    }
  }
  if (layer.bias === null) others.bias = false;
  return `${inChannels}, ${outChannels}, ${
    shownOptions({ kernelSize, stride, padding, ...others })
  }`;
}
