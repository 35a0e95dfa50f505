/**
 * Every key of the tutor, once. The footer, the help and the table in the documentation are made from this, and a key
 * that is not here does nothing. `place` says where a key is listened to: the most particular place wins.
 */
import type { Text } from './text/en.ts';

export type Place = 'anywhere' | 'home' | 'lesson' | 'map' | 'overlay' | 'question' | 'shell' | 'xray';

export type ActionId =
  | 'answer'
  | 'back'
  | 'clockFaster'
  | 'clockPause'
  | 'clockRewind'
  | 'clockSlower'
  | 'clockStep'
  | 'down'
  | 'focusNext'
  | 'focusPane'
  | 'focusPrevious'
  | 'focusShell'
  | 'help'
  | 'hint'
  | 'language'
  | 'leaveShell'
  | 'map'
  | 'nextStep'
  | 'open'
  | 'pageDown'
  | 'pageUp'
  | 'previousStep'
  | 'quit'
  | 'restart'
  | 'sandbox'
  | 'takeCommand'
  | 'settings'
  | 'up'
  | 'xray'
  | 'zoom';

export interface Binding {
  readonly keys: readonly string[];
  readonly action: ActionId;
  readonly places: readonly Place[];
  /** Which word of the dictionaries names it. */
  readonly label: keyof Text['keys'];
  /** How the keys are written on screen. */
  readonly shown: string;
  /** The smaller, the sooner in the footer; absent ones are in the help only. */
  readonly footer?: number;
}

const viewing: readonly Place[] = ['lesson', 'map', 'xray', 'question'];

