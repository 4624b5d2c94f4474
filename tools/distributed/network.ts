/**
 * The same losses on two machines: two network namespaces of this one, each with
 * a name and an address of its own, between which all goes by TCP. They are made
 * here, which takes root, and removed.
 *
 * @module
 */
import { join } from "node:path";
import {
  type JobOptions,
  type LauncherName,
  launchersHere,
} from "../../distributed/_testing.ts";
import { curveOf, distance, firstSteps } from "./curves.ts";
import { notTried, type Row, type Setting } from "./rows.ts";

/** The two machines: names of namespaces, and addresses. */
const HOSTS = [
  { name: `tenfold-a-${Deno.pid}`, address: "10.77.83.1" },
  { name: `tenfold-b-${Deno.pid}`, address: "10.77.83.2" },
] as const;
const NET = "10.77.83.0/24";
/** Bytes of gradients of the smaller of the nets, which a step must send. */
const GRADIENTS = 8 * (64 * 128 + 128 + 128 * 10 + 10);
/** What ends this program early, after which nothing is left all the same. */
const SIGNALS = ["SIGINT", "SIGTERM"] as const;
/** The ends of the cable. */
const ENDS = [`tf${Deno.pid % 1e6}a`, `tf${Deno.pid % 1e6}b`] as const;

/** Losses of ranks on two machines, and how many bytes went over the cable. */
export async function* network(setting: Setting): AsyncGenerator<Row> {
  const { quick, data } = setting;
  const folder = await Deno.makeTempDir();
  const interrupted = () => void disconnect().then(() => Deno.exit(130));
  for (const signal of SIGNALS) Deno.addSignalListener(signal, interrupted);
  const why = await connect();
  try {
    if (why !== null) {
      yield notTried("network", "two network namespaces", why);
      return;
    }
    const agent = join(folder, "agent");
    await Deno.writeTextFile(agent, agentText(), { mode: 0o755 });
    const small = quick || data === undefined;
    const args = [
      ...["--dtype", "float64", "--epochs", "1"],
      ...small ? [] : ["--data", data, "--samples", `${128 * 200}`],
    ];
    const alone = await curveOf(args, { ranks: 0 });
    for (const launcher of launchersHere()) {
      for (const ranks of quick ? [2] : [2, 4]) {
        const before = await sentBytes();
        const options = jobOf(launcher, ranks, agent);
        const found = await curveOf(args, options);
        const sent = await sentBytes() - before;
        const [a, b] = small ? [alone, found].map(firstSteps) : [alone, found];
        const apart = distance(a!, b!);
        const steps = found.steps.length;
        yield {
          proof: "network",
          what: `${launcher}, ${ranks} ranks on two addresses, float64 Adam`,
          found: `${apart.toExponential(1)} after ${steps} steps, ${
            Math.round(sent / steps)
          } bytes a step by TCP`,
          bound: "within 1e-9",
          holds: apart <= 1e-9 && sent / steps > GRADIENTS,
          figures: { apart, sent, steps },
        };
      }
    }
  } finally {
    await disconnect();
    for (const signal of SIGNALS) {
      Deno.removeSignalListener(signal, interrupted);
    }
    await Deno.remove(folder, { recursive: true });
  }
}

/** What starts processes on a machine, in the place of `ssh`. */
function agentText(): string {
  const cases = HOSTS.map(({ name, address }) => `${address}) name=${name} ;;`);
  return `#!/bin/sh
while [ "\${1#-}" != "$1" ]; do shift; done
host=$1
shift
case $host in
${cases.join("\n")}
*) echo "There is no machine $host" >&2; exit 1 ;;
esac
exec ip netns exec $name unshare --uts sh -c "hostname $name; $*"
`;
}

function jobOf(
  launcher: LauncherName,
  ranks: number,
  agent: string,
): JobOptions {
  const [first] = HOSTS;
  const each = ranks / HOSTS.length;
  const hosts = HOSTS.map(({ address }) => `${address}:${each}`).join();
  const mca = {
    plm_rsh_agent: agent,
    btl: "tcp,self",
    btl_tcp_if_include: NET,
    oob_tcp_if_include: NET,
  };
  return {
    launcher,
    ranks,
    // It would find out that it is one machine, and use its memory.
    env: { UCX_TLS: "tcp,self" },
    through: [
      ...["ip", "netns", "exec", first.name, "unshare", "--uts", "sh", "-c"],
      'hostname "$0"; exec "$@"',
      first.name,
    ],
    flags: launcher === "openmpi"
      ? [
        ...Object.entries(mca).flatMap((pair) => ["--mca", ...pair]),
        ...["--host", hosts],
      ]
      : ["-launcher", "ssh", "-launcher-exec", agent, "-hosts", hosts],
  };
}

/** Makes both machines and a cable; why not, where it cannot. */
async function connect(): Promise<string | null> {
  if (Deno.uid() !== 0) return "network namespaces take root";
  const [a, b] = HOSTS;
  const steps = [
    ...HOSTS.map(({ name }) => ["netns", "add", name]),
    ["link", "add", ENDS[0], "type", "veth", "peer", "name", ENDS[1]],
    ["link", "set", ENDS[0], "netns", a.name],
    ["link", "set", ENDS[1], "netns", b.name],
    ...HOSTS.flatMap(({ name, address }, i) => [
      ["-n", name, "addr", "add", `${address}/24`, "dev", ENDS[i]!],
      ["-n", name, "link", "set", "lo", "up"],
      ["-n", name, "link", "set", ENDS[i]!, "up"],
    ]),
  ];
  for (const step of steps) {
    const problem = await ip(step);
    if (problem !== null) return `ip ${step.join(" ")}: ${problem}`;
  }
  return null;
}

async function disconnect(): Promise<void> {
  for (const { name } of HOSTS) await ip(["netns", "del", name]);
}

async function ip(args: readonly string[]): Promise<string | null> {
  try {
    const { success, stderr } = await new Deno.Command("ip", {
      args: [...args],
    }).output();
    return success ? null : new TextDecoder().decode(stderr).trim();
  } catch {
    return "there is no command ip, of the package iproute2";
  }
}

/** Bytes that the first machine has sent so far. */
async function sentBytes(): Promise<number> {
  const file = `/sys/class/net/${ENDS[0]}/statistics/tx_bytes`;
  const { stdout } = await new Deno.Command("ip", {
    args: ["netns", "exec", HOSTS[0].name, "cat", file],
  }).output();
  return Number(new TextDecoder().decode(stdout));
}
