/** The virtual clock, as a few cells for the header. */
import type { Text } from '../text/en.ts';
import type { Theme } from '../theme.ts';
import type { ClockView } from '../view.ts';

/** The speeds that `+` and `-` go through, in simulated seconds a second. */
export const speeds: readonly number[] = [0.01, 0.1, 1, 2, 5, 10, 30, 100, 300, 1000];

/** @returns `0:01:23.4`; tenths only while a person can see them pass */
export function formatTime(atUs: number, hasTenths: boolean): string {
  const seconds = Math.floor(atUs / 1_000_000);
  const two = (value: number) => String(value).padStart(2, '0');
  const time = `${Math.floor(seconds / 3600)}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
  return hasTenths ? `${time}.${Math.floor(atUs / 100_000) % 10}` : time;
}

/** @returns `1:23.456`: messages follow each other within milliseconds */
export function formatMoment(atUs: number): string {
  const seconds = Math.floor(atUs / 1_000_000);
  const milliseconds = String(Math.floor(atUs / 1_000) % 1_000).padStart(3, '0');
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}.${milliseconds}`;
}

/** `▸ 0:00:42  10×`, or `■ 0:00:42.1  paused`. */
export function composeClock(clock: ClockView, theme: Theme, text: Text): string {
  const time = formatTime(clock.atUs, clock.isPaused || clock.speed <= 1);
  return clock.isPaused
    ? theme.paint('warn', `■ ${time} ${text.clock.paused}`)
    : `${theme.paint('good', '▸')} ${time} ${theme.paint('dim', text.clock.speed(clock.speed))}`;
}

/** @returns the next speed up or down from `speed` */
export function nextSpeed(speed: number, direction: 1 | -1): number {
  const ordered = direction === 1 ? speeds : [...speeds].reverse();
  return ordered.find((candidate) => (direction === 1 ? candidate > speed : candidate < speed)) ?? speed;
}
