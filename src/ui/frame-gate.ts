/** Frames, no more often than the eye needs; after a key at once. */
const frameMs = 33;

/** @returns asks for a frame: soon, or now when it is urgent; several asks make one frame */
export function createFrameGate(paint: () => void): (isUrgent: boolean) => void {
  let timer: NodeJS.Timeout | undefined;
  let lastAt = 0;
  return (isUrgent) => {
    if (timer && !isUrgent) return;
    clearTimeout(timer);
    const waitMs = isUrgent ? 0 : Math.max(0, frameMs - (performance.now() - lastAt));
    timer = setTimeout(() => {
      timer = undefined;
      lastAt = performance.now();
      paint();
    }, waitMs);
  };
}
