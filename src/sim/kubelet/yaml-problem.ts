/** What Go's YAML reader says about a file that js-yaml could not read: other words, other line numbers. */
import type { YAMLException } from 'js-yaml';

/** `line 12: did not find expected key` */
export function goYamlProblem(error: YAMLException): string {
  const line = error.mark?.line ?? 0;
  const lines = (error.mark?.buffer ?? '').split('\n');
  const text = lines[line] ?? '';
  const at = (number: number) => (number > 0 ? `line ${number}: ` : '');
  const { reason } = error;
  if (/^\s*\t/.test(text)) {
    return line === 0
      ? 'found character that cannot start any token'
      : `${at(line + 1)}found a tab character that violates indentation`;
  }
  if (/^\s*[^#]*:\s+[@`%]/.test(text)) return `${at(line + 1)}found character that cannot start any token`;
  if (reason.includes('quoted scalar')) return `${at(line + 2)}found unexpected end of stream`;
  if (reason.includes('flow collection') || reason.includes('missed comma'))
    return `${at(line + 1)}did not find expected ',' or ${lines.join('').includes('[') ? "']'" : "'}'"}`;
  if (/:\s.*:(\s|$)/.test(text)) return `${at(line + 1)}mapping values are not allowed in this context`;
  if (reason.includes('multiline key') || reason.includes('can not read'))
    return `${at(line + 2)}could not find expected ':'`;
  return `${at(line)}did not find expected key`;
}
