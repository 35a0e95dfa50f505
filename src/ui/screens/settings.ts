/** What can be set, and where things are kept. */
import { composeFooter, composeHeader } from '../parts/frame-ends.ts';
import { pane } from '../parts/pane.ts';
import type { Scene } from './scene.ts';

export function composeSettings({ state, theme, text, progressPath }: Scene): string[] {
  const { width, height } = state;
  const line = (key: string, label: string, value: string) =>
    ` ${theme.paint('key', key)}  ${label}: ${theme.paint('bold', value)}`;
  const lines = [
    '',
    line('l', text.settings.language, text.name),
    '',
    line(' ', text.settings.colours, theme.hasColour ? text.settings.on : text.settings.off),
    '',
    line(' ', text.settings.progress, progressPath),
    '',
    theme.paint('dim', text.help.close('q')),
  ];
  return [
    composeHeader(text.settings.title, '', width, theme),
    ...pane({ title: text.settings.title, width, height: height - 2, isFocused: true, theme }, lines),
    composeFooter('overlay', state.message || state.sticky, width, theme, text),
  ];
}
