/**
 * The questions and answers of `pvefw`.
 *
 * Every position is counted in UTF-16 code units from the beginning of the file, as strings of JavaScript and editors
 * count: `text.slice(span.from, span.to)`. Lines and columns count from 1. A file that was set as bytes has the text
 * that {@link Datacenter.text} returns.
 *
 * Nothing here throws because of what stands in a file: what can fail is a {@link Result}.
 */

/** An answer, or why there is none: what is wrong and a way out, in a line for people. */
export type Result<T> = Answered<T> | Refused;

/** There is an answer. */
export interface Answered<T> {
  readonly ok: true;
  readonly value: T;
}

/** There is none. */
export interface Refused {
  readonly ok: false;
  /** What is wrong and a way out; the user's own words stand in backticks. */
  readonly error: string;
}

// ---------------------------------------------------------------------------------------------------------- places

/** A range of text in a file. */
export interface Span {
  /** The file, relative to the root: `firewall/cluster.fw`. */
  readonly file: string;
  /** Where it begins, in UTF-16 code units from the beginning of the file. */
  readonly from: number;
  /** Where it ends, one past its last code unit. */
  readonly to: number;
  /** The line in which it begins, from 1. */
  readonly line: number;
  /** The column in which it begins, in UTF-16 code units, from 1. */
  readonly column: number;
}

/** A line of a file. */
export interface Line {
  /** The file, relative to the root. */
  readonly file: string;
  /** The line, from 1. */
  readonly line: number;
}

/** A piece of text to replace. */
export interface TextEdit {
  /** The file, relative to the root. */
  readonly file: string;
  /** Where to begin, in UTF-16 code units. */
  readonly from: number;
  /** Where to end; the same as `from` to insert. */
  readonly to: number;
  /** What to put there. */
  readonly text: string;
}

// ----------------------------------------------------------------------------------------------------------- files

/**
 * What a file is, by its path.
 *
 * `cluster`: `firewall/cluster.fw` · `host`: `nodes/<node>/host.fw` · `guest`: `firewall/<vmid>.fw` ·
 * `vnet`: `sdn/firewall/<vnet>.fw` · `guest-config`: `nodes/<node>/qemu-server/<vmid>.conf` and
 * `nodes/<node>/lxc/<vmid>.conf` · `corosync`: `corosync.conf` · `tests`: `tests.toml`
 */
export type FileKind = "cluster" | "host" | "guest" | "vnet" | "guest-config" | "corosync" | "tests";

/** A file of the datacenter. */
export interface FileInfo {
  /** The path, relative to the root. */
  readonly path: string;
  /** What it is. */
  readonly kind: FileKind;
}

/** What is known about a node beside the files. Every key may be left out. */
export interface Facts {
  /** The node to look from. Left out: the only one that has files. */
  node?: string | null;
  /** The address of the node. */
  node_ip?: string | null;
  /** The network that the node is in, as CIDR. */
  local_network?: string | null;
  /** Alternative names of interfaces: alternative name to real name. */
  altnames?: Record<string, string> | null;
  /** Addresses of host names, for `corosync.conf`. */
  resolve?: Record<string, string[]> | null;
  /** Sets of the software-defined network. */
  sdn?: { ipset?: Record<string, { cidr: string; nomatch?: boolean }[]> | null } | null;
  /** Content of `/etc/services`: name, port, protocol. Left out: Debian's. */
  services?: [string, number, string][] | null;
  /** Content of `/etc/protocols`: name, number. Left out: Debian's. */
  protocols?: [string, number][] | null;
  /** Content of `/etc/ethertypes`: name, number. Left out: Debian's. */
  ethertypes?: [string, number][] | null;
  /** The time in seconds since 1970, for `enable` above 1. Left out: such a value counts as expired. */
  now?: number | null;
}

/** What became of facts. */
export interface FactsTaken {
  /** Keys that mean nothing here. */
  readonly unknown: readonly string[];
}

// ----------------------------------------------------------------------------------------------------- diagnostics

/** An error's line is left out of the rulesets; lines with other findings are used. */
export type Severity = "error" | "warning" | "info";

