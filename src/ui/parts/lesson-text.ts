/** The lesson pane: the step's words, the question, the goals, the hints, and always what to do next. */
import { toWidth, wrap } from '../line.ts';
import type { Text } from '../text/en.ts';
import type { Theme } from '../theme.ts';
import type { GoalView, LessonView, QuestionView } from '../view.ts';
import { composeMarkdown } from './markdown.ts';

export interface LessonText {
  readonly lines: string[];
  /** The first line in sight. */
  readonly first: number;
  /** `↓ 12` while more stands below. */
  readonly remark: string;
}

export function composeLessonText(
  lesson: LessonView,
  scroll: number,
  width: number,
  height: number,
  theme: Theme,
  text: Text,
): LessonText {
  const lines = composeMarkdown(lesson.text, width, theme);
  if (lesson.question) lines.push('', ...questionLines(lesson.question, width, theme, text));
  if (lesson.goals.length > 0)
    lines.push(
      '',
      theme.paint('bold', text.lesson.goals),
      ...lesson.goals.flatMap((goal) => goalLines(goal, width, theme, text)),
    );
  for (const hint of lesson.hints) {
    lines.push('', theme.paint('warn', `▪ ${text.lesson.hint}`), ...composeMarkdown(hint, width, theme));
  }
  lines.push('', ...nextLines(lesson, width, theme, text));
  const first = Math.max(0, Math.min(scroll, lines.length - height));
  const below = lines.length - first - height;
  return { lines, first, remark: below > 0 ? `↓ ${below}` : '' };
}

function questionLines(question: QuestionView, width: number, theme: Theme, text: Text): string[] {
  const lines: string[] = [];
  for (const [index, option] of question.options.entries()) {
    const isChosen = option.id === question.chosen;
    const isAnswer = option.id === question.answer;
    const sign = isAnswer
      ? theme.paint('good', '✓')
      : isChosen && question.answer !== undefined
        ? theme.paint('bad', '✗')
        : ' ';
    const [head = '', ...rest] = composeMarkdown(option.text, width - 6, theme);
    const remark = isChosen ? theme.paint('dim', ` (${text.lesson.chosen})`) : '';
    lines.push(
      toWidth(
        `${sign} ${theme.paint('key', `${index + 1}`)}  ${isChosen ? theme.paint('bold', head) : head}${rest.length === 0 ? remark : ''}`,
        width,
      ),
    );
    lines.push(...rest.map((line, row) => toWidth(`     ${line}${row === rest.length - 1 ? remark : ''}`, width)));
  }
  lines.push('');
  if (question.chosen === undefined) {
    lines.push(...wrap(text.lesson.choose(question.options.length), width).map((line) => theme.paint('accent', line)));
  } else if (question.answer !== undefined) {
    const isRight = question.chosen === question.answer;
    lines.push(theme.paint(isRight ? 'good' : 'warn', isRight ? text.lesson.wasRight : text.lesson.wasWrong));
    lines.push(...composeMarkdown(question.explanation, width, theme));
  }
  return lines;
}

function goalLines(goal: GoalView, width: number, theme: Theme, text: Text): string[] {
  const health = ({ met: 'good', holding: 'working', failed: 'broken', open: 'off' } as const)[goal.state];
  const [head = '', ...rest] = composeMarkdown(goal.text, width - 4, theme);
  const word = theme.state(health, text.lesson.goal[goal.state]);
  return [
    ...[head, ...rest].map((line, row) => toWidth(row === 0 ? ` ${theme.glyph(health)} ${line}` : `   ${line}`, width)),
    toWidth(`   ${word}${goal.detail === '' ? '' : theme.paint('dim', ` · ${goal.detail}`)}`, width),
  ];
}

function nextLines(lesson: LessonView, width: number, theme: Theme, text: Text): string[] {
  const sentences: string[] = [];
  if (lesson.isFinished) sentences.push(text.lesson.finished('q'));
  else if (lesson.kind === 'predict' && lesson.question?.chosen === undefined) return [];
  else if (lesson.goals.length > 0 && lesson.isStepDone) sentences.push(text.lesson.doneNext('n'));
  else if (lesson.goals.length > 0)
    sentences.push(
      text.lesson.typeHere('⏎'),
      lesson.canHint ? text.lesson.hintKey('h') : lesson.hints.length > 0 ? text.lesson.hintPause : '',
    );
  else sentences.push(text.lesson.readNext('n'));
  return wrap(sentences.filter((sentence) => sentence !== '').join(' '), width).map((line) =>
    theme.paint('accent', line),
  );
}
