/** One random stream: four 32-bit words of plain data, so that it is cloned, saved and hashed with the world (sfc32). */
export type RandomStream = [number, number, number, number];

/** The stream that belongs to `name` in a world of this seed; the same pair always gives the same stream. */
export function randomStream(seed: number, name: string): RandomStream {
  let a = 0x9e3779b9 ^ seed;
  let b = 0x243f6a88 ^ Math.floor(seed / 0x100000000);
  let c = 0xb7e15162;
  for (let i = 0; i < name.length; i++) {
    const code = name.charCodeAt(i);
    a = Math.imul(a ^ code, 0x85ebca6b);
    b = Math.imul(b ^ (a >>> 13), 0xc2b2ae35) + code;
    c = (c ^ Math.imul(b, 0x27d4eb2f)) | 0;
  }
  const stream: RandomStream = [a | 0, b | 0, c | 0, 1];
  for (let i = 0; i < 12; i++) nextUint32(stream);
  return stream;
}

export function nextUint32(stream: RandomStream): number {
  // By index: taking an array apart by pattern goes through its iterator.
  const a = stream[0];
  const b = stream[1];
  const c = stream[2];
  const counter = stream[3];
  const result = (a + b + counter) | 0;
  stream[3] = (counter + 1) | 0;
  stream[0] = b ^ (b >>> 9);
  stream[1] = (c + (c << 3)) | 0;
  stream[2] = (((c << 21) | (c >>> 11)) + result) | 0;
  return result >>> 0;
}

/** A number in [0, 1) with 32 random bits. */
export function nextFloat(stream: RandomStream): number {
  return nextUint32(stream) / 0x100000000;
}

/** A whole number in [low, high). */
export function nextInt(stream: RandomStream, low: number, high: number): number {
  return low + Math.floor(nextFloat(stream) * (high - low));
}
