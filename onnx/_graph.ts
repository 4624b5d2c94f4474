/**
 * A stored graph made ready to run: operators found, attributes read, constants
 * sorted into those that are numbers and those that are weights.
 *
 * @module
 */
import { DataFormatError } from "@tenfold/data";
import type { Attribute, NodeFacts, Operator } from "./_call.ts";
import {
  attributeOf,
  type AttributeReading,
  constantNode,
} from "./_attributes.ts";
import { Type } from "./_element.ts";
import { checkNames, living, setReleases } from "./_lifetimes.ts";
import { type MissingOperator, OnnxOperatorError } from "./errors.ts";
import { operatorOf } from "./_operators/table.ts";
import type {
  FunctionProto,
  GraphProto,
  ModelProto,
  NodeProto,
  OperatorSetProto,
  ValueInfoProto,
} from "./_proto/messages.ts";
import {
  type Constant,
  constantOf,
  type ExternalFiles,
} from "./_tensor_data.ts";

/** A node that is ready to run. */
export interface PlanNode {
  readonly facts: NodeFacts;
  readonly operator: Operator;
  /** Names of the inputs; `""` was left out. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** Graphs in its attributes. */
  readonly graphs: readonly Plan[];
  /** Names that nobody needs after it. */
  release: readonly string[];
}

/** A graph that is ready to run. */
export interface Plan {
  readonly nodes: readonly PlanNode[];
  readonly inputs: readonly ValueInfoProto[];
  readonly outputs: readonly ValueInfoProto[];
  /** Its initialisers and the values of its Constant nodes. */
  readonly constants: ReadonlyMap<string, PlanConstant>;
  /** Whether names of the graph around it can be seen. */
  readonly open: boolean;
}

/** A constant, and whether an initialiser held it. */
export interface PlanConstant extends Constant {
  readonly initializer: boolean;
}

interface Context {
  readonly external: ExternalFiles;
  readonly functions: ReadonlyMap<string, FunctionProto>;
  readonly missing: MissingOperator[];
  /** Versions of operator sets by domain. */
  readonly opsets: ReadonlyMap<string, number>;
  /** Attributes that a function was called with. */
  readonly bound: ReadonlyMap<string, Attribute> | null;
  /** Functions that are being expanded, to notice circles. */
  readonly path: readonly string[];
}

const OWN = "ai.onnx";

function domainOf(domain: string): string {
  return domain === "" ? OWN : domain;
}

function opsetsOf(imports: readonly OperatorSetProto[]): Map<string, number> {
  return new Map(
    imports.map(({ domain, version }) => [domainOf(domain), version]),
  );
}

function functionKey(domain: string, name: string, overload: string): string {
  return `${domainOf(domain)}:${name}:${overload}`;
}

/** The version of ONNX's own operator set that a model asks for. */
export function opsetOf(model: ModelProto): number {
  return opsetsOf(model.opsetImport).get(OWN) ?? 1;
}

/**
 * The plan of a model.
 *
 * @throws {OnnxOperatorError} If operators are not supported: all of them.
 * @throws {DataFormatError} If the graph does not hold together.
 */
export function planModel(model: ModelProto, external: ExternalFiles): Plan {
  if (model.graph === null) {
    throw new DataFormatError("Cannot read the ONNX model as it has no graph");
  }
  const missing: MissingOperator[] = [];
  const plan = planGraph(model.graph, true, {
    external,
    functions: new Map(
      model.functions.map((
        fn,
      ) => [functionKey(fn.domain, fn.name, fn.overload), fn]),
    ),
    missing,
    opsets: opsetsOf(model.opsetImport),
    bound: null,
    path: [],
  });
  if (missing.length > 0) throw new OnnxOperatorError(missing);
  checkNames(plan, new Set());
  return plan;
}