/** All findings. */
export interface Check {
  /** In order of file and place; of each severity at most 1,000 a file. */
  readonly diagnostics: readonly Diagnostic[];
  /** How much was found, also what is not listed. */
  readonly summary: Summary;
}

/** Numbers of findings. */
export interface Summary {
  readonly errors: number;
  readonly warnings: number;
  readonly infos: number;
}

/** A finding, and where it is. */
export interface Diagnostic extends Span {
  /** The kind of problem, for ever the same: `unknown-macro`. {@link explain} knows more about it. */
  readonly code: string;
  readonly severity: Severity;
  /** What is wrong, in a line. The user's own words stand in backticks. */
  readonly message: string;
  /** A few words about the place itself (`the rule is left out`); may be empty. */
  readonly label: string;
  /** Other places that matter. */
  readonly labels: readonly Label[];
  /** Why, and what to do. */
  readonly notes: readonly string[];
  /** Ready-made ways out, the best first. */
  readonly fixes: readonly Fix[];
}

/** A few words about a place. */
export interface Label extends Span {
  readonly message: string;
}

/** Edits that belong together. */
export interface Fix {
  /** What they do, as an order: ``write `HTTPS` ``. */
  readonly title: string;
  /** `safe`: certainly what was meant, and nothing becomes more open. `unsafe`: a person should look. */
  readonly safety: "safe" | "unsafe";
  /** The edits; they don't overlap. */
  readonly edits: readonly TextEdit[];
}

/** A fix that is offered at a place. */
export interface OfferedFix extends Fix {
  /** The code of the finding. */
  readonly code: string;
  /** What is wrong. */
  readonly message: string;
}

/** Fixes of many findings, put together. */
export interface FixAll {
  /** The edits; they don't overlap. */
  readonly edits: readonly TextEdit[];
  /** Number of fixes in them. */
  readonly applied: number;
  /** Number of findings with an error that remain. */
  readonly left: number;
}

/** A file that was changed by edits. */
export interface Changed {
  /** The path, relative to the root. */
  readonly file: string;
  /** Its new text. */
  readonly text: string;
}

// --------------------------------------------------------------------------------------------------------- language

/** What a proposal is. */
export type CompletionKind =
  | "section"
  | "option"
  | "value"
  | "direction"
  | "action"
  | "macro"
  | "rule-option"
  | "alias"
  | "set"
  | "group"
  | "interface"
  | "protocol"
  | "service"
  | "icmp-type"
  | "log-level";

/** What could stand at a place. */
export interface Completions {
  /** The beginning of what a proposal replaces, in UTF-16 code units. */
  readonly from: number;
  /** Its end, behind the cursor when it stands inside a word. */
  readonly to: number;
  /** Fitting proposals, the likeliest first. They are not filtered by what is written so far. */
  readonly items: readonly Completion[];
}

/** A proposal. */
export interface Completion {
  /** What is shown, and what the written text is compared with. */
  readonly label: string;
  readonly kind: CompletionKind;
  /** A few words beside it: `tcp/22`, `10.0.0.0/8`, `default 1`. May be empty. */
  readonly detail: string;
  /** One or two sentences, or empty. */
  readonly documentation: string;
  /** What to put in place of `from`..`to`. */
  readonly insert: string;
  /** Whether the text goes on behind it, so that one should ask again at once (`-dport `, `policy_in: `). */
  readonly more: boolean;
}

/** What is known about the word at a place. */
export interface Hover {
  /** The beginning of the word, in UTF-16 code units. */
  readonly from: number;
  /** Its end. */
  readonly to: number;
  /** What it is, in a few words: `macro SSH`, `alias office`. */
  readonly title: string;
  /** Sentences about it; backticks mark what would stand in a file. */
  readonly text: readonly string[];
  /** What it stands for, a line each: the rules of a macro, the members of a set. Long lists are cut. */
  readonly lines: readonly string[];
  /** Where it is defined, if a file does. */
  readonly defined: Span | null;
}

/** What can be defined. */
export type SymbolKind = "alias" | "set" | "group";

/** A definition: the name in it. */
export interface Definition extends Span {
  readonly kind: SymbolKind;
  /** The name, as files refer to it. */
  readonly name: string;
}

