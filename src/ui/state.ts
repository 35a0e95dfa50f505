/** What the tutor shows right now. Views come from the providers; this is only the learner's place among them. */
import { createEditor } from './editor.ts';
import type { TerminalState } from './parts/terminal.ts';
import { createScrollback } from './scrollback.ts';
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

/** The first screen, before anything was pressed. */
export function createState(language: Language, message: string): UiState {
  return {
    screen: 'home',
    cameFrom: [],
    overlay: undefined,
    language,
    width: 80,
    height: 24,
    message,
    sticky: '',
    homeRow: 0,
    focus: 'lesson',
    isZoomed: false,
    scroll: { lesson: 0, help: 0, xray: 0, home: 0 },
    partId: '',
    terminal: { scrollback: createScrollback(), editor: createEditor(), prompt: '', isBusy: false },
  };
}
