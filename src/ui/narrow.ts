/**
 * Which characters surely fill exactly one terminal cell on their own: printable ASCII, Latin letters, boxes, blocks,
 * plain arrows and the glyphs of our theme. Text made of these alone needs no `Intl.Segmenter` and no Unicode tables,
 * which is where nearly all of the time of drawing goes otherwise.
 */
const narrow = new Uint8Array(0x2900);

mark(0x20, 0x7e);
mark(0xa1, 0x17f);
mark(0x2010, 0x2027);
mark(0x2030, 0x203a);
mark(0x2190, 0x2193);
mark(0x21b0, 0x21ff);
mark(0x2200, 0x2211);
mark(0x2260, 0x2265);
mark(0x23ce, 0x23ce);
mark(0x2400, 0x2426);
mark(0x2500, 0x25fc);
mark(0x2713, 0x2713);
mark(0x2717, 0x2717);
mark(0x276f, 0x276f);
mark(0x2800, 0x28ff);
// Soft hyphen, and characters that an emoji selector or a font may widen.
for (const code of [0xad, 0xa9, 0xae, 0x203c, 0x25aa, 0x25ab, 0x25b6, 0x25c0, 0x25fb, 0x25fc]) narrow[code] = 0;

const ESCAPE = 0x1b;

/**
 * @returns the cells that `text` fills, not counting SGR sequences; undefined when it holds anything that is not
 *          surely one cell wide (then ask `string-width`)
 */
export function narrowWidth(text: string): number | undefined {
  let cells = 0;
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code === ESCAPE) {
      const end = sgrEnd(text, index);
      if (end === -1) return undefined;
      index = end;
    } else if (narrow[code] === 1) {
      cells++;
    } else {
      return undefined;
    }
  }
  return cells;
}

/** @returns the index of the `m` that ends the SGR sequence starting at `start`, or -1 when it is some other sequence */
export function sgrEnd(text: string, start: number): number {
  if (text.charCodeAt(start + 1) !== 0x5b) return -1;
  for (let index = start + 2; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code === 0x6d) return index;
    if (code !== 0x3b && (code < 0x30 || code > 0x39)) return -1;
  }
  return -1;
}

function mark(first: number, last: number): void {
  narrow.fill(1, first, last + 1);
}