/** A place where a name is used or defined. */
export interface Reference extends Span {
  /** Whether this is the definition. */
  readonly definition: boolean;
}

// -------------------------------------------------------------------------------------------------------- packets

/** A packet, described by what matters about it; the rest is filled in. */
export interface Question {
  /** Where it comes from: `host`, `outside`, `vm<ID>`, `ct<ID>`, with `/net<N>` for another device than net0, or `<bridge>/<port>`. */
  from: string;
  /** Where it goes to. */
  to: string;
  /** Protocol by name or number (default `tcp`), `arp`, or an Ethernet type. */
  proto?: string | null;
  /** Source address. */
  source?: string | null;
  /** Destination address. */
  dest?: string | null;
  /** Source port (default 40000). */
  sport?: number | null;
  /** Destination port (default 40001). */
  dport?: number | null;
  /** ICMP type: a name, a number, or number/code (default `echo-request`). */
  "icmp-type"?: string | number | null;
  /** State of the connection (default `NEW`). */
  state?: "NEW" | "ESTABLISHED" | "RELATED" | "INVALID" | "UNTRACKED" | null;
  /** Source hardware address (default: that of the guest that sends). */
  mac?: string | null;
}

/** What becomes of a packet. The `MAY` verdicts are given only of rules that are not all understood. */
export type Verdict = "ACCEPT" | "DROP" | "REJECT" | "MAY ACCEPT" | "MAY DROP";

/** What becomes of a packet, and why: as `pvefw trace --format json` prints it. */
export interface Trace {
  readonly verdict: Verdict;
  /** How the sender is told, where it is: `tcp-reset`, `icmp-port-unreachable`, … */
  readonly reject_with: string | null;
  /** Whether the packet is rejected but the reset gets lost on its way back; the verdict is `DROP` then. */
  readonly reset_lost: boolean;
  /** The line that decided; `null` for built-in rules. */
  readonly by: Line | null;
  /** The packet, with everything that was filled in. */
  readonly packet: Packet;
  /** Its way, hop by hop. */
  readonly hops: readonly Hop[];
  /** What would be logged, in order. */
  readonly logs: readonly Log[];
}

/** A packet with everything filled in. */
export interface Packet {
  readonly from: string;
  readonly to: string;
  readonly proto: string;
  readonly source: string | null;
  readonly dest: string | null;
  readonly sport: number | null;
  readonly dport: number | null;
  readonly icmp_type: number | null;
  readonly icmp_code: number | null;
  readonly state: string | null;
  readonly mac: string | null;
}

/** One passage through the kernel's hooks. */
export interface Hop {
  readonly kind: "bridged" | "routed" | "input" | "output";
  readonly bridge_in: string | null;
  readonly port_in: string | null;
  readonly bridge_out: string | null;
  readonly port_out: string | null;
  readonly outcome: "PASSES" | "DROP" | "REJECT" | "UNKNOWN";
  /** Which of the steps decided, from 0; `null` when none did. */
  readonly decided_by: number | null;
  /** The rules whose conditions hold, in order. */
  readonly steps: readonly Step[];
  /** The last rule that would have decided otherwise, but for one condition. */
  readonly nearly: Nearly | null;
}

/** What a rule does with a packet. */
export type Effect =
  | "accept"
  | "drop"
  | "reject"
  | "return"
  | "jump"
  | "goto"
  | "mark"
  | "connmark"
  | "log"
  | "queue"
  | "continue"
  | "unknown";

/** The tool that loads a table. */
export type Tool = "iptables" | "ip6tables" | "ebtables";

/** What made a rule: a line, a macro in a line, a group, a policy, or nothing that is written anywhere. */
export type Maker = "line" | "macro" | "group" | "policy" | "built-in";

/** A rule that a packet met. */
export interface Step {
  readonly tool: Tool;
  readonly table: string;
  readonly chain: string;
  /** The rule as the tool is told. */
  readonly rule: string;
  readonly effect: Effect;
  /** Whether its conditions hold for sure. */
  readonly certain: boolean;
  /** The chain that `jump` and `goto` lead to. */
  readonly target: string | null;
  readonly maker: Maker;
  /** The macro's name, or what the built-in rule is for. */
  readonly what: string | null;
  /** The line it was made from, if any. */
  readonly at: Line | null;
  /** Members of sets that decided its conditions. */
  readonly sets: readonly SetMember[];
  /** Conditions that could not be understood. */
  readonly unknown: readonly string[];
}

