/** Rules in an order that does not depend on the order of services, so that two dumps can be compared. */
export function canonical(text: string): string {
  const tables = new Map<string, Map<string, string[]>>();
  let table = new Map<string, string[]>();
  for (const line of text.split('\n')) {
    if (line.startsWith('*')) {
      table = tables.get(line) ?? new Map();
      tables.set(line, table);
    } else if (line.startsWith(':')) {
      const chain = line.slice(1, line.indexOf(' '));
      if (!table.has(chain)) table.set(chain, []);
    } else if (line.startsWith('-A ')) {
      const [, chain = ''] = line.split(' ', 2);
      table.get(chain)?.push(line.replaceAll('"', ''));
    }
  }
  let result = '';
  for (const [name, chains] of [...tables].sort(([a], [b]) => (a < b ? -1 : 1))) {
    result += `${name}\n`;
    for (const [chain, rules] of [...chains].sort(([a], [b]) => (a < b ? -1 : 1))) {
      const order = chain === 'KUBE-SERVICES' || chain === 'KUBE-NODEPORTS' ? [...rules].sort() : rules;
      result += `:${chain}\n${order.map((rule) => `${rule}\n`).join('')}`;
    }
  }
  return result;
}
