import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { playStory } from './story.ts';

const directory = fileURLToPath(new URL('.', import.meta.url));

describe('stories at the shell', () => {
  for (const file of readdirSync(directory).filter((name) => name.endsWith('.txt'))) {
    it(file.replace('.txt', ''), async () => {
      const { wanted, said } = await playStory(join(directory, file));
      expect(said).toBe(wanted);
    });
  }
});