/** Whether an address is in a set, and why. */
export interface SetMember {
  /** As rules name it: `+management`. */
  readonly set: string;
  readonly kernel_name: string;
  readonly address: string;
  /** The member that decided; `null` when no member holds the address. */
  readonly member: string | null;
  /** Whether that member is an exception. */
  readonly nomatch: boolean;
  /** The line of the member, if a file has one. */
  readonly at: Line | null;
}

/** A rule that nearly decided. */
export interface Nearly {
  /** Why it did not. */
  readonly because: string;
  readonly step: Step;
}

/** What would be logged. */
export interface Log {
  /** The text in front of the log line. */
  readonly prefix: string;
  /** At most so many are logged: `5/second`. */
  readonly limit: string | null;
  /** The hop, from 0. */
  readonly hop: number;
}

// ---------------------------------------------------------------------------------------------------- reachability

/** Which packets to draw. What is left out is as in {@link Question}. */
export interface ReachQuery {
  /** Protocol (default `tcp`). */
  proto?: string | null;
  /** Destination port. */
  dport?: number | null;
  /** ICMP type. */
  "icmp-type"?: string | number | null;
  /** Only between these zones. Left out: `host`, `outside` and the node's guests, up to `limit` zones. */
  zones?: readonly string[] | null;
  /** Most zones (default 40, at most 200). */
  limit?: number | null;
}

/** Who reaches whom on a node. */
export interface Reach {
  readonly node: string;
  /** Whether the firewall is on in the datacenter. */
  readonly enabled: boolean;
  /** The zones looked at; `host` and `outside` first, then guests by number. */
  readonly zones: readonly Zone[];
  /** The bridges they are on, by name. */
  readonly bridges: readonly string[];
  /** An answer for each ordered pair of zones between which a packet can travel. */
  readonly links: readonly Link[];
  /** Zones that were left out by the limit. */
  readonly omitted: number;
}

/** A place at the edge of the node's networks. */
export type Zone = HostZone | PortZone | GuestZone;

/** The node itself. */
export interface HostZone {
  readonly kind: "host";
  /** `host`, as in {@link Question}. */
  readonly name: string;
  /** Its addresses, as far as known. */
  readonly addresses: readonly string[];
}

/** A port of a bridge: what comes in by a network card. */
export interface PortZone {
  readonly kind: "port";
  /** `outside` or `<bridge>/<port>`. */
  readonly name: string;
  readonly bridge: string;
  readonly port: string;
}

/** A network device of a guest. */
export interface GuestZone {
  readonly kind: "guest";
  /** `vm100`, `ct200/net1`. */
  readonly name: string;
  readonly guest: "vm" | "ct";
  readonly vmid: number;
  /** The number of the device: 0 for `net0`. */
  readonly net: number;
  /** What the guest is called in its configuration. */
  readonly title: string | null;
  /** The bridge it is plugged into. */
  readonly bridge: string | null;
  /** Whether its traffic is filtered: `firewall=1` at the device, and the firewall of the guest is on. */
  readonly filtered: boolean;
  /** Its addresses, as far as its configuration shows them. */
  readonly addresses: readonly string[];
}

/** What becomes of a packet from one zone to another. */
export interface Link {
  readonly from: string;
  readonly to: string;
  readonly verdict: Verdict;
  /** The line that decided; `null` for built-in rules. */
  readonly by: Line | null;
  /** The packet, for {@link Datacenter.trace}. */
  readonly question: Question;
}

// ----------------------------------------------------------------------------------------------------------- tests

/** What came of `tests.toml`: as `pvefw test --format json` prints it. */
export interface Tests {
  /** The tests, in order. */
  readonly tests: readonly Test[];
  /** What is wrong in the file. */
  readonly diagnostics: readonly Diagnostic[];
  readonly summary: TestsSummary;
}

