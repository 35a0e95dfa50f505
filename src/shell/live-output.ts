/**
 * just-bash gives output back when a whole line has run; a terminal shows it as it comes. So the line's tree is changed before it
 * runs: whatever would print to the terminal prints to the screen device, and commands of ours that go on for a while
 * (`kubectl get -w`, `logs -f`) are told by a first argument that they may print at once.
 */
import type { CommandNode, PipelineNode, ScriptNode, SimpleCommandNode, StatementNode, WordNode } from 'just-bash';
import { SCREEN_ERR, SCREEN_OUT } from './host-files.ts';

/** First argument of a command of ours that stands directly on the terminal. */
export const LIVE = '\u0001live';

export interface LiveOptions {
  /** Whether it is a command of ours that nothing of the same name hides. */
  isOurs(name: string): boolean;
  /** What an alias stands for: a name and arguments. */
  alias(name: string): readonly WordNode[] | undefined;
}

export const TIMED = '__k8sd_timed';

type Redirection = SimpleCommandNode['redirections'][number];

/** Commands that end or steer what encloses them, or whose redirections stay. */
const UNTOUCHED = [
  'exec',
  'exit',
  'logout',
  'return',
  'break',
  'continue',
  ':',
  'true',
  'false',
  'set',
  'shopt',
  'trap',
];
const INPUT = ['<', '<<', '<<-', '<<<'];

/** The same script, printing as it goes. The tree is changed in place. */
export function printLive(script: ScriptNode, options: LiveOptions): ScriptNode {
  statements(script.statements, options);
  return script;
}

function statements(list: readonly StatementNode[], options: LiveOptions): void {
  for (const { pipelines } of list)
    for (const pipeline of pipelines) {
      if (pipeline.timed === true) timeVirtually(pipeline);
      visitPipeline(pipeline, options);
    }
}

/** `time` counts virtual time: between two commands of ours, the second of which prints it and hands the exit status on. */
function timeVirtually(pipeline: PipelineNode): void {
  const inner: PipelineNode = { type: 'Pipeline', commands: pipeline.commands, negated: false };
  const status: WordNode = { type: 'Word', parts: [{ type: 'ParameterExpansion', parameter: '?', operation: null }] };
  const body = [ourCommand([]), inner, ourCommand([status])].map(
    (each): StatementNode => ({ type: 'Statement', pipelines: [each], operators: [], background: false }),
  );
  pipeline.commands = [{ type: 'Group', body, redirections: [] }];
  pipeline.timed = false;
}

function ourCommand(args: WordNode[]): PipelineNode {
  const command: SimpleCommandNode = {
    type: 'SimpleCommand',
    assignments: [],
    name: word(TIMED),
    args,
    redirections: [],
  };
  return { type: 'Pipeline', commands: [command], negated: false };
}

function visitPipeline(pipeline: PipelineNode, options: LiveOptions): void {
  const last = pipeline.commands.length - 1;
  pipeline.commands.forEach((command, index) => {
    if (index === last) visit(command, options, last === 0);
    else if (pipeline.pipeStderr?.[index] !== true && command.type !== 'FunctionDef') {
      command.redirections.unshift(redirect(2, SCREEN_ERR));
    }
  });
}

/** @param isAlone  not the end of a pipeline */
function visit(command: CommandNode, options: LiveOptions, isAlone: boolean): void {
  switch (command.type) {
    case 'FunctionDef':
      return;
    case 'SimpleCommand':
      visitSimple(command, options);
      return;
    case 'ArithmeticCommand':
    case 'ConditionalCommand':
      command.redirections.unshift(redirect(2, SCREEN_ERR));
      return;
  }
  if (!isAlone || command.redirections.some(({ operator }) => !INPUT.includes(operator))) {
    command.redirections.unshift(...toScreen());
    return;
  }
  switch (command.type) {
    case 'If':
      for (const { condition, body } of command.clauses) {
        statements(condition, options);
        statements(body, options);
      }
      if (command.elseBody !== null) statements(command.elseBody, options);
      return;
    case 'While':
    case 'Until':
      statements(command.condition, options);
      statements(command.body, options);
      return;
    case 'Case':
      for (const { body } of command.items) statements(body, options);
      return;
    default:
      statements(command.body, options);
  }
}

function visitSimple(command: SimpleCommandNode, options: LiveOptions): void {
  if (command.name === null) return;
  const alias = options.alias(literalOf(command.name) ?? '');
  if (alias?.[0] !== undefined) {
    command.name = alias[0];
    command.args.unshift(...alias.slice(1));
  }
  const name = literalOf(command.name);
  if (name !== undefined && UNTOUCHED.includes(name)) return;
  const isPlain = command.redirections.every(({ operator }) => INPUT.includes(operator));
  if (literalOf(command.args[0] ?? null) === LIVE) return;
  if (name !== undefined && isPlain && options.isOurs(name)) command.args.unshift(word(LIVE));
  else command.redirections.unshift(...toScreen());
}

/** The text of a word without expansions. */
export function literalOf(node: WordNode | null): string | undefined {
  let text = '';
  for (const part of node?.parts ?? []) {
    if (part.type !== 'Literal' && part.type !== 'SingleQuoted' && part.type !== 'Escaped') return undefined;
    text += part.value;
  }
  return node === null ? undefined : text;
}

function word(value: string): WordNode {
  return { type: 'Word', parts: [{ type: 'SingleQuoted', value }] };
}

function toScreen(): Redirection[] {
  return [redirect(1, SCREEN_OUT), redirect(2, SCREEN_ERR)];
}

function redirect(fd: number, path: string): Redirection {
  return { type: 'Redirection', fd, operator: '>', target: word(path) };
}

/** Every simple command of a script, however deep. */
export function* simpleCommands(list: readonly StatementNode[]): Generator<SimpleCommandNode> {
  for (const { pipelines } of list)
    for (const { commands } of pipelines) for (const command of commands) yield* within(command);
}

function* within(command: CommandNode): Generator<SimpleCommandNode> {
  switch (command.type) {
    case 'SimpleCommand':
      yield command;
      return;
    case 'FunctionDef':
    case 'ArithmeticCommand':
    case 'ConditionalCommand':
      return;
    case 'If':
      for (const { condition, body } of command.clauses) {
        yield* simpleCommands(condition);
        yield* simpleCommands(body);
      }
      if (command.elseBody !== null) yield* simpleCommands(command.elseBody);
      return;
    case 'Case':
      for (const { body } of command.items) yield* simpleCommands(body);
      return;
    case 'While':
    case 'Until':
      yield* simpleCommands(command.condition);
      yield* simpleCommands(command.body);
      return;
    default:
      yield* simpleCommands(command.body);
  }
}