function planGraph(graph: GraphProto, open: boolean, context: Context): Plan {
  const constants = new Map<string, PlanConstant>();
  for (const tensor of graph.initializer) {
    if (tensor.dataType === Type.STRING) continue;
    constants.set(tensor.name, {
      ...constantOf(tensor, context.external),
      initializer: true,
    });
  }
  if (graph.sparseInitializer.length > 0) {
    throw new DataFormatError(
      "Cannot read the ONNX model as it holds sparse tensors: store them dense",
    );
  }
  const nodes = planNodes(graph.node, constants, context);
  const plan: Plan = {
    nodes: living(nodes, graph.output.map(({ name }) => name)),
    inputs: graph.input.filter(({ name }) => !constants.has(name)),
    outputs: graph.output,
    constants,
    open,
  };
  setReleases(plan);
  return plan;
}

function planNodes(
  protos: readonly NodeProto[],
  constants: Map<string, PlanConstant>,
  context: Context,
): PlanNode[] {
  const nodes: PlanNode[] = [];
  protos.forEach((proto, i) => {
    if (proto.opType === "Constant" && domainOf(proto.domain) === OWN) {
      const constant = constantNode(proto, readingIn(context, []));
      if (constant) {
        constants.set(proto.output[0] ?? "", {
          ...constant,
          initializer: false,
        });
        return;
      }
    }
    const node = planNode(proto, i, context);
    if (node) nodes.push(node);
  });
  return nodes;
}

function planNode(
  proto: NodeProto,
  index: number,
  context: Context,
): PlanNode | null {
  const domain = domainOf(proto.domain);
  const name = proto.name || proto.output.find(Boolean) ||
    `${proto.opType}_${index}`;
  const fn = context.functions.get(
    functionKey(proto.domain, proto.opType, proto.overload),
  );
  const version = context.opsets.get(domain) ?? 1;
  const graphs: Plan[] = [];
  const attributes = new Map<string, Attribute>();
  for (const attribute of proto.attribute) {
    const value = attributeOf(attribute, readingIn(context, graphs));
    if (value !== undefined) attributes.set(attribute.name, value);
  }
  const facts: NodeFacts = {
    name,
    opType: proto.opType,
    domain,
    version,
    attributes,
    outputs: proto.output,
  };
  const operator = fn !== undefined
    ? functionOperator(fn, facts, graphs, context)
    : domain === OWN
    ? operatorOf(proto.opType, version)
    : undefined;
  const reason = operator?.refuses?.(facts);
  if (operator === undefined || reason !== undefined) {
    context.missing.push({
      domain,
      opType: proto.opType,
      version,
      node: name,
      ...(reason !== undefined && { reason }),
    });
    return null;
  }
  return {
    facts,
    operator,
    inputs: proto.input,
    outputs: proto.output,
    graphs,
    release: [],
  };
}

/** How attributes are read; graphs in them are planned and listed. */
function readingIn(context: Context, graphs: Plan[]): AttributeReading {
  return {
    external: context.external,
    bound: context.bound,
    plan: (proto) => {
      const graph = planGraph(proto, true, context);
      graphs.push(graph);
      return { graph };
    },
  };
}

/** A function of the model, as an operator that runs its body. */
function functionOperator(
  fn: FunctionProto,
  facts: NodeFacts,
  graphs: Plan[],
  context: Context,
): Operator {
  const key = functionKey(fn.domain, fn.name, fn.overload);
  if (context.path.includes(key)) {
    throw new DataFormatError(
      `Cannot read the ONNX model as its function ${fn.name} calls itself`,
    );
  }
  const bound = new Map(facts.attributes);
  for (const attribute of fn.attributeProto) {
    if (bound.has(attribute.name)) continue;
    const value = attributeOf(attribute, readingIn(context, graphs));
    if (value !== undefined) bound.set(attribute.name, value);
  }
  const opsets = new Map([...context.opsets, ...opsetsOf(fn.opsetImport)]);
  const inner = { ...context, bound, opsets, path: [...context.path, key] };
  const constants = new Map<string, PlanConstant>();
  const nodes = planNodes(fn.node, constants, inner);
  const info = (name: string) => ({ name, type: null, docString: "" });
  const plan: Plan = {
    nodes: living(nodes, fn.output),
    inputs: fn.input.map(info),
    outputs: fn.output.map(info),
    constants,
    open: false,
  };
  setReleases(plan);
  graphs.push(plan);
  return {
    run: (call) =>
      call.runGraph(
        { graph: plan },
        fn.input.map((_, i) => call.inputs[i] ?? null as never),
      ),
  };
}
