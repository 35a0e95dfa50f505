/** `new-lesson`: a skeleton to fill in. It loads, and `verify` says what is still missing. */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type CommandRun, complain, exitStatus } from './command.ts';

export const runNewLesson: CommandRun = async (parsed, context) => {
  const [id] = parsed.operands;
  if (id === undefined || !/^[a-z][a-z0-9-]*$/.test(id)) {
    return complain(
      context,
      'new-lesson needs an id of lower-case words joined by dashes: new-lesson broken-service.',
      exitStatus.usage,
    );
  }
  const folder = join(parsed.values.get('folder') ?? '.', id);
  if (existsSync(folder))
    return complain(context, `${folder} is there already; nothing was written.`, exitStatus.failed);
  try {
    mkdirSync(folder, { recursive: true });
    for (const [name, text] of Object.entries(skeleton(id))) writeFileSync(join(folder, name), text);
  } catch (problem) {
    return complain(
      context,
      `${folder} cannot be written: ${problem instanceof Error ? problem.message : String(problem)}`,
      exitStatus.failed,
    );
  }
  context.stdout.write(
    `${folder}: lesson.yaml, en.md, es.md, web.yaml\nNow: k8s-descompuesto verify ${id} --lessons ${folder}\n`,
  );
  return exitStatus.good;
};

function skeleton(id: string): Record<string, string> {
  return {
    'lesson.yaml': `id: ${id}
track: proxy              # tour etcd kubelet proxy apiserver scheduler controllers addons incidents
level: 1                  # 1..3
minutes: 6
concepts: [Service, EndpointSlice, labels]
mode: fix                 # worked faded fix incident
world:
  cluster: small          # single small ha big
  seed: 1
  manifests: [web.yaml]   # applied before the learner comes
  timeline:               # what breaks, seconds later
    - { at: 5s, run: "kubectl patch service web -p '{\\"spec\\":{\\"selector\\":{\\"app\\":\\"wbe\\"}}}'" }
steps:
  - { id: look, show: [cluster, shell] }
  - { id: predict, ask: { options: [dns, selector, pod], answer: selector, observeAt: fix } }
  - { id: fix, goals: [reachable] }
  - { id: debrief }
goals:
  reachable: { reach: { from: node-1, to: "http://web.default.svc.cluster.local", status: 200 }, stableFor: 5s }
hints:
  - { say: where }
  - { say: command }
solutions:
  - ["kubectl patch service web -p '{\\"spec\\":{\\"selector\\":{\\"app\\":\\"web\\"}}}'"]
decoys:
  - ["kubectl rollout restart deployment web"]
`,
    'web.yaml': `apiVersion: apps/v1
kind: Deployment
metadata: { name: web }
spec:
  replicas: 2
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec:
      containers:
        - { name: web, image: "nginx:1.27", ports: [{ containerPort: 80 }] }
---
apiVersion: v1
kind: Service
metadata: { name: web }
spec:
  selector: { app: web }
  ports: [{ port: 80 }]
`,
    'en.md': `# The Service that finds nobody
One sentence that says what the learner will find out.

## look
What is going on? Say where to look first.

\`\`\`sh
$ kubectl get pods,services
\`\`\`

## predict
Before you touch anything: which part do you suspect?

- **dns**: the name does not resolve
- **selector**: the Service selects no pod
- **pod**: the pods are not Ready

## fix
Mend it.

## debrief
Why it happened, the model to keep, then and now.

## hint where
Where to look.

## hint command
The command.

## goal reachable
The Service answers.
`,
    'es.md': `# El Service que no encuentra a nadie
Una frase que diga qué va a descubrir quien aprende.

## look
¿Qué está pasando? Di dónde mirar primero.

\`\`\`sh
$ kubectl get pods,services
\`\`\`

## predict
Antes de tocar nada: ¿de qué parte sospechas?

- **dns**: el nombre no se resuelve
- **selector**: el Service no selecciona ningún pod
- **pod**: los pods no están Ready

## fix
Arréglalo.

## debrief
Por qué pasó, el modelo mental, antes y ahora.

## hint where
Dónde mirar.

## hint command
El comando.

## goal reachable
El Service responde.
`,
  };
}
