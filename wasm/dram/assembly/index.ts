/**
 * What the host calls: one memory, fed with requests.
 *
 * `configure` once, then any number of runs: `begin`, requests through the buffer, `finish`.
 */
import { LOG_WORDS } from "./command_log";
import { configured } from "./configured";
import { failure } from "./failure";

export { configure, configured, imageBuffer } from "./configured";
export { failure } from "./failure";
export { probeClear, probeIssue, probePrerequisite, probeReadyAt } from "./probe";

/** Requests the buffer holds; a request is an address and the number of its kind. */
const BUFFER_REQUESTS: i32 = 16384;

const addresses = new StaticArray<u64>(BUFFER_REQUESTS);
const kinds = new StaticArray<u8>(BUFFER_REQUESTS);
let loggedChannel: i32 = -1;

export function addressBuffer(): usize {
  return changetype<usize>(addresses);
}

export function kindBuffer(): usize {
  return changetype<usize>(kinds);
}

export function bufferRequests(): i32 {
  return BUFFER_REQUESTS;
}

/** Begins a run in which every channel is simulated; `channel` is logged unless negative. */
export function begin(channel: i32): void {
  const memory = configured();
  if (loggedChannel >= 0) memory.logOf(loggedChannel).enabled = false;
  loggedChannel = channel;
  memory.begin(~(<u64> 0));
  if (channel >= 0) memory.logOf(channel).enabled = true;
}

/** Sends the first `count` requests of the buffer; traps where the run fails, as `finish` does. */
export function sendBuffer(count: i32): void {
  const memory = configured();
  for (let i = 0; i < count; i++) memory.sendTo(kinds[i], addresses[i]);
  if (failure() !== 0) unreachable();
}

/** Runs to the end and returns the cycles. */
export function finish(): i64 {
  const cycles = configured().finish();
  if (failure() !== 0) unreachable();
  return cycles;
}

/** Requests of a kind that were accepted. */
export function accepted(request: i32): i64 {
  return configured().accepted[request];
}

/** Commands of a kind that were issued, all channels together. */
export function issued(command: i32): i64 {
  return configured().issued(command);
}

export function logEntries(): i32 {
  return loggedChannel < 0 ? 0 : configured().logOf(loggedChannel).entries;
}

export function logPointer(): usize {
  return configured().logOf(loggedChannel).pointer;
}

export function logWords(): i32 {
  return LOG_WORDS;
}

/** Forgets the entries logged so far. */
export function clearLog(): void {
  if (loggedChannel >= 0) configured().logOf(loggedChannel).clear();
}
