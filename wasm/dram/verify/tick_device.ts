/**
 * Test-only: one channel of the device for the tick model: which rows are open, and how early each
 * node allows each command.
 *
 * A tree of nodes, walked for every question. Only what never changes is looked up: which constraints
 * a command begins at a level, and which banks an address names.
 *
 * @module
 */

import {
  type Address,
  type Command,
  COMMANDS,
  type Constraint,
  type Device,
  LEVELS,
} from "./hbm3_pim_rules.ts";

interface TreeNode {
  /** Index into {@linkcode LEVELS}. */
  readonly depth: number;
  readonly id: number;
  readonly children: TreeNode[];
  /** Earliest cycle of a command; a command that is absent was never constrained. */
  readonly earliest: Map<Command, number>;
  /** Cycles of past commands of the kinds that constrain others, latest last. */
  readonly history: Map<Command, number[]>;
}

interface Bank {
  readonly node: TreeNode;
  readonly pseudochannel: number;
  readonly rank: number;
  readonly bankgroup: number;
  readonly bank: number;
  /** Empty while the bank is closed. */
  readonly openRows: Set<number>;
}

/** The part of an address that tells banks of one channel apart. */
type BankAddress = Pick<Address, "pseudochannel" | "rank" | "bankgroup" | "bank">;

/** Commands that need an open row. */
const ACCESSES: ReadonlySet<Command> = new Set(["RD", "WR", "MACAB", "MACSB", "MACPB"]);

/** Depth of the nodes a command is about. */
const SCOPE_DEPTHS = Object.fromEntries(
  Object.entries(COMMANDS).map(([command, { scope }]) => [command, LEVELS.indexOf(scope)]),
) as Record<Command, number>;

/** One channel of an HBM3-PIM device. */
export class TickDevice {
  readonly #root: TreeNode;
  /** In index order: pseudochannel, rank, bank group, bank. */
  readonly #banks: Bank[] = [];
  /** By number. */
  readonly #sameBanks: readonly (readonly Bank[])[];
  /** By rank, bank group and number. */
  readonly #twinBanks: ReadonlyMap<string, readonly Bank[]>;
  /** By depth of the node and preceding command. */
  readonly #constraints: readonly ReadonlyMap<Command, readonly Constraint[]>[];

