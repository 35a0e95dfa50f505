/** What people type at kubectl in a living cluster, and what it prints; UPDATE_GOLDEN=1 writes the stories again. */
import { readFileSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { type Cluster, startCluster } from './cluster.ts';

for (const name of ['stories-of-objects', 'stories-of-pods']) {
  const file = new URL(`./${name}.txt`, import.meta.url);
  test(name, async () => {
    const story = readFileSync(file, 'utf8');
    const retold = await retell(await startCluster(), story.split('\n'));
    if (process.env['UPDATE_GOLDEN'] === '1') writeFileSync(file, retold);
    expect(retold).toBe(story);
  }, 60_000);
}

/** Types every command of a story again; what it printed then is replaced by what it prints now. */
async function retell(cluster: Cluster, lines: readonly string[]): Promise<string> {
  let retold = '';
  for (let i = 0; i < lines.length; i++) {
    const line = lines[i] ?? '';
    if (i === 0) retold += `${line}\n`;
    if (!line.startsWith('$ ')) continue;
    retold += `\n${line}\n`;
    let manifest = '';
    if (line.endsWith(' <<EOF')) {
      const end = lines.indexOf('EOF', i);
      manifest = `${lines.slice(i + 1, end).join('\n')}\n`;
      retold += `${manifest}EOF\n`;
      i = end;
    }
    const { out, err, code } = await cluster.kubectl(line.slice('$ kubectl '.length).replace(/ <<EOF$/, ''), manifest);
    const text = out === '' || out.endsWith('\n') ? out : `${out}⏎\n`;
    retold += steady(text + err.replace(/^(?=.|\n)/gm, '! ')) + (code === 0 ? '' : `[${code}]\n`);
  }
  return retold;
}

/** Ages, random names and dates are somebody else's story. */
function steady(text: string): string {
  return text
    .replace(/-[bcdfghjklmnpqrstvwxz2456789]{5}\b/g, '-xxxxx')
    .replace(/\b(\d+[dhms])+(?=$| {2})/gm, (age) => age.replace(/\d/g, '#'))
    .replace(/(LIVE|MERGED)-\d+/g, '$1-#')
    .replace(/\d{4}-\d\d-\d\d[T ][\d:.]+/g, 'TIME')
    .replace(/X509SHA256=\w+/, 'X509SHA256=#');
}
