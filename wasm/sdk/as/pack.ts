// Keeping some of four lanes.

/** For each choice of lanes (bit i is lane i), where the bytes of those chosen come from, in order. */
const ORDERS = orders();

function orders(): StaticArray<u8> {
  const bytes = new StaticArray<u8>(256);
  for (let lanes = 0; lanes < 16; lanes++) {
    let at = lanes << 4;
    for (let lane = 0; lane < 4; lane++) {
      if ((lanes & (1 << lane)) === 0) continue;
      for (let byte = 0; byte < 4; byte++) bytes[at++] = <u8> ((lane << 2) + byte);
    }
  }
  return bytes;
}

/**
 * Writes the chosen ones of four numbers one behind the other; gives the address behind them.
 *
 * @param chosen Lanes of ones for those chosen, of zeros for the others
 * @param to 16 bytes are written, whatever is chosen
 */
export function pack4(four: v128, chosen: v128, to: usize): usize {
  const lanes = i32x4.bitmask(chosen);
  v128.store(to, v128.swizzle(four, v128.load(changetype<usize>(ORDERS) + ((<usize> lanes) << 4))));
  return to + ((<usize> popcnt<i32>(lanes)) << 2);
}