  constructor(device: Device, channel: number) {
    const { pseudochannels, ranks, bankgroups, banks } = device.organisation;
    this.#constraints = LEVELS.map((level) => {
      const own = device.constraints.filter((constraint) => constraint.level === level);
      const commands = [...new Set(own.flatMap(({ preceding }) => preceding))];
      return new Map(
        commands.map((command) =>
          [command, own.filter(({ preceding }) => preceding.includes(command))] as const
        ),
      );
    });
    this.#root = newNode(0, channel);
    for (let p = 0; p < pseudochannels; p++) {
      const pseudochannel = addChild(this.#root, p);
      for (let r = 0; r < ranks; r++) {
        const rank = addChild(pseudochannel, r);
        for (let g = 0; g < bankgroups; g++) {
          const bankgroup = addChild(rank, g);
          for (let b = 0; b < banks; b++) {
            const node = addChild(bankgroup, b);
            const place = { pseudochannel: p, rank: r, bankgroup: g, bank: b };
            this.#banks.push({ node, ...place, openRows: new Set() });
          }
        }
      }
    }
    const all = this.#banks;
    this.#sameBanks = Array.from(
      { length: banks },
      (_, id) => all.filter(({ bank }) => bank === id),
    );
    const twins = new Map<string, Bank[]>();
    for (const bank of all) {
      const name = twinName(bank);
      twins.set(name, [...twins.get(name) ?? [], bank]);
    }
    this.#twinBanks = twins;
  }

  /** The command that has to be issued now for `final` to be issued in the end. */
  prerequisite(final: Command, address: Address): Command {
    switch (final) {
      case "MACAB":
        return rowPreparation(this.#banks, address.row, "ACTAB", "PREA") ?? final;
      case "MACSB":
        return rowPreparation(this.#sameBank(address), address.row, "ACTSB", "PRESB") ?? final;
      case "MACPB":
        return rowPreparation(this.#twins(address), address.row, "ACTPB", "PREPB") ?? final;
      case "RD":
      case "WR":
        return rowPreparation([this.#bank(address)], address.row, "ACT", "PRE") ?? final;
      case "REFab":
        return this.#banks.some(isOpen) ? "PREA" : final;
      case "REFsb":
        return isOpen(this.#bank(address)) ? "PRE" : final;
      default:
        return final;
    }
  }

  /** Whether a request's current command is an access to a row that its own bank has open. */
  isRowHit(command: Command, address: Address): boolean {
    return ACCESSES.has(command) &&
      this.#bank(address).openRows.has(address.row);
  }

  /** Whether every node on the way down to the command's scope allows it at `cycle`. */
  isReady(command: Command, address: Address, cycle: number): boolean {
    const scope = SCOPE_DEPTHS[command];
    let node = this.#root;
    for (let depth = 0;; depth++) {
      const earliest = node.earliest.get(command);
      if (earliest !== undefined && cycle < earliest) return false;
      if (depth === scope) return true;
      node = node.children[address[LEVELS[depth + 1]!]]!;
    }
  }

  /** Issues a command: timing first, then state, then the extra timing of broadcast MACs. */
  issue(command: Command, address: Address, cycle: number): void {
    this.#constrain(this.#root, command, address, cycle);
    this.#changeState(command, address);
    this.#constrainBroadcast(command, address, cycle);
  }

  #constrain(node: TreeNode, command: Command, address: Address, cycle: number): void {
    const level = LEVELS[node.depth]!;
    if (address[level] !== -1 && address[level] !== node.id) return;
    this.#constrainNode(node, command, cycle);
    for (const child of node.children) this.#constrain(child, command, address, cycle);
  }

  #constrainNode(node: TreeNode, command: Command, cycle: number): void {
    const history = node.history.get(command) ?? [];
    node.history.set(command, history);
    history.push(cycle);
    for (const constraint of this.#constraints[node.depth]!.get(command) ?? []) {
      const past = history.at(-constraint.window);
      if (past === undefined) continue;
      for (const following of constraint.following) {
        const earliest = node.earliest.get(following) ?? -1;
        node.earliest.set(following, Math.max(earliest, past + constraint.cycles));
      }
    }
    if (history.length > 4) history.shift();
  }

  #changeState(command: Command, address: Address): void {
    switch (command) {
      case "ACT":
        return open([this.#bank(address)], address.row);
      case "ACTAB":
        return open(this.#banks, address.row);
      case "ACTSB":
        return open(this.#sameBank(address), address.row);
      case "ACTPB":
        return open(this.#twins(address), address.row);
      case "PRE":
        return close([this.#bank(address)]);
      case "PREA":
        return close(this.#banks);
      case "PRESB": // Not all banks that ACTSB opened: the reference closes the twins only.
      case "PREPB":
        return close(this.#twins(address));
    }
  }

  /**
   * MACSB also counts in every bank of its number. MACPB is meant to count in its twin, but the
   * reference compares a node's ids with those of the level above: (pseudochannel, rank, bank
   * group, bank) p, r, g, b counts in (any, p, r, b).
   */
  #constrainBroadcast(command: Command, address: Address, cycle: number): void {
    const { pseudochannel, rank, bank } = address;
    const broadcast = command === "MACSB"
      ? this.#sameBank(address)
      : command === "MACPB"
      ? this.#twins({ pseudochannel, rank: pseudochannel, bankgroup: rank, bank })
      : [];
    for (const { node } of broadcast) this.#constrainNode(node, command, cycle);
  }

  #bank({ pseudochannel, ...rest }: BankAddress): Bank {
    return this.#twins({ pseudochannel, ...rest })
      .find((bank) => bank.pseudochannel === pseudochannel)!;
  }

  /** The banks of one number in all bank groups, ranks and pseudochannels. */
  #sameBank({ bank }: BankAddress): readonly Bank[] {
    return this.#sameBanks[bank] ?? [];
  }

  /** The bank of each pseudochannel that an address names but for the pseudochannel. */
  #twins(address: BankAddress): readonly Bank[] {
    return this.#twinBanks.get(twinName(address)) ?? [];
  }
}

const twinName = ({ rank, bankgroup, bank }: Omit<BankAddress, "pseudochannel">) =>
  `${rank} ${bankgroup} ${bank}`;

function newNode(depth: number, id: number): TreeNode {
  return { depth, id, children: [], earliest: new Map(), history: new Map() };
}

function addChild(parent: TreeNode, id: number): TreeNode {
  const child = newNode(parent.depth + 1, id);
  parent.children.push(child);
  return child;
}

function isOpen(bank: Bank): boolean {
  return bank.openRows.size > 0;
}

/** What the first bank that is not as wanted needs, in index order. */
function rowPreparation(
  banks: readonly Bank[],
  row: number,
  activate: Command,
  precharge: Command,
): Command | undefined {
  const other = banks.find((bank) => !bank.openRows.has(row));
  if (other === undefined) return undefined;
  return isOpen(other) ? precharge : activate;
}

function open(banks: readonly Bank[], row: number): void {
  for (const bank of banks) bank.openRows.add(row);
}

function close(banks: readonly Bank[]): void {
  for (const bank of banks) bank.openRows.clear();
}
