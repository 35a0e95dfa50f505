/** What the tutor shows right now. Views come from the providers; this is only the learner's place among them. */
import type { TerminalState } from './parts/terminal.ts';
import type { Language } from './text/language.ts';

export type PaneId = 'lesson' | 'cluster' | 'shell' | 'trace';
export type Screen = 'home' | 'lesson' | 'map' | 'xray';
export type Overlay = 'help' | 'settings';

export interface UiState {
  screen: Screen;
  /** Where `back` leads from the map and the X-ray. */
  cameFrom: Screen[];
  overlay: Overlay | undefined;
  language: Language;
  width: number;
  height: number;
  /** One sentence in the last row, until the next key. */
  message: string;
  /** As `message`, but stays until what it says is over. */
  sticky: string;
  homeRow: number;
  focus: PaneId;
  isZoomed: boolean;
  /** Rows scrolled down, by what is scrolled. */
  readonly scroll: { lesson: number; help: number; xray: number; home: number };
  /** The part marked on the map and opened by the X-ray. */
  partId: string;
  terminal: TerminalState;
}

export const paneOrder: readonly PaneId[] = ['lesson', 'cluster', 'trace', 'shell'];