export const keymap: readonly Binding[] = [
  { keys: ['enter'], action: 'open', places: ['home', 'map'], label: 'open', shown: '⏎', footer: 1 },
  { keys: ['up', 'k'], action: 'up', places: ['home', 'lesson', 'map', 'overlay', 'xray'], label: 'up', shown: '↑' },
  {
    keys: ['down', 'j'],
    action: 'down',
    places: ['home', 'lesson', 'map', 'overlay', 'xray'],
    label: 'down',
    shown: '↓',
  },
  { keys: ['s'], action: 'sandbox', places: ['home'], label: 'sandbox', shown: 's', footer: 2 },
  {
    keys: ['1', '2', '3', '4', '5', '6', '7', '8', '9'],
    action: 'answer',
    places: ['question'],
    label: 'answer',
    shown: '1–9',
    footer: 1,
  },
  { keys: ['i', 'enter'], action: 'focusShell', places: ['lesson'], label: 'shell', shown: '⏎', footer: 2 },
  {
    keys: ['n', 'right'],
    action: 'nextStep',
    places: ['lesson', 'question'],
    label: 'nextStep',
    shown: 'n',
    footer: 1,
  },
  {
    keys: ['b', 'left'],
    action: 'previousStep',
    places: ['lesson', 'question'],
    label: 'previousStep',
    shown: 'b',
    footer: 8,
  },
  { keys: ['h'], action: 'hint', places: ['lesson', 'question'], label: 'hint', shown: 'h', footer: 3 },
  { keys: ['c'], action: 'takeCommand', places: ['lesson', 'question'], label: 'takeCommand', shown: 'c', footer: 2 },
  { keys: ['f7'], action: 'takeCommand', places: ['shell'], label: 'takeCommand', shown: 'F7', footer: 2 },
  { keys: ['esc'], action: 'leaveShell', places: ['shell'], label: 'leaveShell', shown: 'Esc', footer: 1 },
  { keys: ['f5'], action: 'hint', places: ['shell'], label: 'hint', shown: 'F5', footer: 3 },
  { keys: ['f6'], action: 'nextStep', places: ['shell'], label: 'nextStep', shown: 'F6', footer: 2 },
  { keys: ['f8'], action: 'clockPause', places: ['shell'], label: 'pause', shown: 'F8', footer: 4 },
  { keys: ['space', 'f8'], action: 'clockPause', places: viewing, label: 'pause', shown: '␣', footer: 5 },
  { keys: ['.'], action: 'clockStep', places: viewing, label: 'step', shown: '.', footer: 9 },
  { keys: ['+', '='], action: 'clockFaster', places: viewing, label: 'faster', shown: '+', footer: 10 },
  { keys: ['-'], action: 'clockSlower', places: viewing, label: 'slower', shown: '-', footer: 11 },
  { keys: [','], action: 'clockRewind', places: viewing, label: 'rewind', shown: ',', footer: 12 },
  { keys: ['m'], action: 'map', places: ['lesson', 'xray', 'home', 'question'], label: 'map', shown: 'm', footer: 4 },
  { keys: ['x'], action: 'xray', places: ['lesson', 'map', 'question'], label: 'xray', shown: 'x', footer: 6 },
  {
    keys: ['tab'],
    action: 'focusNext',
    places: ['lesson', 'question', 'map', 'xray'],
    label: 'focusNext',
    shown: 'Tab',
    footer: 7,
  },
  {
    keys: ['shift+tab'],
    action: 'focusPrevious',
    places: ['lesson', 'question', 'map', 'xray', 'shell'],
    label: 'focusPrevious',
    shown: '⇧Tab',
  },
  {
    keys: ['alt+1', 'alt+2', 'alt+3', 'alt+4'],
    action: 'focusPane',
    places: ['lesson', 'question', 'shell'],
    label: 'focusPane',
    shown: 'Alt-1…4',
  },
  { keys: ['z'], action: 'zoom', places: ['lesson', 'question'], label: 'zoom', shown: 'z', footer: 13 },
  { keys: ['f4'], action: 'zoom', places: ['shell'], label: 'zoom', shown: 'F4', footer: 5 },
  { keys: ['pageup'], action: 'pageUp', places: ['anywhere'], label: 'pageUp', shown: 'PgUp' },
  { keys: ['pagedown'], action: 'pageDown', places: ['anywhere'], label: 'pageDown', shown: 'PgDn' },
  { keys: ['r'], action: 'restart', places: ['lesson', 'question'], label: 'restart', shown: 'r' },
  {
    keys: ['l'],
    action: 'language',
    places: ['home', 'lesson', 'map', 'xray', 'overlay', 'question'],
    label: 'language',
    shown: 'l',
    footer: 20,
  },
  { keys: ['f2'], action: 'language', places: ['anywhere'], label: 'language', shown: 'F2' },
  { keys: ['o'], action: 'settings', places: ['home'], label: 'settings', shown: 'o', footer: 19 },
  {
    keys: ['?'],
    action: 'help',
    places: ['home', 'lesson', 'map', 'xray', 'overlay', 'question'],
    label: 'help',
    shown: '?',
    footer: 0,
  },
  { keys: ['f1'], action: 'help', places: ['anywhere'], label: 'help', shown: 'F1' },
  { keys: ['q'], action: 'back', places: ['lesson', 'question'], label: 'back', shown: 'q', footer: 14 },
  { keys: ['q', 'esc'], action: 'back', places: ['map', 'xray', 'overlay'], label: 'back', shown: 'q', footer: 14 },
  { keys: ['q'], action: 'quit', places: ['home'], label: 'quit', shown: 'q', footer: 21 },
  { keys: ['ctrl+q'], action: 'quit', places: ['anywhere'], label: 'quit', shown: 'Ctrl-Q' },
  {
    keys: ['ctrl+c'],
    action: 'quit',
    places: ['home', 'map', 'xray', 'lesson', 'overlay', 'question'],
    label: 'quit',
    shown: 'Ctrl-C',
  },
];

/** @returns what `key` does in `place`, if anything */
export function bindingFor(key: string, place: Place): Binding | undefined {
  return (
    keymap.find((binding) => binding.places.includes(place) && binding.keys.includes(key)) ??
    keymap.find((binding) => binding.places.includes('anywhere') && binding.keys.includes(key))
  );
}

/** @returns the bindings to show at the bottom of the screen, the most useful first */
export function footerBindings(place: Place): readonly Binding[] {
  return keymap
    .filter((binding) => binding.footer !== undefined && binding.places.includes(place))
    .sort((a, b) => (a.footer ?? 0) - (b.footer ?? 0));
}
