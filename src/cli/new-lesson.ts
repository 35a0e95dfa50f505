/** `new-lesson`: a folder to fill in, which already loads. */
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { TRACKS } from '../lessons/lesson.ts';
import { type CommandRun, complain, exitStatus } from './command.ts';

export const runNewLesson: CommandRun = async (parsed, context) => {
  const [id] = parsed.operands;
  const track = parsed.values.get('track') ?? 'incidents';
  if (id === undefined) return complain(context, 'new-lesson needs an id, such as dns-loop.', exitStatus.usage);
  if (!/^[a-z][a-z0-9-]*$/.test(id))
    return complain(
      context,
      `${JSON.stringify(id)} is no id: use small letters, digits and hyphens.`,
      exitStatus.usage,
    );
  if (!TRACKS.some((known) => known === track))
    return complain(context, `--track takes one of ${TRACKS.join(', ')}.`, exitStatus.usage);
  const root = join(parsed.values.get('into') ?? 'lessons-content', track);
  const taken = existsSync(root) ? readdirSync(root).filter((name) => /^\d\d-/.test(name)) : [];
  if (taken.some((name) => name.slice(3) === id))
    return complain(context, `${join(root, id)} exists already.`, exitStatus.failed);
  const number = String(taken.length + 1).padStart(2, '0');
  const folder = join(root, `${number}-${id}`);
  try {
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'lesson.yaml'), yamlOf(id, track));
    writeFileSync(join(folder, 'en.md'), words.en);
    writeFileSync(join(folder, 'es.md'), words.es);
    writeFileSync(join(folder, 'web.yaml'), manifest);
  } catch (error) {
    return complain(
      context,
      `${folder} cannot be written: ${error instanceof Error ? error.message : String(error)}.`,
      exitStatus.failed,
    );
  }
  context.stdout.write(`${folder}\nFill it in, then prove it: k8s-descompuesto verify ${id}\n`);
  return exitStatus.good;
};

function yamlOf(id: string, track: string): string {
  return `id: ${id}
track: ${track}
level: 1
minutes: 5
concepts: [Deployment]
certs: []
mode: fix
sources: []
world:
  cluster: small
  seed: 1
  manifests: [web.yaml]
  timeline:
    - { at: 5s, run: "kubectl scale deployment web --replicas=0" }
changeLog: ["03:10 somebody scaled something"]
steps:
  - { id: look, show: [cluster, shell] }
  - { id: predict, ask: { options: [nothing, pods-start], answer: pods-start, observeAt: fix } }
  - { id: fix, goals: [running] }
  - { id: debrief }
goals:
  running: { podsReady: { namespace: default, selector: app=web, count: 2 }, stableFor: 2s }
hints:
  - { say: where }
  - { say: command }
solutions:
  - ["kubectl scale deployment web --replicas=2"]
decoys:
  - ["kubectl rollout restart deployment web"]
`;
}

const words = {
  en: `# A title
One paragraph on what it is about.

## look
What is to be seen, and that **it is broken on purpose**.

\`\`\`sh
$ kubectl get deployment web
\`\`\`

## predict
What will happen when you ask for two pods?

- **nothing**: nothing
- **pods-start**: two pods start

## fix
Put it right.

## debrief
The cause, the model to keep, where it has happened.

## hint where
Where to look.

## hint command
\`kubectl scale deployment web --replicas=2\`

## goal running
Two pods of \`web\` are Ready.
`,
  es: `# Un título
Un párrafo sobre de qué trata.

## look
Qué hay que ver, y que **está roto a propósito**.

\`\`\`sh
$ kubectl get deployment web
\`\`\`

## predict
¿Qué pasará cuando pidas dos pods?

- **nothing**: nada
- **pods-start**: arrancan dos pods

## fix
Arréglalo.

## debrief
La causa, el modelo que hay que guardar, dónde ha pasado.

## hint where
Dónde mirar.

## hint command
\`kubectl scale deployment web --replicas=2\`

## goal running
Dos pods de \`web\` están Ready.
`,
};

const manifest = `apiVersion: apps/v1
kind: Deployment
metadata: { name: web }
spec:
  replicas: 2
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec:
      containers: [{ name: web, image: "nginx:1.27" }]
`;
