import type { IssuedCommand } from "../../../core/memory/engine.ts";

/**
 * Issued commands as the reference's log has them: cycle, command, channel, pseudo-channel, rank,
 * bank group, bank, row, column.
 *
 * @example
 * ```ts
 * import { commandLogText } from "./command_log.ts";
 * import { equal } from "node:assert/strict";
 *
 * const text = commandLogText([{
 *   cycle: 9,
 *   command: "WRGB",
 *   channel: 0,
 *   pseudochannel: 0,
 *   rank: 0,
 *   bankgroup: 0,
 *   bank: 1,
 *   row: 0,
 *   column: 0,
 * }]);
 * equal(text, "9, WRGB, 0, 0, 0, 0, 1, 0, 0\n");
 * ```
 */
export function commandLogText(commands: readonly IssuedCommand[]): string {
  return commands.map((issued) => {
    const { cycle, command, channel, pseudochannel, rank, bankgroup, bank, row, column } = issued;
    const fields = [
      cycle,
      command,
      channel,
      pseudochannel,
      rank,
      bankgroup,
      bank,
      row,
      column,
    ];
    return `${fields.join(", ")}\n`;
  }).join("");
}
