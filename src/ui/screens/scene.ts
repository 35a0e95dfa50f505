/** Everything a screen may look at; nothing in it is changed by looking. */
import type { Place } from '../keymap.ts';
import type { UiState } from '../state.ts';
import type { Text } from '../text/en.ts';
import type { Theme } from '../theme.ts';
import type { ClusterProvider, LessonSummary, LessonView } from '../view.ts';

export interface Scene {
  readonly state: UiState;
  readonly theme: Theme;
  readonly text: Text;
  readonly cluster: ClusterProvider;
  readonly lessons: readonly LessonSummary[];
  /** The running lesson; undefined at home and in the sandbox. */
  readonly lesson: LessonView | undefined;
  readonly progressPath: string;
}

/** Which row of the keymap's places the keys are read by now. */
export function placeOf({ state, lesson }: Pick<Scene, 'state' | 'lesson'>): Place {
  if (state.overlay) return 'overlay';
  if (state.screen !== 'lesson') return state.screen;
  if (state.focus === 'shell') return 'shell';
  return lesson?.question && lesson.question.chosen === undefined ? 'question' : 'lesson';
}
