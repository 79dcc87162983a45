/**
 * One channel without a controller, for questions such as: if ACTAB issues now, when may MACAB?
 */
import { Channel } from "./channel";
import { Command } from "./command";
import { configured } from "./configured";
import { BANK } from "./levels";

let probed: Channel | null = null;

/** Begins with a channel that has seen nothing. */
export function probeClear(): void {
  if (probed === null || (<Channel> probed).device !== configured().device) {
    probed = new Channel(configured().device);
  }
  (<Channel> probed).clear();
}

/** Issues a command at a byte address in a cycle, whether it is ready or not. */
export function probeIssue(command: i32, address: u64, cycle: i64): void {
  const device = configured().device;
  const depth = command === device.refreshCommand ? device.refreshDepth : BANK;
  const bank = device.bankOf(address);
  (<Channel> probed).issue(commandOf(command), bank, device.rowOf(address), address, depth, cycle);
}

/** The first cycle in which a command may issue at a byte address; 0 when nothing holds it back. */
export function probeReadyAt(command: i32, address: u64): i64 {
  return (<Channel> probed).timing.readyAt(
    commandOf(command),
    configured().device.bankOf(address),
  );
}

/** What has to be issued now so that a command can be issued at a byte address in the end. */
export function probePrerequisite(command: i32, address: u64): i32 {
  const device = configured().device;
  const bank = device.bankOf(address);
  return (<Channel> probed).prerequisite(commandOf(command), bank, device.rowOf(address)).index;
}

function commandOf(index: i32): Command {
  return configured().device.commands[index];
}
