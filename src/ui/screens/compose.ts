/** One frame: the state and the views in, exactly `height` lines of `width` cells out. */
import { block } from '../line.ts';
import { asciiLine } from '../theme.ts';
import { composeHelp } from './help.ts';
import { composeHome } from './home.ts';
import { composeLesson } from './lesson.ts';
import { composeMap } from './map.ts';
import type { Scene } from './scene.ts';
import { composeSettings } from './settings.ts';
import { composeXRay } from './xray.ts';

export const smallest = { width: 40, height: 10 };

export function composeScreen(scene: Scene): string[] {
  const { width, height } = scene.state;
  const lines = width < smallest.width || height < smallest.height ? composeTooSmall(scene) : composeBigEnough(scene);
  const frame = block(lines, width, height);
  return scene.theme.isAscii ? frame.map(asciiLine) : frame;
}

function composeBigEnough(scene: Scene): string[] {
  if (scene.state.overlay === 'help') return composeHelp(scene);
  if (scene.state.overlay === 'settings') return composeSettings(scene);
  switch (scene.state.screen) {
    case 'home':
      return composeHome(scene);
    case 'lesson':
      return composeLesson(scene);
    case 'map':
      return composeMap(scene);
    case 'xray':
      return composeXRay(scene);
  }
}

function composeTooSmall({ state, text }: Scene): string[] {
  return [
    text.size.tooSmall,
    text.size.need(smallest.width, smallest.height),
    text.size.have(state.width, state.height),
  ];
}
