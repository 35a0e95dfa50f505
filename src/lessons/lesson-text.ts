/**
 * The words of a lesson in one language. `en.md` and `es.md` have the same shape:
 *
 *     # Title
 *     One paragraph that says what it is about.
 *     ## <step id>            the step's text; a list item `- **option**: words` names an option of its question
 *     ## hint <key>           one rung of the hint ladder
 *     ## goal <id>            one line: what must be true
 *     ## notes <step id>      what a presenter says
 */
import type { LessonText } from './lesson.ts';
import type { LessonData } from './lesson-yaml.ts';
import type { Complaint } from './yaml-fields.ts';

const MAX_BYTES = 256 * 1024;

export function readLessonText(file: string, markdown: string, data: LessonData, complaints: Complaint[]): LessonText {
  const complain = (line: number, field: string, message: string) => complaints.push({ file, line, field, message });
  if (markdown.length > MAX_BYTES) complain(1, '', 'is larger than 256 kB');
  const sections = sectionsOf(markdown.slice(0, MAX_BYTES));
  const head = sections[0];
  const title = /^# +(.+)$/m.exec(head?.text ?? '')?.[1]?.trim() ?? '';
  if (title === '') complain(1, 'title', 'must begin with a line # Title');
  const summary = (head?.text ?? '').replace(/^# .*$/m, '').trim();
  const steps: Record<string, string> = {};
  const options: Record<string, string> = {};
  const hints: Record<string, string> = {};
  const goals: Record<string, string> = {};
  const notes: Record<string, string> = {};
  for (const section of sections.slice(1)) {
    const [word = '', rest = ''] = section.heading.split(/\s+(.*)/);
    const place = { hint: hints, goal: goals, notes }[word];
    if (place !== undefined && rest !== '') {
      if (place[rest] !== undefined) complain(section.line, section.heading, 'stands here twice');
      place[rest] = section.text;
      continue;
    }
    const step = data.steps.find(({ id }) => id === section.heading);
    if (step === undefined) {
      complain(section.line, section.heading, `is no step; steps: ${data.steps.map(({ id }) => id).join(', ')}`);
      continue;
    }
    if (steps[step.id] !== undefined) complain(section.line, section.heading, 'stands here twice');
    const lines: string[] = [];
    for (const line of section.text.split('\n')) {
      const option = /^- \*\*([\w-]+)\*\*: *(.+)$/.exec(line);
      if (option !== null && step.ask?.options.includes(option[1]!) === true)
        options[`${step.id}/${option[1]}`] = option[2]!;
      else lines.push(line);
    }
    steps[step.id] = lines.join('\n').trim();
  }
  for (const step of data.steps) {
    if ((steps[step.id] ?? '') === '') complain(1, step.id, `has no text; add a heading ## ${step.id}`);
    for (const option of step.ask?.options ?? []) {
      if (options[`${step.id}/${option}`] === undefined)
        complain(1, step.id, `names no option '${option}'; add a line - **${option}**: …`);
    }
  }
  for (const { say } of data.hints)
    if (hints[say] === undefined) complain(1, say, `has no words; add a heading ## hint ${say}`);
  for (const goal of Object.keys(data.goals))
    if (goals[goal] === undefined) complain(1, goal, `has no words; add a heading ## goal ${goal}`);
  return { title, summary, steps, options, hints, goals, notes };
}

interface Section {
  readonly heading: string;
  readonly line: number;
  readonly text: string;
}

/** Split at `## ` headings outside of code fences; the first section has no heading. */
function sectionsOf(markdown: string): Section[] {
  const sections: { heading: string; line: number; lines: string[] }[] = [{ heading: '', line: 1, lines: [] }];
  let fenced = false;
  markdown.split(/\r?\n/).forEach((line, index) => {
    if (line.startsWith('```')) fenced = !fenced;
    if (!fenced && line.startsWith('## ')) sections.push({ heading: line.slice(3).trim(), line: index + 1, lines: [] });
    else sections.at(-1)!.lines.push(line);
  });
  return sections.map(({ heading, line, lines }) => ({ heading, line, text: lines.join('\n').trim() }));
}

/** Commands of a text: every line of a fenced block `sh` that starts with `$ `. */
export function commandsIn(markdown: string): string[] {
  const commands: string[] = [];
  for (const [, body = ''] of markdown.matchAll(/^```sh\n([\s\S]*?)^```/gm)) {
    for (const line of body.split('\n')) if (line.startsWith('$ ')) commands.push(line.slice(2));
  }
  return commands;
}