/** What came of one test. */
export interface Test {
  readonly name: string;
  readonly file: string;
  readonly line: number;
  readonly expect: "accept" | "drop" | "reject" | "blocked";
  /** Whether all packets fared so. */
  readonly passed: boolean;
  /** Number of its packets. */
  readonly packets: number;
  /** Number of those that did not fare so. */
  readonly failed: number;
  /** Those, or the first of them. */
  readonly failures: readonly TestFailure[];
}

/** A packet that did not fare as expected. */
export interface TestFailure {
  /** The packet, by the keys that the test gives. */
  readonly packet: string;
  /** Why it fails, in a line. */
  readonly reason: string;
  /** What becomes of it and why; `null` if there can't be such a packet. */
  readonly trace: Trace | null;
}

/** Numbers of tests. */
export interface TestsSummary {
  readonly tests: number;
  readonly passed: number;
  readonly failed: number;
  readonly packets: number;
  /** Errors in the file of tests. */
  readonly errors: number;
}

// -------------------------------------------------------------------------------------------------- compiled rules

/** What a node loads, in numbers and names. Rules are asked for apart: there may be a hundred thousand. */
export interface Compiled {
  readonly node: string;
  /** Whether the firewall is on. If not, nothing is loaded. */
  readonly enabled: boolean;
  readonly chains: readonly Chain[];
  readonly sets: readonly CompiledSetName[];
  /** Number of rules in all chains. */
  readonly rules: number;
}

/** A chain. */
export interface Chain {
  readonly tool: Tool;
  /** `filter` or `raw`. */
  readonly table: string;
  readonly chain: string;
  /** Number of its rules. */
  readonly rules: number;
}

/** A set's name. */
export interface CompiledSetName {
  /** The kernel's name: `PVEFW-0-management-v4`. */
  readonly name: string;
  /** Number of its members. */
  readonly members: number;
  /** The line that defines it, if a file does. */
  readonly at: Line | null;
}

/** A rule as it is fed to its tool. */
export interface CompiledRule {
  readonly tool: Tool;
  readonly table: string;
  readonly chain: string;
  /** Its place in the chain, from 0. */
  readonly index: number;
  /** The text: `-A PVEFW-HOST-IN -p tcp --dport 22 -j RETURN`. */
  readonly rule: string;
  readonly maker: Maker;
  /** The macro's name, or what the built-in rule is for. */
  readonly what: string | null;
  /** The line it was made from, if any. */
  readonly at: Line | null;
}

/** A set as it is fed to ipset. */
export interface CompiledSet {
  readonly name: string;
  /** `create …` */
  readonly create: string;
  /** The line that defines it, if a file does. */
  readonly at: Line | null;
  readonly members: readonly CompiledMember[];
}

/** A member of a set. */
export interface CompiledMember {
  /** `add …` */
  readonly text: string;
  /** The line that put it there, if a file did. */
  readonly at: Line | null;
}

/** What a line of a file became. */
export interface FromLine {
  /** Its rules in all chains. */
  readonly rules: readonly CompiledRule[];
  /** The sets and members of sets that it became. */
  readonly members: readonly FromLineMember[];
}

/** A member, or the beginning, of a set. */
export interface FromLineMember {
  /** The set's name in the kernel. */
  readonly set: string;
  /** `create …` or `add …` */
  readonly text: string;
}

/** Which rules to list. What is left out is not asked for; without any, all rules. */
export interface RulesQuery {
  tool?: Tool | null;
  table?: string | null;
  chain?: string | null;
}

/** Every rule as it is fed to the restore tools: as `pvefw compile --format json` prints it. */
export interface Lines {
  readonly v4: TableLines;
  readonly v6: TableLines;
  /** By name: `create …`, then `add …`. */
  readonly ipset: Readonly<Record<string, readonly string[]>>;
  /** By chain. */
  readonly ebtables: Readonly<Record<string, readonly string[]>>;
}

/** The lines of one family, by chain. */
export interface TableLines {
  readonly filter: Readonly<Record<string, readonly string[]>>;
  readonly raw: Readonly<Record<string, readonly string[]>>;
}

/** The input of the four restore tools. */
export interface Restore {
  readonly ipset: string;
  readonly ebtables: string;
  readonly iptables: string;
  readonly ip6tables: string;
}
