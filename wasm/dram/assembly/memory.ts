/**
 * A stack of channels behind one front end.
 *
 * The front end sends requests in order and stops at the first one whose queue is full, so channels
 * depend on each other only through it. Each is therefore simulated on its own, as far as the next
 * request needs: time is the number of cycles the front end has waited for.
 *
 * Channels that get the same requests in the same order from neighbouring lines of the trace stay
 * in step with each other: whenever one of them blocks the front end it is the first, and all of
 * them have then been sent the same. {@link Memory.begin} is told where such groups begin, and only the
 * first channel of each is simulated.
 */
import { CommandLog } from "./command_log";
import { Controller } from "./controller";
import { Device } from "./device";
import { clearFailure, failure } from "./failure";
import { CHANNEL } from "./levels";

export class Memory {
  readonly device: Device;
  private channels: i32;
  private controllers: StaticArray<Controller>;
  /** First channel of the group each channel is in, and where that group ends. */
  private groupStart: StaticArray<i32>;
  private groupEnd: StaticArray<i32>;
  /** Requests accepted, by kind, all channels counted. */
  readonly accepted: StaticArray<i64>;
  /** Cycles that have passed when the front end looks. */
  private now: i64 = 0;
  /** Bank and row of the last address sent to each channel, which the next often shares. */
  private places: StaticArray<u64>;
  private banks: StaticArray<i32>;
  private rows: StaticArray<i32>;

  constructor(image: StaticArray<i32>) {
    const device = new Device(image);
    const channels = device.counts[CHANNEL];
    const controllers = new StaticArray<Controller>(channels);
    for (let i = 0; i < channels; i++) controllers[i] = new Controller(device);
    this.device = device;
    this.channels = channels;
    this.controllers = controllers;
    this.groupStart = new StaticArray<i32>(channels);
    this.groupEnd = new StaticArray<i32>(channels);
    this.accepted = new StaticArray<i64>(device.requests.length);
    const places = new StaticArray<u64>(channels);
    for (let i = 0; i < channels; i++) places[i] = u64.MAX_VALUE;
    this.places = places;
    this.banks = new StaticArray<i32>(channels);
    this.rows = new StaticArray<i32>(channels);
  }

  /**
   * Begins a run.
   *
   * @param boundaries bit c is set where channel c begins a group; bit 0 is taken as set
   */
  begin(boundaries: u64): void {
    clearFailure();
    this.now = 0;
    for (let i = 0; i < this.accepted.length; i++) this.accepted[i] = 0;
    let start = 0;
    for (let channel = 1; channel <= this.channels; channel++) {
      const ends = channel === this.channels || ((boundaries >> channel) & 1) !== 0;
      if (!ends) continue;
      for (let i = start; i < channel; i++) {
        this.groupStart[i] = start;
        this.groupEnd[i] = channel;
      }
      this.controllers[start].clear();
      start = channel;
    }
  }

  /** The commands a channel issues; its group must begin with it. */
  logOf(channel: i32): CommandLog {
    return this.controllers[channel].channel.log;
  }

  /** Commands of a kind issued in all channels. */
  issued(command: i32): i64 {
    let sum: i64 = 0;
    for (let channel = 0; channel < this.channels; channel = this.groupEnd[channel]) {
      const alike = this.groupEnd[channel] - channel;
      sum += this.controllers[channel].channel.issued[command] * alike;
    }
    return sum;
  }

  /** Sends one request to the channel its address names. */
  sendTo(request: i32, address: u64): void {
    const channel = this.device.channelOf(address);
    this.send(request, address, channel, channel + 1);
  }

  /** Sends the same request to channels `from` up to `to`, which must not cut a group. */
  send(request: i32, address: u64, from: i32, to: i32): void {
    const place = address >> this.device.placeShift;
    if (place !== this.places[from]) {
      this.places[from] = place;
      this.banks[from] = this.device.bankOf(address);
      this.rows[from] = this.device.rowOf(address);
    }
    const bank = this.banks[from];
    const row = this.rows[from];
    const kind = this.device.requests[request];
    if (this.groupStart[from] !== from) unreachable();
    let channel = from;
    while (channel < to) {
      const controller = this.controllers[channel];
      controller.advance(this.now);
      if (controller.isFull(kind.queue) && !controller.answersAtOnce(kind, address)) {
        this.now = controller.advanceUntilRoom(kind.queue);
        if (failure() !== 0) return;
      }
      controller.enqueue(kind, address, bank, row, this.now);
      channel = this.groupEnd[channel];
    }
    if (channel !== to) unreachable();
    this.accepted[request] += to - from;
  }

  /**
   * Runs until every queue of every channel is empty at once.
   *
   * @returns the cycles it took from the beginning; of no meaning where the run failed
   */
  finish(): i64 {
    // The cycle after the last request was sent always happens.
    let cycle = this.now + 1;
    let settled = false;
    while (!settled) {
      settled = true;
      for (let channel = 0; channel < this.channels; channel = this.groupEnd[channel]) {
        const controller = this.controllers[channel];
        controller.advance(cycle);
        if (!controller.pending) continue;
        cycle = controller.advanceUntilEmpty();
        if (failure() !== 0) return cycle;
        settled = false;
      }
    }
    return cycle;
  }
}
